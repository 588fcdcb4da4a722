"""One metric, in all points or in one slice: pass, fail, or unknown, with the reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.canary.metric import CanaryMetric
from gradatim.instruments.canary.mixed import Mixed, mixed_shift
from gradatim.instruments.canary.points import Contrast, Points, contrast

State = Literal["pass", "fail", "unknown"]

LEAST_FOR_MEAN = 10
MISSING_ALERT = 0.001
MISSING_SHARE = 0.5
MIXED_PART = 5
"""A mixed shift rolls back at alpha / 5 and only holds the promotion between that and alpha."""
FIRST_LOOKS = 20
"""Points of the smaller side up to which that level holds; looked at again and again, it falls from there on."""


class Rule(NamedTuple):
    """How points are judged.

    Args:
        alpha: of every interval, and of all alarms together after Holm's correction.
        always: intervals are anytime-valid; otherwise they hold for one look.
        least_points: on each side, below which nothing is promoted.
    """

    alpha: float = 0.05
    always: bool = True
    least_points: int = 50


@dataclass(slots=True)
class Judgement:
    """One metric in one slice ("" is all points).

    Args:
        difference: canary minus baseline; None with fewer than ten points on a side.
        headroom: tolerance minus harm, for each direction that hurts; above zero is within the tolerance.
        mixed: the most surprising share of points.
        p_harm: of the difference, 1 where it does not point the harmful way beyond the tolerance.
        state, reasons: set by `settle` once all metrics are known.
    """

    metric: CanaryMetric
    slice: str
    points: Points
    difference: Contrast | None = None
    headroom: list[Contrast] = field(default_factory=list)
    mixed: Mixed = field(default_factory=lambda: Mixed(1.0))
    p_harm: float = 1.0
    p_harm_adjusted: float = 1.0
    p_mixed_adjusted: float = 1.0
    unusable: str = ""
    constant: bool = False
    state: State = "unknown"
    reasons: list[str] = field(default_factory=list)

    @property
    def means(self) -> tuple[float, float]:
        """Of the points, (baseline, canary); nan without points."""
        b, c = self.points.baseline, self.points.canary
        return (float(b.mean()) if len(b) else math.nan, float(c.mean()) if len(c) else math.nan)

    @property
    def relative(self) -> float:
        """Change as a share of the baseline's |mean|; nan where that is zero."""
        old, new = self.means
        return (new - old) / abs(old) if old else math.nan


def look(metric: CanaryMetric, slice_: str, points: Points, rule: Rule) -> Judgement:
    """Everything about one metric that does not depend on the others."""
    found = Judgement(metric, slice_, points)
    found.unusable = _unusable(points)
    if points.least == 0:
        return found
    found.constant = _constant(points)
    if found.constant:
        return found
    ways = {"increase": (True,), "decrease": (False,), "either": (True, False)}[metric.worse]
    tests = [mixed_shift(points, metric.tolerance, increase=way) for way in ways]
    found.mixed = min(tests, key=lambda m: m.p)
    found.mixed = found.mixed._replace(p=min(1.0, found.mixed.p * len(ways)))
    if points.least < LEAST_FOR_MEAN:
        return found
    found.difference = contrast(points)
    found.headroom = [_headroom(found, way) for way in ways]
    beyond = any(h.estimate < 0 for h in found.headroom)
    found.p_harm = found.difference.p(rule.alpha, rule.always) if beyond else 1.0
    return found


def settle(found: Judgement, rule: Rule) -> None:
    """State and reasons, once the p values are corrected."""
    kind = found.metric.column + (f" in {found.slice}" if found.slice else "")
    n_old, n_new = len(found.points.baseline), len(found.points.canary)
    if found.p_harm_adjusted < rule.alpha:
        found.state = "fail"
        found.reasons.append(
            f"{kind} is worse beyond its tolerance of {found.metric.tolerance.text}: {change_text(found, rule)}"
        )
    if found.p_mixed_adjusted < mixed_level(rule, found.points.least):
        found.state = "fail"
        found.reasons.append(f"{kind}: {mixed_text(found)}")
    if found.state == "fail":
        return
    if n_old == 0 or n_new == 0:
        side = (
            "neither side has" if n_old == n_new else f"the {'baseline' if n_old == 0 else 'canary'} has no"
        )
        found.reasons.append(f"{kind}: {side}{' any' if n_old == n_new else ''} data, and no data is no pass")
        return
    if found.unusable:
        found.reasons.append(f"{kind}: {found.unusable}")
    if found.points.least < rule.least_points:
        found.reasons.append(
            f"{kind}: {found.points.least} points on one side, at least {rule.least_points} are needed to promote"
        )
    if found.p_mixed_adjusted < rule.alpha:
        found.reasons.append(f"{kind}: {mixed_text(found)}")
    if not found.reasons and not found.constant and not _within(found, rule):
        hint = "" if found.means[0] else "; a tolerance in percent of 0 is 0: give it as a number"
        found.reasons.append(
            f"{kind}: a change beyond {found.metric.tolerance.text} is not excluded: "
            f"{change_text(found, rule)}{hint}"
        )
    if not found.reasons:
        found.state = "pass"


def mixed_level(rule: Rule, points: int) -> float:
    """The level at which a mixed shift rolls back.

    Its test is exact for one look. Where looks are many, every doubling of the points gets a share of the level,
    1 / (1 + j)² for the j-th, so that all of them together stay bounded however long it goes on.
    """
    level = rule.alpha / MIXED_PART
    doublings = math.log2(max(points / FIRST_LOOKS, 1.0)) if rule.always else 0.0
    return level / (1 + doublings) ** 2


def _within(found: Judgement, rule: Rule) -> bool:
    """The interval excludes harm as large as the tolerance, in every direction that hurts."""
    return bool(found.headroom) and all(h.estimate > h.half(rule.alpha, rule.always) for h in found.headroom)


def change_text(found: Judgement, rule: Rule) -> str:
    """The change with its interval: percent of the baseline where it has a mean, else in the metric's unit."""
    if found.difference is None:
        return "too few points for an interval"
    d, half = found.difference, found.difference.half(rule.alpha, rule.always)
    ends = (d.estimate, d.estimate - half, d.estimate + half)
    base = abs(found.means[0])
    if base:
        at, low, high = (f"{100 * v / base:+.1f} %" for v in ends)
    else:
        at, low, high = (f"{v:+.4g}" for v in ends)
    return f"{at} [{low}, {high}]"


def mixed_text(found: Judgement) -> str:
    """The mixed shift in one clause."""
    m = found.mixed
    return (
        f"{100 * m.canary_share:.0f} % of the canary's points are {'above' if m.increase else 'below'} "
        f"{m.threshold:.4g}, {100 * m.baseline_share:.0f} % of the baseline's (p = {found.p_mixed_adjusted:.2g})"
    )


def _headroom(found: Judgement, increase: bool) -> Contrast:
    """What is left of the tolerance: tolerance - harm, as one linear contrast."""
    sign = -1 if increase else 1
    tolerance = found.metric.tolerance
    if not tolerance.relative:
        return contrast(found.points, sign=sign, plus=tolerance.size)
    # sign (c - b) + t |b| = sign (c - w b) with w = 1 - sign t sgn(b)
    weight = 1.0 - sign * tolerance.size * math.copysign(1.0, found.means[0])
    return contrast(found.points, weight=weight, sign=sign)


def _constant(points: Points) -> bool:
    """Every point on both sides has the same value."""
    first = points.baseline[0]
    return bool((points.baseline == first).all() and (points.canary == first).all())


def _unusable(points: Points) -> str:
    """Why the values may not be compared: missing too often, or a counter that went backwards."""
    old, new = points.missing
    n_old, n_new = old + len(points.baseline), new + len(points.canary)
    for gone, n, side in ((old, n_old, "baseline"), (new, n_new, "canary")):
        if n and gone / n > MISSING_SHARE:
            return f"{gone:,} of {n:,} points of the {side} are missing"
    if old + new and len(points.baseline) and len(points.canary):
        stats = load("scipy.stats", "work", "The check for missing points")
        p = float(stats.fisher_exact([[old, n_old - old], [new, n_new - new]]).pvalue)
        if p < MISSING_ALERT:
            return f"points are missing unequally: baseline {old:,} of {n_old:,}, canary {new:,} of {n_new:,}"
    for here, there, side in (
        (points.canary, points.baseline, "canary"),
        (points.baseline, points.canary, "baseline"),
    ):
        only_here = len(here) > 0 and len(there) > 0 and (here < 0).any() and (there >= 0).all()
        if only_here and bool((here == here.round()).all() and (there == there.round()).all()):
            return f"counts below zero, only in the {side}: a counter was reset or subtracted wrongly"
    return ""

"""Ship, stop or keep running: the rule, in the order in which it is asked.

1. A sample-ratio mismatch, units seen in two arms, or values missing unequally: nothing may be read.
2. A guardrail that is certainly beyond its margin, or a goal that is significantly worse: stop.
3. Too few data: keep running.
4. A goal significantly better, none worse, every guardrail shown to be within its margin: ship.
   If the effect fades beyond noise and its late half no longer excludes zero: keep running.
5. The whole interval is below the effect worth having, or the planned size is reached: stop.
6. Otherwise keep running.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from gradatim.instruments.experiment.analyse import Method, Readout, Result
from gradatim.instruments.experiment.novelty import Novelty

Action = Literal["ship", "stop", "keep running", "blocked"]
CROSSED_SHARE = 0.01


class Worth(NamedTuple):
    """The least effect that would pay: of the first goal, in its unit or as a share of the control."""

    size: float
    relative: bool

    def text(self) -> str:
        return f"{100 * self.size:g} %" if self.relative else f"{self.size:g}"


class Decision(NamedTuple):
    """What to do, in one sentence, with the reasons."""

    action: Action
    headline: str
    why: list[str]


def decide(readout: Readout, *, worth: Worth | None = None, novelty: Novelty | None = None) -> Decision:
    """Apply the rule of this module."""
    if blocked := _blocked(readout):
        return Decision("blocked", f"Do not read the effects: {blocked[0]}", blocked[1:])
    settings = readout.settings
    size = readout.units.counts[settings.control] + readout.units.counts[settings.treatment]
    ended = settings.planned_units is not None and size >= settings.planned_units
    early = settings.method == "fixed" and settings.planned_units is not None and not ended
    if harm := _harm(readout, not early):
        return Decision("stop", f"Stop: {harm[0]}", [*harm[1:], *_benefit(readout)])
    waiting = _waiting(readout)
    if early:
        waiting.append(
            f"the fixed interval is valid only at the planned {settings.planned_units:,} units, there are {size:,}"
        )
    good = _benefit(readout)
    if good and not waiting:
        if novelty is not None and _faded(readout, novelty):
            return Decision(
                "keep running",
                f"Keep running: {good[0]}, but the effect fades",
                [_fading(readout, novelty)],
            )
        within = [_within(r, readout) for r in readout.guardrails]
        return Decision("ship", f"Ship: {good[0]}", [*good[1:], *within, *_peeked(readout)])
    futile = _futile(readout, worth)
    if futile:
        return Decision("stop", f"Stop: {futile}", waiting)
    if ended:
        head = (
            waiting[0] if good and waiting else "the planned size is reached and no goal moved beyond noise"
        )
        return Decision("stop", f"Stop without shipping: {head}", [*good, *waiting[1:]])
    reasons = waiting or [_unclear(r, readout) for r in readout.goals]
    return Decision("keep running", f"Keep running: {reasons[0]}", [*good, *reasons[1:]])


def change(result: Result, readout: Readout) -> str:
    """The effect and its deciding interval as a person says it: relative where it can be, else in its unit."""
    method = readout.settings.method
    reading = result.effect.relative or result.effect.difference
    interval = reading.fixed if method == "fixed" else reading.anytime
    percent = result.effect.relative is not None
    return f"{shown(reading.estimate, percent)} [{shown(interval.low, percent)}, {shown(interval.high, percent)}]"


def shown(value: float, percent: bool) -> str:
    """A signed change: percent with two significant places below ten, or four digits."""
    if not math.isfinite(value):
        return "unknown"
    if not percent:
        return f"{value:+.4g}"
    size = 100 * value
    return f"{size:+.1f} %" if abs(size) >= 10 else f"{size:+.2f} %"


def _blocked(readout: Readout) -> list[str]:
    reasons = []
    ratio, units = readout.ratio, readout.units
    if ratio.mismatch:
        split = ", ".join(f"{a} {n:,} (expected {ratio.expected[a]:,.0f})" for a, n in ratio.counts.items())
        reasons.append(f"sample-ratio mismatch, p = {ratio.p:.1e} ({ratio.method}): {split}")
    total = sum(units.counts.values()) + units.crossed
    if units.crossed > CROSSED_SHARE * total:
        reasons.append(
            f"{units.crossed:,} of {total:,} units were seen in more than one arm: the assignment does not hold"
        )
    for result in readout.results:
        if result.missing_differs:
            gone = ", ".join(f"{a} {n:,} of {units.counts[a]:,}" for a, n in result.missing.items())
            reasons.append(
                f'"{result.metric.name}" is missing more often in one arm ({gone}, p = {result.missing_p:.1e})'
            )
    if reasons:
        reasons.append(
            "find the cause in assignment, logging or filtering, and run again: no correction repairs it"
        )
    return reasons


def _harm(readout: Readout, ended: bool) -> list[str]:
    """Certain harm. Before a fixed horizon's end only the anytime-valid interval of a guardrail may say so."""
    method: Method = "anytime" if not ended else readout.settings.method
    guardrails = [
        f"the guardrail {r.metric.name} is worse by more than its margin of {r.metric.margin_text}: "
        f"{change(r, readout)}"
        for r in readout.guardrails
        if not r.too_little and r.margin_interval(method).high < 0
    ]
    goals = [
        f"{r.metric.name} is worse: {change(r, readout)}, adjusted p = {r.p_adjusted:.2g}"
        for r in readout.goals
        if not r.too_little and r.worse(readout.settings)
    ]
    return guardrails + (goals if ended or readout.settings.method == "anytime" else [])


def _waiting(readout: Readout) -> list[str]:
    """What is not known yet: too few data, or a guardrail whose margin is not excluded."""
    little = [f"{r.metric.name}: {r.too_little}" for r in readout.results if r.too_little]
    open_margins = [
        f"the guardrail {r.metric.name} is not shown to be within its margin of {r.metric.margin_text}: "
        f"{change(r, readout)}"
        for r in readout.guardrails
        if not r.too_little and not r.margin_interval(readout.settings.method).low > 0
    ]
    return little + open_margins


def _benefit(readout: Readout) -> list[str]:
    return [
        f"{r.metric.name} is better: {change(r, readout)}, adjusted p = {r.p_adjusted:.2g}"
        for r in readout.goals
        if not r.too_little and r.better(readout.settings)
    ]


def _within(result: Result, readout: Readout) -> str:
    metric = result.metric
    return (
        f"the guardrail {metric.name} is within its margin of {metric.margin_text}: {change(result, readout)}"
    )


def _unclear(result: Result, readout: Readout) -> str:
    return (
        f"{result.metric.name} is not clear of zero: {change(result, readout)}, "
        f"adjusted p = {result.p_adjusted:.2g}"
    )


def _futile(readout: Readout, worth: Worth | None) -> str:
    first = readout.goals[0]
    if worth is None or first.too_little or first.better(readout.settings):
        return ""
    reading = first.effect.relative if worth.relative else first.effect.difference
    if reading is None:
        return ""
    interval = reading.fixed if readout.settings.method == "fixed" else reading.anytime
    best = interval.high if first.metric.better > 0 else -interval.low
    if best >= worth.size:
        return ""
    return f"{first.metric.name} cannot reach the {worth.text()} that would be worth having: {change(first, readout)}"


def _faded(readout: Readout, novelty: Novelty) -> bool:
    better = readout.goals[0].metric.better
    late = novelty.late.difference.fixed
    return novelty.fades(better, readout.settings.alpha) and not (
        late.low > 0 if better > 0 else late.high < 0
    )


def _fading(readout: Readout, novelty: Novelty) -> str:
    name = readout.goals[0].metric.name
    early, late = novelty.early.difference.estimate, novelty.late.difference.estimate
    p = novelty.change.p_fixed
    return f"{name}: {early:+.4g} in the first half of the time, {late:+.4g} in the second (p = {p:.2g})"


def _peeked(readout: Readout) -> list[str]:
    if readout.settings.method == "fixed" and readout.settings.planned_units is None:
        return [
            "the fixed interval holds only for one look, at a size fixed before: name it with --planned-units"
        ]
    return []

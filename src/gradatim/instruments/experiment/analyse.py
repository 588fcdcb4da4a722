"""One experiment read from end to end: split, metrics, segments, time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.experiment import anytime, cuped
from gradatim.instruments.experiment.effect import Effect, Interval, Level, Reading, contrast, effect
from gradatim.instruments.experiment.metric import Metric
from gradatim.instruments.experiment.multiple import adjust
from gradatim.instruments.experiment.sample import linearise, moments, skewness
from gradatim.instruments.experiment.srm import ALERT_BELOW, SampleRatio, sample_ratio
from gradatim.instruments.experiment.units import Units

if TYPE_CHECKING:
    from gradatim.instruments.experiment.sample import Values

Method = Literal["anytime", "fixed"]
LEAST_EVENTS = 10
LEAST_UNITS = 100


class Settings(NamedTuple):
    """How the experiment is read. All of it belongs to the plan, before the data.

    Args:
        control, treatment: the arms compared.
        shares: intended weights of all arms.
        alpha: level of the intervals and, after correction, of the goals together.
        method: "anytime" may be looked at whenever one likes; "fixed" once, at `planned_units`.
        correction: across goals.
        tuned_for_units: where the anytime-valid interval is tightest.
        least_units: per arm, below which no effect is judged.
        planned_units: in both arms together, where the experiment ends; None is open.
    """

    control: str
    treatment: str
    shares: Mapping[str, float]
    alpha: float = 0.05
    method: Method = "anytime"
    correction: str = "holm"
    tuned_for_units: float = anytime.TUNED_FOR_UNITS
    least_units: int = LEAST_UNITS
    planned_units: int | None = None

    @property
    def level(self) -> Level:
        return Level(self.alpha, self.tuned_for_units)


@dataclass(slots=True)
class Result:
    """One metric.

    Args:
        effect: after CUPED where a covariate was named.
        before: the same without CUPED; None where there is no covariate.
        removed: share of variance that the covariate took out.
        margin: reading of "benefit plus margin": above zero, the guardrail is not worse than its margin.
        p: of the chosen method; `p_adjusted` after the correction across goals.
        missing: units without a value, by arm; `missing_p` of the same share in both arms.
        too_little: why the effect may not be judged yet; "" if it may.
        warnings: what weakens this metric, one sentence each.
        values: the linearised (and adjusted) values by arm, for what is drawn later.
    """

    metric: Metric
    effect: Effect
    before: Effect | None = None
    removed: float = 0.0
    margin: Reading | None = None
    p: float = 1.0
    p_adjusted: float = 1.0
    missing: dict[str, int] = field(default_factory=dict)
    missing_p: float = 1.0
    too_little: str = ""
    warnings: list[str] = field(default_factory=list)
    values: dict[str, Values] = field(default_factory=dict)

    @property
    def missing_differs(self) -> bool:
        return self.missing_p < ALERT_BELOW

    def interval(self, method: Method) -> Interval:
        """Of the difference, by the method that decides."""
        reading = self.effect.difference
        return reading.fixed if method == "fixed" else reading.anytime

    def better(self, settings: Settings) -> bool:
        """Significantly better after the correction."""
        return self.p_adjusted < settings.alpha and self.metric.better * self.effect.difference.estimate > 0

    def worse(self, settings: Settings) -> bool:
        """Significantly worse after the correction."""
        return self.p_adjusted < settings.alpha and self.metric.better * self.effect.difference.estimate < 0

    def margin_interval(self, method: Method) -> Interval:
        """Of "benefit plus margin"."""
        assert self.margin is not None
        return self.margin.fixed if method == "fixed" else self.margin.anytime


class Readout(NamedTuple):
    """Everything that does not depend on time or segments."""

    settings: Settings
    units: Units
    ratio: SampleRatio
    goals: list[Result]
    guardrails: list[Result]

    @property
    def results(self) -> list[Result]:
        return [*self.goals, *self.guardrails]


def analyse(units: Units, settings: Settings) -> Readout:
    """Split, then every metric, then the correction across goals (and across treatments, if there are several)."""
    ratio = sample_ratio(units.counts, settings.shares)
    short = [
        f'"{a}" has {units.counts[a]} unit(s)'
        for a in (settings.control, settings.treatment)
        if units.counts[a] < 2
    ]
    if short:
        raise InputError("two units are needed in each arm", short)
    results = [_result(units, i, settings) for i in range(len(units.metrics))]
    goals = [r for r in results if r.metric.margin is None]
    treatments = len(units.counts) - 1
    p_values = [r.p for r in goals]
    for result, p in zip(goals, adjust(p_values, settings.correction, len(goals) * treatments), strict=True):
        result.p_adjusted = p
    return Readout(settings, units, ratio, goals, [r for r in results if r.metric.margin is not None])


def _result(units: Units, i: int, settings: Settings) -> Result:
    metric = units.metrics[i]
    arms = (settings.control, settings.treatment)
    samples = {arm: units.sample(i, arm) for arm in arms}
    if too_few := [f'"{a}" has {s.units}' for a, s in samples.items() if s.units < 2]:
        raise InputError(
            f'"{metric.name}" has too few values', [*too_few, "two units are needed in each arm"]
        )
    try:
        values = {arm: linearise(sample) for arm, sample in samples.items()}
    except ZeroDivisionError:
        raise InputError(
            f'"{metric.name}" is not defined in one arm', [f'"{metric.denominator}" adds up to zero there']
        ) from None
    plain = effect(moments(values[arms[0]]), moments(values[arms[1]]), settings.level)
    result = Result(metric, plain, values=values)
    if all(sample.covariate is not None for sample in samples.values()):
        _adjust(result, [samples[a].covariate for a in arms], arms, settings)
    _margin(result, settings)
    reading = result.effect.difference
    result.p = reading.p_fixed if settings.method == "fixed" else reading.p_anytime
    _missing(result, units, i, arms)
    _quality(result, arms, settings)
    return result


def _adjust(
    result: Result, before: Sequence[Values | None], arms: tuple[str, str], settings: Settings
) -> None:
    control, treatment = before
    assert control is not None and treatment is not None
    adjusted = cuped.adjust(result.values[arms[0]], result.values[arms[1]], control, treatment)
    result.before, result.removed = result.effect, adjusted.variance_removed
    result.values = {arms[0]: adjusted.control, arms[1]: adjusted.treatment}
    result.effect = effect(moments(adjusted.control), moments(adjusted.treatment), settings.level)
    if abs(adjusted.covariate_gap_se) > 3.3:
        result.warnings.append(
            f'"{result.metric.covariate}" differed between the arms before the experiment '
            f"({adjusted.covariate_gap_se:+.1f} standard errors): the split, or the covariate, is doubtful"
        )


def _margin(result: Result, settings: Settings) -> None:
    """Benefit plus margin: sign × (treatment - control) + margin, the margin a share of |control| or a number."""
    metric, found = result.metric, result.effect
    if metric.margin is None:
        return
    weight, plus = 1.0, metric.margin
    if metric.relative_margin:
        # sign (t - c) + m |c| = sign (t - w c) with w = 1 - sign m sgn(c): a linear contrast, no ratio.
        weight = 1.0 - metric.better * metric.margin * math.copysign(1.0, found.control.mean)
        plus = 0.0
    result.margin = contrast(
        found.control, found.treatment, settings.level, weight=weight, sign=metric.better, plus=plus
    )


def _missing(result: Result, units: Units, i: int, arms: tuple[str, str]) -> None:
    gone = {arm: units.missing(i, arm) for arm in arms}
    result.missing = gone
    if not any(gone.values()):
        return
    stats = load("scipy.stats", "work", "The check for missing values")
    table = [[gone[a], units.counts[a] - gone[a]] for a in arms]
    if min(table[0][0] + table[1][0], table[0][1] + table[1][1]) > 0:
        result.missing_p = (
            float(stats.fisher_exact(table).pvalue)
            if sum(gone.values()) < 50
            else float(stats.chi2_contingency(table, correction=False).pvalue)
        )


def _quality(result: Result, arms: tuple[str, str], settings: Settings) -> None:
    """Whether the normal approximation may be trusted, and what weakens it."""
    import numpy as np

    least = min(result.effect.control.units, result.effect.treatment.units)
    raw = {arm: result.values[arm] for arm in arms}
    if least < settings.least_units:
        result.too_little = (
            f"{least:,} units in the smaller arm, at least {settings.least_units:,} are needed"
        )
        return
    if result.effect.difference.se == 0:
        result.too_little = "no unit differs from another of its arm: there is no interval without variation"
        return
    if result.before is None:
        both, counts = np.unique(np.concatenate(list(raw.values())), return_counts=True)
        if len(both) == 2 and counts.min() < 2 * LEAST_EVENTS:
            result.too_little = f"{counts.min()} events of the rarer kind, {2 * LEAST_EVENTS} are needed"
            return
    skew = max(abs(skewness(v)) for v in raw.values())
    if least < 355 * skew**2:
        result.warnings.append(
            f"heavy tail (skewness {skew:.1f}): the interval is trustworthy from about {355 * skew**2:,.0f} units "
            f"an arm on (Kohavi et al. 2014), there are {least:,}"
        )

"""The effect of a treatment on one metric: difference and relative change, with both kinds of interval."""

from __future__ import annotations

import math
from typing import NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.experiment import anytime
from gradatim.instruments.experiment.sample import Moments

RELATIVE_NEEDS_SE = 5.0
"""A relative change is stated only where the control's mean is this many standard errors from zero."""


class Interval(NamedTuple):
    """Two ends; infinite where nothing is known."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


class Reading(NamedTuple):
    """An estimate with its fixed-horizon and its anytime-valid interval and p values.

    Args:
        estimate: in the metric's unit, or a share for a relative change.
        se: its standard error.
        fixed: valid for one look at a size that was fixed before.
        anytime: valid however often the data are looked at.
        p_fixed, p_anytime: against no effect.
    """

    estimate: float
    se: float
    fixed: Interval
    anytime: Interval
    p_fixed: float
    p_anytime: float


class Effect(NamedTuple):
    """Treatment minus control, absolute and (where the control's mean is far from zero) relative."""

    control: Moments
    treatment: Moments
    difference: Reading
    relative: Reading | None


class Level(NamedTuple):
    """Confidence and where the anytime-valid interval is tightest."""

    alpha: float = 0.05
    tuned_for_units: float = anytime.TUNED_FOR_UNITS


def effect(control: Moments, treatment: Moments, level: Level) -> Effect:
    """Both readings of the effect. The relative one divides by the control's |mean| and has Fieller's interval."""
    difference = contrast(control, treatment, level)
    relative = None
    if abs(control.mean) > RELATIVE_NEEDS_SE * math.sqrt(control.squared_error) and control.mean != 0:
        size = abs(control.mean)
        variance = (
            treatment.squared_error / size**2 + treatment.mean**2 * control.squared_error / control.mean**4
        )
        times = [
            (end.high - difference.estimate) / difference.se if difference.se > 0 else 0.0
            for end in (difference.fixed, difference.anytime)
        ]
        fixed, always = (fieller(control, treatment, t) for t in times)
        if math.isfinite(always.low):
            relative = difference._replace(
                estimate=difference.estimate / size, se=math.sqrt(variance), fixed=fixed, anytime=always
            )
    return Effect(control, treatment, difference, relative)


def fieller(control: Moments, treatment: Moments, times: float) -> Interval:
    """All changes r whose contrast "treatment - (1 + r) control" is within `times` standard errors of zero.

    It excludes no change exactly when the interval of the difference does. Infinite where the control's mean is
    not `times` standard errors from zero.

    Source: Fieller, "Some problems in interval estimation", JRSS B 16, 1954.
    """
    old, new = control.mean, treatment.mean
    a = old**2 - times**2 * control.squared_error
    c = new**2 - times**2 * treatment.squared_error
    if a <= 0:
        return Interval(-math.inf, math.inf)
    root = math.sqrt(max((old * new) ** 2 - a * c, 0.0))
    sign = math.copysign(1.0, old)
    ends = sorted(sign * ((old * new + s * root) / a - 1) for s in (-1, 1))
    return Interval(ends[0], ends[1])


def contrast(
    control: Moments,
    treatment: Moments,
    level: Level,
    *,
    weight: float = 1.0,
    sign: int = 1,
    plus: float = 0.0,
) -> Reading:
    """The reading of sign × (treatment - weight × control) + plus.

    A guardrail's margin is tested this way: with weight 1 - δ the interval is of "treatment minus the least
    tolerable", and no ratio is needed.
    """
    estimate = sign * (treatment.mean - weight * control.mean) + plus
    variance = treatment.squared_error + weight**2 * control.squared_error
    floor = pooled_variance(control, treatment)
    careful = (
        max(treatment.variance, floor) / treatment.units
        + weight**2 * max(control.variance, floor) / control.units
    )
    return read(estimate, variance, careful, control, treatment, level)


def pooled_variance(control: Moments, treatment: Moments) -> float:
    """The variance of one unit over both arms, within the arms.

    The anytime-valid interval takes no arm's variance as smaller than this. In a small arm of a skewed metric a low
    mean comes with a low variance, so the interval is narrow just when it is wrong: with a tenth of the traffic in
    treatment and 5 % of the units buying, it missed in 22 of 100 experiments without this floor.
    """
    a, b = control.units - 1, treatment.units - 1
    return (a * control.variance + b * treatment.variance) / (a + b)


def read(
    estimate: float, variance: float, careful: float, control: Moments, treatment: Moments, level: Level
) -> Reading:
    """Intervals around an estimate with Welch's degrees of freedom (Satterthwaite 1946).

    Args:
        variance: of the estimate, for the fixed interval.
        careful: the same for the anytime-valid one, see `pooled_variance`.
    """
    stats = load("scipy.stats", "work", "The effect's interval")
    units = control.units + treatment.units
    df = freedom(control, treatment)
    se = math.sqrt(variance)
    half = stats.t.ppf(1 - level.alpha / 2, df) * se
    factor = float(anytime.small_sample(level.alpha, df))
    rho2 = anytime.mixing(level.alpha, level.tuned_for_units)
    wide = float(anytime.half_width(careful, units, level.alpha, rho2)) * factor
    z = abs(estimate) / se if se > 0 else 0.0 if estimate == 0 else math.inf
    return Reading(
        estimate,
        se,
        Interval(float(estimate - half), float(estimate + half)),
        Interval(estimate - wide, estimate + wide),
        float(2 * stats.t.sf(z, df)),
        anytime.p_value(estimate, careful, units, rho2, factor),
    )


def freedom(control: Moments, treatment: Moments) -> float:
    """Welch's degrees of freedom; the smaller arm's where nothing varies."""
    a, b = control.squared_error, treatment.squared_error
    below = a**2 / (control.units - 1) + b**2 / (treatment.units - 1)
    return (a + b) ** 2 / below if below > 0 else min(control.units, treatment.units) - 1.0

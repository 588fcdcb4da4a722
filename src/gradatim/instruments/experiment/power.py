"""Design before the data: sample size, power and the smallest effect that would be seen, by named formulas.

Every formula takes the size of the *control* arm in units and `ratio`, treatment units per control unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

from gradatim.core.groups import load

NORMAL = NormalDist()

PROPORTION_FORMULAS = {
    "pooled": "normal approximation, pooled variance under the null (Fleiss, Levin and Paik 2003, eq. 4.14 "
    "without continuity correction)",
    "baseline": "normal approximation, the baseline's variance under the null (Evan Miller's calculator)",
    "unpooled": "normal approximation, unpooled variance (Chow, Shao and Wang 2008, section 4.2)",
    "arcsine": "arcsine transform, Cohen's h (Cohen 1988, section 6.4; statsmodels NormalIndPower)",
}
MEAN_FORMULAS = {
    "t": "two-sample t test, noncentral t (statsmodels TTestIndPower)",
    "normal": "normal approximation, known standard deviation",
}


class Criterion(NamedTuple):
    """Level, power, sides and allocation the experiment will be read with."""

    alpha: float = 0.05
    power: float = 0.8
    sides: int = 2
    ratio: float = 1.0

    @property
    def z_alpha(self) -> float:
        return NORMAL.inv_cdf(1 - self.alpha / self.sides)

    @property
    def z_power(self) -> float:
        return NORMAL.inv_cdf(self.power)


def proportion_units(baseline: float, other: float, test: Criterion, formula: str = "pooled") -> float:
    """Control units (a real number) that tell the rate `other` from `baseline`.

    Args:
        baseline: the control's rate, in (0, 1).
        other: the rate to be told from it, in (0, 1).
        test: level, power, sides, allocation.
        formula: a key of PROPORTION_FORMULAS.
    """
    p, q, k = baseline, other, test.ratio
    gap = abs(q - p)
    if formula == "arcsine":
        h = 2 * (math.asin(math.sqrt(q)) - math.asin(math.sqrt(p)))
        return (1 + 1 / k) * ((test.z_alpha + test.z_power) / h) ** 2
    apart = p * (1 - p) + q * (1 - q) / k
    if formula == "unpooled":
        return (test.z_alpha + test.z_power) ** 2 * apart / gap**2
    mixed = p if formula == "baseline" else (p + k * q) / (1 + k)
    null = (1 + 1 / k) * mixed * (1 - mixed)
    return (test.z_alpha * math.sqrt(null) + test.z_power * math.sqrt(apart)) ** 2 / gap**2


def mean_units(effect_sd: float, test: Criterion, formula: str = "t") -> float:
    """Control units that show a difference of means of `effect_sd` standard deviations."""
    normal = (1 + 1 / test.ratio) * ((test.z_alpha + test.z_power) / effect_sd) ** 2
    if formula == "normal":
        return normal
    wanted = test.power

    def short(n: float) -> float:
        return mean_power(effect_sd, n, test) - wanted

    return _root(short, 2.0, max(4.0, 4 * normal + 10))


def mean_power(effect_sd: float, units: float, test: Criterion, formula: str = "t") -> float:
    """Power of `units` control units against a difference of `effect_sd` standard deviations."""
    scale = abs(effect_sd) * math.sqrt(units * test.ratio / (1 + test.ratio))
    if formula == "normal":
        return _normal_power(scale, test)
    stats = load("scipy.stats", "work", "The power of a t test")
    df = units * (1 + test.ratio) - 2
    edge = stats.t.ppf(1 - test.alpha / test.sides, df)
    power = stats.nct.sf(edge, df, scale)
    if test.sides == 2:
        # Far in the wrong tail scipy's noncentral t has nothing left to add and may say nan.
        wrong = float(stats.nct.cdf(-edge, df, scale))
        power += wrong if math.isfinite(wrong) else 0.0
    return float(power)


def proportion_power(
    baseline: float, other: float, units: float, test: Criterion, formula: str = "pooled"
) -> float:
    """Power of `units` control units to tell the rate `other` from `baseline`, by the same formula."""
    p, q, k = baseline, other, test.ratio
    if p == q:
        return test.alpha
    if formula == "arcsine":
        h = 2 * (math.asin(math.sqrt(q)) - math.asin(math.sqrt(p)))
        return _normal_power(abs(h) * math.sqrt(units * k / (1 + k)), test)
    apart = math.sqrt((p * (1 - p) + q * (1 - q) / k) / units)
    mixed = {"unpooled": None, "baseline": p, "pooled": (p + k * q) / (1 + k)}[formula]
    null = apart if mixed is None else math.sqrt((1 + 1 / k) * mixed * (1 - mixed) / units)
    return NORMAL.cdf((abs(q - p) - test.z_alpha * null) / apart)


def proportion_mde(baseline: float, units: float, test: Criterion, formula: str = "pooled") -> float:
    """The smallest absolute rise of the rate that `units` control units show with the test's power.

    Returns nan where no rise below 1 is large enough.
    """
    top = 1 - baseline - 1e-9

    def short(gap: float) -> float:
        return proportion_power(baseline, baseline + gap, units, test, formula) - test.power

    return _root(short, 1e-9, top) if short(top) > 0 else math.nan


def mean_mde(units: float, test: Criterion, formula: str = "t") -> float:
    """The smallest difference, in standard deviations, that `units` control units show."""
    normal = (test.z_alpha + test.z_power) * math.sqrt((1 + 1 / test.ratio) / units)
    if formula == "normal":
        return normal
    return _root(lambda d: mean_power(d, units, test) - test.power, normal / 4, normal * 8)


def noninferiority_units(margin: float, variance: float, test: Criterion, expected: float = 0.0) -> float:
    """Control units that show "not worse than the margin", one-sided at the test's alpha.

    Args:
        margin: the largest tolerable loss, positive, in the metric's unit.
        variance: the metric's variance per unit.
        expected: the true effect assumed (positive is better).

    Source: Chow, Shao and Wang 2008, section 3.2.2.
    """
    z = NORMAL.inv_cdf(1 - test.alpha) + test.z_power
    return z**2 * variance * (1 + 1 / test.ratio) / (margin + expected) ** 2


def design_effect(rows_per_unit: float, correlation: float) -> float:
    """How many times more rows are needed when rows come in units: 1 + (m - 1) × ICC (Kish 1965)."""
    return 1 + (rows_per_unit - 1) * correlation


def _normal_power(scale: float, test: Criterion) -> float:
    power = NORMAL.cdf(scale - test.z_alpha)
    return power + NORMAL.cdf(-scale - test.z_alpha) if test.sides == 2 else power


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    optimize = load("scipy.optimize", "work", "The sample size")
    while f(high) < 0 and high < 1e15:
        high *= 4
    return low if f(low) > 0 else float(optimize.brentq(f, low, high, xtol=1e-12, rtol=1e-12))

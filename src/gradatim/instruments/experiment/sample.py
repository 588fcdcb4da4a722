"""One metric in one arm, one value per unit, and the moments that every interval is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A metric in one arm.

    Args:
        numerator: one number per unit.
        denominator: of a ratio metric, one number per unit; None for a mean per unit.
        covariate: measured before the experiment, one number per unit; None without CUPED.
    """

    numerator: Values
    denominator: Values | None = None
    covariate: Values | None = None

    @property
    def units(self) -> int:
        return len(self.numerator)


class Moments(NamedTuple):
    """Units, mean, and the variance of one unit's (linearised) value."""

    units: int
    mean: float
    variance: float

    @property
    def squared_error(self) -> float:
        """The variance of the mean."""
        return self.variance / self.units


def linearise(sample: Sample) -> Values:
    """One value per unit whose mean is the metric and whose variance gives the metric's standard error.

    A mean per unit is itself. For a ratio of sums R the value is R + (x - R y) / mean(y): the delta method.
    Source: Deng, Knoblich and Lu, "Applying the delta method in metric analytics", KDD 2018, section 3.

    Raises:
        ZeroDivisionError: the denominators add up to zero.
    """
    if sample.denominator is None:
        return sample.numerator
    below = float(sample.denominator.mean())
    if below == 0:
        raise ZeroDivisionError("the denominators add up to zero")
    ratio = float(sample.numerator.mean()) / below
    return ratio + (sample.numerator - ratio * sample.denominator) / below


def moments(values: Values) -> Moments:
    """Moments of at least two values."""
    return Moments(len(values), float(values.mean()), float(values.var(ddof=1)))


def skewness(values: Values) -> float:
    """Third standardised moment; 0 where nothing varies."""
    centred = values - values.mean()
    variance = float((centred**2).mean())
    return float((centred**3).mean()) / variance**1.5 if variance > 0 else 0.0

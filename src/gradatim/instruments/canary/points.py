"""The points of one metric on both sides, and the difference of their means with its error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.experiment import anytime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

TUNED_FOR_POINTS = 200
"""Where a canary's anytime-valid interval is tightest: both sides together."""
MOST_AUTOCORRELATION = 0.95


class Points(NamedTuple):
    """One metric.

    Args:
        baseline, canary: the values that are there.
        missing: points without a value, (baseline, canary).
        pairs: indices into baseline and canary of points of the same time; None where rows are independent.
        in_time: the values stand in the order of time, so neighbours may be alike.
    """

    baseline: Values
    canary: Values
    missing: tuple[int, int] = (0, 0)
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
    in_time: bool = False

    @property
    def least(self) -> int:
        return min(len(self.baseline), len(self.canary))

    @property
    def binary(self) -> bool:
        import numpy as np

        both = np.unique(np.concatenate([self.baseline, self.canary]))
        return bool(len(both) == 2 and both[0] == 0 and both[1] == 1)


class Contrast(NamedTuple):
    """sign × (canary - weight × baseline) + plus.

    Args:
        estimate, se: of it.
        df: degrees of freedom of the error.
        points: on both sides, the clock of the anytime-valid interval; fewer when neighbours are alike.
    """

    estimate: float
    se: float
    df: float
    points: float

    def half(self, alpha: float, always: bool) -> float:
        """Half the width of the interval, anytime-valid or for one look."""
        if always:
            rho2 = anytime.mixing(alpha, TUNED_FOR_POINTS)
            return float(anytime.half_width(self.se**2, self.points, alpha, rho2, self.df))
        stats = load("scipy.stats", "work", "The canary's interval")
        return float(stats.t.ppf(1 - alpha / 2, self.df) * self.se)

    def p(self, alpha: float, always: bool) -> float:
        """Against zero."""
        if always:
            factor = float(anytime.small_sample(alpha, self.df))
            rho2 = anytime.mixing(alpha, TUNED_FOR_POINTS)
            return anytime.p_value(self.estimate, self.se**2, self.points, rho2, factor)
        stats = load("scipy.stats", "work", "The canary's p value")
        z = abs(self.estimate) / self.se if self.se > 0 else 0.0 if self.estimate == 0 else math.inf
        return float(2 * stats.t.sf(z, self.df))


def contrast(points: Points, *, weight: float = 1.0, sign: int = 1, plus: float = 0.0) -> Contrast:
    """The contrast of the means.

    Points of the same time are subtracted before their spread is taken, so what moves both sides (the hour, the
    load) is no noise. Neighbours that are alike widen the error by (1 + r) / (1 - r), r their correlation: the
    variance of the mean of a first-order autoregression. A 0/1 metric gets one success and one failure more on
    each side (Agresti and Caffo 2000), so that no error count has an error of zero.
    """
    import numpy as np

    if points.pairs is not None:
        old, new = points.pairs
        apart = points.canary[new] - weight * points.baseline[old]
        times = inflation(apart)
        n = len(apart)
        se = math.sqrt(float(apart.var(ddof=1)) / n * times)
        return Contrast(sign * float(apart.mean()) + plus, se, max(n / times - 1, 1.0), 2 * n / times)
    parts = [_side(values, points) for values in (points.baseline, points.canary)]
    (old_mean, old_error, old_df, old_n), (new_mean, new_error, new_df, new_n) = parts
    old_error *= weight**2
    below = old_error**2 / old_df + new_error**2 / new_df
    df = (old_error + new_error) ** 2 / below if below > 0 else min(old_df, new_df)
    estimate = sign * (new_mean - weight * old_mean) + plus
    return Contrast(estimate, float(np.sqrt(old_error + new_error)), df, old_n + new_n)


def inflation(values: Values) -> float:
    """(1 + r) / (1 - r) with r the lag-one correlation, no less than 1."""
    if len(values) < 3:
        return 1.0
    centred = values - values.mean()
    whole = float(centred @ centred)
    r = float(centred[1:] @ centred[:-1]) / whole if whole > 0 else 0.0
    r = min(max(r, 0.0), MOST_AUTOCORRELATION)
    return (1 + r) / (1 - r)


def _side(values: Values, points: Points) -> tuple[float, float, float, float]:
    """Mean, squared error, degrees of freedom and effective number of one side."""
    n = len(values)
    times = inflation(values) if points.in_time else 1.0
    if points.binary:
        n, mean = n + 2, (float(values.sum()) + 1) / (n + 2)
        return mean, mean * (1 - mean) / n * times, max(n / times - 1, 1.0), n / times
    return float(values.mean()), float(values.var(ddof=1)) / n * times, max(n / times - 1, 1.0), n / times

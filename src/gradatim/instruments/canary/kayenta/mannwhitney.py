"""The shift between two samples by ranks: Hodges-Lehmann estimate and its asymptotic interval.

The interval is where the Wilcoxon rank-sum statistic of (canary - shift, baseline), with continuity and tie
correction, meets the normal quantiles; the estimate is where it meets zero. This is the logic of R's
`wilcox.test(conf.int = TRUE, exact = FALSE)`, which Kayenta follows.
Sources: Hollander and Wolfe, "Nonparametric Statistical Methods", 1999, sections 4.1 to 4.3; R's documentation.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.canary.kayenta.brent import root

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


class Shift(NamedTuple):
    """Canary minus baseline, in the metric's unit."""

    low: float
    estimate: float
    high: float


def shift(canary: Values, baseline: Values, confidence: float = 0.98) -> Shift:
    """The shift with its interval.

    Args:
        canary, baseline: finite values, at least one each, not all tied.
        confidence: of the interval; Kayenta's judge uses 0.98.

    Raises:
        ValueError: every value is the same at an end of the search, so no interval can be computed.
    """
    statistic = RankSum(canary, baseline)
    low, high = float(canary.min() - baseline.max()), float(canary.max() - baseline.min())
    z = NormalDist().inv_cdf(1 - (1 - confidence) / 2)

    def end(quantile: float) -> float:
        def gap(mu: float) -> float:
            return statistic.at(mu) - quantile

        if gap(low) <= 0:
            return low
        return high if gap(high) >= 0 else root(gap, low, high)

    return Shift(end(z), root(statistic.at, low, high), end(-z))


class RankSum:
    """The Wilcoxon rank-sum statistic of (canary - mu, baseline) for many mu: both sides are sorted once."""

    def __init__(self, canary: Values, baseline: Values) -> None:
        import numpy as np

        self._new, self._new_counts = np.unique(canary, return_counts=True)
        self._old, self._old_counts = np.unique(baseline, return_counts=True)
        self._below = np.concatenate([[0], np.cumsum(self._old_counts)])
        self._n, self._m = len(canary), len(baseline)
        self._ties = _cubes(self._new_counts) + _cubes(self._old_counts)

    def at(self, mu: float) -> float:
        """As z, with continuity and tie correction.

        Raises:
            ValueError: all observations are tied.
        """
        import numpy as np

        n, m = self._n, self._m
        moved = self._new - mu
        place = np.searchsorted(self._old, moved)
        found = np.minimum(place, len(self._old) - 1)
        equal = np.where(self._old[found] == moved, self._old_counts[found], 0)
        centred = float((self._new_counts * (self._below[place] + 0.5 * equal)).sum()) - n * m / 2
        met = equal > 0
        together = _cubes(self._new_counts[met] + equal[met])
        ties = self._ties + together - _cubes(self._new_counts[met]) - _cubes(equal[met])
        spread = n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1)))
        if spread <= 0:
            raise ValueError("all observations are tied: no interval")
        return (centred - math.copysign(0.5, centred) * (centred != 0)) / math.sqrt(spread)


def _cubes(counts: Any) -> float:
    """Sum of t³ - t over groups of t tied values."""
    t = counts.astype(float)
    return float((t**3 - t).sum())


def common_language(canary: Values, baseline: Values) -> float:
    """The chance that a canary value is above a baseline value, ties counted half.

    Source: Vargha and Delaney, Journal of Educational and Behavioral Statistics 25, 2000.
    """
    import numpy as np

    stats = load("scipy.stats", "work", "The common-language effect size")
    n, m = len(canary), len(baseline)
    above = float(stats.rankdata(np.concatenate([canary, baseline]))[:n].sum()) - n * (n + 1) / 2
    return above / (n * m)

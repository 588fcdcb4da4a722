"""How far two counted distributions are apart. Counts over the same bins; nothing here is a test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gradatim.instruments.drift.chance import chi2_point

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64] | NDArray[np.float64]


def psi(reference: Counts, current: Counts) -> float:
    """Population stability index: sum of (q - p) ln(q / p); an empty bin counts as half a row.

    Source: Siddiqi, Credit Risk Scorecards (2006); Yurdakul (2018) for its sampling noise.
    """
    import numpy as np

    p, q = _shares(np.maximum(reference, 0.5)), _shares(np.maximum(current, 0.5))
    both_empty = (np.asarray(reference) == 0) & (np.asarray(current) == 0)
    return float(np.sum(np.where(both_empty, 0.0, (q - p) * np.log(q / p))))


def psi_noise(bins: int, n: float, m: float, probability: float = 0.95) -> float:
    """The PSI that unchanged data exceed with `1 - probability`: chi2(bins - 1) (1/n + 1/m), Yurdakul (2018)."""
    return chi2_point(probability, bins - 1) * (1 / n + 1 / m) if bins > 1 else 0.0


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """Jensen-Shannon distance, base 2: from 0 (the same) to 1 (disjoint). Lin (1991); the root is a metric."""
    import numpy as np

    p, q = _shares(reference), _shares(current)
    middle = (p + q) / 2

    def divergence(a: Floats) -> float:
        some = a > 0
        return float(np.sum(a[some] * np.log2(a[some] / middle[some])))

    return math.sqrt(max(0.0, (divergence(p) + divergence(q)) / 2))


def jensen_shannon_beyond_noise(reference: Counts, current: Counts) -> float:
    """The same with the part taken off that sampling alone would give on average.

    The divergence of two samples of one distribution over B bins has the mean (B - 1)(1/n + 1/m) / (8 ln 2).
    """
    import numpy as np

    n, m = float(np.sum(reference)), float(np.sum(current))
    bins = int(np.count_nonzero(np.asarray(reference) + np.asarray(current)))
    noise = max(0, bins - 1) * (1 / n + 1 / m) / (8 * math.log(2))
    return math.sqrt(max(0.0, jensen_shannon(reference, current) ** 2 - noise))


def kolmogorov_smirnov(reference: Counts, current: Counts) -> float:
    """Greatest difference of the two distribution functions at the edges between ordered bins."""
    import numpy as np

    return float(np.max(np.abs(np.cumsum(_shares(reference)) - np.cumsum(_shares(current)))))


def wasserstein(
    reference: Counts, current: Counts, at_reference: Floats, at_current: Floats, n: float, m: float
) -> tuple[float, float]:
    """First Wasserstein distance and its standard error, in the unit of the positions.

    The distance is the integral of |F - G|. Where F and G do differ, its variance is that of the mean of
    h(x) = integral up to x of the sign of the difference, in both samples (delta method).

    Args:
        reference, current: counts.
        at_reference, at_current: where the mass of each bin stands on either side.
        n, m: effective numbers of rows, for the standard error.
    """
    import numpy as np

    p, q = _shares(reference), _shares(current)
    at = np.concatenate([at_reference, at_current])
    order = np.argsort(at, kind="stable")
    steps = np.diff(at[order])
    gap = np.cumsum(np.concatenate([p, -q])[order])[:-1]
    gap[np.abs(gap) < 1e-12] = 0.0
    h = np.empty(len(at))
    h[order] = np.concatenate([[0.0], np.cumsum(np.sign(gap) * steps)])
    bins = len(p)
    variance = _variance(p, h[:bins]) / n + _variance(q, h[bins:]) / m
    return float(np.sum(np.abs(gap) * steps)), math.sqrt(variance)


def _variance(shares: Floats, values: Floats) -> float:
    import numpy as np

    return max(0.0, float(np.sum(shares * values**2) - np.sum(shares * values) ** 2))


def chi_square(reference: Counts, current: Counts, least_expected: float = 5.0) -> tuple[float, int]:
    """Pearson's statistic of homogeneity and its degrees of freedom; bins expected to be rarer are pooled.

    Cochran's rule (1954): every expected count at least five.
    """
    import numpy as np

    r, c = np.asarray(reference, float), np.asarray(current, float)
    n, m = r.sum(), c.sum()
    expected = np.minimum((r + c) * n, (r + c) * m) / (n + m)
    rare = expected < least_expected
    if rare.any():
        r = np.append(r[~rare], r[rare].sum())
        c = np.append(c[~rare], c[rare].sum())
    both = r + c
    used = both > 0
    r, c, both = r[used], c[used], both[used]
    share = both / (n + m)
    statistic = float(np.sum((r - n * share) ** 2 / (n * share)) + np.sum((c - m * share) ** 2 / (m * share)))
    return statistic, len(both) - 1


def grouped(counts: Counts, starts: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.float64]:
    """Counts of ordered bins added up into groups that begin at `starts`."""
    import numpy as np

    return np.add.reduceat(counts, starts)


def equal_mass(counts: Counts, groups: int) -> NDArray[np.int64]:
    """Where to begin at most `groups` groups of ordered bins so that each holds about the same count."""
    import numpy as np

    cumulated = np.cumsum(counts)
    targets = cumulated[-1] * np.arange(1, groups) / groups
    ends = np.searchsorted(cumulated, targets, side="left") + 1
    return np.unique(np.concatenate([[0], ends[ends < len(cumulated)]])).astype(np.int64)


def _shares(counts: Counts) -> Floats:
    import numpy as np

    values = np.asarray(counts, float)
    return values / values.sum()  # type: ignore[no-any-return]

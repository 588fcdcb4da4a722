"""A part of the canary's points much worse, the rest as before: what a test of the centre does not see.

The baseline is first worsened by the tolerance. At several quantiles of both together, the share of canary points
beyond is compared with the baseline's by Fisher's exact test: given the pooled values, labels are exchangeable, so
the test is exact at any size. Seven of ten points a hundred times worse have p = 0.0016 before the correction.
Source: Fisher 1935; thresholds from the pooled sample as in Mood's median test, 1950.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.canary.metric import Tolerance
from gradatim.instruments.canary.points import Points, inflation

if TYPE_CHECKING:
    from gradatim.instruments.canary.points import Values

QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)
LEAST_GAP = 0.02


class Mixed(NamedTuple):
    """The most surprising threshold.

    Args:
        p: one-sided, corrected for the thresholds; 1 where no share grew by enough to matter.
        threshold: in the metric's unit.
        baseline_share, canary_share: of points beyond it (the baseline as it is, not worsened).
        increase: beyond means above.
    """

    p: float
    threshold: float = math.nan
    baseline_share: float = 0.0
    canary_share: float = 0.0
    increase: bool = True


def mixed_shift(points: Points, tolerance: Tolerance, *, increase: bool) -> Mixed:
    """Test one direction.

    A share counts only when it grew by two points of a hundred and by more than the tolerance of itself.
    """
    import numpy as np

    stats = load("scipy.stats", "work", "The check for a mixed shift")
    sign = 1.0 if increase else -1.0
    old, new = _thinned(points)
    old, new = sign * old, sign * new
    allowed = old + (tolerance.size * np.abs(old) if tolerance.relative else tolerance.size)
    pooled = np.concatenate([allowed, new])
    edges = np.unique(np.quantile(pooled, QUANTILES, method="lower"))
    best = Mixed(1.0, increase=increase)
    n, m = len(new), len(old)
    for edge in edges:
        above, allowed_above = int((new > edge).sum()), int((allowed > edge).sum())
        share, base = above / n, allowed_above / m
        if share - base <= max(LEAST_GAP, (tolerance.size if tolerance.relative else 0.0) * base):
            continue
        p = float(stats.hypergeom.sf(above - 1, n + m, above + allowed_above, n)) * len(edges)
        if p < best.p:
            best = Mixed(p, sign * float(edge), float((old > edge).mean()), share, increase)
    return best


def _thinned(points: Points) -> tuple[Values, Values]:
    """Every k-th point where neighbours are alike, so that what is left is close to independent."""
    if not points.in_time:
        return points.baseline, points.canary
    k = math.ceil(max(inflation(points.baseline), inflation(points.canary)))
    return points.baseline[::k], points.canary[::k]

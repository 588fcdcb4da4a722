"""Both coefficients of agreement on many bootstrap draws at once: the definitions, as sums over counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

Unit = Mapping[str, int]
LEVELS = 5


def resampled(
    groups: Sequence[Sequence[Unit]], drawn: NDArray[Any], of: Literal["kappa", "alpha"]
) -> list[float]:
    """The coefficient on every draw for which it is defined, sorted.

    Args:
        groups: what is drawn together: the units of each.
        drawn: shape (draws, groups): which groups a draw has.
        of: quadratic-weighted kappa, the mean over pairs of raters, or Krippendorff's alpha, ordinal.
    """
    import numpy as np

    units = [unit for group in groups for unit in group]
    member = np.zeros((len(groups), len(units)))
    at = 0
    for i, group in enumerate(groups):
        member[i, at : at + len(group)] = 1
        at += len(group)
    times = np.zeros((len(drawn), len(groups)))
    np.add.at(times, (np.arange(len(drawn))[:, None], drawn), 1)
    weights = times @ member
    found = _kappas(units, weights) if of == "kappa" else _alphas(units, weights)
    return [float(x) for x in np.sort(found[~np.isnan(found)])]


def _kappas(units: Sequence[Unit], weights: Table) -> Table:
    """The mean over pairs of raters of 1 - seen / chance; NaN where no pair has one."""
    import numpy as np

    steps = (np.arange(LEVELS)[:, None] - np.arange(LEVELS)[None, :]) ** 2.0
    raters = sorted({r for unit in units for r in unit})
    total, defined = np.zeros(len(weights)), np.zeros(len(weights))
    for a, b in combinations(raters, 2):
        cells = np.zeros((len(units), LEVELS * LEVELS))
        for i, unit in enumerate(units):
            if a in unit and b in unit:
                cells[i, (unit[a] - 1) * LEVELS + unit[b] - 1] = 1
        counts = (weights @ cells).reshape(-1, LEVELS, LEVELS)
        n = counts.sum(axis=(1, 2))
        seen = (counts * steps).sum(axis=(1, 2)) * n
        chance = np.einsum("di,dj,ij->d", counts.sum(axis=2), counts.sum(axis=1), steps)
        has = chance > 0
        total[has] += 1.0 - seen[has] / chance[has]
        defined += has
    made: Table = np.divide(total, defined, out=np.full(len(weights), np.nan), where=defined > 0)
    return made


def _alphas(units: Sequence[Unit], weights: Table) -> Table:
    """1 - observed / expected disagreement with the ordinal metric of each draw's own totals; NaN where undefined."""
    import numpy as np

    counts = np.zeros((len(units), LEVELS))
    for i, unit in enumerate(units):
        if len(unit) > 1:
            np.add.at(counts[i], [level - 1 for level in unit.values()], 1)
    rated = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :] / np.maximum(rated - 1, 1)[:, None, None]
    totals = weights @ counts
    below = np.cumsum(totals, axis=1)
    low, high = np.meshgrid(np.arange(LEVELS), np.arange(LEVELS), indexing="ij")
    first, last = np.minimum(low, high), np.maximum(low, high)
    between = below[:, last] - below[:, first] + totals[:, first]
    squared = (between - (totals[:, first] + totals[:, last]) / 2) ** 2
    squared[:, np.arange(LEVELS), np.arange(LEVELS)] = 0.0
    observed = ((weights @ pairs.reshape(len(units), LEVELS**2)).reshape(-1, LEVELS, LEVELS) * squared).sum(
        axis=(1, 2)
    )
    n = totals.sum(axis=1)
    expected = (totals[:, :, None] * totals[:, None, :] * squared).sum(axis=(1, 2)) / np.maximum(n - 1, 1)
    made: Table = np.full(len(weights), np.nan)
    has = expected > 0
    made[has] = 1.0 - observed[has] / expected[has]
    return made

"""The best split of every node of a level, by one pass over the rows for each feature."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.sim.jit import entry


@entry
def best_splits(
    at: Any,
    binned: Any,
    n_edges: Any,
    gradient: Any,
    weight: Any,
    totals: Any,
    bins: Any,
    l2: Any,
    least_rows: Any,
) -> Any:
    """Second-order gain of every cut (Chen and Guestrin, KDD 2016, equation 7), summed in row order.

    Args:
        at: int64[rows], the place of each row's node in this level, -1 for rows of none.
        binned: uint8[features, rows]; `bins` stands for a missing value.
        n_edges: int64[features], cuts of each feature.
        gradient, weight: float64[rows].
        totals: float64[2, nodes], their sums by node.
        bins: number of bins that are not "missing".
        l2: what is added to every sum of weights.
        least_rows: rows that each side of a cut must have.

    Returns:
        int64[nodes, 3]: feature (-1: no cut gains anything), cut, 1 if missing values go left.
    """
    nodes = totals.shape[1]
    gain = np.full(nodes, 1e-6)
    found = np.full((nodes, 3), -1, np.int64)
    g = np.empty((nodes, bins + 1))
    h = np.empty((nodes, bins + 1))
    n = np.empty((nodes, bins + 1), np.int64)
    for j in range(binned.shape[0]):
        if n_edges[j] == 0:
            continue
        g[:], h[:], n[:] = 0.0, 0.0, 0
        for i in range(at.shape[0]):
            k = at[i]
            if k >= 0:
                b = binned[j, i]
                g[k, b] += gradient[i]
                h[k, b] += weight[i]
                n[k, b] += 1
        for missing_left in range(2):
            for k in range(nodes):
                total_g, total_h = totals[0, k], totals[1, k]
                whole = total_g * total_g / (total_h + l2)
                rows, sum_g, sum_h, sum_n = 0, 0.0, 0.0, 0
                for b in range(bins + 1):
                    rows += n[k, b]
                for cut in range(n_edges[j]):
                    sum_g += g[k, cut]
                    sum_h += h[k, cut]
                    sum_n += n[k, cut]
                    left_g, left_h, left_n = sum_g, sum_h, sum_n
                    if missing_left == 1:
                        left_g, left_h, left_n = left_g + g[k, bins], left_h + h[k, bins], left_n + n[k, bins]
                    if left_n < least_rows or rows - left_n < least_rows:
                        continue
                    right_g, right_h = total_g - left_g, total_h - left_h
                    now = left_g * left_g / (left_h + l2) + right_g * right_g / (right_h + l2) - whole
                    if now > gain[k]:
                        gain[k] = now
                        found[k, 0], found[k, 1], found[k, 2] = j, cut, missing_left
    return found

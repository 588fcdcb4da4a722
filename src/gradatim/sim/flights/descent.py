"""Rows sent down the trees of a forest."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.sim.jit import entry


@entry
def add_leaves(
    x: Any,
    feature: Any,
    threshold: Any,
    left: Any,
    right: Any,
    missing_left: Any,
    value: Any,
    root: Any,
    total: Any,
) -> None:
    """Add to each row's total the leaf it reaches in each tree, in boosting order.

    Args:
        x: float64[rows, features], NaN is missing.
        feature, threshold, left, right, missing_left, value: the nodes; a leaf points to itself.
        root: the first node of each tree.
        total: float64[rows], changed in place.
    """
    for i in range(x.shape[0]):
        sum_of_row = total[i]
        for t in range(root.shape[0]):
            node = root[t]
            while left[node] != node:
                seen = x[i, feature[node]]
                goes_left = seen <= threshold[node] or (np.isnan(seen) and missing_left[node])
                node = left[node] if goes_left else right[node]
            sum_of_row += value[node]
        total[i] = sum_of_row

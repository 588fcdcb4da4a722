"""Fitting a delay model on the rows at hand: gradient-boosted trees, the same to the bit on every machine.

Histogram boosting of the logistic loss with level-wise trees (Friedman, "Greedy function approximation: a gradient
boosting machine", Annals of Statistics 2001; Chen and Guestrin, "XGBoost", KDD 2016, for the second-order gain).
Sums run in row order and the only functions used are + - * / and comparisons, so no mathematical library decides
a split.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights.forest import Forest

BINS = 24
DEPTH = 4
TREES = 24
RATE = 0.16
L2 = 5.0
LEAST_ROWS = 60
_MISSING = BINS


def sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-z)) within 1 %, by squaring (1 - z / 4096) twelve times."""
    y = 1.0 - np.clip(z, -9.0, 9.0) / 4096.0
    for _ in range(12):
        y = y * y
    return np.asarray(1.0 / (1.0 + y))


def fit(x: NDArray[np.float64], late: NDArray[np.bool_], calibrate_on: NDArray[np.bool_]) -> Forest:
    """A forest for `x` (float64[n, features], NaN is missing) and `late`.

    Args:
        calibrate_on: rows whose mean prediction is brought to their late rate at the end.

    Raises:
        ValueError: fewer than 500 rows, or rows of one class only.
    """
    if len(x) < 500 or not 0 < int(late.sum()) < len(late):
        raise ValueError("a fit needs at least 500 rows, late ones and others")
    edges = [_edges(x[:, j]) for j in range(x.shape[1])]
    binned = np.stack([_binned(x[:, j], edges[j]) for j in range(x.shape[1])])
    y = late.astype(np.float64)
    score = np.zeros(len(x))
    trees = [_tree(binned, edges, y, score) for _ in range(TREES)]
    shift = intercept(score[calibrate_on], y[calibrate_on])
    return _forest(trees, shift)


def _edges(column: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.sort(column[~np.isnan(column)])
    if len(known) == 0:
        return np.zeros(0)
    picked = known[(np.arange(1, BINS) * len(known)) // BINS]
    edges = np.unique(picked)
    return np.asarray(edges[edges < known[-1]])


def _binned(column: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    # A row goes left when it is at most the edge.
    return np.asarray(np.where(np.isnan(column), _MISSING, np.searchsorted(edges, column, side="left")))


def _tree(
    binned: NDArray[np.int64],
    edges: list[NDArray[np.float64]],
    y: NDArray[np.float64],
    score: NDArray[np.float64],
) -> list[tuple[int, float, bool, int, int, float]]:
    """One tree as nodes (feature, threshold, missing left, left, right, value); adds it to `score` in place."""
    p = sigmoid(score)
    gradient, weight = y - p, p * (1.0 - p)
    node = np.zeros(len(y), dtype=np.int64)
    nodes: list[tuple[int, float, bool, int, int, float]] = [(0, 0.0, False, 0, 0, 0.0)]
    level = [0]
    for depth in range(DEPTH + 1):
        place = np.full(len(nodes), -1, dtype=np.int64)
        place[level] = np.arange(len(level))
        at = place[node]
        here = at >= 0
        width = BINS + 1
        best: list[tuple[float, int, int, bool]] = [(1e-6, -1, 0, False)] * len(level)
        total_g = np.bincount(at[here], gradient[here], len(level))
        total_h = np.bincount(at[here], weight[here], len(level))
        if depth < DEPTH:
            for j in range(len(binned)):
                if len(edges[j]) == 0:
                    continue
                cell = at[here] * width + binned[j][here]
                g = np.bincount(cell, gradient[here], len(level) * width).reshape(-1, width)
                h = np.bincount(cell, weight[here], len(level) * width).reshape(-1, width)
                n = np.bincount(cell, minlength=len(level) * width).reshape(-1, width)
                for missing_left in (False, True):
                    _best_of(best, j, len(edges[j]), g, h, n, total_g, total_h, missing_left)
        next_level: list[int] = []
        for k, index in enumerate(level):
            value = RATE * float(total_g[k]) / (float(total_h[k]) + L2)
            _, feature, cut, missing_left = best[k]
            rows = here & (at == k)
            if feature < 0:
                nodes[index] = (0, 0.0, False, index, index, value)
                score[rows] += value
                continue
            left, right = len(nodes), len(nodes) + 1
            nodes += [(0, 0.0, False, left, left, 0.0), (0, 0.0, False, right, right, 0.0)]
            nodes[index] = (feature, float(edges[feature][cut]), missing_left, left, right, 0.0)
            b = binned[feature]
            goes_left = np.where(b == _MISSING, missing_left, b <= cut)
            node[rows & goes_left] = left
            node[rows & ~goes_left] = right
            next_level += [left, right]
        level = next_level
        if not level:
            break
    return nodes


def _best_of(
    best: list[tuple[float, int, int, bool]],
    j: int,
    n_edges: int,
    g: NDArray[Any],
    h: NDArray[Any],
    n: NDArray[Any],
    total_g: NDArray[Any],
    total_h: NDArray[Any],
    missing_left: bool,
) -> None:
    """Improve the best split of each node by those of one feature."""
    gl = np.cumsum(g[:, :n_edges], axis=1)
    hl = np.cumsum(h[:, :n_edges], axis=1)
    nl = np.cumsum(n[:, :n_edges], axis=1)
    if missing_left:
        gl, hl, nl = gl + g[:, _MISSING:], hl + h[:, _MISSING:], nl + n[:, _MISSING:]
    gr, hr = total_g[:, None] - gl, total_h[:, None] - hl
    nr = n.sum(axis=1)[:, None] - nl
    gain = gl * gl / (hl + L2) + gr * gr / (hr + L2) - (total_g * total_g / (total_h + L2))[:, None]
    gain[(nl < LEAST_ROWS) | (nr < LEAST_ROWS)] = 0.0
    cut = gain.argmax(axis=1)
    for k in range(len(best)):
        found = float(gain[k, cut[k]])
        if found > best[k][0]:
            best[k] = (found, j, int(cut[k]), missing_left)


def intercept(score: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The shift of the log-odds that brings the mean prediction to the late rate, by bisection."""
    low, high = -4.0, 4.0
    wanted = float(np.cumsum(y)[-1]) if len(y) else 0.0
    for _ in range(40):
        middle = (low + high) / 2.0
        if len(y) and float(np.cumsum(sigmoid(score + middle))[-1]) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0 if len(y) else 0.0


def _forest(trees: list[list[tuple[int, float, bool, int, int, float]]], baseline: float) -> Forest:
    root: list[int] = []
    flat: list[tuple[int, float, bool, int, int, float]] = []
    for nodes in trees:
        first = len(flat)
        root.append(first)
        flat += [(f, t, m, first + left, first + right, v) for f, t, m, left, right, v in nodes]
    feature, threshold, missing, left, right, value = zip(*flat, strict=True)
    return Forest(
        feature=np.array(feature, dtype=np.int32),
        threshold=np.array(threshold, dtype=np.float64),
        left=np.array(left, dtype=np.int32),
        right=np.array(right, dtype=np.int32),
        missing_left=np.array(missing, dtype=np.bool_),
        value=np.array(value, dtype=np.float64),
        root=np.array(root, dtype=np.int32),
        baseline=baseline,
        depth=DEPTH,
    )

"""Fitting a delay model on the rows at hand: gradient-boosted trees, the same to the bit on every machine.

Histogram boosting of the logistic loss with level-wise trees (Friedman, "Greedy function approximation: a gradient
boosting machine", Annals of Statistics 2001; Chen and Guestrin, "XGBoost", KDD 2016, for the second-order gain).
Sums run in row order and the only functions used are + - * / and comparisons, so no mathematical library decides
a split.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights.forest import Forest
from gradatim.sim.flights.splits import best_splits

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


def auc(score: NDArray[np.float64], late: NDArray[np.bool_]) -> float:
    """Area under the ROC curve by ranks (Mann and Whitney 1947), ties in order of row; NaN with one class only."""
    n = int(late.sum())
    if n in (0, len(late)):
        return float("nan")
    rank = np.empty(len(score))
    rank[np.argsort(score, kind="stable")] = np.arange(1, len(score) + 1)
    return float((rank[late].sum() - n * (n + 1) / 2) / (n * (len(late) - n)))


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


def compile_forest() -> None:
    """Fit five hundred rows and predict one: numba compiles both into its cache, or loads them from it."""
    x = np.arange(500.0)[:, None]
    everything = np.ones(len(x), dtype=np.bool_)
    fit(x, x[:, 0] % 2 == 0, everything).log_odds(x[:1])


def _edges(column: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.sort(column[~np.isnan(column)])
    if len(known) == 0:
        return np.zeros(0)
    picked = known[(np.arange(1, BINS) * len(known)) // BINS]
    edges = np.unique(picked)
    return np.asarray(edges[edges < known[-1]])


def _binned(column: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.uint8]:
    # A row goes left when it is at most the edge.
    bins = np.where(np.isnan(column), _MISSING, np.searchsorted(edges, column, side="left"))
    return np.asarray(bins, dtype=np.uint8)


def _tree(
    binned: NDArray[np.uint8],
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
    n_edges = np.array([len(e) for e in edges], dtype=np.int64)
    for depth in range(DEPTH + 1):
        place = np.full(len(nodes), -1, dtype=np.int64)
        place[level] = np.arange(len(level))
        at = place[node]
        here = at >= 0
        total_g = np.bincount(at[here], gradient[here], len(level))
        total_h = np.bincount(at[here], weight[here], len(level))
        best = np.full((len(level), 3), -1)
        if depth < DEPTH:
            totals = np.stack([total_g, total_h])
            best = best_splits(at, binned, n_edges, gradient, weight, totals, BINS, L2, LEAST_ROWS)
        next_level: list[int] = []
        for k, index in enumerate(level):
            value = RATE * float(total_g[k]) / (float(total_h[k]) + L2)
            feature, cut, missing_left = (int(v) for v in best[k])
            rows = here & (at == k)
            if feature < 0:
                nodes[index] = (0, 0.0, False, index, index, value)
                score[rows] += value
                continue
            left, right = len(nodes), len(nodes) + 1
            nodes += [(0, 0.0, False, left, left, 0.0), (0, 0.0, False, right, right, 0.0)]
            nodes[index] = (feature, float(edges[feature][cut]), missing_left == 1, left, right, 0.0)
            b = binned[feature]
            goes_left = np.where(b == _MISSING, missing_left == 1, b <= cut)
            node[rows & goes_left] = left
            node[rows & ~goes_left] = right
            next_level += [left, right]
        level = next_level
        if not level:
            break
    return nodes


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

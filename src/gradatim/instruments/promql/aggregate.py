"""`sum`, `avg`, `min`, `max`, `count` and `group` over the series of a vector."""

from __future__ import annotations

import numpy as np

from gradatim.instruments.promql.frame import Frame, Mask
from gradatim.instruments.promql.series import Floats, Labels
from gradatim.instruments.promql.syntax import NAME, Aggregate


def aggregate(node: Aggregate, vector: Frame) -> Frame:
    """One series for each group that has a sample, at the times when it has one."""
    groups: dict[Labels, list[int]] = {}
    for row, labels in enumerate(vector.labels):
        groups.setdefault(group_of(node, labels), []).append(row)
    rows = [_fold(node.op, vector.values[rows], vector.present[rows]) for rows in groups.values()]
    return Frame.stack(list(groups), rows, vector.steps)


def group_of(node: Aggregate, labels: Labels) -> Labels:
    """The labels that a series' group keeps."""
    chosen = frozenset(node.labels)
    if node.grouping == "by":
        return tuple(pair for pair in labels if pair[0] in chosen)
    return tuple(pair for pair in labels if pair[0] not in chosen and pair[0] != NAME)


def _fold(op: str, values: Floats, present: Mask) -> tuple[Floats, Mask]:
    there: Mask = np.any(present, axis=0, keepdims=True)[0]
    count = present.sum(axis=0).astype(np.float64)
    with np.errstate(all="ignore"):
        match op:
            case "count":
                return count, there
            case "group":
                return np.ones(values.shape[1]), there
            case "min":
                # fmin passes over NaN, as Prometheus does unless there is nothing else.
                return _extreme(np.fmin, values, present), there
            case "max":
                return _extreme(np.fmax, values, present), there
        total = np.where(present, values, 0.0).sum(axis=0)
        return (total / count if op == "avg" else total), there


def _extreme(fold: np.ufunc, values: Floats, present: Mask) -> Floats:
    result: Floats = fold.reduce(np.where(present, values, np.nan), axis=0)
    return result

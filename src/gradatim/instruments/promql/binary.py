"""Arithmetic, comparisons and set operations between scalars and vectors.

Follows `VectorBinop`, `VectorscalarBinop` and the set operators of Prometheus (promql/engine.go).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.promql.frame import Frame, Mask, merged, without_name
from gradatim.instruments.promql.series import Floats, Labels, show
from gradatim.instruments.promql.syntax import COMPARISONS, NAME, Binary, Matching

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}


def combine(node: Binary, left: Frame | Floats, right: Frame | Floats) -> Frame | Floats:
    """The value of a binary expression; scalars are arrays of one value a step.

    Raises:
        InputError: series do not match one to one, or not uniquely within a group.
    """
    if isinstance(left, Frame) and isinstance(right, Frame):
        if node.op in ("and", "or", "unless"):
            return _sets(node, left, right)
        return _vectors(node, left, right)
    with np.errstate(all="ignore"):
        if isinstance(left, Frame):
            result = _OPERATIONS[node.op](left.values, right)
            return _with_scalar(node, left, result)
        if isinstance(right, Frame):
            result = _OPERATIONS[node.op](left, right.values)
            return _with_scalar(node, right, result)
        return np.asarray(_OPERATIONS[node.op](left, right), dtype=np.float64)


def _with_scalar(node: Binary, vector: Frame, result: Any) -> Frame:
    if node.op not in COMPARISONS:
        return Frame(vector.labels, result, vector.present).relabel(without_name)
    if node.bool:
        values = result.astype(np.float64)
        return Frame(vector.labels, values, vector.present).relabel(without_name)
    # A filter keeps the vector's own value, also when the vector stands on the right.
    return Frame(vector.labels, vector.values, vector.present & result).living()


def _signature(matching: Matching) -> Callable[[Labels], Labels]:
    """What two series must share to find each other."""
    chosen = frozenset(matching.labels)
    if matching.on:
        return lambda labels: tuple(pair for pair in labels if pair[0] in chosen)
    return lambda labels: tuple(pair for pair in labels if pair[0] not in chosen and pair[0] != NAME)


def _by_signature(frame: Frame, matching: Matching) -> dict[Labels, list[int]]:
    sign = _signature(matching)
    found: dict[Labels, list[int]] = {}
    for row, labels in enumerate(frame.labels):
        found.setdefault(sign(labels), []).append(row)
    return found


def _sets(node: Binary, left: Frame, right: Frame) -> Frame:
    sign = _signature(node.matching)
    there = {
        key: right.present[rows].any(axis=0) for key, rows in _by_signature(right, node.matching).items()
    }
    nowhere: Mask = np.zeros(left.steps, dtype=bool)
    if node.op == "or":
        mine = {
            key: left.present[rows].any(axis=0) for key, rows in _by_signature(left, node.matching).items()
        }
        free = [~mine.get(sign(labels), nowhere) for labels in right.labels]
        extra = right.present & np.array(free, dtype=bool).reshape(right.present.shape)
        both = merged(
            [*left.labels, *right.labels],
            np.concatenate([left.values, right.values]),
            np.concatenate([left.present, extra]),
        )
        return both.living()
    matched = np.array([there.get(sign(labels), nowhere) for labels in left.labels], dtype=bool)
    matched = matched.reshape(left.present.shape)
    keep = matched if node.op == "and" else ~matched
    return Frame(left.labels, left.values, left.present & keep).living()


def _vectors(node: Binary, left: Frame, right: Frame) -> Frame:
    if not left.labels or not right.labels:
        return Frame.empty(left.steps)
    many, one = (right, left) if node.matching.group == "right" else (left, right)
    ones = _by_signature(one, node.matching)
    # With nothing on the other side the server does not look whether this side is unique.
    asked = many.present.any(axis=0)
    for key, rows in ones.items():
        if len(rows) > 1 and np.any((one.present[rows].sum(axis=0) > 1) & asked):
            side = "left" if node.matching.group == "right" else "right"
            raise InputError(
                f"the {side} side of `{node.op}` has several series for one match",
                [show(one.labels[row]) for row in rows],
                why=f"they share {show(key)}; aggregate them, or match on more labels",
            )
    labels, values, present, keys = [], [], [], []
    sign = _signature(node.matching)
    for m, its in enumerate(many.labels):
        for o in ones.get(sign(its), []):
            a, b = (one.values[o], many.values[m]) if many is right else (many.values[m], one.values[o])
            value, there = _elements(node, a, b, many.present[m] & one.present[o])
            if there.any():
                labels.append(_result(node, its, one.labels[o]))
                values.append(value)
                present.append(there)
                keys.append(sign(its))
    if not labels:
        return Frame.empty(left.steps)
    if not node.matching.group:
        _once(node, keys, present, labels)
    return merged(labels, np.stack(values), np.stack(present))


def _once(node: Binary, keys: list[Labels], present: list[Mask], labels: list[Labels]) -> None:
    """One to one: no match may be used twice at one time."""
    seen: dict[Labels, Mask] = {}
    for key, there in zip(keys, present, strict=True):
        if key in seen and np.any(seen[key] & there):
            same = [show(one) for one, k in zip(labels, keys, strict=True) if k == key]
            raise InputError(
                f"the left side of `{node.op}` has several series for one match",
                dict.fromkeys(same),
                why="many to one must be said with group_left or group_right",
            )
        seen[key] = seen[key] | there if key in seen else there


def _elements(node: Binary, a: Floats, b: Floats, there: Mask) -> tuple[Floats, Mask]:
    with np.errstate(all="ignore"):
        result = _OPERATIONS[node.op](a, b)
    if node.op not in COMPARISONS:
        return result, there
    if node.bool:
        return result.astype(np.float64), there
    return a, there & result


def _result(node: Binary, its: Labels, others: Labels) -> Labels:
    """The labels of a result; `its` is the side with many series (left, if one to one)."""
    labels = dict(its)
    if node.op not in COMPARISONS or node.bool:
        labels.pop(NAME, None)
    chosen = node.matching.labels
    if not node.matching.group:
        if node.matching.on:
            labels = {k: v for k, v in labels.items() if k in chosen}
        else:
            labels = {k: v for k, v in labels.items() if k not in chosen}
    from_one = dict(others)
    for name in node.matching.include:
        if from_one.get(name):
            labels[name] = from_one[name]
        else:
            labels.pop(name, None)
    return tuple(sorted(labels.items()))

"""Functions of instant vectors and scalars, and `absent`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradatim.instruments.promql.frame import Frame, Mask, without_name
from gradatim.instruments.promql.series import Floats, Labels
from gradatim.instruments.promql.syntax import NAME, Expr, Range, Selector

ELEMENTWISE: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sgn": np.sign,
}


def elementwise(function: str, vector: Frame) -> Frame:
    """A function of each sample alone."""
    with np.errstate(all="ignore"):
        values = ELEMENTWISE[function](vector.values)
    return Frame(vector.labels, values, vector.present).relabel(without_name)


def clamp(vector: Frame, low: Floats | None, high: Floats | None) -> Frame:
    """Values moved into [low, high]; nothing at times when low is above high."""
    values, present = vector.values, vector.present
    if low is not None:
        values = _bounded(np.maximum, values, low)
    if high is not None:
        values = _bounded(np.minimum, values, high)
    if low is not None and high is not None:
        present = present & ~(low > high)
    return Frame(vector.labels, values, present).living().relabel(without_name)


def _bounded(bound: np.ufunc, values: Floats, limit: Floats) -> Floats:
    """Go's math.Max and math.Min: NaN from either side wins, except against their own infinity."""
    with np.errstate(all="ignore"):
        out: Floats = bound(values, limit)
    endless = np.inf if bound is np.maximum else -np.inf
    return np.where((values == endless) | (limit == endless), endless, out)


def scalar(vector: Frame) -> Floats:
    """The value of the only series; NaN where there is not exactly one."""
    if not vector.labels:
        return np.full(vector.steps, np.nan)
    total = np.where(vector.present, vector.values, 0.0).sum(axis=0)
    return np.where(vector.present.sum(axis=0) == 1, total, np.nan)


def absent(argument: Expr, there: Mask) -> Frame:
    """1 at the times when nothing is there, with the labels that the selector demands."""
    missing = ~there
    return Frame.stack([_demanded(argument)], [(np.ones(len(there)), missing)], len(there))


def _demanded(argument: Expr) -> Labels:
    selector = argument.selector if isinstance(argument, Range) else argument
    if not isinstance(selector, Selector):
        return ()
    demanded: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in selector.matchers:
        if matcher.label == NAME:
            continue
        if matcher.op == "=" and matcher.label not in seen:
            demanded[matcher.label] = matcher.value
        else:
            demanded.pop(matcher.label, None)
        seen.add(matcher.label)
    return tuple(sorted((k, v) for k, v in demanded.items() if v))

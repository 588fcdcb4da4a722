"""Evaluation of a PromQL expression at many times at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.promql import functions, windows
from gradatim.instruments.promql.aggregate import aggregate
from gradatim.instruments.promql.binary import combine
from gradatim.instruments.promql.frame import Frame, Mask, without_name
from gradatim.instruments.promql.histogram import histogram_quantile
from gradatim.instruments.promql.parse import parse
from gradatim.instruments.promql.series import Floats, Labels, Millis, Series, SeriesSet, show
from gradatim.instruments.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Negate,
    Number,
    Range,
    Selector,
    text,
    walk,
)
from gradatim.instruments.promql.windows import PROMETHEUS_2, Dialect, Row, Windows

LOOKBACK_MS = 300_000
_CELLS = 8_000_000
"""Series times steps that are held at once: 64 MB a table of floats."""


@dataclass(frozen=True)
class Engine:
    """PromQL over a set of series.

    Args:
        data: the series.
        lookback_ms: how old a sample an instant selector may take (Prometheus: 5 minutes).
        dialect: whose edges of windows are meant.
    """

    data: SeriesSet
    lookback_ms: int = LOOKBACK_MS
    dialect: Dialect = PROMETHEUS_2

    def evaluate(self, expr: Expr | str, at_ms: Millis) -> Frame | Floats:
        """The value at each time: a frame, or for a scalar expression one number a step.

        Args:
            expr: the expression or its text.
            at_ms: times in milliseconds since 1970, rising.

        Raises:
            InputError: the expression cannot be parsed, or its series do not match each other.
        """
        tree = parse(expr) if isinstance(expr, str) else expr
        if isinstance(tree, Range):
            raise InputError(
                "a range of samples is not a value", [text(tree)], why="put it into rate() or so"
            )
        widest = max((len(self.data.select(s)) for s in selectors(tree)), default=1)
        chunk = max(1, _CELLS // max(widest, 1))
        if len(at_ms) <= chunk:
            return self._value(tree, at_ms)
        parts = [self._value(tree, at_ms[i : i + chunk]) for i in range(0, len(at_ms), chunk)]
        return _joined(parts, [len(at_ms[i : i + chunk]) for i in range(0, len(at_ms), chunk)])

    def vector(self, expr: Expr | str, at_ms: Millis) -> Frame:
        """As `evaluate`; a scalar becomes a series without labels."""
        value = self.evaluate(expr, at_ms)
        return value if isinstance(value, Frame) else _from_scalar(value)

    def _value(self, expr: Expr, at_ms: Millis) -> Frame | Floats:
        match expr:
            case Number(value):
                return np.full(len(at_ms), value)
            case Selector():
                return self._instant(expr, at_ms)
            case Negate(operand):
                inner = self._value(operand, at_ms)
                if isinstance(inner, Frame):
                    return Frame(inner.labels, -inner.values, inner.present).relabel(without_name)
                return -inner
            case Aggregate(_, operand):
                return aggregate(expr, self._frame(operand, at_ms))
            case Binary(_, left, right):
                return combine(expr, self._value(left, at_ms), self._value(right, at_ms))
            case Call():
                return self._call(expr, at_ms)
            case Range():
                raise InputError("a range of samples where one value is needed", [text(expr)])

    def _frame(self, expr: Expr, at_ms: Millis) -> Frame:
        value = self._value(expr, at_ms)
        return value if isinstance(value, Frame) else _from_scalar(value)

    def _scalar(self, expr: Expr, at_ms: Millis) -> Floats:
        value = self._value(expr, at_ms)
        if isinstance(value, Frame):
            raise InputError("a vector where a scalar is needed", [text(expr)])
        return value

    def _call(self, node: Call, at_ms: Millis) -> Frame | Floats:
        name, arguments = node.function, node.arguments
        if arguments and isinstance(arguments[0], Range):
            return self._of_range(name, arguments[0], at_ms)
        match name:
            case "time":
                return at_ms / 1000.0
            case "vector":
                return _from_scalar(self._scalar(arguments[0], at_ms))
            case "scalar":
                return functions.scalar(self._frame(arguments[0], at_ms))
            case "absent":
                inner = self._frame(arguments[0], at_ms)
                return functions.absent(arguments[0], _any(inner))
            case "histogram_quantile":
                q = self._scalar(arguments[0], at_ms)
                return histogram_quantile(q, self._frame(arguments[1], at_ms))
            case "clamp" | "clamp_min" | "clamp_max":
                bounds = [self._scalar(a, at_ms) for a in arguments[1:]]
                low = None if name == "clamp_max" else bounds[0]
                high = None if name == "clamp_min" else bounds[-1]
                return functions.clamp(self._frame(arguments[0], at_ms), low, high)
        return functions.elementwise(name, self._frame(arguments[0], at_ms))

    def _instant(self, node: Selector, at_ms: Millis) -> Frame:
        at_ms = at_ms - node.offset_ms
        found = self.data.select(node)
        rows = [windows.last_value(s, at_ms, self.lookback_ms, self.dialect) for s in found]
        return Frame.stack([s.labels for s in found], rows, len(at_ms))

    def _of_range(self, name: str, node: Range, at_ms: Millis) -> Frame:
        at_ms = at_ms - node.selector.offset_ms
        found = self.data.select(node.selector)
        if name == "absent_over_time":
            there = np.zeros(len(at_ms), dtype=bool)
            for one in found:
                there |= Windows.of(one, at_ms, node.range_ms, self.dialect).count > 0
            return functions.absent(node, there)
        rows = [self._row(name, one, node.range_ms, at_ms) for one in found]
        keep = name == "last_over_time"
        labels = [one.labels if keep else without_name(one.labels) for one in found]
        frame = Frame.stack(labels, rows, len(at_ms))
        if twice := [one for one in set(frame.labels) if frame.labels.count(one) > 1]:
            raise InputError(
                f"{name} gives several series with the same labels",
                sorted(show(one) or "{}" for one in twice),
            )
        return frame

    def _row(self, name: str, series: Series, range_ms: int, at_ms: Millis) -> Row:
        w = Windows.of(series, at_ms, range_ms, self.dialect)
        match name:
            case "rate" | "increase":
                return windows.extrapolated(w, self.dialect, counter=True, per_second=name == "rate")
            case "delta":
                return windows.extrapolated(w, self.dialect, counter=False, per_second=False)
            case "irate" | "idelta":
                return windows.instant_change(w, per_second=name == "irate")
            case "counted":
                return windows.counted(w)
            case "resets":
                return windows.times_that(w, windows.fell)
            case "changes":
                return windows.times_that(w, windows.changed)
        return windows.over_time(w, name)


def selectors(expr: Expr) -> list[Selector]:
    """Every selector of an expression, those inside ranges too."""
    found = [node for node in walk(expr) if isinstance(node, Selector)]
    return list(dict.fromkeys(found))


def grid_ms(start_ms: int, end_ms: int, step_ms: int) -> Millis:
    """Times from start to end, both included where the step meets them."""
    return np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64)


def _from_scalar(value: Floats) -> Frame:
    return Frame([()], value[np.newaxis, :], np.ones((1, len(value)), dtype=bool))


def _any(frame: Frame) -> Mask:
    there: Mask = np.any(frame.present, axis=0, keepdims=True)[0]
    return there


def _joined(parts: list[Frame | Floats], lengths: list[int]) -> Frame | Floats:
    """Pieces of time after one another."""
    frames = [part for part in parts if isinstance(part, Frame)]
    if not frames:
        return np.concatenate([part for part in parts if not isinstance(part, Frame)])
    rows: dict[Labels, int] = {}
    for frame in frames:
        for labels in frame.labels:
            rows.setdefault(labels, len(rows))
    values = np.zeros((len(rows), sum(lengths)))
    present = np.zeros(values.shape, dtype=bool)
    start = 0
    for frame, length in zip(frames, lengths, strict=True):
        at = [rows[labels] for labels in frame.labels]
        values[at, start : start + length] = frame.values
        present[at, start : start + length] = frame.present
        start += length
    return Frame(list(rows), values, present)

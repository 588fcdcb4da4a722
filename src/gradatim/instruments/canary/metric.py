"""What is compared: a column, the direction that hurts, and how much change is tolerated."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple, get_args

from gradatim.instruments.size import read_size

Direction = Literal["increase", "decrease", "either"]


class Tolerance(NamedTuple):
    """The largest change that may be promoted: a share of the baseline's mean, or a number in its unit."""

    size: float
    relative: bool

    @property
    def text(self) -> str:
        return f"{100 * self.size:g} %" if self.relative else f"{self.size:g}"


class CanaryMetric(NamedTuple):
    """One metric. `worse` is the direction that fails the canary, as in Kayenta."""

    column: str
    worse: Direction = "either"
    tolerance: Tolerance = Tolerance(0.10, True)


def parse_tolerance(text: str) -> Tolerance:
    """`10%` of the baseline's mean, or `0.5` in the metric's unit.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    size = read_size(text)
    if not size.value > 0:
        raise ValueError(f'the tolerance "{text}" is not a positive number such as 10% or 0.5')
    return Tolerance(*size)


def parse_metric(text: str, columns: Collection[str], default: Tolerance) -> CanaryMetric:
    """`latency_ms`, `errors:increase`, `throughput:decrease:5%`.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    if text in columns:
        return CanaryMetric(text, "either", default)
    body, _, last = text.rpartition(":")
    if body in columns and last in get_args(Direction):
        return CanaryMetric(body, last, default)  # type: ignore[arg-type]
    column, _, direction = body.rpartition(":")
    if column in columns or direction in get_args(Direction):
        if direction not in get_args(Direction):
            raise ValueError(f'"{text}": the direction is increase, decrease or either, not "{direction}"')
        try:
            tolerance = parse_tolerance(last)
        except ValueError as error:
            raise ValueError(f'"{text}": {error}') from None
        return _known(text, column, columns, CanaryMetric(column, direction, tolerance))  # type: ignore[arg-type]
    if last in get_args(Direction):
        return _known(text, body, columns, CanaryMetric(body, last, default))  # type: ignore[arg-type]
    if body in columns:
        raise ValueError(f'"{text}": the direction is increase, decrease or either, not "{last}"')
    raise ValueError(f'"{text}": there is no column "{text}" in either file')


def _known(text: str, column: str, columns: Collection[str], metric: CanaryMetric) -> CanaryMetric:
    if column not in columns:
        raise ValueError(f'"{text}": there is no column "{column}" in either file')
    return metric

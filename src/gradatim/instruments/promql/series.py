"""Time series as Prometheus holds them, and how a selector finds them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.promql.syntax import NAME, Matcher, Selector, quote

Labels: TypeAlias = tuple[tuple[str, str], ...]
Floats: TypeAlias = NDArray[np.float64]
Millis: TypeAlias = NDArray[np.int64]

STALE_BITS = 0x7FF0000000000002
"""The NaN by which Prometheus says that a series has ended (pkg/value, "staleness handling")."""


def stale_marker() -> float:
    """The value of a sample that ends a series."""
    return float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])


def labels_of(mapping: Mapping[str, str]) -> Labels:
    """Sorted pairs without empty values: to Prometheus an empty label is an absent one."""
    return tuple(sorted((k, v) for k, v in mapping.items() if v != ""))


def show(labels: Labels) -> str:
    """As in an expression: name{label="value"}."""
    name = dict(labels).get(NAME, "")
    inside = ", ".join(f"{k}={quote(v)}" for k, v in labels if k != NAME)
    return f"{name}{{{inside}}}" if inside or not name else name


@dataclass(frozen=True, eq=False)
class Series:
    """One series: times in milliseconds since 1970, strictly rising, and values."""

    labels: Labels
    times_ms: Millis
    values: Floats
    stale: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.times_ms.shape != self.values.shape or np.any(np.diff(self.times_ms) <= 0):
            raise ValueError(f"the times of {show(self.labels)} do not rise strictly")
        object.__setattr__(self, "stale", self.values.view(np.uint64) == np.uint64(STALE_BITS))

    @functools.cached_property
    def living(self) -> tuple[Millis, Floats]:
        """Times and values without the markers of staleness: what a range sees."""
        if not self.stale.any():
            return self.times_ms, self.values
        return self.times_ms[~self.stale], self.values[~self.stale]


class SeriesSet:
    """Series with different labels, found by selectors.

    Args:
        series: the series; the same labels twice is an error.

    Raises:
        InputError: two series have the same labels.
    """

    def __init__(self, series: Iterable[Series] = ()) -> None:
        self._by_labels: dict[Labels, Series] = {}
        self._by_name: dict[str, list[Series]] = {}
        twice = [show(one.labels) for one in series if not self._add(one)]
        if twice:
            raise InputError("a series is given twice", [f"{name}" for name in dict.fromkeys(twice)])

    def __len__(self) -> int:
        return len(self._by_labels)

    def __iter__(self) -> Iterator[Series]:
        return iter(self._by_labels.values())

    def _add(self, one: Series) -> bool:
        if one.labels in self._by_labels:
            return False
        self._by_labels[one.labels] = one
        self._by_name.setdefault(dict(one.labels).get(NAME, ""), []).append(one)
        return True

    def put(self, one: Series) -> None:
        """Put a series in, in the place of one with the same labels."""
        if (old := self._by_labels.pop(one.labels, None)) is not None:
            self._by_name[dict(one.labels).get(NAME, "")].remove(old)
        self._add(one)

    @property
    def names(self) -> list[str]:
        """The names of metrics."""
        return sorted(self._by_name)

    @property
    def span_ms(self) -> tuple[int, int] | None:
        """The first and the last time of any sample; None without samples."""
        ends = [(s.times_ms[0], s.times_ms[-1]) for s in self._by_labels.values() if len(s.times_ms)]
        return (int(min(a for a, _ in ends)), int(max(b for _, b in ends))) if ends else None

    def select(self, selector: Selector) -> list[Series]:
        """The series that meet every matcher."""
        found: Sequence[Series]
        found = self._by_name.get(selector.name, []) if selector.name else list(self._by_labels.values())
        for matcher in selector.matchers:
            if matcher.label == NAME and matcher.op == "=" and matcher.value == selector.name:
                continue
            values = [dict(one.labels).get(matcher.label, "") for one in found]
            keep = matches(matcher, values)
            found = [one for one, kept in zip(found, keep, strict=True) if kept]
        return list(found)


def matches(matcher: Matcher, values: Sequence[str]) -> list[bool]:
    """Which values meet the matcher. Regular expressions are RE2's and anchored at both ends."""
    if not values:
        return []
    if matcher.op in ("=", "!="):
        return [(value == matcher.value) == (matcher.op == "=") for value in values]
    pc = load("pyarrow.compute", "work", "Matching labels by regular expression")
    pa = load("pyarrow", "work", "Matching labels by regular expression")
    try:
        hits = pc.match_substring_regex(pa.array(values, pa.string()), f"^(?:{matcher.value})$").to_pylist()
    except pa.ArrowInvalid as error:
        why = str(error).split("\n")[0]
        raise InputError(f"not a regular expression of RE2: {matcher.value}", [why]) from None
    return [bool(hit) == (matcher.op == "=~") for hit in hits]

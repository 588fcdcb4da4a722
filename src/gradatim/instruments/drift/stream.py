"""Streaming detectors over one number a row: where did it change? The detectors are river's.

Values are put on the scale that each detector's bounds assume, from the first `warm_up` values: ADWIN is told
values in 0 to 1, Page-Hinkley standard deviations, KSWIN the values as they are, DDM errors of 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from gradatim.core.errors import InputError
from gradatim.core.groups import load

Name = Literal["adwin", "page-hinkley", "kswin", "ddm"]
DETECTORS: tuple[Name, ...] = ("adwin", "page-hinkley", "kswin", "ddm")
WARM_UP = 200
BUCKETS = 240


@dataclass(frozen=True, slots=True)
class Change:
    """A change that a detector reported.

    Attributes:
        row: number of the row at which it was noticed, from 1; the change began earlier.
        before, after: mean of the values since the last change, and of the last 50 of them.
    """

    row: int
    before: float
    after: float

    def as_dict(self) -> dict[str, float]:
        return {"row": self.row, "mean_before": self.before, "mean_after": self.after}


class Stream:
    """One column under one detector.

    Args:
        detector: adwin (a mean that moves; Bifet & Gavaldà 2007), page-hinkley (a mean that steps up or down; Page
            1954), kswin (a distribution; Raab et al. 2020) or ddm (a rate of errors that rises; Gama et al. 2004).
        alpha: for adwin its delta, for kswin its alpha: the chance of a false cut in one check.
        seed: of kswin, which samples its window.
        warm_up: values that set the scale; nothing is reported in them.
    """

    def __init__(
        self, detector: Name, *, alpha: float = 0.0005, seed: int = 1, warm_up: int = WARM_UP
    ) -> None:
        self.name, self.warm_up = detector, warm_up
        self.rows = self.missing = 0
        self.changes: list[Change] = []
        self._detector = _make(detector, alpha, seed)
        self._first: list[float] = []
        self._centre, self._scale = 0.0, 1.0
        self._last: list[float] = []
        self._sum, self._count = 0.0, 0
        self.trace: list[tuple[int, float]] = []
        self._bucket: list[float] = []
        self._each = 1

    def add(self, value: float) -> Change | None:
        """Take the next value; the change that it made known, if any.

        Raises:
            InputError: the detector is for errors and the value is neither 0 nor 1.
        """
        self.rows += 1
        if not math.isfinite(value):
            self.missing += 1
            return None
        if self.name == "ddm" and value not in (0.0, 1.0):
            raise InputError(
                f"row {self.rows}: {value:g} is no error indicator",
                ["ddm watches whether each prediction was wrong: 0 or 1"],
                next="--detector adwin for any number",
            )
        self._draw(value)
        if len(self._first) < self.warm_up and self.name in {"adwin", "page-hinkley"}:
            self._first.append(value)
            self._remember(value)
            if len(self._first) == self.warm_up:
                self._set_scale()
                for one in self._first:
                    self._detector.update(self._scaled(one))
            return None
        self._detector.update(self._scaled(value))
        found = bool(self._detector.drift_detected)
        if not found:
            self._remember(value)
            return None
        recent = [*self._last, value]
        kept = self._count - len(self._last)
        before = (self._sum - sum(self._last)) / kept if kept else self._sum / max(1, self._count)
        change = Change(self.rows, before, sum(recent) / len(recent))
        self.changes.append(change)
        self._sum, self._count, self._last = 0.0, 0, []
        if self.name == "page-hinkley":
            # It measures from the mean so far: a new level needs a new scale.
            self._first = []
        return change

    def _remember(self, value: float) -> None:
        self._sum += value
        self._count += 1
        self._last = [*self._last[-49:], value]

    def _set_scale(self) -> None:
        ordered = sorted(self._first)
        self._centre = sum(ordered) / len(ordered)
        variance = sum((v - self._centre) ** 2 for v in ordered) / (len(ordered) - 1)
        self._scale = math.sqrt(variance) or abs(self._centre) or 1.0
        if self.name == "page-hinkley" and variance:
            # Neighbours that are alike make a sum wander further, as if the spread were larger.
            pairs = zip(self._first, self._first[1:], strict=False)
            alike = sum((a - self._centre) * (b - self._centre) for a, b in pairs)
            alike = min(max(alike / (variance * (len(ordered) - 1)), 0.0), 0.95)
            self._scale *= math.sqrt((1 + alike) / (1 - alike))

    def _scaled(self, value: float) -> float:
        if self.name == "adwin":
            # Eight standard deviations are the range 0 to 1; what lies beyond counts as the end of it.
            return min(1.0, max(0.0, 0.5 + (value - self._centre) / (8 * self._scale)))
        return (value - self._centre) / self._scale if self.name == "page-hinkley" else value

    def _draw(self, value: float) -> None:
        """Keep means of ever longer buckets, at most 2 x BUCKETS of them, however long the stream."""
        self._bucket.append(value)
        if len(self._bucket) < self._each:
            return
        self.trace.append((self.rows, sum(self._bucket) / len(self._bucket)))
        self._bucket = []
        if len(self.trace) >= 2 * BUCKETS:
            pairs = zip(self.trace[::2], self.trace[1::2], strict=True)
            self.trace = [(b[0], (a[1] + b[1]) / 2) for a, b in pairs]
            self._each *= 2


def _make(name: Name, alpha: float, seed: int) -> Any:
    drift = load("river.drift", "work", "Watching a stream")
    if name == "adwin":
        return drift.ADWIN(delta=alpha)
    if name == "page-hinkley":
        return drift.PageHinkley(min_instances=30, delta=0.2, threshold=30.0, mode="both")
    if name == "kswin":
        return drift.KSWIN(alpha=alpha, window_size=200, stat_size=50, seed=seed)
    return load("river.drift.binary", "work", "Watching a stream").DDM()


def numbers(lines: Iterable[str], column: str, delimiter: str | None, name: str) -> Iterator[float]:
    """The values of one column of a CSV that may still be growing, line by line; NaN where there is none.

    Raises:
        InputError: there is no header or no such column.
    """
    import csv
    import difflib

    from gradatim.instruments.tables import NULL_WORDS

    stream = iter(lines)
    head = next(stream, "")
    used = delimiter or max(",;\t|", key=lambda d: (head.count(d), d == ","))
    names = next(csv.reader([head], delimiter=used), [])
    names = [one.strip().removeprefix("\ufeff") for one in names]
    if not any(names):
        raise InputError(f"{name} is empty", ["a header with the names of the columns is needed"])
    if column not in names:
        near = difflib.get_close_matches(column, names, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"it has: {', '.join(names[:12])}"
        raise InputError(f'{name} has no column "{column}"', [hint])
    if names.count(column) > 1:
        raise InputError(f'{name} has {names.count(column)} columns named "{column}"')
    place = names.index(column)
    for row in csv.reader(stream, delimiter=used):
        word = row[place].strip() if place < len(row) else ""
        if word in NULL_WORDS:
            yield math.nan
            continue
        try:
            yield float(word)
        except ValueError:
            yield math.nan

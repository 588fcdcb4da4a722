"""Streaming detectors over one number a row: where did it change? The detectors are river's.

Values are put on the scale that each detector's bounds assume, from the first `warm_up` values: ADWIN is told
values in 0 to 1, Page-Hinkley standard deviations, KSWIN the values as they are, DDM errors of 0 and 1. ADWIN sees a
mean only, so a second one watches the distance from the first values' mean, which is the spread. The bounds of ADWIN
and KSWIN take values as independent: where neighbours are alike (correlation r among the first values), ADWIN is told
means of (1 + r) / (1 - r) neighbours, and KSWIN one value of as many.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from gradatim.core.errors import InputError
from gradatim.core.groups import load

Name = Literal["adwin", "page-hinkley", "kswin", "ddm"]
DETECTORS: tuple[Name, ...] = ("adwin", "page-hinkley", "kswin", "ddm")
WARM_UP = 200
BUCKETS = 240
MOST_ALIKE = 0.95
LEAST_APART, FAR_APART = 0.2, 30.0
"""Page-Hinkley's delta and threshold in standard deviations, after a warm-up of `WARM_UP` values."""
CLIP = 2.0
QUIET = 100  # times its length, in which a short file may expect a false alarm
CLOCK = 32  # values between two checks of ADWIN, river's default
What = Literal["mean", "spread", "distribution", "error rate"]


@dataclass(frozen=True, slots=True)
class Change:
    """A change that a detector reported.

    Attributes:
        row: number of the row at which it was noticed, from 1; the change began earlier.
        what: the detector's subject that changed.
        before, after: mean of the values since the last change, and of the last 50 of them.
        spread_before, spread_after: their standard deviations.
    """

    row: int
    what: What
    before: float
    after: float
    spread_before: float
    spread_after: float

    def as_dict(self) -> dict[str, float | str]:
        return {
            "row": self.row,
            "what": self.what,
            "mean_before": self.before,
            "mean_after": self.after,
            "sd_before": self.spread_before,
            "sd_after": self.spread_after,
        }

    def sentence(self) -> str:
        """What changed, from what to what."""
        if self.what == "spread":
            return f"standard deviation {self.spread_before:.5g} -> {self.spread_after:.5g}"
        return f"mean {self.before:.5g} -> {self.after:.5g}"


@dataclass(slots=True)
class Moments:
    """Number, mean and spread of values that are added up (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.squares += step * (value - self.mean)

    @property
    def sd(self) -> float:
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Moments:
        made = cls()
        for value in values:
            made.add(value)
        return made


class Stream:
    """One column under one detector.

    Args:
        detector: adwin (a mean or a spread that moves; Bifet & Gavaldà 2007), page-hinkley (a mean that steps up or
            down; Page 1954), kswin (a distribution; Raab et al. 2020) or ddm (a rate of errors that rises; Gama et
            al. 2004).
        alpha: for adwin its delta, half for the mean and half for the spread; for kswin its alpha: the chance of a
            false cut in one check.
        seed: of kswin, which samples its window.
        warm_up: values that set the scale, at the start and after each change; nothing is reported in them.
        length: of the whole series, where it is known; page-hinkley is quicker in a short one (`bounds`).
    """

    def __init__(
        self,
        detector: Name,
        *,
        alpha: float = 0.0005,
        seed: int = 1,
        warm_up: int = WARM_UP,
        length: int | None = None,
    ) -> None:
        self.name, self.warm_up = detector, warm_up
        self.rows = self.missing = 0
        self.changes: list[Change] = []
        self._alpha, self._seed = alpha, seed
        self._bounds = bounds(warm_up, length)
        self._detectors = _make(detector, alpha, seed, 1, self._bounds)
        self._first: list[float] = []
        self._centre, self._scale, self._alike = 0.0, 1.0, 0.0
        self._stride = 1
        self._block: list[float] = []
        self._last: list[float] = []
        self._old = Moments()
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
        if self.name != "ddm" and len(self._first) < self.warm_up:
            self._first.append(value)
            self._remember(value)
            if len(self._first) == self.warm_up:
                self._set_scale()
                for one in self._first:
                    self._feed(one)
            return None
        what = self._feed(value)
        if what is None:
            self._remember(value)
            return None
        recent = Moments.of([*self._last, value])
        old = self._old if self._old.count else recent
        change = Change(self.rows, what, old.mean, recent.mean, old.sd, recent.sd)
        self.changes.append(change)
        self._old, self._last = Moments(), []
        if self.name in {"adwin", "page-hinkley"}:
            # Both measure from what was: what is now needs a scale of its own.
            self._first = []
        return change

    def _remember(self, value: float) -> None:
        """The last 50 values, and the moments of those before."""
        self._last.append(value)
        if len(self._last) > 50:
            self._old.add(self._last.pop(0))

    def _set_scale(self) -> None:
        first = Moments.of(self._first)
        self._centre, self._scale = first.mean, first.sd or abs(first.mean) or 1.0
        self._alike, self._stride, self._block = 0.0, 1, []
        if first.sd:
            pairs = zip(self._first, self._first[1:], strict=False)
            alike = sum((a - first.mean) * (b - first.mean) for a, b in pairs) / first.squares
            self._alike = min(max(alike, 0.0), MOST_ALIKE)
        longer = (1 + self._alike) / (1 - self._alike)
        if self.name == "page-hinkley":
            # Neighbours that are alike make a sum wander further, as if the spread were larger.
            self._scale *= math.sqrt(longer)
        elif self._alike > 3 / math.sqrt(self.warm_up):
            # Three standard errors: less is what independent values show by chance.
            self._stride = math.ceil(longer)
        if self.name != "ddm":
            self._detectors = _make(self.name, self._alpha, self._seed, self._stride, self._bounds)

    def _feed(self, value: float) -> What | None:
        """Tell the detectors; what changed, if they say so."""
        self._block.append(value)
        if len(self._block) < self._stride:
            return None
        block, self._block = self._block, []
        told: dict[What, float]
        if self.name == "adwin":
            # Eight standard deviations are the range 0 to 1; what lies beyond counts as the end of it.
            away = [(v - self._centre) / self._scale for v in block]
            told = {
                "mean": 0.5 + sum(away) / len(away) / 8,
                "spread": sum(abs(z) for z in away) / len(away) / 8,
            }
            told = {what: min(1.0, max(0.0, x)) for what, x in told.items()}
        elif self.name == "page-hinkley":
            away_by = (value - self._centre) / self._scale
            told = {"mean": min(self._bounds.clip, max(-self._bounds.clip, away_by))}
        else:
            told = {"distribution" if self.name == "kswin" else "error rate": value}
        found: What | None = None
        for (what, x), detector in zip(told.items(), self._detectors, strict=True):
            detector.update(x)
            if detector.drift_detected and found is None:
                found = what
        return found

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


class Bounds(NamedTuple):
    """Page-Hinkley's: the change that is allowed, the sum that is too much, and what one value counts at most."""

    delta: float
    threshold: float
    clip: float


def bounds(warm_up: int, length: int | None) -> Bounds:
    """Bounds for a mean that is known from `warm_up` values only.

    Fewer values leave the mean uncertain, so a larger change is allowed for, and none counts for more than two
    standard deviations. The threshold follows from the run without a false alarm, a hundred times the series' length,
    by Siegmund's approximation for a one-sided sum (Siegmund 1985, "Sequential Analysis", section 2.5).
    """
    if warm_up >= WARM_UP or length is None:
        return Bounds(LEAST_APART, FAR_APART, math.inf)
    delta = max(LEAST_APART, 2.5 / math.sqrt(warm_up))
    run, b = QUIET * length, 1.0
    for _ in range(100):
        b = math.log(2 * delta**2 * run + 2 * delta * b + 1) / (2 * delta)
    return Bounds(delta, b - 1.166, CLIP)


def _make(name: Name, alpha: float, seed: int, stride: int, limits: Bounds) -> list[Any]:
    """The detectors; told one value of `stride`, ADWIN is asked after as many rows as otherwise."""
    drift = load("river.drift", "work", "Watching a stream")
    if name == "adwin":
        return [drift.ADWIN(delta=alpha / 2, clock=max(1, CLOCK // stride)) for _ in range(2)]
    if name == "page-hinkley":
        return [
            drift.PageHinkley(
                min_instances=30 if limits.clip == math.inf else 1,
                delta=limits.delta,
                threshold=limits.threshold,
                mode="both",
            )
        ]
    if name == "kswin":
        return [drift.KSWIN(alpha=alpha, window_size=200, stat_size=50, seed=seed)]
    return [load("river.drift.binary", "work", "Watching a stream").DDM()]


def numbers(lines: Iterable[str], column: str, delimiter: str | None, name: str) -> Iterator[float]:
    """The values of one column of a CSV that may still be growing, line by line; NaN where there is none.

    Raises:
        InputError: there is no header or no such column.
    """
    import csv
    import difflib

    from gradatim.instruments.tables import NULL_WORDS, one_number

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
            # Spreadsheets write ";" between values where a comma is the decimal point.
            yield float(word.replace(",", ".") if used == ";" and word.count(",") == 1 else word)
        except ValueError:
            yield one_number(word)

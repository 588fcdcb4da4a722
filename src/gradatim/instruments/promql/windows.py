"""What functions see of a series inside a window: edges, counter resets, extrapolation.

The formulas are those of Prometheus' `extrapolatedRate`, `instantValue` and `*_over_time`
(promql/functions.go), written for all steps at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradatim.instruments.promql.frame import Mask
from gradatim.instruments.promql.series import Floats, Millis, Series

CLOSE_ENOUGH = 1.1
"""A sample within 1.1 mean distances of the window's edge: extrapolate to the edge."""


@dataclass(frozen=True)
class Dialect:
    """What changed between the major versions of Prometheus.

    Args:
        left_open: a sample exactly at the old edge of a window, or exactly as old as the lookback,
            does not count (version 3).
        zero_after_gap: the cap "a counter was never below zero" is applied after the half distance
            has been chosen (version 3), not before.
    """

    name: str
    left_open: bool
    zero_after_gap: bool


PROMETHEUS_2 = Dialect("2", left_open=False, zero_after_gap=False)
PROMETHEUS_3 = Dialect("3", left_open=True, zero_after_gap=True)


@dataclass(frozen=True)
class Windows:
    """The samples of one series in one window a step: indices [first, end) into `times_ms`."""

    times_ms: Millis
    values: Floats
    first: NDArray[np.intp]
    end: NDArray[np.intp]
    start_ms: Millis
    stop_ms: Millis

    @classmethod
    def of(cls, series: Series, at_ms: Millis, range_ms: int, dialect: Dialect) -> Windows:
        """The windows that end at `at_ms`."""
        times_ms, values = series.living
        start_ms = at_ms - range_ms
        first = np.searchsorted(times_ms, start_ms, "right" if dialect.left_open else "left")
        end = np.searchsorted(times_ms, at_ms, "right")
        return cls(times_ms, values, first, end, start_ms, at_ms)

    @property
    def count(self) -> NDArray[np.intp]:
        """Samples a window."""
        return self.end - self.first


Row = tuple[Floats, Mask]


def last_value(series: Series, at_ms: Millis, lookback_ms: int, dialect: Dialect) -> Row:
    """The newest sample not older than the lookback, unless it says that the series has ended."""
    i = np.searchsorted(series.times_ms, at_ms, "right") - 1
    there = i >= 0
    i = np.maximum(i, 0)
    if not len(series.times_ms):
        return np.zeros(len(at_ms)), there
    oldest = at_ms - lookback_ms
    young = series.times_ms[i] > oldest if dialect.left_open else series.times_ms[i] >= oldest
    return series.values[i], there & young & ~series.stale[i]


def extrapolated(w: Windows, dialect: Dialect, *, counter: bool, per_second: bool) -> Row:
    """`rate`, `increase` and `delta`: the change over the window, carried to its edges."""
    there = w.count >= 2
    a, b = _edges(w, there)
    if not len(w.times_ms):
        return np.zeros(len(there)), there
    # Errors in arithmetic are answers here: Inf and NaN are legal samples.
    with np.errstate(all="ignore"):
        change = w.values[b] - w.values[a]
        if counter:
            change = change + _lost_in_resets(w.values, a, b)
        span_s = (w.times_ms[b] - w.times_ms[a]) / 1000.0
        gap_s = span_s / np.maximum(w.count - 1, 1)
        to_start_s = (w.times_ms[a] - w.start_ms) / 1000.0
        to_stop_s = (w.stop_ms - w.times_ms[b]) / 1000.0
        limit_s = gap_s * CLOSE_ENOUGH
        to_zero_s = np.full(len(a), np.inf)
        if counter:
            rises = (change > 0) & (w.values[a] >= 0)
            to_zero_s[rises] = span_s[rises] * (w.values[a][rises] / change[rises])
        if dialect.zero_after_gap:
            to_start_s = np.where(to_start_s < limit_s, to_start_s, gap_s / 2)
            to_start_s = np.minimum(to_start_s, to_zero_s)
        else:
            to_start_s = np.where(to_zero_s < to_start_s, to_zero_s, to_start_s)
            to_start_s = np.where(to_start_s < limit_s, to_start_s, gap_s / 2)
        to_stop_s = np.where(to_stop_s < limit_s, to_stop_s, gap_s / 2)
        factor = (span_s + to_start_s + to_stop_s) / span_s
        if per_second:
            factor = factor / ((w.stop_ms - w.start_ms) / 1000.0)
        return change * factor, there


def counted(w: Windows) -> Row:
    """What a counter counted since its last sample before the window: nothing is extrapolated or lost.

    Not a function of PromQL: it is for adding up the windows of a long time, each event once. A window
    without a sample counts nothing; what was counted meanwhile goes to the next that has one.
    """
    there = w.count >= 1
    if not len(w.times_ms):
        return np.zeros(len(there)), there
    before = np.where(there, np.maximum(w.first - 1, 0), 0)
    last = np.where(there, w.end - 1, 0)
    with np.errstate(all="ignore"):
        return w.values[last] - w.values[before] + _lost_in_resets(w.values, before, last), there


def instant_change(w: Windows, *, per_second: bool) -> Row:
    """`irate` and `idelta`: from the last two samples alone."""
    there = w.count >= 2
    _, b = _edges(w, there)
    if not len(w.times_ms):
        return np.zeros(len(there)), there
    before = np.maximum(b - 1, 0)
    with np.errstate(all="ignore"):
        change = w.values[b] - w.values[before]
        if per_second:
            change = np.where(w.values[b] < w.values[before], w.values[b], change)
            change = change / ((w.times_ms[b] - w.times_ms[before]) / 1000.0)
    return change, there


def times_that(w: Windows, what: Callable[[Floats, Floats], Mask]) -> Row:
    """`resets` and `changes`: how many neighbouring samples `what` holds for."""
    there = w.count >= 1
    a, b = _edges(w, there)
    happened = np.zeros(len(w.values) + 1)
    if len(w.values) > 1:
        with np.errstate(all="ignore"):
            happened[1 : len(w.values)] = what(w.values[:-1], w.values[1:])
    so_far = np.cumsum(happened)
    return so_far[b] - so_far[a], there


def fell(before: Floats, after: Floats) -> Mask:
    """A counter reset."""
    return np.less(after, before)


def changed(before: Floats, after: Floats) -> Mask:
    """Another value; NaN after NaN is none."""
    return np.not_equal(after, before) & ~(np.isnan(before) & np.isnan(after))


def over_time(w: Windows, function: str) -> Row:
    """`avg_over_time` and its kin, from every sample of each window."""
    there = w.count >= 1
    count = w.count.astype(np.float64)
    if function == "count_over_time":
        return count, there
    if function == "present_over_time":
        return np.ones(len(there)), there
    if not len(w.values):
        return np.zeros(len(there)), there
    if function == "last_over_time":
        return w.values[_edges(w, there)[1]], there
    fold = {"min_over_time": np.fmin, "max_over_time": np.fmax}.get(function, np.add)
    out = np.zeros(len(there))
    if there.any():
        # reduceat folds [i, j) for each pair; the folds between pairs are dropped. Pad: an end may be n.
        pairs = np.stack([w.first[there], w.end[there]], axis=1).ravel()
        padded = np.append(w.values, 0.0)
        with np.errstate(all="ignore"):
            out[there] = fold.reduceat(padded, pairs)[::2]
            if function == "avg_over_time":
                out[there] /= count[there]
    return out, there


def _edges(w: Windows, there: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the first and the last sample; 0 where a window has too few."""
    return np.where(there, w.first, 0), np.where(there, w.end - 1, 0)


def _lost_in_resets(values: Floats, a: NDArray[np.intp], b: NDArray[np.intp]) -> Floats:
    """What a counter had reached before each fall in the window, summed."""
    lost = np.zeros(len(values))
    fell_at = values[1:] < values[:-1]
    lost[1:][fell_at] = values[:-1][fell_at]
    endless = np.isinf(lost)
    # A running sum would carry an infinity into every later window: count those apart.
    finite = np.cumsum(np.where(endless, 0.0, lost))
    infinite = np.cumsum(endless)
    out: Floats = finite[b] - finite[a]
    out[infinite[b] > infinite[a]] = np.inf
    return out

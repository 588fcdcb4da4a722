"""What a counter counted per second between its samples."""

from __future__ import annotations

import numpy as np

from gradatim.instruments.promql import Series
from gradatim.instruments.promql.series import Floats, Millis
from gradatim.instruments.promql.syntax import NAME

COUNTERS = ("_total", "_count", "_sum", "_bucket")


def is_counter(series: Series) -> bool:
    """By its name, as Prometheus' conventions have it; an expression's result has no name and is none."""
    return dict(series.labels).get(NAME, "").endswith(COUNTERS)


def per_second(series: Series) -> tuple[Millis, Floats]:
    """The increase from each sample to the next, per second, at the time of the later one.

    A fall is a reset: the counter began again at zero, so what it shows is what it counted since (as in
    Prometheus' `rate`, without its extrapolation). Samples that are no numbers are passed over.
    """
    times, values = series.living
    there = ~np.isnan(values)
    times, values = times[there], values[there]
    if len(times) < 2:
        return times[:0], values[:0]
    steps = np.diff(values)
    return times[1:], np.where(steps < 0, values[1:], steps) / (np.diff(times) / 1000.0)

"""The effect as the units came in: the interval at each look."""

from __future__ import annotations

import math
from typing import NamedTuple

from gradatim.instruments.experiment.analyse import Readout, Result
from gradatim.instruments.experiment.effect import Interval, effect
from gradatim.instruments.experiment.sample import moments

MOST_LOOKS = 60
DAY_S = 86_400.0


class Look(NamedTuple):
    """The state after the units up to a time (seconds since 1970 UTC)."""

    time_s: float
    units: int
    estimate: float
    fixed: Interval
    anytime: Interval


def looks(readout: Readout, result: Result) -> list[Look]:
    """A metric at up to 60 looks: ends of days where the time allows, equal steps otherwise.

    Units stand in the order of their first row, with the values known now. Looks before the least size are left
    out: the interval makes no promise there.
    """
    import numpy as np

    settings = readout.settings
    arms = (settings.control, settings.treatment)
    i = readout.units.metrics.index(result.metric)
    times, values = [], []
    for arm in arms:
        at = readout.units.times(i, arm)
        order = np.argsort(at, kind="stable")
        times.append(at[order])
        values.append(result.values[arm][order])
    start, end = min(float(t[0]) for t in times), max(float(t[-1]) for t in times)
    days = math.ceil((end - start) / DAY_S)
    if 3 <= days <= MOST_LOOKS:
        edges = (math.floor(start / DAY_S) + 1 + np.arange(days + 1)) * DAY_S
        edges = np.append(edges[edges < end], end)
    else:
        edges = np.linspace(start, end, MOST_LOOKS + 1)[1:]
    found = []
    for edge in edges:
        until = [int(np.searchsorted(t, edge, side="right")) for t in times]
        if min(until) < max(2, settings.least_units):
            continue
        parts = [moments(v[:n]) for v, n in zip(values, until, strict=True)]
        reading = effect(parts[0], parts[1], settings.level).difference
        found.append(Look(float(edge), sum(until), reading.estimate, reading.fixed, reading.anytime))
    return found

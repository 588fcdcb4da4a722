"""How late flights are running right now: the departure delay already visible at each full hour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_MIN = 120
FEWEST = 3


def delay_so_far(
    group: NDArray[np.int64],
    n_groups: int,
    scheduled_min: NDArray[np.int64],
    delay_min: NDArray[np.int64],
    n_hours: int,
    back_h: int,
) -> NDArray[np.float32]:
    """float32[n_groups, n_hours]: mean delay in minutes of the flights scheduled in the last `back_h` hours.

    A flight counts with the delay that has already shown at the hour: a flight scheduled at 09:40 that
    leaves at 11:00 is 20 minutes late at 10:00. So no hour sees its future. NaN below three flights.

    Args:
        group: what a flight belongs to (its airport, its carrier ...), 0 .. n_groups - 1.
        n_groups: number of groups.
        scheduled_min: scheduled departure, minutes since the first hour.
        delay_min: departure delay, minutes; cancelled flights left out by the caller.
        n_hours: hours of the table.
        back_h: how far it looks back.
    """
    shape, hour = (n_groups, n_hours), scheduled_min // 60
    scheduled = np.bincount(group * n_hours + hour, minlength=n_groups * n_hours).reshape(shape)
    so_far = np.zeros((n_groups, n_hours + 1), dtype=np.int32)
    np.cumsum(scheduled, axis=1, out=so_far[:, 1:])
    count = so_far[:, :-1].copy()  # scheduled before the hour ...
    count[:, back_h:] -= so_far[:, : n_hours - back_h]  # ... and not before it minus back_h

    held = np.flatnonzero(delay_min > 0)  # the others add nothing to the sum
    at = hour[held] + np.arange(1, back_h + 1)[:, None]
    shown = np.minimum(np.minimum(delay_min[held], at * 60 - scheduled_min[held]), MOST_MIN)
    inside = at < n_hours
    cell = (group[held] * n_hours + at)[inside]
    total = np.bincount(cell, shown[inside], n_groups * n_hours).reshape(shape)
    mean = np.full(shape, np.nan, dtype=np.float32)
    np.divide(total, count, out=mean, where=count >= FEWEST, casting="same_kind")
    return mean

"""Data states: what the features of a window become when their sources are wrong, old, or switched off.

A *state* is a tuple of alterations. It changes only what the model is fed; schedules and labels stay. Everything is
a pure function of (window, state), so a state has one table of answers for each model version.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights.features import FEATURES, LEAD_H
from gradatim.sim.flights.window import Window
from gradatim.sim.flights.year import load_year

GROUPS: dict[str, tuple[str, ...]] = {
    "congestion": ("origin_delay_min", "carrier_delay_min", "dest_delay_min"),
    "weather": (
        "temp_f", "dewp_f", "humid_pct", "wind_dir_deg", "wind_kt", "gust_kt", "precip_in", "pressure_mb", "visib_mi",
    ),
    "clock": ("minute_of_day",),
    "aircraft": ("seats", "built"),
}  # fmt: skip
"""Feature groups: what one job or one upstream delivers together."""

COLUMNS = {g: tuple(FEATURES.index(c) for c in names) for g, names in GROUPS.items()}
Kind = Literal[
    "code", "missing", "frozen", "yesterday", "utc", "local", "metric", "km", "register_empty", "register_new"
]
ERROR_CODE = -1.0
EXPIRY_H = 12
UTC_SHIFT_MIN = 240
_DST_FIRST, _DST_LAST = 68, 305


class Alteration(NamedTuple):
    """One thing that is not as the model expects; only flights from `airports` are concerned.

    `code` writes the error code -1; `missing` feeds nothing; `frozen` knows nothing newer than `hour` (hours after
    the window's start) and nothing at all once that is half a day old; `yesterday` takes the same hour of the day
    before. `utc`, `local` (to a model that learned on UTC), `metric` and `km` (visibility) are the same facts in
    another zone or unit. `register_empty` and `register_new` are a register of aircraft without years of
    construction, or with corrected ones.
    """

    kind: Kind
    group: str
    airports: tuple[int, ...] = (0, 1, 2)
    hour: int = 0


State = tuple[Alteration, ...]


def altered(window: Window, state: State) -> NDArray[np.float64]:
    """float64[n_items, features] as served in `state`; the later alteration of a cell wins."""
    x = window.items.features
    if not state:
        return x
    out = x.copy()
    for a in state:
        rows = np.isin(window.items.origin, a.airports)
        columns = np.asarray(COLUMNS[a.group])
        cells = np.ix_(rows, columns)
        out[cells] = _values(window, a, out[cells], rows)
    return out


def _values(
    window: Window, a: Alteration, now: NDArray[np.float64], rows: NDArray[np.bool_]
) -> NDArray[np.float64]:
    if a.kind == "code":
        return np.full_like(now, ERROR_CODE)
    if a.kind == "missing":
        return np.full_like(now, np.nan)
    if a.kind == "utc":
        return np.asarray((now + UTC_SHIFT_MIN) % 1440.0)
    if a.kind == "local":
        return np.asarray((now - UTC_SHIFT_MIN) % 1440.0)
    if a.kind == "metric":
        return _metric(now)
    if a.kind == "km":
        out = now.copy()
        out[:, GROUPS["weather"].index("visib_mi")] *= 1.609344
        return out
    if a.kind in ("register_empty", "register_new"):
        out, built = now.copy(), GROUPS["aircraft"].index("built")
        out[:, built] = 0.0 if a.kind == "register_empty" else out[:, built] + 8.0
        return out
    known = known_hour(window)[rows]
    if a.kind == "frozen":
        old = np.minimum(known, a.hour)
        values = np.where((known > a.hour)[:, None], looked_up(window, a.group, old, rows), now)
        values[known > a.hour + EXPIRY_H] = np.nan
        return values
    return looked_up(window, a.group, known - 24, rows)


def _metric(now: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weather in Celsius and metres per second; the other columns stay."""
    names, out = GROUPS["weather"], now.copy()
    for name in ("temp_f", "dewp_f"):
        out[:, names.index(name)] = (out[:, names.index(name)] - 32.0) / 1.8
    for name in ("wind_kt", "gust_kt"):
        out[:, names.index(name)] *= 0.514444
    return out


def known_hour(window: Window) -> NDArray[np.int64]:
    """int64[n_items]: the hour after the window's start whose weather and delays an item is answered with."""
    items = window.items
    return np.asarray(items.dep_s // 3600 - np.asarray(LEAD_H)[items.horizon], dtype=np.int64)


def looked_up(
    window: Window, group: str, hour: NDArray[np.int64], rows: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The group's values for the items `rows`, as they stood `hour` hours after the window's start."""
    year, items = load_year(), window.items
    local = window.start_hour + hour
    block = np.clip(local // 24, 0, len(window.days) - 1)
    day = np.asarray(window.days)[block] + (local // 24 - block)
    zone = np.where((day >= _DST_FIRST) & (day <= _DST_LAST), 4, 5)
    utc = np.clip(day * 24 + local % 24 + zone, 0, year.weather.shape[1] - 1)
    origin = items.origin[rows].astype(np.int64)
    if group == "weather":
        return np.asarray(year.weather[origin, utc], dtype=np.float64)
    flight = window.flights.row[items.flight[rows]]
    pair = origin * len(year.carriers) + year.carrier[flight]
    return np.stack(
        [
            year.origin_delay[origin, utc],
            year.carrier_delay[pair, utc],
            year.dest_delay[year.dest[flight], utc],
        ],
        axis=1,
    ).astype(np.float64)

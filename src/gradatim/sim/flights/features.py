"""What the delay models see: schedule, aircraft, and the weather and delays known when booking."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights.year import WEATHER, Year

Day = TypeVar("Day", int, NDArray[np.int32])

HORIZONS = ("0-3 h", "3-12 h", "12-48 h")
"""How long before departure a booking asks."""

HORIZON_START_MIN = (0, 180, 720)
HORIZON_END_MIN = (180, 720, 2880)

LEAD_H = (1, 6, 24)
"""What each horizon knows of weather and delays: what was observed this many hours before departure."""

FEATURES = (
    "origin",
    "carrier",
    "dest",
    "distance_mi",
    "block_min",
    "minute_of_day",
    "weekday",
    "seats",
    "built",
    "lead_h",
    *WEATHER,
    "origin_delay_min",
    "carrier_delay_min",
    "dest_delay_min",
)


def weekday(day: Day) -> Day:
    """Weekday of a day of 2013 counted from 0, Monday is 0: 1 January 2013 was a Tuesday."""
    return (day + 1) % 7


def features(year: Year, rows: NDArray[np.int64], horizon: NDArray[np.uint8]) -> NDArray[np.float64]:
    """float64[n, len(FEATURES)] for flights `rows` asked about at `horizon`; NaN where unknown."""
    return features_at(year, rows, np.asarray(LEAD_H, dtype=np.int64)[horizon])


def features_at(year: Year, rows: NDArray[np.int64], lead: NDArray[np.int64]) -> NDArray[np.float64]:
    """As `features`, with weather and delays as observed `lead` hours before departure."""
    origin, dep = year.origin[rows], year.dep_min[rows]
    x = np.empty((len(rows), len(FEATURES)), dtype=np.float64)
    x[:, 0] = origin
    x[:, 1] = year.carrier[rows]
    x[:, 2] = year.dest[rows]
    x[:, 3] = year.distance[rows]
    x[:, 4] = year.block_min[rows]
    x[:, 5] = dep % 1440
    x[:, 6] = weekday(dep // 1440)
    for column, known in ((7, year.seats[rows]), (8, year.built[rows])):
        x[:, column] = np.where(known < 0, np.nan, known)
    x[:, 9] = lead
    hour = np.maximum(year.utc_hour[rows] - lead, 0)
    x[:, 10:-3] = year.weather[origin, hour]
    x[:, -3] = year.origin_delay[origin, hour]
    x[:, -2] = year.carrier_delay[origin.astype(np.int64) * len(year.carriers) + year.carrier[rows], hour]
    x[:, -1] = year.dest_delay[year.dest[rows], hour]
    return x

"""The year 2013 out of New York: 336,776 flights and the hourly weather, as flat arrays."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights.congestion import delay_so_far

DATA = Path(__file__).parent / "data"
ORIGINS = ("EWR", "JFK", "LGA")
N_DAYS = 365
N_UTC_HOURS = 8784
LATE_MIN = 15
WEATHER = (
    "temp_f",
    "dewp_f",
    "humid_pct",
    "wind_dir_deg",
    "wind_kt",
    "gust_kt",
    "precip_in",
    "pressure_mb",
    "visib_mi",
)


class Year(NamedTuple):
    """All flights of the year in order of departure, one array per column, read-only.

    `dep_min` is local minutes since 1 January 00:00; `utc_hour` counts from 1 January 00:00 UTC.
    `day_rows[d]:day_rows[d + 1]` are the rows of local day `d`. Unknown `seats` or `built` are -1.
    `late` means an arrival more than 15 minutes after schedule. A cancelled or diverted flight has
    no arrival: `landed` is false and `late` means nothing. `redraw_p` / 256 is the fitted
    probability of being late from which labels are redrawn. `weather` is
    float32[origin, utc_hour, column of WEATHER], NaN where nothing was observed.
    `origin_delay`, `carrier_delay` and `dest_delay` are the mean departure delays in minutes visible at
    each UTC hour (see `congestion.py`): float32[origin], [origin * n_carriers + carrier] and [dest] by hour.
    """

    dep_min: NDArray[np.int32]
    utc_hour: NDArray[np.int32]
    origin: NDArray[np.uint8]
    carrier: NDArray[np.uint8]
    dest: NDArray[np.uint8]
    distance: NDArray[np.int32]
    block_min: NDArray[np.int32]
    seats: NDArray[np.int32]
    built: NDArray[np.int32]
    cancelled: NDArray[np.bool_]
    landed: NDArray[np.bool_]
    late: NDArray[np.bool_]
    redraw_p: NDArray[np.uint8]
    day_rows: NDArray[np.int64]
    weather: NDArray[np.float32]
    origin_delay: NDArray[np.float32]
    carrier_delay: NDArray[np.float32]
    dest_delay: NDArray[np.float32]
    origins: tuple[str, ...]
    carriers: tuple[str, ...]
    dests: tuple[str, ...]


@cache
def load_year() -> Year:
    """Read the packaged Parquet files, once per process."""
    flights = _read(
        """select dep_min::int as dep_min, utc_hour::int as utc_hour, origin, carrier, dest,
                  distance::int as distance, block_min::int as block_min, coalesce(seats, -1)::int as seats,
                  coalesce(built, -1)::int as built, cancelled, arr_delay is not null as landed,
                  coalesce(arr_delay > ?, false) as late, redraw_p,
                  coalesce(dep_delay, 0)::int as dep_delay
           from read_parquet(?)""",
        [LATE_MIN, str(DATA / "flights_2013.parquet")],
    )
    observed = _read("select * from read_parquet(?)", [str(DATA / "weather_2013.parquet")])
    weather = np.full((3, N_UTC_HOURS, len(WEATHER)), np.nan, dtype=np.float32)
    for i, name in enumerate(WEATHER):
        column = np.ma.filled(np.ma.asarray(observed[name]).astype(np.float32), np.nan)
        weather[observed["origin"], observed["utc_hour"], i] = column
    days = np.arange(N_DAYS + 1, dtype=np.int32) * 1440
    arrays: dict[str, Any] = {name: np.asarray(column) for name, column in flights.items()}
    arrays["day_rows"] = np.searchsorted(arrays["dep_min"], days).astype(np.int64)
    arrays["weather"] = weather
    codes = json.loads((DATA / "codes.json").read_text(encoding="utf-8"))
    arrays |= _congestion(arrays, {name: len(values) for name, values in codes.items()})
    del arrays["dep_delay"]
    for array in arrays.values():
        array.flags.writeable = False
    names: dict[str, Any] = {name: tuple(values) for name, values in codes.items()}
    return Year(**arrays, **names)


def _congestion(flights: dict[str, NDArray[Any]], n: dict[str, int]) -> dict[str, NDArray[np.float32]]:
    left = ~flights["cancelled"]
    scheduled = (flights["utc_hour"] * 60 + flights["dep_min"] % 60)[left].astype(np.int64)
    delay = flights["dep_delay"][left].astype(np.int64)
    origin, carrier, dest = (flights[k][left].astype(np.int64) for k in ("origin", "carrier", "dest"))
    n_pairs = n["origins"] * n["carriers"]
    by_pair = origin * n["carriers"] + carrier
    return {
        "origin_delay": delay_so_far(origin, n["origins"], scheduled, delay, N_UTC_HOURS, back_h=3),
        "carrier_delay": delay_so_far(by_pair, n_pairs, scheduled, delay, N_UTC_HOURS, back_h=4),
        "dest_delay": delay_so_far(dest, n["dests"], scheduled, delay, N_UTC_HOURS, back_h=6),
    }


def _read(sql: str, parameters: list[Any]) -> dict[str, NDArray[Any]]:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as con:
        table: dict[str, NDArray[Any]] = con.execute(sql, parameters).fetchnumpy()
    return table

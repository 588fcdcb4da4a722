"""An instance's flights: whole days of the real year, drawn as blocks, moved to a fictional date."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradatim.core.streams import Stream
from gradatim.sim.flights import draws
from gradatim.sim.flights.days import draw_days, fictional_date
from gradatim.sim.flights.features import HORIZON_END_MIN, HORIZON_START_MIN, HORIZONS, features
from gradatim.sim.flights.year import Year, load_year

BLOCK_S = 600
POOL = 1024
REDRAWN_SHARE = 0.25
"""Share of labels drawn anew from the fitted delay model, so that the public data set cannot tell them."""

LOOKAHEAD_MIN = HORIZON_END_MIN[-1]
CLOSES_MIN = 10
"""Bookings on a flight close this long before departure."""

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Flights(NamedTuple):
    """The flights of a window, in order of scheduled departure. One entry per flight.

    `row` (the flight of the real year), `late` and `redrawn` are truth: nothing that a learner can read
    may contain them before the label is known.
    """

    row: NDArray[np.int64]
    ids: tuple[str, ...]
    departs_min: NDArray[np.int64]
    """Scheduled departure, local minutes after 00:00 of the first day."""
    popularity: NDArray[np.int64]
    late: NDArray[np.bool_]
    redrawn: NDArray[np.bool_]


class Items(NamedTuple):
    """What a booking can ask about: one entry per flight and reachable horizon.

    `dep_s` and `arr_s` are the scheduled departure and arrival in simulated seconds after the start
    of the window. `origin` is the segment (index into EWR, JFK, LGA).
    """

    flight: NDArray[np.int32]
    horizon: NDArray[np.uint8]
    features: NDArray[np.float64]
    late: NDArray[np.bool_]
    dep_s: NDArray[np.int64]
    arr_s: NDArray[np.int64]
    origin: NDArray[np.uint8]
    carrier: NDArray[np.uint8]


class Window(NamedTuple):
    """`hours` of bookings from `start_hour` local time on a fictional day: a pure function of the seed.

    `item_pool` is int32[n_blocks, 1024]: in the block of ten minutes `b`, a request asks about
    `item_pool[b, hash % 1024]`.
    """

    seed: int
    start_hour: int
    hours: float
    date: date
    days: tuple[int, ...]
    flights: Flights
    items: Items
    item_pool: NDArray[np.int32]

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.items.flight)

    @property
    def n_blocks(self) -> int:
        """Number of blocks of ten minutes."""
        return len(self.item_pool)

    def display(self, item: int) -> dict[str, str | int]:
        """What a person may see of an item: fresh flight id, fictional date, never the label."""
        year, flight = load_year(), int(self.items.flight[item])
        row = int(self.flights.row[flight])
        days, minute = divmod(int(self.flights.departs_min[flight]), 1440)
        departs = self.date + timedelta(days=days)
        return {
            "flight": self.flights.ids[flight],
            "carrier": year.carriers[year.carrier[row]],
            "origin": year.origins[year.origin[row]],
            "dest": year.dests[year.dest[row]],
            "departs": f"{departs:%a} {departs.day} {departs:%b} {minute // 60:02d}:{minute % 60:02d}",
            "block_min": int(year.block_min[row]),
            "horizon": HORIZONS[self.items.horizon[item]],
        }


def draw_window(seed: int, start_hour: int, hours: float) -> Window:
    """Draw the flights that bookings may ask about in `hours` from `start_hour`:00 local time.

    Args:
        seed: 0 .. 2**128 - 1.
        start_hour: local hour of the first request, 0 .. 23.
        hours: length of the window, more than 0.

    Raises:
        ValueError: an argument is outside its range.
    """
    if not 0 <= start_hour <= 23 or not hours > 0:
        raise ValueError(f"start_hour {start_hour} must be 0 .. 23 and hours {hours} positive")
    year = load_year()
    start_min, end_min = start_hour * 60, start_hour * 60 + math.ceil(hours * 60)
    days = draw_days(seed, (end_min + LOOKAHEAD_MIN) // 1440 + 1)
    flights = _draw_flights(year, seed, days, start_min, end_min)
    n_blocks = math.ceil(hours * 3600 / BLOCK_S)
    items = _items(year, flights, start_min, end_min)
    return Window(
        seed=seed,
        start_hour=start_hour,
        hours=hours,
        date=fictional_date(seed, days[0]),
        days=days,
        flights=flights,
        items=items,
        item_pool=_pool(seed, flights, items, n_blocks),
    )


def _draw_flights(year: Year, seed: int, days: tuple[int, ...], start_min: int, end_min: int) -> Flights:
    rows = np.concatenate([np.arange(year.day_rows[d], year.day_rows[d + 1]) for d in days])
    shift = np.concatenate(
        [np.full(year.day_rows[d + 1] - year.day_rows[d], (k - d) * 1440) for k, d in enumerate(days)]
    )
    departs = year.dep_min[rows] + shift
    asked = year.landed[rows] & (departs >= start_min + CLOSES_MIN) & (departs < end_min + LOOKAHEAD_MIN)
    rows, departs = rows[asked], departs[asked]
    entity = departs * 1000 + np.arange(len(rows))
    redrawn = draws.uniforms(seed, "flights/redrawn", entity) < REDRAWN_SHARE
    again = (draws.bits(seed, "flights/label", entity) >> np.uint64(56)) < year.redraw_p[rows]
    return Flights(
        row=rows,
        ids=_fresh_ids(seed, len(rows)),
        departs_min=departs.astype(np.int64),
        popularity=_popularity(seed, year, rows, entity),
        late=np.where(redrawn, again, year.late[rows]),
        redrawn=redrawn,
    )


def _popularity(
    seed: int, year: Year, rows: NDArray[np.int64], entity: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Whole-numbered weights: seats times a Pareto(4/3) factor, cut at 30.

    Only square roots, which IEEE rounds the same way on every machine.
    """
    seats = np.where(year.seats[rows] > 0, year.seats[rows], 100)
    root = np.sqrt(1.0 - draws.uniforms(seed, "flights/popularity", entity))
    tail = np.minimum(1.0 / (root * np.sqrt(root)), 30.0)
    return np.asarray(np.floor(seats * tail), dtype=np.int64)


def _fresh_ids(seed: int, n: int) -> tuple[str, ...]:
    """`n` distinct ids such as F3K7Q, unrelated to the real flight numbers."""
    stream, seen = Stream(seed, "flights/id/again"), set()
    ids: list[str] = []
    for i, word in enumerate(draws.bits(seed, "flights/id", np.arange(n)).tolist()):
        again = 0
        while (name := "F" + "".join(ALPHABET[word >> s & 31] for s in (0, 5, 10, 15))) in seen:
            again += 1
            word = stream.bits(i, again)
        seen.add(name)
        ids.append(name)
    return tuple(ids)


def _items(year: Year, flights: Flights, start_min: int, end_min: int) -> Items:
    """Every flight at every horizon that some request of the window can have."""
    reachable = []
    for h, (low, high) in enumerate(zip(HORIZON_START_MIN, HORIZON_END_MIN, strict=True)):
        most, least = flights.departs_min - start_min, flights.departs_min - end_min
        flight = np.flatnonzero((most >= max(low, CLOSES_MIN)) & (least < high))
        reachable.append((flight, np.full(len(flight), h, dtype=np.uint8)))
    flight = np.concatenate([f for f, _ in reachable])
    horizon = np.concatenate([h for _, h in reachable])
    rows = flights.row[flight]
    departs_s = (flights.departs_min[flight] - start_min) * 60
    return Items(
        flight=flight.astype(np.int32),
        horizon=horizon,
        features=features(year, rows, horizon),
        late=flights.late[flight],
        dep_s=departs_s,
        arr_s=departs_s + year.block_min[rows].astype(np.int64) * 60,
        origin=year.origin[rows],
        carrier=year.carrier[rows],
    )


def _pool(seed: int, flights: Flights, items: Items, n_blocks: int) -> NDArray[np.int32]:
    """Draw 1,024 items per block, stratified, by popularity and by how soon the flight departs.

    The weight of a lead of L hours is proportional to 1 / (1 + L). All weights are whole numbers, so
    the draw is exact.
    """
    low, high = np.asarray(HORIZON_START_MIN)[items.horizon], np.asarray(HORIZON_END_MIN)[items.horizon]
    popularity = flights.popularity[items.flight]
    pool = np.empty((n_blocks, POOL), dtype=np.int32)
    for b in range(n_blocks):
        lead = items.dep_s // 60 - b * (BLOCK_S // 60) - BLOCK_S // 120
        open_now = (lead >= np.maximum(low, CLOSES_MIN)) & (lead < high)
        weight = np.where(open_now, popularity * (4096 * 60 // (60 + np.maximum(lead, 0))), 0)
        edges = np.cumsum(weight)
        u = (np.arange(POOL) + draws.uniforms(seed, "flights/pool", b * POOL + np.arange(POOL))) / POOL
        pool[b] = np.searchsorted(edges, np.floor(u * edges[-1]).astype(np.int64), side="right")
    return pool

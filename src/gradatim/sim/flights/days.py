"""Which real days an instance is made of, and the fictional date it shows instead."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache

from gradatim.core.streams import Stream
from gradatim.sim.flights.features import weekday
from gradatim.sim.flights.year import DATA

NEARBY_DAYS = 35
FICTIONAL_YEAR = 2031


@cache
def ordinary_days() -> tuple[int, ...]:
    """The days that instances are drawn from, 0 is 1 January; chosen in `tools/flights/ordinary.py`.

    From April on, no storm, and the models earn more than the fallback, which earns more than nothing:
    the days on which an outage costs what it usually costs.
    """
    loaded: list[int] = json.loads((DATA / "days.json").read_text(encoding="utf-8"))["ordinary"]
    return tuple(loaded)


def draw_days(seed: int, n: int) -> tuple[int, ...]:
    """`n` days with consecutive weekdays, each drawn on its own.

    The first is any ordinary day; the others are ordinary days of the right weekday, within five weeks of
    the first where there are any, and not used twice unless there is no other.
    """
    stream = Stream(seed, "flights/day")
    candidates = ordinary_days()
    of_weekday = {d: weekday(d) for d in candidates}
    chosen = [stream.choice(candidates, 0)]
    for k in range(1, n):
        right = [d for d in candidates if of_weekday[d] == (of_weekday[chosen[0]] + k) % 7]
        near = [d for d in right if abs(d - chosen[0]) <= NEARBY_DAYS]
        fresh = [d for d in near if d not in chosen] or [d for d in right if d not in chosen]
        chosen.append(stream.choice(fresh or right, k))
    return tuple(chosen)


def fictional_date(seed: int, day: int) -> date:
    """A date of 2031 with the weekday and about the season of `day`, one to four weeks away from it."""
    stream = Stream(seed, "flights/date")
    weeks = stream.choice((-4, -3, -2, -1, 1, 2, 3, 4))
    shown = date(FICTIONAL_YEAR, 1, 1) + timedelta(days=day)
    right = weekday(day)
    shown += timedelta(days=(right - shown.weekday() + 3) % 7 - 3 + 7 * weeks)
    return shown

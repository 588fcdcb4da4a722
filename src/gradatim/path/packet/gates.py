"""The gates on top of the bar: what no average makes up for."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import NamedTuple

from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.support import Rules
from gradatim.path.rubric import Gate

DAYS_OF_A_QUARTER = 30


class Passed(NamedTuple):
    """A gate over some items: met, not met, or None where only a reader can say."""

    id: str
    title: str
    met: bool | None
    here: str


def passed(rules: Rules, items: Collection[Exhibit]) -> list[Passed]:
    """Every gate of the rubric. Simulated items show nothing sustained or repeated, so they are left out there."""
    return [_gate(gate, items) for gate in rules.gates]


def quarters(items: Collection[Exhibit]) -> int:
    """In how many quarters of the calendar the work went on for thirty days or more; one at least if there is any.

    A week on each side of the end of March is one quarter, not two.
    """
    days = [x.days for x in items if x.days is not None and not x.simulated]
    if not days:
        return 0
    first, last = min(d[0] for d in days), max(d[1] for d in days)
    found = 0
    year, quarter = first.year, (first.month - 1) // 3
    while (start := datetime.date(year, 3 * quarter + 1, 1)) <= last:
        year, quarter = (year, quarter + 1) if quarter < 3 else (year + 1, 0)
        end = datetime.date(year, 3 * quarter + 1, 1) - datetime.timedelta(days=1)
        found += (min(last, end) - max(first, start)).days + 1 >= DAYS_OF_A_QUARTER
    return max(1, found)


def projects(items: Collection[Exhibit]) -> int:
    """How many projects the work names."""
    return len({x.project for x in items if x.project and not x.simulated})


def _gate(gate: Gate, items: Collection[Exhibit]) -> Passed:
    met: bool | None = None
    here = "for readers to judge"
    if gate.quarters is not None:
        count = quarters(items)
        met, here = count >= gate.quarters, f"{count} of {gate.quarters} quarters"
    elif gate.projects is not None:
        count = projects(items)
        met, here = count >= gate.projects, f"{count} of {gate.projects} projects"
    elif gate.id == "already-done":
        without = [x.id for x in items if x.days is None]
        met, here = not without, _all_or("dated, none after its recording", "no dates", without)
    elif gate.id == "own-share":
        without = [x.id for x in items if x.own_share is None]
        met, here = not without, _all_or("stated", "not stated", without)
    elif gate.id == "how-and-what":
        without = [x.id for x in items if not x.explained]
        met, here = not without, _all_or("action and result told", "no action or no result", without)
    return Passed(gate.id, gate.title, met if items else False, here if items else "no items")


def _all_or(right: str, wrong: str, without: list[str]) -> str:
    return right if not without else f"{wrong}: {', '.join(without)}"

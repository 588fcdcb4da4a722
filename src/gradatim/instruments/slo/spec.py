"""An OpenSLO v1 specification as typed values."""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass, field
from typing import Literal

from gradatim.instruments.promql import Expr

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
UNITS_MS = {
    "m": MINUTE_MS,
    "h": HOUR_MS,
    "d": DAY_MS,
    "w": 7 * DAY_MS,
    "M": 30 * DAY_MS,
    "Q": 90 * DAY_MS,
    "Y": 365 * DAY_MS,
}
"""OpenSLO leaves the length of months, quarters and years open: in a rolling window they are 30, 90, 365 days."""

Op = Literal["lte", "gte", "lt", "gt"]
Method = Literal["Occurrences", "Timeslices", "RatioTimeslices"]
Kind = Literal["good", "bad", "raw", "threshold"]


def duration_ms(shorthand: str) -> int:
    """`4w` in milliseconds; months, quarters and years by their nominal length."""
    return int(shorthand[:-1]) * UNITS_MS[shorthand[-1]]


@dataclass(frozen=True)
class Window:
    """The period over which the objective must hold.

    Args:
        shorthand: as written, for instance 30d.
        start: of a calendar-aligned window, in its zone; None for a rolling one.
    """

    shorthand: str
    start: datetime.datetime | None = None

    @property
    def ms(self) -> int:
        """Its length; of a calendar month the nominal one."""
        return duration_ms(self.shorthand)

    def starts_ms(self, first_ms: int, last_ms: int) -> list[int]:
        """Where calendar periods begin, from the one that holds `first_ms` to the one that holds `last_ms`."""
        if self.start is None:
            return []
        found: list[int] = []
        n, unit = int(self.shorthand[:-1]), self.shorthand[-1]
        i = max(0, (first_ms - _utc_ms(self.start)) // (self.ms * 11 // 10) - 1)
        while True:
            at = _utc_ms(_step(self.start, n * i, unit))
            if at > last_ms:
                return found or [_utc_ms(self.start)]
            if at <= first_ms:
                found = []
            found.append(at)
            i += 1


def _utc_ms(local: datetime.datetime) -> int:
    return round(local.timestamp() * 1000)


def _step(start: datetime.datetime, n: int, unit: str) -> datetime.datetime:
    """`n` units later on the wall clock of the zone: days keep their hour when the clocks change."""
    if unit in "mh":
        later = start.astimezone(datetime.UTC) + datetime.timedelta(milliseconds=n * UNITS_MS[unit])
        return later.astimezone(start.tzinfo)
    if unit in "dw":
        return start + datetime.timedelta(days=n * (7 if unit == "w" else 1))
    months = n * {"M": 1, "Q": 3, "Y": 12}[unit]
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    length = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.date(year, month, 1)).days
    return start.replace(year=year, month=month, day=min(start.day, length))


def calendar_start(text: str, zone: str) -> datetime.datetime:
    """The beginning of a calendar window. Raises ValueError for a date or zone that does not exist."""
    try:
        place = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'no time zone "{zone}" in the IANA database') from None
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=place)


@dataclass(frozen=True)
class Indicator:
    """What is measured.

    Args:
        name: of the SLI, or of the SLO where it has none.
        kind: "good" or "bad" events against all, a "raw" ratio, or a "threshold" metric.
        numerator: the query of good, bad, raw, or the threshold metric.
        total: the query of all events; None for raw and threshold.
        counter: the queries count up; False where each sample is a count of its own.
        raw_success: a raw ratio is good/total, not bad/total.
    """

    name: str
    kind: Kind
    numerator: Expr
    total: Expr | None = None
    counter: bool = True
    raw_success: bool = True


@dataclass(frozen=True)
class Objective:
    """A target for the indicator.

    Args:
        name: displayName, or the target in percent.
        target: share that must be good, below 1.
        op, value: of a threshold metric: a sample is good when `sample op value`.
        slice_target: share that makes a time slice good.
        slice_ms: length of a time slice.
    """

    name: str
    target: float
    op: Op | None = None
    value: float = 0.0
    slice_target: float = 0.0
    slice_ms: int = 0

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return 1.0 - self.target


@dataclass(frozen=True)
class Condition:
    """A burn-rate alert that the specification asks for."""

    name: str
    severity: str
    op: Op
    threshold: float
    lookback_ms: int
    after_ms: int


@dataclass(frozen=True)
class Slo:
    """One SLO with its indicator resolved.

    Args:
        name: metadata.name.
        title: displayName, or the name.
        notes: what had to be assumed, one sentence each.
    """

    name: str
    title: str
    service: str
    indicator: Indicator
    window: Window
    method: Method
    objectives: tuple[Objective, ...]
    conditions: tuple[Condition, ...] = ()
    page_without_data: bool = False
    notes: tuple[str, ...] = field(default=())

"""A column of times as milliseconds since 1970 UTC."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import TYPE_CHECKING

import numpy as np

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.promql.series import Millis
from gradatim.instruments.tables import as_epoch_s, as_numbers, as_text, infer, time_hint

if TYPE_CHECKING:
    import pyarrow as pa

_ZONED = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)\s*$")


def stamp(ms: int | np.int64) -> str:
    """A time for people, in UTC: 2024-10-27 01:30Z."""
    moment = datetime.datetime.fromtimestamp(int(ms) / 1000, datetime.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%SZ" if moment.second else "%Y-%m-%d %H:%MZ")


def epoch_ms(column: pa.Array, name: str, zone: str | None, problems: list[str]) -> tuple[Millis, list[str]]:
    """The times of a column.

    Args:
        column: ISO 8601 text, numbers since 1970 in s, ms, µs or ns, or a type of time.
        name: of the column, for messages.
        zone: IANA name for times without a zone; None takes UTC.
        problems: gets what cannot be read.

    Returns:
        The times, and notes on what was assumed.
    """
    pa = load("pyarrow", "work", "Reading tables")
    kind = infer(column)
    if kind == "number" and not pa.types.is_integer(column.type):
        column = pa.array(as_numbers(column).values)
    naive = _naive(column, kind)
    seconds = as_epoch_s(column)
    lost = int(np.isnan(seconds.values).sum())
    if lost:
        problems.append(
            f'column "{name}": {lost} of {len(column)} values are no times (ISO 8601 or since 1970)'
            + (time_hint(column) if kind == "text" else "")
        )
        return np.zeros(0, dtype=np.int64), []
    ms: Millis = np.round(seconds.values * 1000).astype(np.int64)
    if not naive:
        return ms, []
    if zone is None:
        return ms, [f'The times in "{name}" name no zone: they are taken as UTC; --timezone says otherwise.']
    return _in_zone(ms, name, zone, problems), []


def _naive(column: pa.Array, kind: str) -> bool:
    types = load("pyarrow", "work", "Reading tables").types
    if types.is_timestamp(column.type):
        return column.type.tz is None
    if kind != "time":
        return False
    first = next((value for value in as_text(column).to_pylist() if value), "")
    return not _ZONED.search(first)


def _in_zone(ms: Millis, name: str, zone: str, problems: list[str]) -> Millis:
    """Wall-clock times as UTC. An hour that comes twice is the later one once the clock has gone back."""
    try:
        place = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f'no time zone "{zone}" in the IANA database', next="--timezone Europe/Berlin"
        ) from None
    found = np.empty_like(ms)
    before = -(1 << 62)
    never = 0
    for i, wall in enumerate(ms.tolist()):
        local = datetime.datetime.fromtimestamp(wall / 1000, datetime.UTC).replace(tzinfo=place)
        at = _utc_ms(local)
        if at <= before and _utc_ms(local.replace(fold=1)) > before:
            at = _utc_ms(local.replace(fold=1))
        back = datetime.datetime.fromtimestamp(at / 1000, place)
        never += back.replace(tzinfo=None) != local.replace(tzinfo=None)
        found[i] = before = at
    if never:
        problems.append(
            f'column "{name}": {never} times do not exist in {zone}: clocks were set forward then'
        )
    return found


def _utc_ms(local: datetime.datetime) -> int:
    return round(local.timestamp() * 1000)

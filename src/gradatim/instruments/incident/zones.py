"""Times of a log as moments in UTC. A time that has two readings, or none, is a problem and never a guess."""

from __future__ import annotations

import datetime
import math
import re
import zoneinfo
from collections.abc import Sequence
from typing import Literal

from gradatim.core.errors import InputError

UTC = datetime.UTC
Fold = Literal["earlier", "later"]
Moment = datetime.datetime

_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?=[T ])")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T, ]+(\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,6})\d*)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.I,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Seconds, milliseconds, microseconds, nanoseconds between 2001 and 2100.
_EPOCHS = ((1e9, 4.2e9, 1.0), (1e12, 4.2e12, 1e3), (1e15, 4.2e15, 1e6), (1e18, 4.2e18, 1e9))


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of an IANA name.

    Raises:
        InputError: there is none of that name.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f'no time zone "{name}" in the IANA database', next="--tz Europe/Berlin") from None


def parse(value: object) -> Moment:
    """A time as written: aware (in UTC) where it names a zone or counts from 1970, else naive.

    Raises:
        ValueError: it is no time, or a form that can be read in two ways.
    """
    text = str(value).strip()
    if isinstance(value, bool) or value is None or not text:
        raise ValueError("no time")
    if isinstance(value, int | float) or _NUMBER.fullmatch(text):
        return _epoch(float(text), text)
    # With points the day comes first, wherever dates are written so.
    found = _ISO.fullmatch(_DOTTED.sub(lambda m: f"{m[3]}-{m[2]:0>2}-{m[1]:0>2}", text))
    if found is None:
        raise ValueError(f'"{text[:40]}" is no time: write 2026-10-25T01:30:00+01:00, or seconds since 1970')
    date, clock, fraction, offset = found.groups()
    try:
        wall = datetime.datetime.fromisoformat(f"{date}T{clock}")
    except ValueError as error:
        raise ValueError(f'"{text[:40]}" is no time: {error}') from None
    wall = wall.replace(microsecond=int((fraction or "0").ljust(6, "0")))
    if offset is None:
        return wall
    return _at_offset(wall, offset, text)


def _at_offset(wall: Moment, offset: str, text: str) -> Moment:
    if offset.upper() in {"Z", "UTC", "GMT"}:
        return wall.replace(tzinfo=UTC)
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if minutes > 14 * 60 or int(digits[2:]) > 59:
        raise ValueError(f'"{text[:40]}": there is no offset {offset}')
    shift = datetime.timedelta(minutes=minutes if offset[0] == "+" else -minutes)
    try:
        return wall.replace(tzinfo=datetime.timezone(shift)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f'"{text[:40]}" is out of range') from None


def _epoch(number: float, text: str) -> Moment:
    for low, high, scale in _EPOCHS:
        if low <= number < high and math.isfinite(number):
            return datetime.datetime.fromtimestamp(number / scale, UTC)
    raise ValueError(f'"{text[:40]}" is no time since 1970 between 2001 and 2100')


def readings(wall: Moment, place: zoneinfo.ZoneInfo) -> list[Moment]:
    """The moments at which the clocks of `place` showed `wall`: none, one or two, in order."""
    found = []
    for fold in (0, 1):
        moment = wall.replace(tzinfo=place, fold=fold).astimezone(UTC)
        if moment.astimezone(place).replace(tzinfo=None, fold=0) == wall and moment not in found:
            found.append(moment)
    return sorted(found)


def settle(
    times: Sequence[tuple[str, Moment]], name: str, fold: Fold | None
) -> tuple[list[Moment | None], list[str], list[str]]:
    """The naive times of one file as moments, in the file's order.

    An hour that comes twice is told apart by the order of the file where only one reading keeps it in order: the
    earliest reading of each that keeps the order is compared with the latest.

    Args:
        times: (where in the file, time), aware ones too: they help to order the others.
        name: of the zone.
        fold: which reading where the order does not tell.

    Returns:
        Moments (None for a problem), problems, notes.
    """
    place = zone(name)
    choices = [[at] if at.tzinfo else readings(at, place) for _, at in times]
    problems = [
        f"{where}: {at:%Y-%m-%d %H:%M:%S} does not exist in {name}: clocks were set forward then"
        for (where, at), each in zip(times, choices, strict=True)
        if not each
    ]
    if all(len(each) == 1 for each in choices if each):
        return [each[0] if each else None for each in choices], problems, []
    first, last = _earliest(choices), _latest(choices)
    found: list[Moment | None] = []
    by_order = 0
    for (where, at), each, low, high in zip(times, choices, first, last, strict=True):
        if len(each) < 2:
            found.append(each[0] if each else None)
        elif fold is not None and (low is None or low != high):
            found.append(each[0] if fold == "earlier" else each[1])
        elif low is not None and low == high:
            by_order += 1
            found.append(low)
        else:
            found.append(None)
            problems.append(
                f"{where}: {at:%Y-%m-%d %H:%M:%S} came twice in {name}, clocks were set back: write its offset, "
                "or say --fold earlier or --fold later"
            )
    notes = [f"{by_order} times of an hour that came twice were told apart by the order of the file"]
    return found, problems, notes if by_order else []


def _earliest(choices: list[list[Moment]]) -> list[Moment | None]:
    """The earliest reading of each that keeps the order; all None where no reading does."""
    before: Moment | None = None
    found: list[Moment | None] = []
    for each in choices:
        fit = [one for one in each if before is None or one >= before]
        if each and not fit:
            return [None] * len(choices)
        found.append(fit[0] if fit else None)
        before = found[-1] or before
    return found


def _latest(choices: list[list[Moment]]) -> list[Moment | None]:
    """The latest reading of each that keeps the order; all None where no reading does."""
    after: Moment | None = None
    found: list[Moment | None] = []
    for each in reversed(choices):
        fit = [one for one in each if after is None or one <= after]
        if each and not fit:
            return [None] * len(choices)
        found.append(fit[-1] if fit else None)
        after = found[-1] or after
    return found[::-1]

"""The plan as an iCalendar file (RFC 5545): due dates as whole days, study times at the person's own hour.

What is written is read back and compared before anyone gets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from gradatim.core import groups
from gradatim.path.plan import Plan

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAME = "Gradatim plan"


class Day(NamedTuple):
    """Something on a whole day that is not an item of the plan: a committee, a date of the forecast."""

    id: str
    title: str
    day: date
    text: str


def calendar(
    plan: Plan, *, days: Iterable[Day], slots: Sequence[str], zone: str, today: date, now: datetime
) -> bytes:
    """The calendar of a plan.

    Args:
        plan: Items without dates are left out.
        days: Further whole days.
        slots: Study times, "tue 18:00-20:00", repeated weekly until the plan ends.
        zone: IANA name of the time zone that the slots are in.
        today: The first day.
        now: When the file is made, with its time zone.

    Raises:
        MissingGroup: icalendar is not installed.
        ValueError: the file does not read back as what was written, a defect of ours.
    """
    ical = groups.load("icalendar", "packet", "The calendar export")
    made = ical.Calendar()
    made.add("prodid", "-//Gradatim//plan//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", NAME)
    wanted: dict[str, Any] = {}
    whole = [
        Day(item.id.replace(":", "-"), item.title, item.end, item.why)
        for item in plan.items
        if item.end is not None
    ]
    for one in [*whole, *days]:
        event = _event(ical, f"{one.id}@plan.gradatim", one.title, one.text, now)
        event.add("dtstart", one.day)
        # The end of a whole day is the day after: RFC 5545, section 3.6.1.
        event.add("dtend", one.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
        wanted[f"{one.id}@plan.gradatim"] = one.day
    for slot in slots if plan.end else ():
        uid, event, start = _slot(ical, slot, zone, today, plan.end or today, now)
        made.add_component(event)
        wanted[uid] = start
    if slots and plan.end:
        made.add_missing_timezones()
    text = bytes(made.to_ical())
    _read_back(ical, text, wanted)
    return text


def _event(ical: Any, uid: str, title: str, text: str, now: datetime) -> Any:
    event = ical.Event()
    event.add("uid", uid)
    event.add("dtstamp", now)
    event.add("summary", title)
    event.add("description", text)
    return event


def _slot(
    ical: Any, slot: str, zone: str, today: date, end: date, now: datetime
) -> tuple[str, Any, datetime]:
    name, times = slot.split(" ")
    begin, finish = (time.fromisoformat(part) for part in times.split("-"))
    first = today + timedelta(days=(WEEKDAYS.index(name) - today.weekday()) % 7)
    there = ZoneInfo(zone)
    start = datetime.combine(first, begin, there)
    uid = f"study-{name}-{begin:%H%M}@plan.gradatim"
    event = _event(ical, uid, "Gradatim: study", "Next: gradatim path next", now)
    # With a zone and not in UTC, so that the hour stays when clocks change.
    event.add("dtstart", start)
    event.add("dtend", datetime.combine(first, finish, there))
    until = datetime.combine(max(end, first), time(23, 59, 59), there).astimezone(ZoneInfo("UTC"))
    event.add("rrule", {"freq": "weekly", "until": until})
    return uid, event, start


def _read_back(ical: Any, text: bytes, wanted: dict[str, Any]) -> None:
    found = {
        str(event["uid"]): event.decoded("dtstart") for event in ical.Calendar.from_ical(text).walk("VEVENT")
    }
    if found != wanted:
        raise ValueError("the calendar does not read back as it was written")

"""Incidents as on-call and status tools list them: one object each, with its times as fields."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from gradatim.instruments.incident import zones
from gradatim.instruments.incident.event import ALERT_FIRED, ALERT_RESOLVED, NOTE
from gradatim.instruments.incident.records import Record
from gradatim.instruments.incident.sources import Said

ACKNOWLEDGED, RESOLVED = "acknowledged", "resolved"
TOGETHER = datetime.timedelta(hours=6)
"""Incidents with a longer pause between them are not one."""
_OPENED = ("created_at", "created_on")
_CLOSED = ("resolved_at", "resolved_on")


def is_page(record: Mapping[str, Any]) -> bool:
    """Whether it is an incident of PagerDuty: an object of its API, or a row of its report."""
    return "incident_number" in record and any(record.get(name) for name in _OPENED)


def is_status(record: Mapping[str, Any]) -> bool:
    """Whether it is an incident of a status page: a list of updates under `incident_updates`."""
    return isinstance(record.get("incident_updates"), list)


def page(record: Record) -> Iterator[Said]:
    """What PagerDuty says of an incident: when it paged, who acknowledged, when it was resolved.

    A resolved incident clears its alert; whether users were well again then, it does not know. Acknowledgements that
    timed out are not in an incident's object: its log entries have them all.
    """
    value = record.value
    title = str(value.get("title") or value.get("summary") or value.get("description") or "an incident")
    subject = f"pagerduty {value.get('id') or value['incident_number']}"
    opened = next(value[name] for name in _OPENED if value.get(name))
    yield Said(record.place, opened, ALERT_FIRED, f"{title} [{_service(value)}]", "", subject)
    listed = value.get("acknowledgements")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("at"):
            yield Said(
                record.place,
                one["at"],
                ACKNOWLEDGED,
                f"acknowledged: {title}",
                _name(one.get("acknowledger")),
            )
    if after := _seconds(value.get("seconds_to_first_ack")):
        by = str(value.get("acknowledged_by_user_name") or "")
        if moment := _later(opened, after):
            yield Said(record.place, moment, ACKNOWLEDGED, f"acknowledged: {title}", by)
    closed = next((value[name] for name in _CLOSED if value.get(name)), None)
    if closed is None and value.get("status") == "resolved":
        closed = value.get("last_status_change_at")
    if closed:
        by = _name(value.get("last_status_change_by")) or str(value.get("resolved_by_user_name") or "")
        yield Said(record.place, closed, ALERT_RESOLVED, f"resolved: {title}", by, subject)


def apart(records: Sequence[Record]) -> list[str]:
    """The problem of a list whose incidents lie hours apart: a review is of one. Empty where they belong together."""
    spans = []
    for record in records:
        try:
            times = [zones.parse(one.time) for one in page(record)]
        except ValueError:
            return []  # told where the times are read
        if len({at.tzinfo is None for at in times}) == 1:
            spans.append((min(times), max(times), str(record.value.get("incident_number") or record.place)))
    spans.sort()
    gaps = [
        f"{after[2]} ({after[0]:%Y-%m-%d %H:%M})"
        for before, after in pairwise(spans)
        if after[0] - before[1] > TOGETHER
    ]
    if not gaps:
        return []
    told = (
        f"{len(spans)} incidents that lie hours apart, and a timeline is of one: {spans[0][2]} "
        f"({spans[0][0]:%Y-%m-%d %H:%M}), then {', '.join(gaps[:8])}; keep one of them in the file"
    )
    return [told]


def status(record: Record, problems: list[str]) -> Iterator[Said]:
    """The updates of a status page's incident; "resolved" is what was published, not what was measured."""
    value = record.value
    for i, update in enumerate(value["incident_updates"], 1):
        if not isinstance(update, dict):
            problems.append(f"{record.place}, update {i}: not an object")
            continue
        word = str(update.get("status") or "")
        text = f"{value.get('name') or 'incident'}: {word}: {update.get('body') or ''}"
        at = update.get("display_at") or update.get("created_at")
        yield Said(f"{record.place}, update {i}", at, RESOLVED if word == RESOLVED else NOTE, text, "")


def _service(value: Mapping[str, Any]) -> str:
    return _name(value.get("service")) or str(value.get("service_name") or "no service")


def _name(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    return str(value.get("summary") or value.get("name") or "")


def _seconds(value: Any) -> float | None:
    try:
        return float(value) if value not in (None, "") else None
    except (TypeError, ValueError):
        return None


def _later(opened: Any, seconds: float) -> str | None:
    """The moment so many seconds after a time with a zone; None where it is no such time."""
    try:
        at = datetime.datetime.fromisoformat(str(opened).strip())
        return (at + datetime.timedelta(seconds=seconds)).isoformat()
    except (ValueError, OverflowError):
        return None

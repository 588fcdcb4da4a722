"""Several logs as one timeline."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gradatim.core.errors import InputError
from gradatim.instruments.incident import pages, sources, zones
from gradatim.instruments.incident.event import Event
from gradatim.instruments.incident.records import Record, first, load

MAX_EVENTS = 200_000


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of an incident in order, numbered from 1.

    Args:
        events: at least one.
        rows: records read per file, in the order of the files.
        notes: what was assumed or left out in reading, one sentence each.
    """

    events: tuple[Event, ...]
    rows: tuple[int, ...]
    notes: list[str] = field(default_factory=list)

    @property
    def span(self) -> tuple[datetime.datetime, datetime.datetime]:
        return self.events[0].at, self.events[-1].at

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]


def read(
    paths: Sequence[Path],
    *,
    tz: str | None = None,
    fold: zones.Fold | None = None,
    fields: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> Timeline:
    """Read the logs and merge them.

    Args:
        paths: JSON, JSON lines, CSV, a Slack export's day, or Alertmanager payloads, in any mixture.
        tz: IANA zone of times that name none.
        fold: which reading of a time that came twice, where the order of the file does not tell.
        fields: role (time, kind, text, who) to the field's name, for own events.
        encoding: of the files; None takes UTF-8.

    Raises:
        InputError: a file cannot be read, or times are missing, ambiguous or no times; all problems at once.
    """
    problems: list[str] = []
    notes: list[str] = []
    found: list[Event] = []
    rows = []
    for path in paths:
        try:
            _, records = load(path, encoding)
        except InputError as error:
            if len(paths) == 1:
                raise
            problems += [f"{error.what}: {'; '.join(error.problems) or error.why}"]
            rows.append(0)
            continue
        rows.append(len(records))
        mine: list[str] = []
        said = _said(records, fields or {}, mine, notes, path.name)
        found += _timed(said, path.name, tz, fold, mine, notes)
        problems += first([f"{path.name}: {one}" for one in mine])
    if problems:
        needs_zone = any("no zone" in one for one in problems)
        raise InputError(
            "there is no timeline: the log has problems",
            problems,
            next="say where its clocks stood, for instance --tz Europe/Berlin or --tz UTC"
            if needs_zone
            else "",
        )
    events = _merged(found, notes)
    if not events:
        raise InputError("the logs hold no events", ["all entries were about the channel itself"])
    if len(events) > MAX_EVENTS:
        raise InputError(f"{len(events):,} events; at most {MAX_EVENTS:,} make a timeline")
    return Timeline(tuple(replace(event, number=i) for i, event in enumerate(events, 1)), tuple(rows), notes)


def _said(
    records: list[Record], fields: Mapping[str, str], problems: list[str], notes: list[str], name: str
) -> list[sources.Said]:
    kinds = [_kind(record) for record in records]
    own = [record for record, kind in zip(records, kinds, strict=True) if kind == "event"]
    of_role = sources.fields_of(own, fields, problems) if own else {}
    said: list[sources.Said] = []
    if own and "time" not in of_role:
        return said
    skipped = 0
    for record, kind in zip(records, kinds, strict=True):
        if kind in {"alerts", "alert"}:
            said += sources.alerts(record, problems)
        elif kind == "page":
            said += pages.page(record)
        elif kind == "status":
            said += pages.status(record, problems)
        elif kind == "chat":
            one = sources.message(record)
            skipped += one is None
            said += [one] if one else []
        else:
            said.append(sources.event(record, of_role))
    if "page" in kinds:
        notes.append(
            f"{name}: incidents of PagerDuty say when they paged, were acknowledged and resolved; what came between "
            "is in their log entries, and when users were well again in neither"
        )
        problems += pages.apart([r for r, kind in zip(records, kinds, strict=True) if kind == "page"])
    if skipped:
        notes.append(f"{name}: {skipped} messages about the channel itself (joins, topics) are left out")
    return said


def _kind(record: Record) -> str:
    if pages.is_page(record.value):
        return "page"
    return "status" if pages.is_status(record.value) else sources.source_of(record.value)


def _timed(
    said: list[sources.Said],
    name: str,
    tz: str | None,
    fold: zones.Fold | None,
    problems: list[str],
    notes: list[str],
) -> list[Event]:
    times: list[tuple[str, datetime.datetime]] = []
    kept = []
    for one in said:
        try:
            times.append((one.place, zones.parse(one.time)))
        except ValueError as error:
            problems.append(f"{one.place}: {error}")
            continue
        kept.append(one)
    naive = [(where, at) for where, at in times if at.tzinfo is None]
    if naive and tz is None:
        where, at = naive[0]
        problems.append(f"{len(naive)} times name no zone, the first at {where}: {at:%Y-%m-%d %H:%M:%S}")
        return []
    if naive:
        moments, wrong, told = zones.settle(times, tz or "UTC", fold)
        problems += wrong
        notes += [
            f"{name}: {len(naive)} times without a zone were read as {tz}",
            *(f"{name}: {n}" for n in told),
        ]
    else:
        moments = [at for _, at in times]
    return [
        Event(at, one.kind, one.text, one.who, name, one.place, subject=one.subject)
        for one, at in zip(kept, moments, strict=True)
        if at is not None
    ]


def _merged(found: list[Event], notes: list[str]) -> list[Event]:
    """In order of time (then of the files), each alert's firing and clearing once."""
    seen: set[tuple[object, ...]] = set()
    events = []
    again = 0
    for event in sorted(found, key=lambda e: e.at):
        key = (event.at, event.kind, event.subject) if event.subject else None
        if key is not None and key in seen:
            again += 1
            continue
        if key is not None:
            seen.add(key)
        events.append(event)
    if again:
        notes.append(f"{again} repeated notifications of the same alert are counted once")
    return events

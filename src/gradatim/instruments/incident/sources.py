"""What a record says: an own event, a message of a chat export, or alerts of an alert log."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gradatim.instruments.incident.event import ALERT_FIRED, ALERT_RESOLVED, MESSAGE, NOTE, SYNONYMS, kind_of
from gradatim.instruments.incident.records import Record

ROLES: dict[str, tuple[str, ...]] = {
    "time": (
        "time",
        "timestamp",
        "at",
        "ts",
        "datetime",
        "date_time",
        "when",
        "created_at",
        "created_on",
        "createdat",
        "occurred_at",
        "utc",
    ),
    "kind": ("kind", "type", "event_type", "category", "milestone"),
    "text": ("text", "message", "summary", "description", "title", "event", "details", "note", "what"),
    "who": ("who", "user", "actor", "author", "by", "person", "user_name", "responder"),
}
NEVER = "0001-01-01"
_MARK = re.compile(r"(?:^|\s)#([a-z]+(?:-[a-z]+)*)\b")
_SKIPPED_SUBTYPES = {"channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"}


class Said(NamedTuple):
    """An event before its time is read."""

    place: str
    time: Any
    kind: str
    text: str
    who: str
    subject: str = ""


def source_of(record: Mapping[str, Any]) -> str:
    """ "alerts" (a webhook's payload), "alert" (one alert), "chat" (a Slack message) or "event"."""
    if isinstance(record.get("alerts"), list):
        return "alerts"
    if "startsAt" in record and isinstance(record.get("labels"), dict):
        return "alert"
    slack = isinstance(record.get("ts"), str) and re.fullmatch(r"\d{10}\.\d+", record["ts"])
    if slack and ("text" in record or record.get("type") == "message"):
        return "chat"
    return "event"


def alerts(record: Record, problems: list[str]) -> Iterator[Said]:
    """The firings and clearings of an Alertmanager webhook's payload (version 4) or of one alert."""
    listed = record.value.get("alerts", [record.value])
    many = "alerts" in record.value
    for i, alert in enumerate(listed, 1):
        place = f"{record.place}, alert {i}" if many else record.place
        if not isinstance(alert, dict) or not isinstance(alert.get("labels"), dict):
            problems.append(f"{place}: not an alert with labels")
            continue
        labels = {str(k): str(v) for k, v in alert["labels"].items()}
        notes = alert.get("annotations")
        notes = notes if isinstance(notes, dict) else {}
        name = labels.get("alertname", "an alert without a name")
        text = f"{name}: {notes['summary']}" if notes.get("summary") else name
        subject = str(alert.get("fingerprint") or sorted(labels.items()))
        yield Said(place, alert.get("startsAt"), ALERT_FIRED, text, "", subject)
        ended, status = alert.get("endsAt"), alert.get("status")
        # While it fires, endsAt is only when the alert would expire.
        if status == "resolved" and ended and not str(ended).startswith(NEVER):
            yield Said(place, ended, ALERT_RESOLVED, f"{name} resolved", "", subject)


def message(record: Record) -> Said | None:
    """A message of a Slack export; None for one about the channel itself. `#mitigated` in it sets the kind."""
    value = record.value
    if value.get("subtype") in _SKIPPED_SUBTYPES:
        return None
    text = _slack_text(str(value.get("text") or ""))
    profile = value.get("user_profile")
    profile = profile if isinstance(profile, dict) else {}
    who = (
        profile.get("real_name")
        or profile.get("display_name")
        or value.get("user")
        or value.get("username")
        or value.get("bot_id")
        or ""
    )
    return Said(record.place, value["ts"], mark_in(text) or MESSAGE, text, str(who))


def mark_in(text: str) -> str:
    """The kind that a hash mark in a message names, such as #mitigated; empty without one."""
    from gradatim.instruments.incident.event import MILESTONES

    kinds = [kind_of(word) for word in _MARK.findall(text.lower())]
    return next((kind for kind in kinds if kind in (*MILESTONES, "deploy", "rollback")), "")


def _slack_text(text: str) -> str:
    """Slack's own markup as words: links, mentions, entities."""
    text = re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r"\2", text)
    text = re.sub(r"<([@#!]?)([^|>]+)(?:\|([^>]+))?>", lambda m: f"{m[1]}{m[3] or m[2]}", text)
    return html.unescape(text)


def event(record: Record, fields: Mapping[str, str]) -> Said:
    """An own event; `fields` names the field of each role."""
    value = record.value

    def of(role: str) -> str:
        one = value.get(fields[role]) if role in fields else None
        if isinstance(one, dict):  # {"name": "…"} and the like
            one = one.get("name") or one.get("summary") or one.get("text")
        return "" if one is None else str(one).strip()

    kind, text = of("kind"), of("text")
    word = kind_of(text)
    known = kind_of(kind) if kind else mark_in(text) or (word if word in SYNONYMS else NOTE)
    return Said(record.place, value.get(fields["time"]), known, text or kind, of("who"))


def fields_of(records: list[Record], given: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Which field holds the time, the kind, the text and the person."""
    names = list(dict.fromkeys(str(name) for record in records for name in record.value))
    by_plain = {re.sub(r"[\s-]+", "_", name.strip().lower()): name for name in reversed(names)}
    found = {}
    for role, candidates in ROLES.items():
        if role in given:
            if given[role] not in names:
                problems.append(
                    f"--field {role}={given[role]}: there is no such field; it has {_some(names)}"
                )
            found[role] = given[role]
        elif hit := next((by_plain[word] for word in candidates if word in by_plain), None):
            found[role] = hit
    if "time" not in found:
        problems.append(f"no field with a time: it has {_some(names)}; name it with --field time=NAME")
    if "text" not in found and "kind" not in found:
        problems.append(f"no field says what happened: it has {_some(names)}; name it with --field text=NAME")
    return found


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:12])
    return f"{shown} and {len(names) - 12:,} more" if len(names) > 12 else shown or "none"

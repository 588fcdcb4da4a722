"""The five moments that an incident is measured by: each explicit, or by a stated rule, or not known."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradatim.core.errors import InputError
from gradatim.instruments.incident import zones
from gradatim.instruments.incident.event import ALERT_FIRED, ALERT_RESOLVED, MILESTONES, Event, kind_of
from gradatim.instruments.incident.timeline import Timeline

LABELS = {
    "impact-start": "Impact began",
    "detected": "Detected",
    "acknowledged": "Acknowledged",
    "mitigated": "Mitigated",
    "resolved": "Resolved",
}
RULES = {
    "impact-start": "the first event of kind impact-start; never inferred, an alert comes after the impact",
    "detected": "the first event of kind detected, else the first alert that fired at or after the start of impact",
    "acknowledged": "the first event of kind acknowledged",
    "mitigated": "the last event of kind mitigated; a rollback or a quiet alert does not say that users were well",
    "resolved": "the last event of kind resolved, else the last clearing if every alert that fired has cleared",
}
# Words that only suggest a milestone: shown as candidates, never used.
SUGGESTS = {
    "impact-start": (
        "impact began",
        "started failing",
        "errors began",
        "outage began",
        "users report",
        "onset",
    ),
    "detected": ("alert", "paged", "noticed", "reported", "spotted", "detected"),
    "acknowledged": (
        "acknowledg",
        "acked",
        "ack ",
        "looking into",
        "on it",
        "investigating",
        "taking a look",
    ),
    "mitigated": (
        "rolled back",
        "rollback",
        "failover",
        "mitigat",
        "back to normal",
        "recovered",
        "stabilis",
    ),
    "resolved": ("resolved", "all clear", "closed", "fixed", "incident over", "back to normal"),
}
# Each must not come before the one it follows.
FOLLOWS = {
    "detected": "impact-start",
    "acknowledged": "detected",
    "mitigated": "impact-start",
    "resolved": "mitigated",
}


@dataclass(frozen=True, slots=True)
class Milestone:
    """When a milestone was, and why that is said.

    Args:
        kind: one of `MILESTONES`.
        at: the moment; None where it is not known.
        event: the event that says so; None where `--mark` named a time, or it is not known.
        how: "marked", "explicit", "by rule" or "not known".
        why: a sentence: the rule that applied, or why it is not known.
        candidates: where it is not known, events whose words suggest it.
    """

    kind: str
    at: datetime.datetime | None
    event: Event | None
    how: str
    why: str
    candidates: tuple[Event, ...] = ()

    @property
    def label(self) -> str:
        return LABELS[self.kind]


def parse_marks(words: Sequence[str]) -> dict[str, str]:
    """`KIND=E7` or `KIND=TIME`, each kind once.

    Raises:
        InputError: not of that form, an unknown kind, or a kind twice; all problems at once.
    """
    marks: dict[str, str] = {}
    problems = []
    for word in words:
        kind, equals, where = word.partition("=")
        known = kind_of(kind)
        if not equals or not where.strip():
            problems.append(f"--mark {word}: write KIND=E7 or KIND=TIME")
        elif known not in MILESTONES:
            problems.append(f"--mark {word}: no kind {kind!r}; one of {', '.join(MILESTONES)}")
        elif known in marks:
            problems.append(f"--mark {word}: {known} is marked twice")
        else:
            marks[known] = where.strip()
    if problems:
        raise InputError("the marks are not clear", problems, next="--mark mitigated=E12")
    return marks


def find(timeline: Timeline, marks: Mapping[str, str], tz: str | None = None) -> dict[str, Milestone]:
    """All five, in the order of `MILESTONES`.

    Raises:
        InputError: a mark names an event or a time that is not there.
    """
    marked = _marked(timeline, marks, tz)
    found: dict[str, Milestone] = {}
    for kind in MILESTONES:
        found[kind] = marked.get(kind) or _explicit(timeline, kind) or _by_rule(timeline, kind, found)
    return found


def contradictions(found: Mapping[str, Milestone]) -> list[str]:
    """Milestones that stand in an impossible order, one sentence each."""
    wrong = []
    for kind in MILESTONES[1:]:
        late = found[kind]
        earlier = [FOLLOWS[kind], "impact-start"] if FOLLOWS[kind] != "impact-start" else ["impact-start"]
        for before in earlier:
            early = found[before]
            if late.at is not None and early.at is not None and late.at < early.at:
                wrong.append(
                    f"{late.label.lower()} ({_source(late)}) comes before {early.label.lower()} ({_source(early)})"
                )
                break
    return wrong


def _source(milestone: Milestone) -> str:
    return milestone.event.name if milestone.event else "marked"


def _marked(timeline: Timeline, marks: Mapping[str, str], tz: str | None) -> dict[str, Milestone]:
    found, problems = {}, []
    for kind, where in marks.items():
        number = where[1:]
        if where[:1] in "Ee" and number.isdecimal():
            if not 1 <= int(number) <= len(timeline.events):
                problems.append(f"{kind}={where}: the timeline has E1 to E{len(timeline.events)}")
                continue
            event = timeline.events[int(number) - 1]
            found[kind] = Milestone(kind, event.at, event, "marked", f"--mark names {event.name}")
            continue
        try:
            at = zones.parse(where)
            if at.tzinfo is None:
                if tz is None:
                    raise ValueError("it names no zone: add one, or say --tz")
                choices = zones.readings(at, zones.zone(tz))
                if len(choices) != 1:
                    raise ValueError(f"in {tz} that time comes {len(choices)} times: write its offset")
                (at,) = choices
        except ValueError as error:
            problems.append(f"{kind}={where}: {error}")
            continue
        found[kind] = Milestone(kind, at, None, "marked", "--mark names the time")
    if problems:
        raise InputError("the marks are not clear", problems, next="--mark mitigated=E12")
    return found


def _explicit(timeline: Timeline, kind: str) -> Milestone | None:
    events = timeline.of(kind)
    if not events:
        return None
    last = kind in {"mitigated", "resolved"}
    chosen = events[-1] if last else events[0]
    which = "last" if last else "first"
    why = f"the {which} of {len(events)} {kind} events" if len(events) > 1 else f"the event of kind {kind}"
    return Milestone(kind, chosen.at, chosen, "explicit", why)


def _by_rule(timeline: Timeline, kind: str, before: Mapping[str, Milestone]) -> Milestone:
    if kind == "detected":
        start = before["impact-start"].at
        for event in timeline.of(ALERT_FIRED):
            if start is None or event.at >= start:
                which = "the first alert" if start is None else "the first alert since the impact began"
                return Milestone(kind, event.at, event, "by rule", which)
    if kind == "resolved" and (cleared := _all_cleared(timeline)):
        return Milestone(
            kind, cleared.at, cleared, "by rule", "every alert that fired has cleared; this is the last"
        )
    why = f"no event of kind {kind}"
    if kind == "detected":
        why += ", and no alert"
    if kind == "resolved" and timeline.of(ALERT_FIRED):
        why += ", and not every alert is seen to clear"
    return Milestone(kind, None, None, "not known", why, _candidates(timeline, kind))


def _all_cleared(timeline: Timeline) -> Event | None:
    fired: dict[str, Event] = {}
    cleared: dict[str, Event] = {}
    for event in timeline.events:
        if event.kind == ALERT_FIRED:
            fired[event.subject] = event
        elif event.kind == ALERT_RESOLVED:
            cleared[event.subject] = event
    # Without a subject a clearing cannot be told from another alert's.
    if not fired or "" in fired:
        return None
    for subject, event in fired.items():
        if subject not in cleared or cleared[subject].number < event.number:
            return None
    return max((cleared[subject] for subject in fired), key=lambda e: e.number)


def _candidates(timeline: Timeline, kind: str, most: int = 3) -> tuple[Event, ...]:
    hits = [e for e in timeline.events if any(w in f"{e.kind} {e.text} ".lower() for w in SUGGESTS[kind])]
    return tuple(hits[-most:] if kind in {"mitigated", "resolved"} else hits[:most])

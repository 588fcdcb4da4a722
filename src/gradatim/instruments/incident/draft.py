"""A blameless review draft in Markdown: what the log says, what it does not, and questions for people."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence

from gradatim.instruments.incident import zones
from gradatim.instruments.incident.actions import Action
from gradatim.instruments.incident.event import MESSAGE, Event
from gradatim.instruments.incident.measures import Measure, spell
from gradatim.instruments.incident.milestones import RULES, Milestone
from gradatim.instruments.incident.timeline import Timeline

QUESTIONS = {
    "What made this possible": (
        "Which conditions had to come together? Name conditions of the system, not persons.",
        "For each: has it been so for long, and what made it look normal?",
    ),
    "How it was noticed and understood": (
        "What did people see first, and what did they take it for?",
        "What would have shown the cause sooner?",
    ),
    "What helped, what hindered": (
        "What worked as intended, and what only by luck?",
        "Which action made things worse or cost time, and what made it look right at that moment?",
    ),
}
MOST_EVENTS = 400


def people(timeline: Timeline) -> dict[str, str]:
    """A neutral name for everybody in the log, in the order of appearance: participant A, participant B."""
    names = dict.fromkeys(event.who for event in timeline.events if event.who)
    return {name: f"participant {_letters(i)}" for i, name in enumerate(names)}


def _letters(i: int) -> str:
    """0 is A, 25 is Z, 26 is AA: no digits, which would read as numbers of the review."""
    head, last = divmod(i, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)


def compose(
    incident: str,
    timeline: Timeline,
    milestones: Mapping[str, Milestone],
    measures: Mapping[str, Measure],
    actions: Sequence[Action],
    tz: str,
    *,
    names: bool = False,
) -> str:
    """The draft.

    Args:
        incident: its name, the heading.
        timeline, milestones, measures: what the log says.
        actions: may be empty.
        tz: zone of all clock times.
        names: keep the names of people; otherwise participant A, B, …, in texts too.
    """
    place = zones.zone(tz)
    form = _form(timeline, place)
    neutral = {} if names else people(timeline)
    start, end = (at.astimezone(place) for at in timeline.span)
    days = f"{start:%Y-%m-%d}" if start.date() == end.date() else f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
    parts = [
        f"# Incident review: {_cell(incident, {})}",
        f"Draft made from the log by Gradatim. {days}. All clock times are {tz}.",
        "A review without blame: it asks what made each action look right at the time it was taken.",
        "## Measures",
        _table(
            ("measure", "value", "between"), ((m.label, spell(m.seconds), m.why) for m in measures.values())
        ),
        "## Milestones",
        _table(
            ("milestone", "time", "source"), (_milestone_row(m, place, form) for m in milestones.values())
        ),
    ]
    unknown = [m for m in milestones.values() if m.at is None]
    if unknown:
        lines = [f"- {m.label}: {m.why}. {_first_upper(RULES[m.kind])}." for m in unknown]
        parts += ["## Not known", "\n".join(lines)]
    parts += ["## Timeline", *_timeline(timeline, place, form, neutral)]
    for title, asked in QUESTIONS.items():
        parts += [f"## {title}", "\n".join(f"- {question}" for question in asked)]
    parts += ["## Actions", _actions(actions)]
    return "\n\n".join(parts) + "\n"


def _form(timeline: Timeline, place: datetime.tzinfo) -> str:
    """How times are shown: with the zone's abbreviation where clocks were changed in between."""
    offsets = {event.at.astimezone(place).utcoffset() for event in timeline.events}
    return "%Y-%m-%d %H:%M:%S %Z" if len(offsets) > 1 else "%Y-%m-%d %H:%M:%S"


def _milestone_row(milestone: Milestone, place: datetime.tzinfo, form: str) -> tuple[str, str, str]:
    if milestone.at is None:
        return milestone.label, "not known", milestone.why
    source = f"{milestone.event.name}, {milestone.why}" if milestone.event else milestone.why
    return milestone.label, milestone.at.astimezone(place).strftime(form), source


def _timeline(timeline: Timeline, place: datetime.tzinfo, form: str, neutral: Mapping[str, str]) -> list[str]:
    shown = list(timeline.events)
    left = []
    if len(shown) > MOST_EVENTS:
        kept = [e for e in shown if e.kind != MESSAGE]
        shown = kept if len(kept) <= MOST_EVENTS else kept[:MOST_EVENTS]
        left = [f"Shown: {len(shown)} of {len(timeline.events)}; chat messages, then the rest, are left out."]
    rows = ((e.at.astimezone(place).strftime(form), e.name, e.kind, _said(e, neutral)) for e in shown)
    return [_table(("time", "event", "kind", "what the log says"), rows, cells=neutral), *left]


def _said(event: Event, neutral: Mapping[str, str]) -> str:
    who = neutral.get(event.who, event.who)
    return f"{who}: {event.text}" if who else event.text


def _actions(actions: Sequence[Action]) -> str:
    if not actions:
        return (
            "None yet. Each needs an owner, a date, and whether it removes a category of incidents or a symptom; "
            "`--actions FILE` reads them."
        )
    rows = ((a.title, a.owner, a.due.isoformat(), a.removes, a.status) for a in actions)
    return _table(("action", "owner", "due", "removes", "status"), rows)


def _table(heads: Sequence[str], rows: object, cells: Mapping[str, str] | None = None) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(_cell(cell, cells or {}) for cell in row)} |" for row in rows]  # type: ignore[attr-defined]
    return "\n".join(lines)


def _cell(text: str, neutral: Mapping[str, str]) -> str:
    """One line of text that Markdown takes literally, with people's names replaced."""
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) > 400:
        text = text[:397] + "…"
    for name in sorted(neutral, key=len, reverse=True):
        if len(name) >= 3:
            text = re.sub(rf"(?<!\w)@?{re.escape(name)}(?!\w)", neutral[name], text)
    return re.sub(r"([\\`|<>\[\]*])", r"\\\1", text)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]

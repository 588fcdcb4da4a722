"""Everything about one incident: read, measured, and a review checked, in one call."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradatim.core.errors import InputError
from gradatim.instruments.gather import Gather
from gradatim.instruments.incident import milestones as moments
from gradatim.instruments.incident import timeline as lines
from gradatim.instruments.incident import zones
from gradatim.instruments.incident.actions import Action, read_actions
from gradatim.instruments.incident.check import Facts, Finding, check
from gradatim.instruments.incident.language import Blame, blame
from gradatim.instruments.incident.ledger import Ledger, changes, read_ledger
from gradatim.instruments.incident.measures import Measure, measure
from gradatim.instruments.incident.milestones import Milestone
from gradatim.instruments.incident.records import read_text
from gradatim.instruments.incident.sources import ROLES
from gradatim.instruments.incident.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an incident's log.

    Args:
        logs: at least one file.
        incident: its name, the key of its actions in the ledger.
        review: a written review to check.
        actions: a file of follow-ups.
        ledger: the follow-up ledger, perhaps not there yet.
        tz: IANA zone of times that name none, and of the clock times shown; None needs zones and shows UTC.
        fold: which reading of an hour that came twice.
        marks: `KIND=E7` or `KIND=TIME`, each overriding a milestone.
        fields: `ROLE=NAME`, where the log's fields have other names.
        encoding: of the logs.
        today: for what is overdue.
    """

    logs: Sequence[Path]
    incident: str
    today: datetime.date
    review: Path | None = None
    actions: Path | None = None
    ledger: Path | None = None
    tz: str | None = None
    fold: zones.Fold | None = None
    marks: Sequence[str] = ()
    fields: Sequence[str] = ()
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """What was found. `findings` and `blamed` are None where no review was given, `ledger` without a ledger."""

    question: Question
    timeline: Timeline
    milestones: Mapping[str, Milestone]
    measures: Mapping[str, Measure]
    disorder: list[str]
    findings: list[Finding] | None = None
    blamed: list[Blame] | None = None
    actions: list[Action] = field(default_factory=list)
    ledger: Ledger | None = None
    changed: list[Action] = field(default_factory=list)

    @property
    def tz(self) -> str:
        """The zone in which clock times are shown and read."""
        return self.question.tz or "UTC"


def study(question: Question) -> Study:
    """Read the logs, find the milestones, measure, check the review, compare the actions with the ledger.

    Raises:
        InputError: a file cannot be used, or an option names what is not there; nothing is written.
    """
    wrong = Gather("the incident cannot be put together", next="gradatim work incident --help")
    fields = wrong.attempt(lambda: parse_fields(question.fields))
    marks = wrong.attempt(lambda: moments.parse_marks(question.marks))
    name = question.tz
    known = wrong.attempt(lambda: zones.zone(name)) if name is not None else None
    zone = name if known is not None else None
    timeline = wrong.attempt(
        lambda: lines.read(
            question.logs, tz=zone, fold=question.fold, fields=fields or {}, encoding=question.encoding
        )
    )
    found = wrong.attempt(lambda: moments.find(timeline, marks or {}, zone)) if timeline else None
    review, follow_ups, book = question.review, question.actions, question.ledger
    text = wrong.attempt(lambda: read_text(review, max_bytes=4 << 20)) if review else None
    actions = wrong.attempt(lambda: read_actions(follow_ups)) if follow_ups else []
    ledger = wrong.attempt(lambda: read_ledger(book)) if book else None
    wrong.end()
    assert timeline is not None and found is not None and actions is not None
    findings, blamed = None, None
    if text is not None:
        findings = check(text, Facts(timeline, found, question.tz or "UTC"))
        blamed = blame(text, {event.who for event in timeline.events if event.who})
    changed = changes(ledger, question.incident, actions) if ledger is not None else []
    return Study(
        question,
        timeline,
        found,
        measure(found),
        moments.contradictions(found),
        findings,
        blamed,
        actions,
        ledger,
        changed,
    )


def parse_fields(words: Sequence[str]) -> dict[str, str]:
    """`ROLE=NAME`, each role once.

    Raises:
        InputError: not of that form, or an unknown role; all problems at once.
    """
    fields: dict[str, str] = {}
    problems = []
    for word in words:
        role, equals, name = word.partition("=")
        if not equals or not name or role not in ROLES:
            problems.append(f"--field {word}: write ROLE=NAME with a role of {', '.join(ROLES)}")
        elif role in fields:
            problems.append(f"--field {word}: {role} is named twice")
        else:
            fields[role] = name
    if problems:
        raise InputError(
            "the fields are not clear", problems, next="--field time=opened_at --field text=subject"
        )
    return fields

"""The questions at the start: each can be skipped, each says what it changes; and the answers, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from gradatim.core.errors import InputError
from gradatim.path.pack import CONFIG, ForecastFacts

MOST_WINDOWS = 24
MOST_IDENTITIES = 20
_WINDOW = re.compile(r"^(\d{4}-)?\d{2}-\d{2}$")
_SLOT = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


class Question(NamedTuple):
    """One question.

    Attributes:
        id: The field of `Answers`.
        text: The question.
        changes: What an answer changes.
        skipped: What is assumed without one.
        form: How it is asked: "text", "number", "levels" (one per dimension), "dates" or "zone".
        unit: Of a number.
        example: An answer as it is written on the command line.
    """

    id: str
    text: str
    changes: str
    skipped: str
    form: str
    unit: str = ""
    example: str = ""


QUESTIONS = (
    Question(
        "role",
        "What is your role now?",
        "Stands at the head of your plan and of a packet; nothing is computed from it.",
        "The plan has no heading.",
        "text",
        example="ML engineer, search",
    ),
    Question(
        "months_at_level",
        "For how many months have you worked at your present level?",
        "Below 24 months the forecast waits for the rest: ladders put mid-level itself at two to four years.",
        "No waiting time is added.",
        "number",
        "months",
        "30",
    ),
    Question(
        "weekly_hours",
        "How many hours a week can you give to this, as a rule?",
        "Sets every date of the plan and the study time of the forecast.",
        "The plan is an order without dates, and there is no forecast.",
        "number",
        "hours a week",
        "5",
    ),
    Question(
        "scope",
        "At which level is your present work, dimension by dimension?",
        "Scope that you have already saves study: the forecast takes off up to half of it.",
        "No scope credit.",
        "levels",
        example="D1=2 D5=3",
    ),
    Question(
        "opportunities_per_month",
        "How many chances a month does your work give you to do something at senior level?",
        "Sets when the last of the chances needed has come; below 0.6 the path's own months are not credible.",
        "0.6 a month is assumed, the least at which the path's months hold.",
        "number",
        "a month",
        "0.8",
    ),
    Question(
        "opportunities_had",
        "How many such chances have you had and used already?",
        "Each one is taken off the number that is needed.",
        "None.",
        "number",
        "so far",
        "1",
    ),
    Question(
        "opportunities_agreed",
        "On which dates do you have one agreed, such as a design review you will lead?",
        "An agreed chance counts on its day instead of being left to luck.",
        "None.",
        "dates",
        example="2027-02-01",
    ),
    Question(
        "impact_lag_months",
        "How many months pass in your organisation between a change and an effect that can be shown?",
        "Is added to the end of the forecast, with its spread.",
        "Two months.",
        "number",
        "months",
        "2",
    ),
    Question(
        "committee_windows",
        "When does your promotion committee meet?",
        "The decision falls on the first meeting after you are ready.",
        "The forecast ends with the day you are ready.",
        "dates",
        example="04-01 10-01",
    ),
    Question(
        "study_slots",
        "When in the week do you work on it?",
        "Goes into the calendar as repeated appointments in your time zone.",
        "The calendar holds due dates only.",
        "text",
        example='"tue 18:00-20:00"',
    ),
    Question(
        "time_zone",
        "In which time zone do you live?",
        "Decides what today is, and keeps appointments at the same hour when clocks change.",
        "The time zone of this machine.",
        "zone",
        example="Europe/Berlin",
    ),
    Question(
        "identities",
        "Under which e-mail addresses or ids do others issue badges to you?",
        "A badge that you take in is confirmed as yours when it names one of these. They stay here, unless a badge "
        "shows them itself.",
        "Only a badge that names your signing key is confirmed as yours.",
        "text",
        example="ines@example.org, did:web:ines.example",
    ),
)


def _window(text: str) -> str:
    text = text.strip()
    if not _WINDOW.match(text):
        raise ValueError('a day as "MM-DD" (every year) or "YYYY-MM-DD" (once)')
    # The leap year admits 02-29 as a yearly window.
    date.fromisoformat(text if len(text) == 10 else f"2028-{text}")
    return text


def _slot(text: str) -> str:
    text = " ".join(text.lower().split())
    found = _SLOT.match(text)
    if not found:
        raise ValueError('a time of the week as "tue 18:00-20:00"')
    if text[4:9] >= text[10:15]:
        raise ValueError("ends before it begins")
    return text


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text.strip()).key
    except Exception as error:  # the library raises five kinds, all of which mean the same to the reader
        raise ValueError(f'no time zone named "{text}"; for example Europe/Berlin') from error


def _identity(text: str) -> str:
    text = text.strip()
    if not 3 <= len(text) <= 400 or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("an address or an id, without spaces, of 3 to 400 characters")
    return text


def _sorted(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted(set(values)))


Windows = Annotated[
    tuple[Annotated[str, AfterValidator(_window)], ...],
    Field(max_length=MOST_WINDOWS),
    AfterValidator(_sorted),
]
Slots = Annotated[
    tuple[Annotated[str, AfterValidator(_slot)], ...], Field(max_length=14), AfterValidator(_sorted)
]


class Answers(BaseModel):
    """What a learner said about themselves; None or empty where a question was skipped."""

    model_config = CONFIG

    role: str | None = Field(default=None, min_length=1, max_length=120)
    months_at_level: float | None = Field(default=None, ge=0, le=600)
    weekly_hours: float | None = Field(default=None, ge=0, le=80)
    scope: dict[str, Annotated[int, Field(ge=1, le=5)]] = {}
    opportunities_per_month: float | None = Field(default=None, ge=0, le=30)
    opportunities_had: int | None = Field(default=None, ge=0, le=50)
    opportunities_agreed: Annotated[tuple[date, ...], AfterValidator(_sorted)] = Field(
        default=(), max_length=20
    )
    impact_lag_months: float | None = Field(default=None, ge=0, le=24)
    committee_windows: Windows = ()
    study_slots: Slots = ()
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    identities: Annotated[
        tuple[Annotated[str, AfterValidator(_identity)], ...],
        Field(max_length=MOST_IDENTITIES),
        AfterValidator(_sorted),
    ] = ()

    def answered(self) -> set[str]:
        """The questions that were not skipped."""
        return {q.id for q in QUESTIONS if getattr(self, q.id) not in (None, {}, ())}


def read(said: Mapping[str, Any], dimensions: Sequence[str]) -> Answers:
    """The answers as they were said.

    Args:
        said: By question; None takes an answer back.
        dimensions: Of the rubric; scope may be given for these.

    Raises:
        InputError: some do not hold; every one is named.
    """
    problems: list[str] = []
    answers = Answers()
    try:
        answers = Answers.model_validate({k: v for k, v in said.items() if v is not None})
    except ValidationError as error:
        for one in error.errors():
            place = ".".join(str(part) for part in one["loc"] if not isinstance(part, int))
            given = one.get("input")
            shown = "" if isinstance(given, Mapping) else f" (given: {str(given)[:60]})"
            problems.append(f"{place}: {one['msg'].removeprefix('Value error, ')}{shown}")
    scope = said.get("scope")
    if isinstance(scope, Mapping):
        problems += [f"scope: {one} is no dimension of the rubric" for one in scope if one not in dimensions]
    if problems:
        raise InputError("these answers cannot be kept", problems, next="gradatim plan set --help")
    return answers


def scope_credit(scope: Mapping[str, int], dimensions: Sequence[str], facts: ForecastFacts) -> float:
    """The share of study that present scope saves.

    Each dimension counts 0 up to level 2 (mid), half at 3, whole from 4 (senior); a dimension that was skipped
    counts 0. The mean of these, times the most that scope can save.
    """
    if not dimensions:
        return 0.0
    each = [min(max((scope.get(one, 2) - 2) / 2, 0.0), 1.0) for one in dimensions]
    return facts.most_scope_credit * sum(each) / len(each)


def raised(scope: Mapping[str, int], dimensions: Sequence[str]) -> dict[str, int]:
    """The scope after the lowest dimension (the first of them) has risen by one level, from mid at least."""
    if not dimensions:
        return dict(scope)
    lowest = min(dimensions, key=lambda one: max(scope.get(one, 2), 2))
    return {**scope, lowest: min(max(scope.get(lowest, 2), 2) + 1, 5)}

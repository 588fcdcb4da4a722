"""The prerequisites: what was recorded or performed, and what that comes to. Nobody is locked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from gradatim.core.errors import InputError
from gradatim.path.pack import CONFIG, Prerequisite

State = Literal["met", "gap", "not_yet", "not_checked"]
WORDS = {
    "met": "met",
    "gap": "met with a gap",
    "not_yet": "not yet",
    "not_checked": "not checked",
}
OVERALL = {
    "ready": "ready",
    "gaps": "ready with gaps",
    "not_yet": "not yet",
    "open": "not checked yet",
}
# Three quarters of what is asked is a gap, less is not yet.
NEARLY = 0.75
GAP_HOURS, NOT_YET_HOURS = 6.0, 24.0


def _line(text: str) -> str:
    text = " ".join(text.split())
    if any(ord(c) < 32 for c in text):
        raise ValueError("one line of text")
    return text


Line = Annotated[str, AfterValidator(_line)]


class Record(BaseModel):
    """One role, system or piece of work, as the learner wrote it down.

    Attributes:
        to: None while it goes on.
        attested_by: A named person who can confirm it.
    """

    model_config = CONFIG

    what: Line = Field(min_length=3, max_length=200)
    role: Line = Field(default="", max_length=120)
    since: date
    to: date | None = None
    own_share: float | None = Field(default=None, gt=0, le=1)
    attested_by: Line = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _in_order(self) -> Record:
        if self.to is not None and self.to < self.since:
            raise ValueError(f"ends on {self.to}, before it begins on {self.since}")
        return self


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one prerequisite comes to.

    Attributes:
        reason: Why, in a sentence.
        hours: Practice that closes the gap, for the plan.
        months: Time that must pass first, for the forecast.
    """

    state: State
    reason: str
    hours: float = 0.0
    months: float = 0.0


class Performed(NamedTuple):
    """The best attempt at a performed task.

    Attributes:
        passed: Whether it reached the pass mark.
        share: Its skill over the pass mark, 0 and up.
        missed: Names of the graded outcomes that were missed, or why it does not count.
        tries: Attempts that were handed in.
        on: The day of the best one, ISO.
        issued: Which form of the task that one was by the ledger, such as "form 3 of 4 issued"; empty if not known.
    """

    passed: bool
    share: float
    missed: tuple[str, ...]
    tries: int
    on: str
    issued: str = ""


def read_record(said: Mapping[str, Any], today: date) -> Record:
    """A record as it was said.

    Raises:
        InputError: something in it does not hold; every problem is named.
    """
    try:
        record = Record.model_validate({k: v for k, v in said.items() if v not in (None, "")})
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(p) for p in e['loc']) or 'dates'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise InputError("this record cannot be kept", problems, next="gradatim plan record --help") from None
    late = [
        f"{n}: {d} is in the future"
        for n, d in (("since", record.since), ("to", record.to))
        if d and d > today
    ]
    if late:
        raise InputError(
            "this record cannot be kept",
            late,
            why="records are of what happened",
            next="gradatim plan record --help",
        )
    return record


def judge(
    prerequisite: Prerequisite,
    records: Sequence[Record],
    task: Performed | None,
    task_is_there: bool,
    today: date,
) -> Outcome:
    """What a prerequisite comes to.

    Args:
        prerequisite: What is asked.
        records: What was written down for it.
        task: The best attempt at the performed task; None when nothing was handed in.
        task_is_there: The lab of the task is installed.
        today: Ends what goes on.
    """
    recorded = _records(prerequisite, records, today) if prerequisite.asks_record else None
    if prerequisite.check == "record":
        assert recorded is not None
        return recorded
    performed = _task(task, task_is_there)
    if recorded is None:
        return performed
    if performed.state == "met":
        return (
            recorded
            if recorded.state != "not_checked"
            else Outcome("gap", "The task was passed; no record is written down.", GAP_HOURS)
        )
    if performed.state == "gap":
        worse = recorded if recorded.state == "not_yet" else performed
        return Outcome(worse.state, f"{recorded.reason} {performed.reason}", worse.hours, recorded.months)
    if performed.state == "not_checked" and recorded.state in ("met", "gap"):
        return Outcome("gap", f"{recorded.reason} {performed.reason}", GAP_HOURS)
    return (
        performed
        if performed.state != "not_checked"
        else Outcome(recorded.state, f"{recorded.reason} {performed.reason}", recorded.hours)
    )


def overall(outcomes: Mapping[str, Outcome]) -> str:
    """A key of OVERALL: not yet if any is, ready when all are met, otherwise ready with gaps."""
    states = [one.state for one in outcomes.values()]
    if states and all(state == "not_checked" for state in states):
        return "open"
    if "not_yet" in states:
        return "not_yet"
    return "ready" if all(state == "met" for state in states) else "gaps"


def months_covered(records: Sequence[Record], today: date) -> float:
    """Months in which at least one record ran; overlaps count once."""
    spans = sorted((r.since, r.to or today) for r in records)
    days, reached = 0, date.min
    for begin, end in spans:
        begin = max(begin, reached)
        if end > begin:
            days += (end - begin).days
            reached = end
    return days / 30.4375


def _task(task: Performed | None, there: bool) -> Outcome:
    if task is None:
        if not there:
            return Outcome("not_checked", "The task is not there yet, so this cannot be checked.")
        return Outcome("not_checked", "The task was not performed yet.")
    tries = f"{task.tries} attempt{'' if task.tries == 1 else 's'}" + (
        f", {task.issued}" if task.issued else ""
    )
    if task.passed:
        return Outcome("met", f"The task was passed on {task.on} ({tries}).")
    if not task.on:
        return Outcome("not_yet", f"The task was handed in, but {'; '.join(task.missed)}.", NOT_YET_HOURS)
    missed = f"missed: {', '.join(task.missed)} ({tries})"
    if task.share >= NEARLY:
        return Outcome("gap", f"The task was nearly passed; {missed}.", GAP_HOURS)
    return Outcome("not_yet", f"The task was tried and not passed; {missed}.", NOT_YET_HOURS)


def _records(prerequisite: Prerequisite, records: Sequence[Record], today: date) -> Outcome:
    least = prerequisite.least
    if not records:
        return Outcome("not_checked", "Nothing is recorded yet.")
    if least.months is not None:
        have = months_covered(records, today)
        if have < least.months:
            nearly = have >= NEARLY * least.months
            reason = f"{have:.0f} of {least.months} months are recorded."
            return Outcome("gap" if nearly else "not_yet", reason, months=float(least.months) - have)
    wanted = max(least.works or 0, least.systems or 0)
    share = least.own_share or 0.0
    whole = [r for r in records if (r.own_share if r.own_share is not None else 0.0) >= share]
    if wanted and len(records) < wanted:
        state: State = "gap" if len(records) >= NEARLY * wanted or len(records) == wanted - 1 else "not_yet"
        return Outcome(
            state, f"{len(records)} of {wanted} are recorded.", GAP_HOURS if state == "gap" else NOT_YET_HOURS
        )
    if share and len(whole) < wanted:
        reason = f"{len(whole)} of {wanted} have an own share of {share:.0%} or more."
        return Outcome("gap" if whole else "not_yet", reason, GAP_HOURS if whole else NOT_YET_HOURS)
    unnamed = [r.what for r in (whole if share else records) if not r.attested_by]
    if unnamed:
        return Outcome("gap", f"Nobody is named who can confirm: {'; '.join(unnamed[:3])}.")
    return Outcome("met", "Recorded, with a named person who can confirm each.")

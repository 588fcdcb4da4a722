"""What goes over the JSON API. Requests refuse unknown fields; answers may carry more than is named here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_SEED = 2**128 - 1


class Request(BaseModel):
    """A request body: unknown fields are an error, so that a typing mistake is not a default."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """An answer: the named fields are promised, others may come with them."""

    model_config = ConfigDict(extra="allow")


class NewAttempt(Request):
    """Start a practice attempt."""

    seed: int | None = Field(
        None, ge=0, le=MAX_SEED, description="Drawn when absent. As text where numbers lose digits."
    )
    family: str | None = Field(None, description="A family of the lab; drawn when absent.")


class AdvanceBy(Request):
    """Move the clock by simulated seconds."""

    seconds: float = Field(gt=0, le=7 * 86400, allow_inf_nan=False)
    to_next_alert: Literal[False] = False


class AdvanceToAlert(Request):
    """Move the clock until an alert begins to fire or a message arrives: 360 ticks at most, 1 h or 30 h."""

    to_next_alert: Literal[True]
    seconds: None = None


class Query(Request):
    """One SELECT over the rows that are visible now."""

    sql: str = Field(min_length=1, max_length=20_000)


class Action(Request):
    """An action of the room; its fields are those of its schema, listed by the room's forms."""

    model_config = ConfigDict(extra="allow")

    kind: str = Field(min_length=1, max_length=80, description="For instance `set_retry_budget`.")


class Move(Request):
    """Action number `move` of the log happens at `to_s` instead."""

    move: int = Field(ge=0)
    to_s: float = Field(ge=0, allow_inf_nan=False)


class Drop(Request):
    """Action number `drop` of the log does not happen."""

    drop: int = Field(ge=0)


class Insertion(Request):
    """An action and its time."""

    t_s: float = Field(ge=0, allow_inf_nan=False)
    action: Action


class Insert(Request):
    """One more action."""

    insert: Insertion


class WhatIf(Request):
    """Edits of an attempt's log."""

    edits: list[Move | Drop | Insert] = Field(min_length=1, max_length=200)


class Fork(Request):
    """Start again from a prefix of an attempt."""

    at_s: float = Field(ge=0, allow_inf_nan=False)


class LabSummary(Answer):
    """A lab in the list."""

    id: str
    title: str


class Lab(LabSummary):
    """A lab: brief, what is graded and what is not, families, attempts."""

    version: str


class Attempt(Answer):
    """One attempt. `t_s` is simulated seconds since the start of the world."""

    id: str
    lab_id: str
    status: str


class ActionAnswer(Answer):
    """Whether the action was taken, and from when it works. A refused one changes nothing."""

    accepted: bool
    reason: str | None = None
    effective_at_s: float | None = None


class QueryAnswer(Answer):
    """Columns and rows."""

    columns: list[Any]
    rows: list[Any]


class Clock(Answer):
    """The simulated clock."""

    t_s: float


class Failure(BaseModel):
    """Every failure: what, where, why, and the next thing to do."""

    error: str
    what: str
    where: str = ""
    why: str = ""
    next: str = ""
    problems: list[str] = []


FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "the body is not JSON in UTF-8, or the Host is not this app"},
    401: {"model": Failure, "description": "no session cookie and no bearer token"},
    403: {"model": Failure, "description": "the request comes from another site"},
    404: {"model": Failure, "description": "no such lab, attempt, exam, skill or item"},
    409: {"model": Failure, "description": "the attempt or the store is in a state that refuses this"},
    413: {"model": Failure, "description": "the body is larger than two megabytes"},
    422: {"model": Failure, "description": "the request does not fit its schema, or the product refuses it"},
}

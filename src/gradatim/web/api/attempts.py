"""`/api/attempts`: observe, query, act, advance, finish, and everything that is recomputed afterwards."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from gradatim.web.api.models import (
    FAILURES,
    Action,
    ActionAnswer,
    AdvanceBy,
    AdvanceToAlert,
    Attempt,
    Clock,
    Fork,
    Query,
    QueryAnswer,
    WhatIf,
)

router = APIRouter(prefix="/api", tags=["attempts"], responses=FAILURES)


@router.get("/attempts", response_model=list[Attempt], response_model_exclude_unset=True)
def attempts(request: Request, lab_id: str | None = None) -> Any:
    """Every attempt, or those of one lab."""
    return request.app.state.service.attempts(lab_id)


@router.get("/attempts/{attempt_id}", response_model=Attempt, response_model_exclude_unset=True)
def attempt(request: Request, attempt_id: str) -> Any:
    """One attempt."""
    return request.app.state.service.attempt(attempt_id)


@router.get("/attempts/{attempt_id}/observe")
def observe(request: Request, attempt_id: str) -> dict[str, Any]:
    """What a policy sees now. Observing changes nothing."""
    seen: dict[str, Any] = request.app.state.service.room(attempt_id).observe()
    return seen


@router.post("/attempts/{attempt_id}/query", response_model=QueryAnswer, response_model_exclude_unset=True)
def query(request: Request, attempt_id: str, body: Query) -> Any:
    """One SELECT over the rows that are visible now."""
    return request.app.state.service.room(attempt_id).query(body.sql)


@router.post("/attempts/{attempt_id}/act", response_model=ActionAnswer, response_model_exclude_unset=True)
def act(request: Request, attempt_id: str, body: Action) -> Any:
    """Take an action at the present simulated time; a refused one changes nothing."""
    return request.app.state.service.room(attempt_id).act(body.model_dump())


@router.post("/attempts/{attempt_id}/preview")
def preview(request: Request, attempt_id: str, body: Action) -> dict[str, Any]:
    """What an action would touch, cost and risk, and whether it would be refused."""
    seen: dict[str, Any] = request.app.state.service.room(attempt_id).preview(body.model_dump())
    return seen


@router.post("/attempts/{attempt_id}/advance", response_model=Clock, response_model_exclude_unset=True)
def advance(request: Request, attempt_id: str, body: AdvanceBy | AdvanceToAlert) -> Any:
    """Let simulated time pass, never beyond the horizon."""
    room = request.app.state.service.room(attempt_id)
    if isinstance(body, AdvanceToAlert):
        return room.next_alert()
    return room.advance(body.seconds)


@router.get("/attempts/{attempt_id}/submission")
def submission(request: Request, attempt_id: str) -> dict[str, Any]:
    """The log so far: with lab version and seed it is all that the outcome depends on."""
    log: dict[str, Any] = request.app.state.service.submission(attempt_id)
    return log


@router.post("/attempts/{attempt_id}/finish")
def finish(request: Request, attempt_id: str) -> dict[str, Any]:
    """Run to the horizon without the learner, and judge."""
    outcome: dict[str, Any] = request.app.state.service.finish(attempt_id)
    return outcome


@router.get("/attempts/{attempt_id}/score")
def score(request: Request, attempt_id: str) -> dict[str, Any]:
    """Loss, causes and regret against the references."""
    scored: dict[str, Any] = request.app.state.service.score(attempt_id)
    return scored


@router.get("/attempts/{attempt_id}/references")
def references(request: Request, attempt_id: str) -> dict[str, Any]:
    """How many reference runs are done."""
    progress: dict[str, Any] = request.app.state.service.references(attempt_id)
    return progress


@router.get("/attempts/{attempt_id}/debrief")
def debrief(request: Request, attempt_id: str) -> dict[str, Any]:
    """Everything the debrief page shows; refused while the attempt is open."""
    told: dict[str, Any] = request.app.state.service.debrief(attempt_id)
    return told


@router.post("/attempts/{attempt_id}/replay")
def replay(request: Request, attempt_id: str) -> dict[str, Any]:
    """Recompute the outcome and compare its hash."""
    checked: dict[str, Any] = request.app.state.service.replay(attempt_id)
    return checked


@router.post("/attempts/{attempt_id}/whatif")
def whatif(request: Request, attempt_id: str, body: WhatIf) -> dict[str, Any]:
    """The outcome of an edited log on the same world."""
    outcome: dict[str, Any] = request.app.state.service.whatif(
        attempt_id, [edit.model_dump() for edit in body.edits]
    )
    return outcome


@router.post(
    "/attempts/{attempt_id}/fork", response_model=Attempt, response_model_exclude_unset=True, status_code=201
)
def fork(request: Request, attempt_id: str, body: Fork) -> Any:
    """A new practice attempt with the same log before `at_s`."""
    return request.app.state.service.fork(attempt_id, body.at_s)

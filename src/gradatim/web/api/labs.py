"""`/api/labs`: what labs there are, and starting an attempt. `/api/path`: modules and skills."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from gradatim.web.api.models import FAILURES, Attempt, Lab, LabSummary, NewAttempt

router = APIRouter(prefix="/api", tags=["labs"], responses=FAILURES)


@router.get("/path")
def path(request: Request) -> dict[str, Any]:
    """Modules and skills with their states."""
    found: dict[str, Any] = request.app.state.service.path()
    return found


@router.get("/labs", response_model=list[LabSummary], response_model_exclude_unset=True)
def labs(request: Request) -> Any:
    """Every lab."""
    return request.app.state.service.labs()


@router.get("/labs/{lab_id}", response_model=Lab, response_model_exclude_unset=True)
def lab(request: Request, lab_id: str) -> Any:
    """One lab with its brief."""
    return request.app.state.service.lab(lab_id)


@router.post(
    "/labs/{lab_id}/attempts", response_model=Attempt, response_model_exclude_unset=True, status_code=201
)
def start(request: Request, lab_id: str, body: NewAttempt) -> Any:
    """Start a practice attempt; references begin to be computed."""
    return request.app.state.service.start(lab_id, seed=body.seed, family=body.family)

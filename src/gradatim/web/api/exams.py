"""`/api/exams`: issue an exam, open its instances one after another, hand it in, read and verify the verdict."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from fastapi import Request as Call
from pydantic import Field

from gradatim.web.api.models import FAILURES, Answer, Attempt, Request

router = APIRouter(prefix="/api", tags=["exams"], responses=FAILURES)


class Prediction(Request):
    """The skill that the learner expects, and an interval that holds it in four exams of five."""

    skill: float = Field(ge=-3, le=2, allow_inf_nan=False)
    lo: float = Field(ge=-3, le=2, allow_inf_nan=False)
    hi: float = Field(ge=-3, le=2, allow_inf_nan=False)


class NewExam(Request):
    """Begin an exam. It is spent from here on."""

    predicted: Prediction
    assistance: Literal["none", "AI", "pair"] = "none"
    issue: dict[str, Any] | None = Field(
        None, description="A reviewer's signed file, for the grade `issued`."
    )


class Exam(Answer):
    """An exam: where it stands; with its verdict once it is handed in, never before."""

    id: str
    lab_id: str
    status: Literal["drawing", "open", "submitted", "failed"]
    grade: Literal["self-run", "issued"]
    verdict: dict[str, Any] | None


class Verification(Answer):
    """What recomputing found."""

    ok: bool
    ledger: list[str]
    exams: list[dict[str, Any]]


@router.post("/labs/{lab_id}/exams", response_model=Exam, response_model_exclude_unset=True, status_code=201)
def start(request: Call, lab_id: str, body: NewExam) -> Any:
    """Begin an exam; its instances are drawn in the background, `drawing` says how far."""
    return request.app.state.service.exams.start(
        lab_id, predicted=body.predicted.model_dump(), assistance=body.assistance, issue=body.issue
    )


@router.get("/exams", response_model=list[Exam], response_model_exclude_unset=True)
def exams(request: Call, lab_id: str | None = None) -> Any:
    """Every exam, newest first, or those of one lab."""
    return request.app.state.service.exams.all(lab_id)


@router.get("/exams/{exam_id}", response_model=Exam, response_model_exclude_unset=True)
def exam(request: Call, exam_id: str) -> Any:
    """One exam: how far the drawing is, what is worked, the verdict once it is handed in."""
    return request.app.state.service.exams.show(exam_id)


@router.post("/exams/{exam_id}/next", response_model=Attempt, response_model_exclude_unset=True)
def next_instance(request: Call, exam_id: str) -> Any:
    """The attempt to work on: the open instance, or the next one. Its seed is sealed."""
    return request.app.state.service.exams.next(exam_id)


@router.post("/exams/{exam_id}/submit", response_model=Exam, response_model_exclude_unset=True)
def submit(request: Call, exam_id: str) -> Any:
    """Hand in: what is open runs to its horizon, what was never opened counts as idle. The first time counts."""
    return request.app.state.service.exams.submit(exam_id)


@router.get("/exams/{exam_id}/verdict", response_model=Exam, response_model_exclude_unset=True)
def verdict(request: Call, exam_id: str) -> Any:
    """The verdict; refused until the exam is handed in."""
    return request.app.state.service.exams.verdict(exam_id)


@router.post("/exams/{exam_id}/verify", response_model=Verification, response_model_exclude_unset=True)
def verify(request: Call, exam_id: str) -> Any:
    """Recompute every outcome of an exam, and check the ledger."""
    return request.app.state.service.exams.verify(exam_id)

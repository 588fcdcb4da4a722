"""Exams: what one is and its form, where one stands, its verdict."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.web.exam import exam_view
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)

Skill = Annotated[float, Form(ge=-3, le=2, allow_inf_nan=False)]


@router.get("/exams")
def exams(request: Request) -> HTMLResponse:
    """Every exam, newest first."""
    service = request.app.state.service
    labs = [lab for lab in service.labs() if lab["kind"] == "live"]
    return page(
        request,
        "exams.html",
        title="Exams",
        exams=service.exams.all(),
        labs=labs,
        command="gradatim exam show",
    )


@router.get("/labs/{lab_id}/exam")
def form(request: Request, lab_id: str) -> Response:
    """What an exam of this lab is, and the form that begins one; an exam under way is gone on with."""
    service = request.app.state.service
    lab = service.lab(lab_id)
    under_way = next((e for e in service.exams.all(lab_id) if _goes_on(e)), None)
    if under_way is not None:
        return RedirectResponse(f"/exams/{under_way['id']}", status_code=303)
    command = f"gradatim exam start {lab_id} --predict 0.6 --low 0.2 --high 0.9"
    return page(request, "exam_start.html", title=f"Exam, {lab['title']}", lab=lab, command=command)


@router.post("/labs/{lab_id}/exam")
def start(
    request: Request,
    lab_id: str,
    skill: Skill,
    lo: Skill,
    hi: Skill,
    assistance: Annotated[str, Form()] = "none",
) -> Response:
    """Issue an exam and go to its page."""
    made = request.app.state.service.exams.start(
        lab_id, predicted={"skill": skill, "lo": lo, "hi": hi}, assistance=assistance
    )
    return RedirectResponse(f"/exams/{made['id']}", status_code=303)


@router.get("/exams/{exam_id}")
def exam(request: Request, exam_id: str) -> HTMLResponse:
    """One exam: being drawn, under way, or its verdict."""
    shown = request.app.state.service.exams.show(exam_id)
    return page(request, "exam.html", title=f"Exam, {shown['lab_title']}", **exam_view(shown))


@router.get("/exams/{exam_id}/drawing")
def drawing(request: Request, exam_id: str) -> Response:
    """The progress line, polled by htmx; when the exam is drawn, the page is loaded again."""
    shown: dict[str, Any] = request.app.state.service.exams.show(exam_id)
    headers = {} if shown["drawing"]["state"] == "drawing" else {"HX-Refresh": "true"}
    return page(request, "partials/drawing.html", exam=shown, headers=headers)


@router.post("/exams/{exam_id}/next")
def next_instance(request: Request, exam_id: str) -> Response:
    """Open the next instance, or go on with the open one, in its room."""
    attempt = request.app.state.service.exams.next(exam_id)
    return RedirectResponse(f"/attempts/{attempt['id']}/room", status_code=303)


@router.post("/exams/{exam_id}/submit")
def submit(request: Request, exam_id: str) -> Response:
    """Hand the exam in, then its verdict."""
    request.app.state.service.exams.submit(exam_id)
    return RedirectResponse(f"/exams/{exam_id}", status_code=303)


def _goes_on(exam: dict[str, Any]) -> bool:
    """The learner's own exam that is begun and not handed in."""
    return exam["status"] in ("drawing", "open") and exam["player"] == "learner" and bool(exam["playable"])

"""Attempts: the list, the debrief of one that is over, finishing and forking."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.web.attempts import is_open, listed
from gradatim.web.debrief import debrief_view
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/attempts")
def attempts(request: Request) -> HTMLResponse:
    """Every attempt, newest first."""
    service = request.app.state.service
    titles = {lab["id"]: lab["title"] for lab in service.labs()}
    return page(
        request, "attempts.html", title="Attempts", attempts=listed(service.attempts(), titles),
        labs=titles, command="gradatim lab list",
    )  # fmt: skip


@router.get("/attempts/{attempt_id}")
def attempt(request: Request, attempt_id: str) -> Response:
    """The debrief of a finished attempt; an open one goes to its room."""
    service = request.app.state.service
    this = service.attempt(attempt_id)
    if is_open(this):
        return RedirectResponse(f"/attempts/{attempt_id}/room", status_code=303)
    if this["seed"] == "sealed":
        # An exam's instance: what it came to is told with the verdict.
        return RedirectResponse(f"/exams/{this['exam_id']}", status_code=303)
    progress = service.references(attempt_id)
    view = debrief_view(service.debrief(attempt_id), progress)
    lab = service.lab(this["lab_id"])
    return page(request, "debrief.html", title=f"Debrief, {lab['title']}", lab=lab, progress=progress, **view)


@router.get("/attempts/{attempt_id}/debrief")
def debrief(attempt_id: str) -> Response:
    """The debrief lives at the attempt's own address."""
    return RedirectResponse(f"/attempts/{attempt_id}", status_code=303)


@router.get("/attempts/{attempt_id}/references")
def references(request: Request, attempt_id: str) -> Response:
    """The progress line of the debrief, polled by htmx; when all is there, the page is loaded again."""
    progress: dict[str, Any] = request.app.state.service.references(attempt_id)
    headers = {} if progress["state"] == "computing" else {"HX-Refresh": "true"}
    return page(
        request, "partials/references.html", attempt_id=attempt_id, progress=progress, headers=headers
    )


@router.post("/attempts/{attempt_id}/finish")
def finish(request: Request, attempt_id: str) -> Response:
    """End the attempt: the rest of the horizon runs without the learner, then the debrief."""
    request.app.state.service.finish(attempt_id)
    return RedirectResponse(f"/attempts/{attempt_id}", status_code=303)


@router.post("/attempts/{attempt_id}/fork")
def fork(
    request: Request, attempt_id: str, at_s: Annotated[float, Form(ge=0, allow_inf_nan=False)]
) -> Response:
    """A new practice attempt with the same log before `at_s`, and its room."""
    made = request.app.state.service.fork(attempt_id, at_s)
    return RedirectResponse(f"/attempts/{made['id']}/room", status_code=303)

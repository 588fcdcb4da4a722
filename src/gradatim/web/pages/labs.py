"""The list of labs, a lab's page, and starting an attempt."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.core.errors import InputError
from gradatim.web.attempts import listed
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/labs")
def labs(request: Request) -> HTMLResponse:
    """Every lab there is, under its module."""
    service = request.app.state.service
    modules = service.path()["modules"]
    found = service.labs()
    for lab in found:
        lab["tries"] = len(service.attempts(lab["id"]))
    rows = [(module, [lab for lab in found if lab["module"] == module["id"]]) for module in modules]
    return page(
        request, "labs.html", title="Labs", rows=rows, tasks=service.tasks.all(), command="gradatim lab list"
    )


@router.get("/labs/{lab_id}")
def lab(request: Request, lab_id: str) -> HTMLResponse:
    """A lab: what it asks, what it grades, and the attempts so far."""
    service = request.app.state.service
    this = service.lab(lab_id)
    modules = service.path()["modules"]
    skills = [s for module in modules for s in module["skills"] if s["id"] in this["skills"]]
    module = next((m for m in modules if m["id"] == this["module"]), None)
    rows = listed(service.attempts(lab_id), {lab_id: this["title"]})
    return page(
        request, "lab.html", title=this["title"], lab=this, module=module, skills=skills, attempts=rows,
        command=f"gradatim lab start {lab_id}",
    )  # fmt: skip


@router.post("/labs/{lab_id}/start")
def start(
    request: Request, lab_id: str, seed: Annotated[str, Form()] = "", family: Annotated[str, Form()] = ""
) -> Response:
    """A new practice attempt, then its room."""
    number = _seed(seed.strip(), lab_id)
    attempt = request.app.state.service.start(lab_id, seed=number, family=family or None)
    return RedirectResponse(f"/attempts/{attempt['id']}/room", status_code=303)


def _seed(text: str, lab_id: str) -> int | None:
    """The seed of the form, None when it was left empty; the lab itself checks the range."""
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise InputError(
            "the seed is not a whole number",
            [f"seed: {text[:60]}"],
            next=f"gradatim lab start {lab_id} --seed 7",
        ) from None

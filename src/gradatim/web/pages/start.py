"""The start: a few questions, each of which can be skipped, and the prerequisites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.web.render import page

router = APIRouter(include_in_schema=False)

LISTS = ("committee_windows", "opportunities_agreed", "study_slots", "identities")


async def posted(request: Request) -> FormData:
    """The fields of a form; read here because a page itself runs in a thread."""
    return await request.form()


@router.get("/start")
def start(request: Request, kept: bool = False) -> HTMLResponse:
    """The questions with the present answers."""
    service = request.app.state.service
    questions = service.learner.questions()
    return page(
        request, "start.html", title="Start", questions=questions, rubric=service.rubric(),
        answered=sum(q["answered"] for q in questions), zone=service.learner.zone(), kept=kept,
        prerequisites=service.learner.prerequisites(), command="gradatim plan questions",
    )  # fmt: skip


@router.post("/start")
def answer(request: Request, form: Annotated[FormData, Depends(posted)]) -> Response:
    """Keep the answers; an empty field is a question that is skipped."""
    service = request.app.state.service
    service.learner.set(said(form, [q["id"] for q in service.learner.questions()]))
    return RedirectResponse("/start?kept=true", status_code=303)


@router.get("/start/prerequisites")
def prerequisites(request: Request) -> HTMLResponse:
    """The prerequisites: what each comes to, why, and the forms of those that are records."""
    found = request.app.state.service.learner.prerequisites()
    return page(
        request, "prerequisites.html", title="Prerequisites", found=found,
        command="gradatim plan prerequisites",
    )  # fmt: skip


@router.post("/start/prerequisites/{prerequisite_id}")
def record(request: Request, prerequisite_id: str, form: Annotated[FormData, Depends(posted)]) -> Response:
    """Write a record into the ledger."""
    fields = {k: str(v).strip() or None for k, v in form.items()}
    if fields.get("own_share"):
        # People write a share in per cent; the ledger keeps a part of one.
        fields["own_share"] = str(_share(str(fields["own_share"])))
    request.app.state.service.learner.record(prerequisite_id, fields)
    return RedirectResponse(f"/start/prerequisites#{prerequisite_id}", status_code=303)


@router.post("/start/records/{number}/withdraw")
def withdraw(request: Request, number: int) -> Response:
    """Take a record back."""
    request.app.state.service.learner.withdraw_record(number)
    return RedirectResponse("/start/prerequisites", status_code=303)


@router.get("/rubric")
def rubric(request: Request) -> HTMLResponse:
    """What committees look for: the contrasts, the bar, the gates."""
    found = request.app.state.service.rubric()
    return page(request, "rubric.html", title="Rubric", rubric=found, command="gradatim path rubric")


@router.get("/rubric/{dimension_id}")
def dimension(request: Request, dimension_id: str) -> HTMLResponse:
    """One dimension at its five levels."""
    service = request.app.state.service
    service.learner.rubric.dimension(dimension_id)
    found = service.rubric()
    this = next(d for d in found["dimensions"] if d["id"] == dimension_id)
    return page(
        request, "dimension.html", title=f"{this['id']} {this['title']}", rubric=found, this=this,
        command=f"gradatim path rubric {dimension_id}",
    )  # fmt: skip


@router.post("/rubric/{dimension_id}")
def rate(
    request: Request, dimension_id: str, level: Annotated[int, Form()], note: Annotated[str, Form()] = ""
) -> Response:
    """Record a self-rating; it stays beside the evidence."""
    request.app.state.service.learner.rate_self(dimension_id, level, note)
    return RedirectResponse(f"/rubric/{dimension_id}", status_code=303)


def said(form: Mapping[str, Any], questions: list[str]) -> dict[str, Any]:
    """The answers of the form: empty is skipped, lists are separated by commas or spaces."""
    answers: dict[str, Any] = {}
    for question in questions:
        if question == "scope":
            levels = {k.removeprefix("scope."): v for k, v in form.items() if k.startswith("scope.")}
            answers["scope"] = {k: (v or None) for k, v in levels.items()}
        elif question in form:
            text = str(form[question]).strip()
            if question in LISTS:
                parts = (
                    text.replace(";", ",").split(",")
                    if "," in text or question == "study_slots"
                    else text.split()
                )
                answers[question] = [part.strip() for part in parts if part.strip()] or None
            else:
                answers[question] = text or None
    return answers


def _share(text: str) -> float | str:
    """70 and 70 % are 0.7; what is no number is left for the record's own check."""
    try:
        value = float(text.removesuffix("%").strip())
    except ValueError:
        return text
    return value / 100 if value > 1 or text.endswith("%") else value

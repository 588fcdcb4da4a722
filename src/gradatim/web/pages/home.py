"""Home: the one next step, what was left open, the map of the path, the forecast, what is due."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from gradatim.web.attempts import newest_open
from gradatim.web.forecast import strip
from gradatim.web.graph import layout
from gradatim.web.render import page
from gradatim.web.states import count, decorate

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """The start page."""
    service = request.app.state.service
    path = service.path()
    open_attempt = newest_open(service.attempts())
    step = service.next_step()
    modules = [{**module, "count": len(module["skills"])} for module in decorate(path, step["lab_id"])]
    hours = service.learner.answers().weekly_hours
    # Without hours there is nothing to draw, and the first page need not wait for numpy.
    forecast = service.plan.forecast() if hours else None
    return page(
        request, "home.html", title="Path", step=step, resume=_resume(service, open_attempt),
        modules=modules, graph=layout(modules), counts=count(modules), estimates=_any_estimate(modules),
        months=path.get("months"), path_title=path["title"], early=_early(service, path),
        most=max(module["count"] for module in modules), forecast=forecast, strip=strip(forecast) if forecast else None,
        retests=service.retests(), command="gradatim path",
    )  # fmt: skip


def _early(service: Any, path: dict[str, Any]) -> list[str]:
    """Titles of the dimensions that are worked on from the first month; none where that is all of them."""
    named = [service.learner.rubric.dimension(one).title for one in path["from_first_month"]]
    return named if len(named) < len(service.learner.rubric.dimensions) else []


def _resume(service: Any, attempt: dict[str, Any] | None) -> dict[str, Any] | None:
    """The open attempt with its lab's title."""
    if attempt is None:
        return None
    title = attempt.get("lab_title") or next(
        (lab["title"] for lab in service.labs() if lab["id"] == attempt["lab_id"]), attempt["lab_id"]
    )
    return {**attempt, "lab_title": title}


def _any_estimate(modules: list[dict[str, Any]]) -> bool:
    return any(skill.get("estimate") for module in modules for skill in module["skills"])

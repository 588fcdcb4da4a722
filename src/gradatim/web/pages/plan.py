"""The plan: the forecast with what moves it, the dated items, what slipped, the calendar."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.web.forecast import strip
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/plan")
def plan(request: Request) -> HTMLResponse:
    """The plan as of today."""
    service = request.app.state.service
    forecast = service.plan.forecast()
    return page(
        request, "plan.html", title="Plan", plan=service.plan.show(), forecast=forecast,
        strip=strip(forecast), command="gradatim plan",
    )  # fmt: skip


@router.post("/plan/keep")
def keep(request: Request) -> Response:
    """Keep today's plan to compare later ones with."""
    request.app.state.service.plan.keep()
    return RedirectResponse("/plan", status_code=303)


@router.get("/plan.ics")
def calendar(request: Request) -> Response:
    """The plan as a file that calendars import."""
    content = request.app.state.service.plan.calendar()
    name = {"Content-Disposition": 'attachment; filename="gradatim-plan.ics"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=name)

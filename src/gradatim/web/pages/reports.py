"""Reports of the work commands: listed, opened in a frame of their own, recorded as evidence, deleted."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.web.render import page, theme

router = APIRouter(include_in_schema=False)

BOTH_SCHEMES = "color-scheme: light dark;"


@router.get("/reports")
def reports(request: Request) -> HTMLResponse:
    """Every report that was kept."""
    found = request.app.state.service.reports.list()
    return page(request, "reports.html", title="Reports", reports=found, command="gradatim work reports")


@router.get("/reports/{report}")
def one(request: Request, report: str) -> HTMLResponse:
    """One report: its verdict, its page in a frame, its files, and what can be done with it."""
    this = request.app.state.service.reports.get(report)
    return page(
        request, "report.html", title=f"{this['id']} {this['title']}", report=this, facts=this["facts"],
        command=f"gradatim work reports {this['id']}",
    )  # fmt: skip


@router.get("/reports/{report}/page")
def document(request: Request, report: str) -> HTMLResponse:
    """The report's own page; `security` answers this address with a policy of its own."""
    html = request.app.state.service.reports.page(report)
    chosen = theme(request)
    if chosen != "system":
        html = html.replace(BOTH_SCHEMES, f"color-scheme: {chosen};", 1)
    return HTMLResponse(html)


@router.post("/reports/{report}/evidence")
def evidence(request: Request, report: str) -> Response:
    """Record it as evidence, once; a second click leads to the same item."""
    item = request.app.state.service.reports.record(report)
    return RedirectResponse(f"/evidence/{item}", status_code=303)


@router.post("/reports/{report}/delete")
def delete(request: Request, report: str) -> Response:
    """Delete it for good."""
    request.app.state.service.reports.delete(report)
    return RedirectResponse("/reports", status_code=303)

"""A skill and a module: mid against senior, labs, estimate, what is missing and why, reading, use at work."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from gradatim.core.errors import UnknownName
from gradatim.web.attempts import listed
from gradatim.web.forecast import over_time
from gradatim.web.render import page
from gradatim.web.states import decorate

router = APIRouter(include_in_schema=False)


@router.get("/skills/{skill_id}")
def skill(request: Request, skill_id: str) -> HTMLResponse:
    """One skill of the path."""
    service = request.app.state.service
    modules = decorate(service.path())
    found = {s["id"]: (module, s) for module in modules for s in module["skills"]}
    if skill_id not in found:
        raise UnknownName("skill", skill_id, found, next="gradatim path")
    module, this = found[skill_id]
    details = service.skill(skill_id)
    ids = {lab["id"] for lab in details["labs"]}
    labs = [lab for lab in service.labs() if lab["id"] in ids]
    titles = {lab["id"]: lab["title"] for lab in labs}
    return page(
        request, "skill.html", title=this["title"], module=module, skill={**this, **details}, labs=labs,
        before=[found[other][1] for other in this["after"]],
        opens=[s for _, s in found.values() if skill_id in s["after"]],
        attempts=[a for lab in labs for a in listed(service.attempts(lab["id"]), titles)],
        chart=over_time(details["history"]), command=f"gradatim path skill {skill_id}",
    )  # fmt: skip


@router.get("/modules/{module_id}")
def module(request: Request, module_id: str) -> HTMLResponse:
    """One module with its skills."""
    service = request.app.state.service
    modules = {module["id"]: module for module in decorate(service.path())}
    if module_id not in modules:
        raise UnknownName("module", module_id, modules, next="gradatim path")
    this = modules[module_id]
    labs = [lab for lab in service.labs() if lab["module"] == module_id]
    number = this["number"]
    beside = [m for m in modules.values() if abs(m["number"] - number) == 1]
    return page(
        request, "module.html", title=this["title"], module=this, labs=labs, beside=beside,
        command="gradatim path",
    )  # fmt: skip


@router.get("/estimates")
def estimates(request: Request) -> HTMLResponse:
    """Every estimate with its interval, and how well exams were predicted."""
    service = request.app.state.service
    modules = decorate(service.path())
    rows = [(module, s) for module in modules for s in module["skills"] if s["estimate"]]
    return page(
        request, "estimates.html", title="Estimates", rows=rows,
        calibration=service.estimates.calibration(), retests=service.retests(),
        command="gradatim path estimates",
    )  # fmt: skip

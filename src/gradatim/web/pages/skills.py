"""A skill: what it is, what mid-level and senior engineers are seen to do, its lab, what comes before."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from gradatim.core.errors import UnknownName
from gradatim.web.attempts import listed
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
    ids = {lab if isinstance(lab, str) else lab["id"] for lab in this["labs"]}
    labs = [lab for lab in service.labs() if lab["id"] in ids]
    titles = {lab["id"]: lab["title"] for lab in labs}
    return page(
        request, "skill.html", title=this["title"], module=module, skill=this, labs=labs,
        before=[found[other][1] for other in this["after"]],
        opens=[s for _, s in found.values() if skill_id in s["after"]],
        attempts=[a for lab in labs for a in listed(service.attempts(lab["id"]), titles)],
    )  # fmt: skip

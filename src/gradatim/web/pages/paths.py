"""Paths: which one is open, opening another, and a company's ladder as one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.core.errors import UnknownName
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/paths")
def paths(request: Request) -> HTMLResponse:
    """The paths that can be opened, and the form for a ladder."""
    found = request.app.state.service.packs.all()
    return page(request, "paths.html", title="Paths", packs=found, made=None, command="gradatim path packs")


@router.post("/paths/open")
def open_one(request: Request, pack: Annotated[str, Form()]) -> Response:
    """Open a path that the list names; a folder from elsewhere is opened on the command line."""
    service = request.app.state.service
    listed = {one["name"] or one["folder"] for one in service.packs.all()}
    if pack not in listed:
        raise UnknownName("path", pack[:200], listed, next="gradatim path packs")
    service.packs.open(pack)
    return RedirectResponse("/", status_code=303)


@router.post("/paths/ladder")
def ladder(
    request: Request, file: UploadFile, mid: Annotated[str, Form()] = "", senior: Annotated[str, Form()] = "",
    force: Annotated[bool, Form()] = False,
) -> HTMLResponse:  # fmt: skip
    """Make a path out of an uploaded ladder; it is shown before it is opened."""
    packs = request.app.state.service.packs
    name = str(file.filename or "ladder")
    read = packs.read_ladder(file.file.read(), name, mid=mid.strip() or None, senior=senior.strip() or None)
    made = packs.import_ladder(read, force=force)
    command = f'gradatim --pack "{made["folder"]}" path rubric'
    return page(request, "paths.html", title="Paths", packs=packs.all(), made=made, command=command)

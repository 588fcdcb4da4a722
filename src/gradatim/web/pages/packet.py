"""The packet: what it would share, the file, and checking somebody's file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.core.errors import StateError
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)

TYPES = {"html": "text/html; charset=utf-8", "json": "application/json", "md": "text/markdown; charset=utf-8",
         "pdf": "application/pdf"}  # fmt: skip


@router.get("/packet")
def packet(
    request: Request, owner: str = "", committee: str = "", everything: bool = False,
    withhold: Annotated[list[str] | None, Query()] = None,
) -> HTMLResponse:  # fmt: skip
    """What a packet would say and share, before anything is written."""
    service = request.app.state.service
    name = owner.strip() or service.store.get_setting("packet/owner", "")
    hidden = withhold or []
    found = None
    empty = ""
    if name:
        try:
            found = service.packets.preview(
                owner=name, committee=committee.strip() or None, withhold=hidden, everything=everything
            )
        except StateError as error:
            empty = error.what
    return page(
        request, "packet.html", title="Packet", found=found, owner=name, committee=committee, hidden=hidden,
        everything=everything, empty=empty, command="gradatim packet build --out packet.html",
    )  # fmt: skip


@router.post("/packet/file")
def build(
    request: Request, owner: Annotated[str, Form()] = "", committee: Annotated[str, Form()] = "",
    form: Annotated[str, Form()] = "html", everything: Annotated[bool, Form()] = False,
    withhold: Annotated[list[str] | None, Form()] = None,
) -> Response:  # fmt: skip
    """The file, in one of the four forms."""
    data, _ = request.app.state.service.packets.build(
        form,
        owner=owner or None,
        committee=committee.strip() or None,
        withhold=withhold or [],
        everything=everything,
    )
    headers = {"Content-Disposition": f'attachment; filename="packet.{form}"'}
    return Response(data, media_type=TYPES[form], headers=headers)


@router.post("/packet/verify")
def verify(request: Request, file: UploadFile) -> HTMLResponse:
    """What checking somebody's packet came to. Exams are left to the command line: they take a minute each."""
    name = str(file.filename or "the file")[:80]
    report = request.app.state.service.packets.verify(file.file.read(), where=name, quick=True)
    return page(
        request, "packet_report.html", title="Packet checked", report=report, file=name,
        command="gradatim packet verify FILE --fresh 5",
    )  # fmt: skip


@router.post("/packet/rating")
def rating(request: Request, file: UploadFile) -> Response:
    """Put a reviewer's signed rating into the ledger."""
    request.app.state.service.reviews.attach(file.file.read(), where=str(file.filename or "")[:80])
    return RedirectResponse("/packet", status_code=303)

"""The packet: what it would share, the file, and checking somebody's file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.core.errors import StateError
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)

COMMAND = "gradatim packet verify FILE --fresh 5"
MOST_DRAWS = 50

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


@router.get("/packet/verify")
def verify_form() -> Response:
    """Somebody who loads a result again, or types its address: the form is on the packet's page."""
    return RedirectResponse("/packet#verify", status_code=303)


@router.post("/packet/verify")
def verify(
    request: Request, file: UploadFile, fresh: Annotated[int, Form(ge=0, le=MOST_DRAWS)] = 0
) -> Response:
    """What checking somebody's packet came to; what takes its time is run again in the background, with progress."""
    service = request.app.state.service
    name, data = str(file.filename or "the file")[:80], file.file.read()
    report = service.packets.verify(data, where=name, quick=True)
    if any(item["left_out"] for item in report["items"]) or (fresh and report["items"]):
        check = service.checking.start(data, name, report, fresh=fresh)
        return RedirectResponse(f"/packet/checks/{check}", status_code=303)
    return page(
        request, "packet_report.html", title="Packet checked", report=report, file=name, check=None,
        command=COMMAND,
    )  # fmt: skip


@router.get("/packet/checks/{check}")
def checked(request: Request, check: str) -> HTMLResponse:
    """A check that takes its time: what is known so far, and in the end all of it."""
    shown = request.app.state.service.checking.show(check)
    return page(
        request, "packet_report.html", title="Packet checked", report=shown["report"], file=shown["file"],
        check=shown, command=COMMAND,
    )  # fmt: skip


@router.get("/packet/checks/{check}/progress")
def progress(request: Request, check: str) -> Response:
    """The progress line, polled by htmx; when the check is over, the page is loaded again."""
    shown = request.app.state.service.checking.show(check)
    headers = {} if shown["state"] == "running" else {"HX-Refresh": "true"}
    return page(request, "partials/checking.html", check=shown, headers=headers)


@router.post("/packet/checks/{check}/stop")
def stop(request: Request, check: str) -> Response:
    """End a check; what was found until then stays."""
    request.app.state.service.checking.stop(check)
    return RedirectResponse(f"/packet/checks/{check}", status_code=303)


@router.post("/packet/rating")
def rating(request: Request, file: UploadFile) -> Response:
    """Put a reviewer's signed rating into the ledger."""
    request.app.state.service.reviews.attach(file.file.read(), where=str(file.filename or "")[:80])
    return RedirectResponse("/packet", status_code=303)

"""Every failure as a page or as JSON: what, where, why, next; never a traceback."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gradatim.core.errors import GradatimError, InputError, StateError, UnknownName
from gradatim.web.render import page

log = logging.getLogger("gradatim.web")

REFUSALS = {
    "host": (
        "This address is not the app's own",
        "The browser asked for another host name than the one that is served.",
        "open the address that `gradatim` printed when it started",
    ),
    "token": (
        "This window is not signed in",
        "The app answers only to a browser window that it opened itself, so nobody else can act for you.",
        "gradatim",
    ),
    "origin": (
        "This request came from another site",
        "Only the app's own pages may change anything here.",
        "",
    ),
    "body": ("That is too large", "A request may carry two megabytes at most.", ""),
}
STATUS_TEXT = {
    400: ("The body cannot be read", "It is not JSON in UTF-8."),
    404: ("There is no such page", "The address is mistyped, or it belongs to something that was deleted."),
    405: ("That cannot be done at this address", "The address exists, but not for this kind of request."),
    413: REFUSALS["body"][:2],
}


def status_of(error: GradatimError) -> int:
    """404 for a name that is not there, 409 for a state that refuses, 422 for everything else to mend."""
    if isinstance(error, UnknownName):
        return 404
    return 409 if isinstance(error, StateError) else 422


def wants_json(request: Request) -> bool:
    """The API always, and anything else that asks for JSON and not for HTML."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/api") or ("json" in accept and "html" not in accept)


def answer(
    request: Request, status: int, what: str, *, where: str = "", why: str = "", next: str = "",
    problems: list[str] | None = None, reference: str = "", name: str = "Refused",
) -> Response:  # fmt: skip
    """One failure in the form that the caller reads."""
    facts: dict[str, Any] = {"what": what, "where": where, "why": why, "next": next}
    if wants_json(request):
        body: dict[str, object] = {"error": name, **facts}
        if problems:
            body["problems"] = problems
        if reference:
            body["reference"] = reference
        return JSONResponse(body, status_code=status)
    return page(
        request,
        "error.html",
        status=status,
        code=status,
        problems=problems or [],
        reference=reference,
        **facts,
    )


def refuse(request: Request, status: int, reason: str) -> Response:
    """The guard's refusals (see `web.security`)."""
    what, why, next_ = REFUSALS[reason]
    return answer(request, status, what, why=why, next=next_)


def gradatim_error(request: Request, error: GradatimError) -> Response:
    """An error that the user can mend."""
    problems = error.problems if isinstance(error, InputError) else None
    return answer(
        request, status_of(error), error.what, where=error.where, why=error.why, next=error.next,
        problems=problems, name=type(error).__name__,
    )  # fmt: skip


def http_error(request: Request, error: HTTPException) -> Response:
    """404, 405 and the like, raised by the router."""
    what, why = STATUS_TEXT.get(error.status_code, (str(error.detail), ""))
    where = request.url.path if error.status_code == 404 else ""
    return answer(request, error.status_code, what, where=where, why=why, name=f"HTTP{error.status_code}")


def invalid_request(request: Request, error: RequestValidationError) -> Response:
    """A body or a parameter that does not fit its schema: every defect at once."""
    problems = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
    return answer(
        request, 422, "The request does not fit its schema", problems=problems,
        next="the schemas are at /api/openapi.json", name="InputError",
    )  # fmt: skip


def unexpected(request: Request, error: Exception) -> Response:
    """Our own defect: the traceback goes to the log under a reference, the reference goes to the reader."""
    reference = secrets.token_hex(4)
    log.error("reference %s: %s %s", reference, request.method, request.url.path, exc_info=error)
    return answer(
        request, 500, "Something in Gradatim failed",
        why="This is our defect, not yours. Nothing that you did was lost.",
        next=f"report it with what web.log in the home folder says at the reference {reference}",
        reference=reference, name="Internal",
    )  # fmt: skip


def install(app: FastAPI) -> None:
    """Put the handlers on `app`; `unexpected` is called by the guard, outside of every other part."""
    app.add_exception_handler(GradatimError, gradatim_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, http_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, invalid_request)  # type: ignore[arg-type]

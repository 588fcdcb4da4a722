"""The FastAPI application: guard, static files, pages, JSON API, errors."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gradatim import __version__
from gradatim.web import api, errors, pages, room
from gradatim.web.render import HERE
from gradatim.web.security import Guard
from gradatim.web.service import Service


def create_app(
    app_service: Service,
    token: str,
    *,
    session_key: bytes | None = None,
    after_first_page: Callable[[], None] | None = None,
) -> FastAPI:
    """The web face over `app_service`.

    Args:
        app_service: the use cases, `gradatim.app.App` or a lazy stand-in for it.
        token: opens a session when it comes as `?token=`, and is the API's bearer token.
        session_key: what the session cookie is derived from; kept in the home folder by `serve`, so that an
            open tab outlives a restart. Random when None.
        after_first_page: called once, after the first page has been answered (background warm-up).
    """
    app = FastAPI(title="Gradatim", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = app_service
    errors.install(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for router in api.routers():
        app.include_router(router)
    for router in (*pages.routers(), room.router):
        app.include_router(router, include_in_schema=False)

    @app.get("/api/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(described(app))

    if after_first_page is not None:
        app.add_middleware(FirstPage, call=after_first_page)
    app.add_middleware(
        Guard,
        token=token,
        session_key=session_key or secrets.token_bytes(32),
        refuse=errors.refuse,
        crashed=errors.unexpected,
    )
    return app


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the token that the guard in front of every operation asks for."""
    document = app.openapi()
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "`gradatim --no-browser` prints it.",
    }
    document["security"] = [{"token": []}]
    return document


class FirstPage:
    """Runs `call` in a thread of its own once the first HTML page has left the server."""

    def __init__(self, app: ASGIApp, *, call: Callable[[], None]) -> None:
        self.app, self.call, self._done = app, call, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        html = False

        async def watching(message: Message) -> None:
            nonlocal html
            if message["type"] == "http.response.start" and message["status"] == 200:
                html = any(k == b"content-type" and v.startswith(b"text/html") for k, v in message["headers"])
            await send(message)

        await self.app(scope, receive, watching)
        if html and not self._done:
            self._done = True
            threading.Thread(target=self.call, name="warm-up", daemon=True).start()

"""The web face: a local server with the path, the labs, the incident room and the debrief.

`serve` starts it, `create_app` builds the application for tests and other servers. Nothing heavy is imported
until one of them is called.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from gradatim.web.service import Service

__all__ = ["create_app", "serve"]


def create_app(app_service: Service, token: str) -> FastAPI:
    """The web application over the use cases; see `gradatim.web.application.create_app`."""
    from gradatim.web import application

    return application.create_app(app_service, token)


def serve(
    home: Path | None,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = True,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the app until interrupted; see `gradatim.web.server.serve`."""
    from gradatim.web import server

    server.serve(home, host=host, port=port, open_browser=open_browser, ready=ready)

"""Templates: one Jinja environment, its filters, and `page`, which every HTML answer goes through."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from gradatim.web import text

HERE = Path(__file__).parent
THEMES = ("system", "light", "dark")
THEME_COOKIE = "gradatim_theme"
NAV = (
    ("/", "Path"),
    ("/plan", "Plan"),
    ("/labs", "Labs"),
    ("/attempts", "Attempts"),
    ("/rubric", "Rubric"),
    ("/evidence", "Evidence"),
    ("/packet", "Packet"),
    ("/review", "Review"),
)


@cache
def environment() -> Environment:
    """The templates of `web/templates`, escaped always, with a failure on any name that is not there."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        usd=text.usd, minutes=text.minutes, plural=text.plural, when=text.when,
        markdown=text.markdown, ratio=text.ratio, day=text.day,
    )  # fmt: skip
    return env


def theme(request: Request) -> str:
    """The reader's theme: system unless their cookie says light or dark."""
    chosen = request.cookies.get(THEME_COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def page(
    request: Request,
    name: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """Render template `name`; `theme`, `nav`, `here` and `path` are there for every page."""
    path = request.url.path
    demo = getattr(request.app.state, "demo", False)
    base = {
        "demo": demo,
        "theme": theme(request),
        "themes": THEMES,
        "nav": NAV,
        "path": path,
        "here": _here(path),
    }
    html = environment().get_template(name).render({**base, **context})
    return HTMLResponse(html, status_code=status, headers=dict(headers or {}))


def _here(path: str) -> str:
    """The navigation entry that a path belongs to."""
    if path.startswith(("/skills", "/modules", "/estimates", "/start", "/paths", "/tasks")):
        return "/"
    if path.startswith("/exams"):
        return "/attempts"
    if path.startswith("/reports"):
        return "/evidence"
    return next(
        (url for url, _ in reversed(NAV) if url != "/" and path.startswith(url)), "/" if path == "/" else ""
    )

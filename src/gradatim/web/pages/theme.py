"""The reader's theme: a cookie, so that the server writes it into the page and nothing flashes."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from gradatim.web.render import THEME_COOKIE

router = APIRouter(include_in_schema=False)


@router.post("/theme")
def set_theme(
    theme: Annotated[Literal["system", "light", "dark"], Form()], next: Annotated[str, Form()] = "/"
) -> Response:
    """Remember the theme and go back to the page it was chosen on."""
    # Only the path is kept, with one leading slash: nothing here may send a reader to another site.
    back = "/" + urlsplit(next.replace("\\", "/")).path.lstrip("/")
    answer = RedirectResponse(back, status_code=303)
    answer.set_cookie(THEME_COOKIE, theme, max_age=400 * 86400, samesite="strict", path="/")
    return answer

"""The HTML pages, one module a noun."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Every router of this package."""
    from gradatim.web.pages import attempts, home, labs, skills, theme

    return [home.router, skills.router, labs.router, attempts.router, theme.router]

"""The HTML pages, one module a noun."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Every router of this package."""
    from gradatim.web.pages import (
        attempts,
        evidence,
        exams,
        home,
        labs,
        packet,
        plan,
        review,
        skills,
        start,
        theme,
    )

    nouns = (home, skills, start, plan, labs, attempts, exams, evidence, packet, review, theme)
    return [noun.router for noun in nouns]

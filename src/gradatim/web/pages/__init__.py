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
        paths,
        plan,
        reports,
        review,
        skills,
        start,
        tasks,
        theme,
    )

    nouns = (
        home,
        skills,
        start,
        plan,
        labs,
        attempts,
        exams,
        evidence,
        packet,
        paths,
        reports,
        review,
        tasks,
        theme,
    )
    return [noun.router for noun in nouns]

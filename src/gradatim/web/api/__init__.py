"""The JSON API under `/api`: labs, attempts, exams, path, plan, evidence; described at `/api/openapi.json`."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Every router of the API."""
    from gradatim.web.api import attempts, exams, labs, learner

    return [labs.router, attempts.router, exams.router, learner.router]

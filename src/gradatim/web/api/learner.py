"""`/api/plan`, `/api/forecast`, `/api/path/…`, `/api/evidence`: where the learner stands, to be read by programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from gradatim.web.api.models import FAILURES, Answer

router = APIRouter(prefix="/api", tags=["path"], responses=FAILURES)


class Step(Answer):
    """The one next step: what, why, and the command."""

    title: str
    why: str
    command: str
    minutes: int | None = None


class SkillFacts(Answer):
    """A skill: state, estimate with its interval (never without), what is missing."""

    id: str
    title: str
    state: str
    estimate: dict[str, Any] | None
    missing: list[dict[str, Any]]


class RubricFacts(Answer):
    """The rubric of the open path."""

    id: str
    title: str
    bar: dict[str, Any]
    dimensions: list[dict[str, Any]]


class EstimateFacts(Answer):
    """Calibration of the own predictions, and what is due to be shown again."""

    calibration: dict[str, Any]
    retests: list[dict[str, Any]]


class PlanFacts(Answer):
    """The plan as of today; without weekly hours an order without dates."""

    today: str
    dated: bool
    items: list[dict[str, Any]]
    slips: list[dict[str, Any]]


class ForecastFacts(Answer):
    """P15, P50 and P85 in months and as dates; `possible` is false where there is no date."""

    today: str
    possible: bool
    ready: dict[str, str | None]
    decision: dict[str, str | None]
    levers: list[dict[str, Any]]
    assumed: list[dict[str, Any]]


class ItemFacts(Answer):
    """One item of evidence; a withheld field is null and named in `withheld`."""

    id: str
    number: int
    hash: str
    stands: bool
    withheld: list[str]


class PrerequisiteFacts(Answer):
    """What each prerequisite comes to, and all of them together."""

    overall: str
    prerequisites: list[dict[str, Any]]


@router.get("/path/next", response_model=Step, response_model_exclude_unset=True)
def next_step(request: Request) -> Any:
    """The one next step with its reason."""
    return request.app.state.service.next_step()


@router.get("/path/rubric", response_model=RubricFacts, response_model_exclude_unset=True)
def rubric(request: Request) -> Any:
    """Dimensions at their levels, bar and gates, and how the learner rated themselves."""
    return request.app.state.service.rubric()


@router.get("/path/estimates", response_model=EstimateFacts, response_model_exclude_unset=True)
def estimates(request: Request) -> Any:
    """How well exams were predicted, and which skills are due for a re-test."""
    service = request.app.state.service
    return finite({"calibration": service.estimates.calibration(), "retests": service.retests()})


@router.get("/path/skills/{skill_id}", response_model=SkillFacts, response_model_exclude_unset=True)
def skill(request: Request, skill_id: str) -> Any:
    """Everything the page of a skill shows."""
    return finite(request.app.state.service.skill(skill_id))


@router.get("/prerequisites", response_model=PrerequisiteFacts, response_model_exclude_unset=True)
def prerequisites(request: Request) -> Any:
    """The outcome of every prerequisite, with the reason."""
    return request.app.state.service.learner.prerequisites()


@router.get("/plan", response_model=PlanFacts, response_model_exclude_unset=True)
def plan(request: Request) -> Any:
    """The dated plan, and what moved since it was kept."""
    return finite(request.app.state.service.plan.show())


Months = Annotated[float | None, Query(ge=0, le=600, allow_inf_nan=False)]


@router.get("/forecast", response_model=ForecastFacts, response_model_exclude_unset=True)
def forecast(
    request: Request,
    study_months: Months = None,
    weekly_hours: Annotated[float | None, Query(gt=0, le=80, allow_inf_nan=False)] = None,
    scope_credit: Annotated[float | None, Query(ge=0, le=0.5, allow_inf_nan=False)] = None,
    opportunities: Annotated[int | None, Query(ge=0, le=50)] = None,
    opportunities_per_month: Annotated[float | None, Query(ge=0, le=30, allow_inf_nan=False)] = None,
    lag_months: Annotated[float | None, Query(ge=0, le=24, allow_inf_nan=False)] = None,
) -> Any:
    """The forecast from what is known of the learner, or from the values given instead."""
    given = {
        "study_months": study_months, "weekly_hours": weekly_hours, "scope_credit": scope_credit,
        "opportunities": opportunities, "opportunities_per_month": opportunities_per_month, "lag_months": lag_months,
    }  # fmt: skip
    said = {name: value for name, value in given.items() if value is not None}
    return finite(request.app.state.service.plan.forecast(given=said))


class EvidenceList(Answer):
    """Items, newest first, and what is wrong with the ledger: empty when it is whole."""

    items: list[ItemFacts]
    problems: list[str]
    opportunities: list[dict[str, Any]] = Field(description="For each dimension, which work could show it.")


@router.get("/evidence", response_model=EvidenceList, response_model_exclude_unset=True)
def evidence(request: Request, standing: bool = False) -> Any:
    """The ledger's items; with `standing`, without those that were withdrawn or replaced."""
    found = request.app.state.service.evidence
    return finite(
        {
            "items": found.items(standing=standing),
            "problems": found.check(),
            "opportunities": found.opportunities(),
        }
    )


@router.get("/evidence/{item}", response_model=ItemFacts, response_model_exclude_unset=True)
def item(request: Request, item: str) -> Any:
    """One item with everything that was said of it."""
    return finite(request.app.state.service.evidence.get(item))


def finite(value: Any) -> Any:
    """The same with null where a number is not finite: JSON has no infinity (a forecast without opportunities)."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    return [finite(v) for v in value] if isinstance(value, list | tuple) else value

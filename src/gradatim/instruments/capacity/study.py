"""One capacity question, from the history to the plan."""

from __future__ import annotations

from dataclasses import dataclass

from gradatim.instruments.capacity.forecast import Forecast, forecast
from gradatim.instruments.capacity.serving import Service
from gradatim.instruments.capacity.sizing import Plan, Point, erlang_replicas, point, size, vpa_replicas
from gradatim.instruments.capacity.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Args:
        history: of the traffic, read.
        service: of a replica.
        horizon_h: hours to plan for.
        goal: share of requests to be answered within the target.
        zones: over which replicas are spread evenly; 1 plans no loss.
        cold_start_s: from the decision to add a replica until it serves.
        growth: planned extra traffic, a share (0.2 is 20 %), on top of the forecast.
        replicas: what runs today; None asks for a plan only.
        usd_per_hour: of one replica; None shows no money.
        seed: of the simulations.
    """

    history: Traffic
    service: Service
    horizon_h: int = 672
    goal: float = 0.99
    zones: int = 3
    cold_start_s: float = 60.0
    growth: float = 0.0
    replicas: int | None = None
    usd_per_hour: float | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Study:
    """What was found. `design` is the rate that was sized for, `expected` the forecast peak without its interval."""

    question: Question
    traffic: Traffic
    forecast: Forecast
    expected: float
    design: float
    plan: Plan
    today: Point | None
    today_expected: Point | None
    erlang: int | None
    vpa: int
    ramp: float
    target_utilisation: float | None


def study(question: Question) -> Study:
    """Forecast, size, compare.

    Raises:
        InputError: the history is too short, or the load cannot be simulated.
        MissingGroup: the work group is not installed.
    """
    found = question.history
    ahead = forecast(found.rate, question.horizon_h)
    factor = (1 + question.growth) * found.burst
    expected, design = float(ahead.rate.max()) * factor, float(ahead.high.max()) * factor
    plan = size(question.service, design, question.goal, question.zones, question.seed)
    today = today_expected = None
    if question.replicas is not None:
        today = point(question.service, design, question.replicas, question.zones, question.seed)
        today_expected = point(question.service, expected, question.replicas, question.zones, question.seed)
    # Growth while a replica starts; a history coarser than the start understates it, and the report says so.
    ramp = min(found.ramp_per_s * question.cold_start_s, 1.0)
    target = None
    if plan.replicas is not None and plan.least is not None:
        used = next(p.whole.utilisation for p in plan.curve if p.replicas == plan.least)
        share = (question.zones - 1) / question.zones if question.zones > 1 else 1.0
        target = used * share / (1 + ramp)
    return Study(
        question,
        found,
        ahead,
        expected,
        design,
        plan,
        today,
        today_expected,
        erlang_replicas(question.service, design, question.goal),
        vpa_replicas(question.service, found.rate),
        ramp,
        target,
    )

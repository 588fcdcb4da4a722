"""The plan of an experiment: how many units, how long, and what peeking would do to it."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.experiment import anytime
from gradatim.instruments.experiment.power import (
    MEAN_FORMULAS,
    PROPORTION_FORMULAS,
    Criterion,
    design_effect,
    mean_mde,
    mean_power,
    mean_units,
    proportion_mde,
    proportion_power,
    proportion_units,
)
from gradatim.instruments.experiment.sequential import bounds, inflation, peeking_level

WEEK_DAYS = 7


class Outcome(NamedTuple):
    """What is measured.

    Args:
        baseline: the control's rate, or mean.
        sd: standard deviation per unit; None for a rate.
    """

    baseline: float
    sd: float | None = None


class Design(NamedTuple):
    """What is asked of the plan.

    Args:
        outcome: the metric.
        criterion: level (already divided among metrics and arms), power, sides, ratio.
        formula: a key of PROPORTION_FORMULAS or MEAN_FORMULAS.
        lift: the absolute effect to be seen; None where the size is given instead.
        units_per_arm: control units available; None where the effect is given instead.
        units_per_day: entering the experiment, both arms together; None is unknown.
        rows_per_unit, correlation: rows come in units with this intraclass correlation.
        explained: correlation of the metric with its covariate, for CUPED.
        looks: planned looks of a group-sequential design.
        bound: "pocock" or "obrien-fleming", used with looks > 1.
    """

    outcome: Outcome
    criterion: Criterion
    formula: str
    lift: float | None = None
    units_per_arm: float | None = None
    units_per_day: float | None = None
    rows_per_unit: float = 1.0
    correlation: float = 0.0
    explained: float = 0.0
    looks: int = 1
    bound: str = "obrien-fleming"


class Plan(NamedTuple):
    """The answer.

    Args:
        control_units, treatment_units: whole units.
        exact_units: the formula's real number of control units, before anything multiplies it.
        multiplier: what the covariate, the clusters and the looks do to it.
        lift: the absolute effect seen with the power.
        power: of that.
        others: formula to control units, for the same question.
        days: until the last unit has entered; None without traffic.
        weeks: the same in whole weeks.
        anytime_units: both arms, if the result is read with the anytime-valid interval tuned there.
        peeking: looks to true level when a fixed test is looked at that often.
        edges: bounds on z at each look of the group-sequential design.
    """

    control_units: int
    treatment_units: int
    exact_units: float
    multiplier: float
    lift: float
    power: float
    others: dict[str, float]
    days: int | None
    weeks: int | None
    anytime_units: int
    peeking: dict[int, float]
    edges: list[float]

    @property
    def units(self) -> int:
        return self.control_units + self.treatment_units


def plan(design: Design) -> Plan:
    """Size from effect, or effect from size, with everything that follows from it."""
    criterion, ratio = design.criterion, design.criterion.ratio
    alpha = criterion.alpha if criterion.sides == 2 else 2 * criterion.alpha
    sequential = inflation(design.bound, design.looks, alpha, criterion.power) if design.looks > 1 else 1.0
    multiplier = (
        (1 - design.explained**2)
        * design_effect(design.rows_per_unit, design.correlation)
        / design.rows_per_unit
        * sequential
    )
    if design.lift is not None:
        lift = design.lift
        exact = _units(design, lift, design.formula)
        control = max(2, math.ceil(round(exact * multiplier, 6)))
        others = {name: _units(design, lift, name) for name in _formulas(design)}
    else:
        assert design.units_per_arm is not None
        control = int(design.units_per_arm)
        exact = design.units_per_arm / multiplier
        lift = _mde(design, exact)
        others = {}
        if math.isfinite(lift):
            others = {name: _units(design, lift, name) for name in _formulas(design)}
    treatment = math.ceil(round(control * ratio, 6))
    days = None if design.units_per_day is None else math.ceil((control + treatment) / design.units_per_day)
    power = _power(design, lift, control / multiplier) if math.isfinite(lift) else math.nan
    return Plan(
        control,
        treatment,
        exact,
        multiplier,
        lift,
        power,
        others,
        days,
        None if days is None else math.ceil(days / WEEK_DAYS),
        _anytime_units(criterion, alpha, control + treatment, sequential),
        {n: peeking_level(n, alpha) for n in (2, 5, 10, 14, 30)},
        bounds(design.bound, design.looks, alpha)[1] if design.looks > 1 else [],
    )


def power_curve(design: Design, found: Plan, points: int = 40) -> tuple[list[float], list[float]]:
    """Absolute effects from 0 to twice the planned one, and the power at the planned size."""
    effective = found.control_units / found.multiplier
    top = 2 * found.lift
    if design.outcome.sd is None:
        room = 1 - design.outcome.baseline if found.lift > 0 else -design.outcome.baseline
        top = math.copysign(min(abs(top), 0.999 * abs(room)), found.lift)
    lifts = [top * k / points for k in range(1, points + 1)]
    return lifts, [_power(design, lift, effective) for lift in lifts]


def _formulas(design: Design) -> dict[str, str]:
    return PROPORTION_FORMULAS if design.outcome.sd is None else MEAN_FORMULAS


def _units(design: Design, lift: float, formula: str) -> float:
    outcome = design.outcome
    if outcome.sd is None:
        return proportion_units(outcome.baseline, outcome.baseline + lift, design.criterion, formula)
    return mean_units(abs(lift) / outcome.sd, design.criterion, formula)


def _power(design: Design, lift: float, units: float) -> float:
    outcome = design.outcome
    if outcome.sd is None:
        return proportion_power(
            outcome.baseline, outcome.baseline + lift, units, design.criterion, design.formula
        )
    return mean_power(abs(lift) / outcome.sd, units, design.criterion, design.formula)


def _mde(design: Design, units: float) -> float:
    outcome = design.outcome
    if outcome.sd is None:
        return proportion_mde(outcome.baseline, units, design.criterion, design.formula)
    return mean_mde(units, design.criterion, design.formula) * outcome.sd


def _anytime_units(criterion: Criterion, alpha: float, units: int, sequential: float) -> int:
    """Units at which the anytime-valid interval, tuned to that size, excludes zero with the planned power.

    In standard errors of the fixed design the effect is z_alpha + z_power; it grows with the root of the size.
    """
    optimize = load("scipy.optimize", "work", "The size for an anytime-valid interval")
    normal = NormalDist()
    once = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(criterion.power)
    single = units / sequential

    def short(times: float) -> float:
        size = times * single
        half = float(anytime.half_width(1.0, size, alpha, anytime.mixing(alpha, size)))
        return once * math.sqrt(times) - half - normal.inv_cdf(criterion.power)

    return math.ceil(float(optimize.brentq(short, 0.5, 20.0)) * single)

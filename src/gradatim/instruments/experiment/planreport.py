"""The plan as a report and as plain values."""

from __future__ import annotations

import math
from typing import Any

from gradatim.instruments.experiment import charts
from gradatim.instruments.experiment.plan import Design, Plan, power_curve
from gradatim.instruments.experiment.power import MEAN_FORMULAS, PROPORTION_FORMULAS
from gradatim.instruments.report import Report, Section, Verdict, figures, listing, paragraph, table


def build_plan(design: Design, found: Plan, command: str) -> Report:
    """The report of `--plan`; its verdict is unsure where no effect can be seen at the given size."""
    rate = design.outcome.sd is None
    formulas = PROPORTION_FORMULAS if rate else MEAN_FORMULAS
    unit = " points" if rate else ""
    scale = 100 if rate else 1
    feasible = math.isfinite(found.lift)
    if feasible:
        lift = f"{scale * found.lift:+.4g}{' percentage points' if rate else ''}"
        base = design.outcome.baseline
        relative = f" ({100 * found.lift / abs(base):+.3g} % of {base:g})" if base else ""
        headline = (
            f"{found.control_units:,} control and {found.treatment_units:,} treatment units show {lift}{relative} "
            f"with power {100 * found.power:.0f} %"
        )
    else:
        headline = f"{found.control_units:,} control units show no effect with the power that is asked"
    why = [f"formula: {formulas[design.formula]}"]
    if found.weeks is not None and found.days is not None:
        why.append(
            f"{found.days:,} days at {design.units_per_day:,.0f} units a day; run whole weeks: {found.weeks:,}"
        )
    why.append(
        f"read with the anytime-valid interval instead, about {found.anytime_units:,} units in all: the price of "
        "looking at any time"
    )
    sections = [Section("Size", _size(design, found, formulas))]
    if feasible:
        lifts, powers = power_curve(design, found)
        drawn = charts.power_curves([scale * x for x in lifts], powers, scale * found.lift, found.power, unit)
        sections.append(Section("What else it would see", drawn))
    sections.append(Section("What looking early does", _peeking(design, found)))
    return Report(
        title="Plan of an experiment",
        command=command,
        verdict=Verdict("good" if feasible else "unsure", headline, tuple(why)),
        sections=sections,
        not_checked=[
            "whether the baseline and the traffic stay as they were",
            "whether the effect lasts, and whether units influence each other",
        ],
        json=plan_values(design, found),
    )


def plan_values(design: Design, found: Plan) -> dict[str, Any]:
    """The plan for `--json`."""
    formulas = PROPORTION_FORMULAS if design.outcome.sd is None else MEAN_FORMULAS
    return {
        "action": "plan",
        "formula": design.formula,
        "formula_source": formulas[design.formula],
        "alpha": design.criterion.alpha,
        "sides": design.criterion.sides,
        "power": found.power,
        "control_units": found.control_units,
        "treatment_units": found.treatment_units,
        "control_units_exact": found.exact_units,
        "multiplier": found.multiplier,
        "effect_absolute": found.lift,
        "effect_relative": found.lift / abs(design.outcome.baseline) if design.outcome.baseline else None,
        "control_units_by_formula": found.others,
        "days": found.days,
        "weeks": found.weeks,
        "anytime_units": found.anytime_units,
        "level_when_peeking": {str(n): level for n, level in found.peeking.items()},
        "bound": design.bound if found.edges else None,
        "bounds_z": found.edges,
    }


def _size(design: Design, found: Plan, formulas: dict[str, str]) -> str:
    numbers = [
        ("units in all", f"{found.units:,}", f"{found.control_units:,} + {found.treatment_units:,}"),
        (
            "power",
            f"{100 * found.power:.1f} %",
            f"level {design.criterion.alpha:g}, {design.criterion.sides}-sided",
        ),
    ]
    if found.days is not None:
        numbers.append(("days", f"{found.days:,}", f"{found.weeks} whole weeks"))
    if abs(found.multiplier - 1) > 1e-9:
        numbers.append(("multiplier", f"{found.multiplier:.3f}", "covariate, clusters, looks"))
    rows = [
        (formulas[name], f"{units:,.1f}", "used" if name == design.formula else "")
        for name, units in found.others.items()
    ]
    beside = (
        table(["control units by formula, before the multiplier", "units", ""], rows, right=(1,))
        if rows
        else ""
    )
    return figures(numbers) + beside


def _peeking(design: Design, found: Plan) -> str:
    nominal = design.criterion.alpha * (3 - design.criterion.sides)
    rows = [(f"{n} looks", f"{100 * level:.1f} %") for n, level in found.peeking.items()]
    text = (
        f"A fixed test at {100 * nominal:g} % that is looked at several times, at equal steps, and stopped when it "
        "is significant, is wrong this often when nothing changed (Armitage, McPherson and Rowe 1969):"
    )
    parts = [paragraph(text), table(["looked at", "false alarms"], rows, right=(1,))]
    if found.edges:
        parts.append(paragraph(f"Bounds on |z| of the {design.bound} design that hold {100 * nominal:g} %:"))
        parts.append(listing(f"look {k}: {edge:.3f}" for k, edge in enumerate(found.edges, 1)))
    return "".join(parts)

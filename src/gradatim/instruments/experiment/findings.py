"""What an experiment's reading found, and the same as plain values for `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradatim.instruments.experiment.analyse import Readout, Result
from gradatim.instruments.experiment.decide import Decision
from gradatim.instruments.experiment.effect import Reading
from gradatim.instruments.experiment.novelty import Novelty
from gradatim.instruments.experiment.overtime import Look
from gradatim.instruments.experiment.segments import Segment
from gradatim.instruments.experiment.srm import ALERT_BELOW


class Findings(NamedTuple):
    """All that the report says."""

    readout: Readout
    decision: Decision
    looks: Sequence[Look] = ()
    segments: Sequence[Segment] = ()
    novelty: Novelty | None = None
    notes: Sequence[str] = ()
    has_unit: bool = False
    has_time: bool = False


def as_values(found: Findings) -> dict[str, Any]:
    """The figures, for `--json`. Relative figures are shares (0.01 is one percent)."""
    readout, settings = found.readout, found.readout.settings
    ratio = readout.ratio
    return {
        "action": found.decision.action,
        "control": settings.control,
        "treatment": settings.treatment,
        "method": settings.method,
        "alpha": settings.alpha,
        "correction": settings.correction,
        "tuned_for_units": settings.tuned_for_units,
        "rows": readout.units.rows,
        "units": readout.units.counts,
        "units_in_two_arms": readout.units.crossed,
        "sample_ratio": {
            "p": ratio.p,
            "method": ratio.method,
            "expected_units": ratio.expected,
            "alert_below_p": ALERT_BELOW,
            "mismatch": ratio.mismatch,
        },
        "metrics": [_metric_values(r, readout) for r in readout.results],
        "looks": [
            {
                "time_s": k.time_s,
                "units": k.units,
                "difference": k.estimate,
                "anytime": list(k.anytime),
                "fixed": list(k.fixed),
            }
            for k in found.looks
        ],
        "novelty": None if found.novelty is None else _novelty_values(found.novelty),
        "segments": [
            {
                "column": s.column,
                "interaction_p_adjusted": s.interaction_p,
                "not_judged_values": s.too_small,
                "not_judged_units": s.units_not_judged,
                "parts": [
                    {
                        "value": p.value,
                        "control_units": p.effect.control.units,
                        "treatment_units": p.effect.treatment.units,
                        "difference": _reading(p.effect.difference),
                        "relative": _reading(p.effect.relative),
                        "p_adjusted": p.p_adjusted,
                    }
                    for p in s.parts
                ],
            }
            for s in found.segments
        ],
    }


def _metric_values(result: Result, readout: Readout) -> dict[str, Any]:
    metric, found = result.metric, result.effect
    values: dict[str, Any] = {
        "name": metric.name,
        "role": "goal" if metric.margin is None else "guardrail",
        "better": "up" if metric.better > 0 else "down",
        "control": found.control._asdict(),
        "treatment": found.treatment._asdict(),
        "difference": _reading(found.difference),
        "relative": _reading(found.relative),
        "missing_units": result.missing,
        "missing_p": result.missing_p,
        "too_little_data": result.too_little or None,
        "warnings": result.warnings,
    }
    if metric.margin is None:
        values |= {"p": result.p, "p_adjusted": result.p_adjusted}
    else:
        values |= {
            "margin": metric.margin,
            "margin_relative": metric.relative_margin,
            "benefit_plus_margin": _reading(result.margin),
        }
    if result.before is not None:
        values["cuped"] = {
            "covariate": metric.covariate,
            "variance_removed": result.removed,
            "difference_without": _reading(result.before.difference),
        }
    return values


def _reading(reading: Reading | None) -> dict[str, Any] | None:
    if reading is None:
        return None
    return {
        "estimate": reading.estimate,
        "standard_error": reading.se,
        "fixed": list(reading.fixed),
        "anytime": list(reading.anytime),
        "p_fixed": reading.p_fixed,
        "p_anytime": reading.p_anytime,
    }


def _novelty_values(novelty: Novelty) -> dict[str, Any]:
    return {
        "middle_s": novelty.middle_s,
        "early": _reading(novelty.early.difference),
        "late": _reading(novelty.late.difference),
        "late_minus_early": _reading(novelty.change),
    }

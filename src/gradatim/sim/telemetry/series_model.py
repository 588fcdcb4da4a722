"""Series of what the model says and what it is fed, once an hour; only where there are model monitors."""

from __future__ import annotations

import numpy as np

from gradatim.sim.telemetry.catalogue import Series
from gradatim.sim.telemetry.record import FloatArray, Record
from gradatim.sim.telemetry.view import View

HOUR_S = 3600.0
AREAS = ("all", "EWR", "JFK", "LGA")
_MODEL = (
    ("out", "model.monitors_out", "predict", "monitors out of band", "monitors", "monitor", 0),
    ("offer_pct", "model.offer_pct", "predict", "answers that offer", "%", "offers", 1),
    ("score_pct", "model.score_pct", "predict", "predicted, mean", "%", "offers", 1),
    ("fresh_n", "model.fresh_answers", "labels", "joined answers of the last 12 h", "", None, 0),
    ("fresh_gap_pp", "model.fresh_gap_pp", "predict", "newest answers, 12 h", "pp", "gap", 1),
    ("mature_n", "model.mature_answers", "labels", "joined answers of 22 to 34 h ago", "", None, 0),
    ("mature_gap_pp", "model.mature_gap_pp", "predict", "answers a day old", "pp", "gap", 1),
    ("mature_auc", "model.mature_auc", "predict", "AUC, answers of 22 to 34 h ago", "", None, 3),
    ("joined_pct", "labels.joined_pct", "labels", "answers of the last 12 h joined", "%", None, 1),
    ("overdue_pct", "labels.overdue_pct", "labels", "overdue by 3 h", "%", "inputs", 1),
    ("zero_delay_pct", "labels.zero_delay_pct", "labels", "arrivals on the minute", "%", "inputs", 1),
)  # fmt: skip
_FEATURE = (
    ("null_pct", "missing, above usual", "%", None, 1),
    ("out_of_range_pct", "out of range", "%", "inputs", 1),
    ("age_h", "age", "h", "age", 1),
    ("psi", "PSI", "PSI", "psi", 2),
)
CHARTED = {
    ("weather", "out_of_range_pct"), ("weather", "age_h"), ("congestion", "age_h"),
    ("weather", "psi"), ("clock", "psi"), ("aircraft", "psi"),
}  # fmt: skip
GROUPS = ("congestion", "weather", "clock", "aircraft")
REPLACED = (("score_pct", "predict.score_mean"), ("offer_pct", "predict.score_late_share"))
METRICS = (*(m for m, *_ in _MODEL[1:]), "out", *(f"{g}_{m}" for g in GROUPS for m, *_ in _FEATURE))
"""The columns of `Record.monitors`, in order."""


def series(record: Record) -> list[Series]:
    """The series of this group; none without monitors."""
    if record.monitors is None:
        return []
    model = [
        Series(i, component, label, unit, panel, 0.0, HOUR_S, decimals)
        for _, i, component, label, unit, panel, decimals in _MODEL
    ]
    features = [
        Series(
            f"features.{g}_{m}",
            "features",
            f"{g}: {label}",
            unit,
            panel if (g, m) in CHARTED else None,
            0.0,
            HOUR_S,
            decimals,
        )
        for g in GROUPS
        for m, label, unit, panel, decimals in _FEATURE
        if m != "age_h" or g in ("weather", "congestion")
    ]
    return [*model, *features]


def compute(v: View) -> dict[str, FloatArray]:
    """Values over the view's ticks: those of the last complete hour."""
    if v.record.monitors is None:
        return {}
    known = _known(v)
    out = {i: known[:, METRICS.index(m)] for m, i, *_ in _MODEL}
    for g in GROUPS:
        for m, *_ in _FEATURE:
            if m != "age_h" or g in ("weather", "congestion"):
                out[f"features.{g}_{m}"] = known[:, METRICS.index(f"{g}_{m}")]
    return out


def replaced(v: View) -> dict[str, FloatArray]:
    """Series of the background that are measured here: what the replicas answered. NaN before the first hour."""
    if v.record.monitors is None:
        return {}
    known = _known(v)
    return {i: known[:, METRICS.index(m)] / 100.0 for m, i in REPLACED}


def _known(v: View) -> FloatArray:
    """float64[ticks, metrics]: all airports, as of the last complete hour."""
    assert v.record.monitors is not None
    monitors = v.record.monitors()
    hour = ((v.tick + 1) * v.record.tick_s // HOUR_S).astype(np.int64) - 1
    known = monitors[np.clip(hour, 0, len(monitors) - 1), 0]
    return np.asarray(np.where((hour >= 0)[:, None], known, np.nan))

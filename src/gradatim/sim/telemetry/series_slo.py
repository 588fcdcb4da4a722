"""Objectives: error budget, burn rates, and the operator's estimate of money from the price sheet."""

from __future__ import annotations

import numpy as np

from gradatim.sim.telemetry.catalogue import Series
from gradatim.sim.telemetry.record import FloatArray, IntArray, Record
from gradatim.sim.telemetry.view import View, ratio

BURN_WINDOWS = (("1m", 60.0), ("5m", 300.0), ("30m", 1800.0), ("1h", 3600.0), ("6h", 21_600.0))
_ENDED = ("ok", "failed", "shed", "fallback", "default")


def series(record: Record) -> list[Series]:
    """The series of this group."""
    s = [Series(f"slo.burn_{n}", "slo", f"burn rate over {n}", "times", lag_s=10) for n, _ in BURN_WINDOWS]
    return [
        *s,
        Series("slo.budget_left_pct", "slo", "error budget left, 28 days", "%"),
        Series("slo.good_pct_1h", "slo", "good answers, last hour", "%", None, 20, 60),
        Series("slo.bad_since_start", "slo", "bad answers since 0:00 of the record", "requests", decimals=0),
        Series("slo.value_usd_per_min", "slo", "estimated value of answers", "$ per min", None, 60, 60),
        Series("slo.lost_usd_per_min", "slo", "estimated loss against all good", "$ per min", None, 60, 60),
        Series("slo.fleet_usd_per_h", "slo", "cost of replicas", "$ per h", None, 60, 60),
    ]


def compute(v: View) -> dict[str, FloatArray]:
    """Values of the group. A window that reaches before the record uses what there is."""
    r = v.record
    allowed = 1.0 - r.fact("slo_target")
    ended_all: IntArray = np.sum([r.ticks[n][: v.hi] for n in _ENDED], axis=0, dtype=np.int64)
    bad_all: IntArray = ended_all - r.ticks["good"][: v.hi]
    out: dict[str, FloatArray] = {}
    for name, seconds in BURN_WINDOWS:
        window = v.ticks_of(seconds)
        bad, ended = v.trailing(bad_all, window), v.trailing(ended_all, window)
        out[f"slo.burn_{name}"] = ratio(bad, ended) / allowed
        if name == "1h":
            out["slo.good_pct_1h"] = 100 - 100 * ratio(bad, ended)
    bad_so_far = np.cumsum(bad_all)[v.lo :].astype(np.float64)
    budget = r.fact("usual_requests_per_s") * r.fact("slo_window_s") * allowed
    out["slo.budget_left_pct"] = 100 * (r.fact("budget_left_share") - bad_so_far / budget)
    out["slo.bad_since_start"] = bad_so_far
    minute = v.ticks_of(60.0)
    per_min = 60.0 / (r.tick_s * np.minimum(v.tick + 1, minute))
    good = v.trailing_count("good", 60.0)
    weak = v.trailing_count("fallback", 60.0) + v.trailing_count("default", 60.0)
    none = v.trailing_count("failed", 60.0) + v.trailing_count("shed", 60.0)
    slow = v.trailing_count("ok", 60.0) - good
    best, fallback, fail = r.fact("value_good_usd"), r.fact("value_fallback_usd"), r.fact("value_failed_usd")
    value = good * best + slow * 0.5 * best + weak * fallback + none * fail
    out["slo.value_usd_per_min"] = value * per_min
    out["slo.lost_usd_per_min"] = ((good + slow + weak + none) * best - value) * per_min
    fleet = v.gauge("ready") + v.count("starting")
    out["slo.fleet_usd_per_h"] = fleet * r.fact("replica_usd_per_h")
    return out

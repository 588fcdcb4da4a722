"""The best prevention of a player who knows the hidden quarter: the oracle's."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

from pydantic import TypeAdapter

from gradatim.sim.actions import guardrails as g

from . import quarter
from .judge import judge_on

KEPT = 6
"""How many of the best single guardrails are combined."""

_CANARIES = (
    ("latency", 1000, 0.2),
    ("latency", 4000, 0.2),
    ("good_answers", 10_000, 0.008),
    ("memory", 1500, 0.1),
    ("memory", 4000, 0.1),
    ("attempts", 20_000, 0.008),
    ("attempts", 60_000, 0.007),
    ("score", 6000, 0.03),
)
_ALERTS = (
    ("attempts_per_request", 1.3),
    ("cache_miss_pct", 20),
    ("abandoned_work_pct", 45),
    ("memory_mb", 1000),
    ("batch_slowness", 1.35),
    ("batch_wait_ms", 60),
    ("replica_spread", 2.2),
    ("callers_gap_pct", 3.5),
    ("train_serve_gap_pct", 6),
    ("one_value_pct", 19),
)
_SIZES = (("queue", (66, 80, 96)), ("store_reads", (18, 26, 36)), ("batch_wait", (80, 150, 240)))
_AGES = (("weather", 140), ("features", 90), ("counters", 4))
_CHECKS = (("out_of_range", 0.01), ("missing", 0.04), ("one_value", 0.15))
_STAGES = ((4, 30), (6, 20), (6, 60), (6, 1440))


@cache
def shelf() -> tuple[g.Guardrail, ...]:
    """Every guardrail that is tried alone: each type on each target, with one to four settings."""
    made: list[dict[str, Any]] = [
        {"type": "retry_budget", "at": at, "ratio": r}
        for at in ("clients", "gateway")
        for r in (0.08, 0.12, 0.15)
    ]
    made += [{"type": "size_limit", "of": of, "limit": v} for of, limits in _SIZES for v in limits]
    made += [{"type": "memory_bound", "limit_mb": v} for v in (1600, 2400, 3600)]
    made += [
        {"type": "canary_gate", "on": on, "metric": m, "min_samples": n, "most_worse": w}
        for on in ("model", "runtime", "config", "client")
        for m, n, w in _CANARIES
    ]
    made += [
        {"type": "rollout_stages", "on": on, "stages": k, "hold_min": h}
        for on in ("model", "runtime", "config")
        for k, h in _STAGES
    ]
    made += [{"type": "alert_rule", "metric": m, "above": v, "for_min": 1} for m, v in _ALERTS]
    made += [{"type": "freshness_limit", "of": of, "max_age_min": v} for of, v in _AGES]
    made += [
        {"type": "ingest_rule", "source": s, "check": c, "most_share": v}
        for s in ("weather", "bookings", "labels")
        for c, v in _CHECKS
    ]
    return tuple(TypeAdapter(list[g.Guardrail]).validate_python(made))


def best(seed: int, family: str, variant: str) -> tuple[g.Guardrail, ...]:
    """The cheapest of: nothing, each guardrail of the shelf, each set of up to three of the best of them."""
    q = quarter.draw(seed, family, variant)
    if not q.incidents:
        return ()
    alone = sorted(shelf(), key=lambda r: judge_on((r,), q).loss_micro)[:KEPT]
    sets = [s for n in (0, 1, 2, 3) for s in combinations(alone, n)]
    return min(sets, key=lambda s: judge_on(s, q).loss_micro)

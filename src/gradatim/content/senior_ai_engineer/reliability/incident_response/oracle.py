"""Plans of a player who knows the truth from the first second of harm. The best of them is the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradatim.lab.protocol import Plan
from gradatim.sim.faults.scenario import Scenario, SlowReplicas

from .prevention.best import best

_CURES: dict[str, tuple[dict[str, Any], ...]] = {
    "retry_amplification": ({"kind": "set_retry_budget", "client": "all", "ratio": 0.1},),
    "abandoned_work": ({"kind": "set_queue_limit", "limit": 64}, {"kind": "set_queue_limit", "limit": 32}),
    "cold_cache": ({"kind": "prewarm_cache"},),
}
_NO_RELIEF = ("slow_model", "memory_leak", "batch_wait", "slow_hardware", "telemetry_fault")


def plans(scenario: Scenario, seed: int) -> Iterator[Plan]:
    """Every enumerated plan, each with the right words around it and the best prevention for the hidden quarter."""
    rails = [r.model_dump() for r in best(seed, scenario.family, scenario.variant)]
    at = scenario.onset_s
    for plan in _plans(scenario):
        yield sorted(
            [*plan, (at + 131.0, {"kind": "submit_prevention", "guardrails": rails})], key=lambda p: p[0]
        )


def _plans(scenario: Scenario) -> Iterator[Plan]:
    """The plans without a prevention. Times are those of a learner's shift."""
    at, truth = scenario.onset_s, scenario.truth
    if scenario.slow:
        yield from _long(scenario)
        return
    yield _with_words(scenario, [], over_s=at + 240)
    if scenario.healthy and scenario.blind_from_s is None:
        return
    undo = [{"kind": "rollback", "change": c} for c in sorted(scenario.culprits)]
    if truth.mechanism in _NO_RELIEF:
        cure = [*undo, *_drains(scenario)]
        if scenario.blind_from_s is not None:
            cure.append({"kind": "repair_telemetry", "exporter": "gateway"})
        yield _with_words(scenario, [(at, a) for a in cure], over_s=at + 300)
        held: Plan = [(at, _hold("fall_back", "all", 1.0)), (at + 100.0, _hold("fall_back", "all", 0.0))]
        yield _with_words(scenario, [*((at, a) for a in cure), *held], over_s=at + 300)
        return
    first, *more = _CURES[truth.mechanism]
    cures = [[*undo, first], *([m] for m in more)]
    reliefs: list[Plan] = [
        [],
        [
            (at + 20.0, _hold("shed", truth.scope, 0.6)),
            (at + 110.0, {"kind": "ramp", "client": truth.scope, "over_s": 60.0}),
        ],
        [
            (at, _hold("fall_back", truth.scope, 0.5)),
            (at + 240.0, _hold("fall_back", truth.scope, 0.0)),
        ],
    ]
    if truth.mechanism == "abandoned_work":
        reliefs = [
            [],
            [(at + 60.0, {"kind": "restart", "how": "all_at_once"})],
            [(at, _hold("fall_back", "all", 1.0)), (at + 180.0, _hold("fall_back", "all", 0.0))],
        ]
    for cure in cures:
        for relief in reliefs:
            plan = sorted([*((at, a) for a in cure), *relief], key=lambda p: p[0])
            yield _with_words(scenario, plan, over_s=at + 600)


def _long(scenario: Scenario) -> Iterator[Plan]:
    """Plans for a shift of days: cure at once, with and without good values meanwhile."""
    at, hour = scenario.onset_s, 3600.0
    words = _with_words(scenario, [], over_s=at + 2 * hour)
    yield words
    if scenario.healthy:
        return
    undo: Plan = [(max(at, t + 60.0), {"kind": "rollback", "change": c}) for t, c in _culprits(scenario)]
    rerun = {"kind": "rerun_job", "job": "weather"}
    good: Plan = [(at, {"kind": "set_feature", "features": "weather", "mode": "last_good"})]
    live = {"kind": "set_feature", "features": "weather", "mode": "live"}
    told: Plan = [(at, {"kind": "page", "team": "data"})]
    kept: Plan = [(at, {"kind": "quarantine", "source": "labels", "hours_back": 24.0})]
    if scenario.truth.component == "labels":
        plans = [undo, [*kept, *undo]]
    elif undo:
        plans = [undo, [*undo, (at + 100.0, rerun)]]
    else:
        plans = [
            [(at, rerun)],
            [*told, (at + 3.1 * hour, rerun)],
            [*good, *told, (at + 3.1 * hour, rerun), (at + 3.7 * hour, live)],
            [*good, (at + 5.1 * hour, rerun), (at + 5.7 * hour, live)],
        ]
    for plan in plans:
        yield _with_words(scenario, sorted(plan, key=lambda p: p[0]), over_s=at + 7 * hour)


def _culprits(scenario: Scenario) -> list[tuple[float, str]]:
    """(time, change) of what is to be undone, oldest first."""
    return sorted((c.at_s, c.id) for c in scenario.changes if c.id in scenario.culprits)


def _drains(scenario: Scenario) -> list[dict[str, Any]]:
    """The replicas on slow hosts taken out."""
    return [
        {"kind": "drain", "replica": r}
        for s in scenario.shocks
        if isinstance(s, SlowReplicas)
        for r in s.replicas
    ]


def _hold(kind: str, client: str, share: float) -> dict[str, Any]:
    return {"kind": kind, "client": client, "share": share}


def _with_words(scenario: Scenario, plan: Plan, over_s: float) -> Plan:
    truth, at = scenario.truth, scenario.onset_s
    words: Plan = [
        (at + 120.0, {"kind": "acknowledge", "alert": "all"}),
        (
            at + 130.0,
            {
                "kind": "diagnose",
                "component": truth.component,
                "mechanism": truth.mechanism,
                "scope": truth.scope,
                "sure": 1.0,
            },
        ),
        (
            at + 300.0,
            {
                "kind": "status_update",
                "impact": "degraded",
                "share_low": 0.0,
                "share_high": 1.0,
                "next_update_min": 720 if scenario.slow else 120,
            },
        ),
        (over_s, {"kind": "declare_over"}),
        *(
            (
                min(at + (150_000.0 if scenario.slow else 2000.0), scenario.pace.horizon_s - 600.0),
                {"kind": "answer", "message": q, "fact": "unknown"},
            )
            for q in ("q-share", "q-change", "q-over")
        ),
    ]
    return sorted(plan + words, key=lambda p: p[0])

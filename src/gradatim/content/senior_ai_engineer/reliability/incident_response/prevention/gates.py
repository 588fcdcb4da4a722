"""What each type of guardrail leaves of an incident (`stop`), and what it costs on good days (`burden`).

Rates and shares only; nothing is simulated request by request. Only + - * / and comparisons: the same everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

from gradatim.sim.actions import guardrails as g

from . import chance
from .quarter import DAYS, GoodRelease, Incident, Quarter

REACT_MIN = {"page": 4.0, "ticket": 180.0}
FALSE_USD = {"page": 150.0, "ticket": 30.0}
SYMPTOMS = {"bad_answers_pct": 0.85, "queue_depth": 0.85, "score_shift_pct": 0.6}
"""Metrics that say that something is wrong and not what: of the usual time to find the cause, what is left."""
BLOCKED_USD = 9_000.0
REFUSED_USD = 6_000.0
KILLED_USD = 6_000.0
DENIED_USD = 4_000.0
HELD_USD = 250.0
DEFAULTED_USD = 400.0
DELAY_USD_PER_H = 80.0
CANARY_PER_MIN = {"model": 336, "runtime": 336, "config": 336, "client": 120}
WAIT_MIN = 1440.0
"""A canary that has not its samples after a day is withdrawn, good or bad."""
CANARY_LEFT = 0.03
TRIGGER_LEFT = 0.04
DEFAULT_LEFT = 0.35
"""Defaults are worth less than fresh values and more than stale ones, and nobody is told."""
SAMPLE_SD = {"good_answers": 0.2, "latency": 1.5, "attempts": 0.42, "score": 0.64}
"""Noise of one sample of a comparison, canary and baseline together, as a share."""
MEMORY_SD = 0.02
NORMAL_MB, KILL_MB = 900.0, 4096.0

USUAL: dict[str, tuple[float, float, float]] = {
    # metric: usual value, noise of one minute, value during an honest surge of some minutes
    "bad_answers_pct": (0.5, 0.3, 30.0),
    "attempts_per_request": (1.02, 0.02, 1.12),
    "queue_depth": (0.6, 0.3, 45.0),
    "cache_miss_pct": (5.0, 1.2, 9.0),
    "abandoned_work_pct": (0.5, 0.5, 40.0),
    "memory_mb": (905.0, 8.0, 930.0),
    "batch_slowness": (1.0, 0.06, 1.15),
    "batch_wait_ms": (10.0, 2.0, 15.0),
    "replica_spread": (1.25, 0.15, 1.5),
    "callers_gap_pct": (0.6, 0.5, 1.5),
    "score_shift_pct": (0.0, 1.6, 6.0),
    "train_serve_gap_pct": (1.0, 0.7, 1.5),
    "one_value_pct": (9.0, 1.4, 9.0),
}
FILES: dict[str, tuple[float, float]] = {
    # check: share of rows that fail it in a good file, and how far a day's worst file is above
    "out_of_range": (0.001, 0.001),
    "missing": (0.01, 0.006),
    "one_value": (0.09, 0.014),
}
AGES: dict[str, tuple[float, float]] = {
    # whose: usual largest age of a good day in minutes, and how far a bad moment goes beyond it, per deviate
    "weather": (62.0, 18.0),
    "features": (35.0, 12.0),
    "counters": (1.0, 0.6),
}


class Left(NamedTuple):
    """What a guardrail leaves of an incident: a share of its harm rate, and minutes until its cause is known."""

    share: float
    find_min: float


class Burden(NamedTuple):
    """What a guardrail costs on good days, and how many releases it blocked, pages it sent, times it refused."""

    usd: float
    blocked: tuple[int, ...] = ()
    pages: int = 0
    refused: int = 0


def stop(rail: g.GuardrailBase, x: Incident, q: Quarter) -> Left:
    """What `rail` leaves of incident `x`."""
    share, find = 1.0, x.find_min
    if isinstance(rail, g.RetryBudget):
        if "headroom" in x.size and not (rail.at == "clients" and x.exposure.ignores_remote):
            share = TRIGGER_LEFT if 1.0 + rail.ratio < x.size["headroom"] else 1.0
    elif isinstance(rail, g.SizeLimit):
        share = _capped(rail, x)
    elif isinstance(rail, g.MemoryBound):
        if "memory_mb_per_min" in x.size:
            share = _recycled(rail.limit_mb, x.size["memory_mb_per_min"])
    elif isinstance(rail, g.CanaryGate):
        if rail.on == x.exposure.entry and withdraws(rail, x.canary.get(rail.metric, 0.0), _who(x), q):
            share = CANARY_LEFT
    elif isinstance(rail, g.IngestRule):
        if rail.source == x.exposure.entry and x.size.get(rail.check, 0.0) > rail.most_share:
            share = TRIGGER_LEFT
    elif isinstance(rail, g.FreshnessLimit):
        if rail.of == x.exposure.stale and rail.then == "page":
            find = min(find, rail.max_age_min + REACT_MIN["page"])
        elif rail.of == x.exposure.stale and rail.max_age_min < find:
            share = DEFAULT_LEFT
    elif isinstance(rail, g.AlertRule):
        told = rail.for_min + REACT_MIN[rail.severity]
        if x.shown.get(rail.metric, -1.0) > rail.above:
            find = min(find, max(told, SYMPTOMS.get(rail.metric, 0.0) * find))
    return Left(share, find)


def staged(rail: g.RolloutStages, x: Incident, minutes: float) -> float:
    """Share of the users that a release in stages reaches on average over the `minutes` that an incident lasts."""
    if rail.on != x.exposure.entry or x.exposure.latent or minutes <= 0:
        return 1.0
    reached, gone, users = 0.0, 0.0, 1.0
    for _ in range(rail.stages - 1):
        users /= 2.0
    for _ in range(rail.stages - 1):
        here = min(rail.hold_min, minutes - gone)
        reached, gone, users = reached + users * here, gone + here, users * 2.0
        if gone >= minutes:
            break
    return (reached + max(0.0, minutes - gone)) / minutes


def burden(rail: g.GuardrailBase, q: Quarter) -> Burden:
    """What `rail` costs on the good releases, honest peaks and ordinary days of a quarter; running it not counted."""
    if isinstance(rail, g.RetryBudget):
        return _short(q, "retries", rail.ratio, DENIED_USD)
    if isinstance(rail, g.MemoryBound):
        return _short(q, "memory_mb", rail.limit_mb, KILLED_USD, whole=True)
    if isinstance(rail, g.SizeLimit):
        if rail.of == "batch_wait":
            hit = tuple(
                r.number for r in q.releases if r.kind == "config" and r.needs["batch_wait"] > rail.limit
            )
            return Burden(BLOCKED_USD * len(hit), hit)
        return _short(q, rail.of, rail.limit, REFUSED_USD)
    if isinstance(rail, g.CanaryGate):
        return _gated(rail, q)
    if isinstance(rail, g.RolloutStages):
        n = sum(r.kind == rail.on for r in q.releases)
        return Burden(n * (rail.stages - 1) * rail.hold_min / 60.0 * DELAY_USD_PER_H)
    if isinstance(rail, g.IngestRule):
        usual, spread = FILES[rail.check]
        held = sum(
            usual + spread * chance.day_peak(q.day(d, rail.source + rail.check)) / 2.0 > rail.most_share
            for d in range(DAYS)
        )
        return Burden(HELD_USD * held, refused=held)
    if isinstance(rail, g.FreshnessLimit):
        usual, spread = AGES[rail.of]
        old = sum(
            usual + spread * (chance.day_peak(q.day(d, rail.of)) - 2.0) > rail.max_age_min
            for d in range(DAYS)
        )
        if rail.then == "default":
            return Burden(DEFAULTED_USD * old, refused=old)
        return Burden(FALSE_USD["page"] * old, pages=old)
    assert isinstance(rail, g.AlertRule)
    return _alarmed(rail, q)


def withdraws(rail: g.CanaryGate, worse: float, who: int, q: Quarter) -> bool:
    """Whether a gate holds a release back that is `worse` by this much."""
    if rail.min_samples > WAIT_MIN * CANARY_PER_MIN[rail.on]:
        return True
    z = chance.normal(q.deviate(who, rail.metric))
    if rail.metric == "memory":
        # What is kept for each request adds up: a leak shows only after enough of them.
        return worse * rail.min_samples / NORMAL_MB + MEMORY_SD * z > rail.most_worse
    return worse + SAMPLE_SD[rail.metric] * z / chance.root(rail.min_samples) > rail.most_worse


def _who(x: Incident) -> int:
    """Measurements on incidents and on good releases are different ones."""
    return 100 + x.number


def _capped(rail: g.SizeLimit, x: Incident) -> float:
    """What is left under a size limit."""
    if rail.of not in x.size:
        return 1.0
    size = x.size[rail.of]
    if rail.of == "store_reads":
        # Below what the store can answer, every read that is let through fills the cache.
        return 0.12 if rail.limit <= size else 1.0
    if rail.of == "queue":
        # Up to about a hundred, what waits is still answered in time; then the share of dead work grows.
        return TRIGGER_LEFT + (1.0 - TRIGGER_LEFT) * min(1.0, max(0.0, (rail.limit - 96.0) / 300.0))
    return 0.0 if rail.limit < size else 1.0


def _recycled(limit_mb: float, mb_per_min: float) -> float:
    """What is left of a leak when replicas are recycled one at a time: more when each does it more often."""
    if limit_mb >= 0.95 * KILL_MB:
        return 1.0
    room = limit_mb - NORMAL_MB
    if room <= 0:
        return 1.0
    # A recycled replica is away for a minute of every room / leak minutes.
    return min(1.0, 0.04 + 0.5 * mb_per_min / (room + mb_per_min))


def _short(q: Quarter, what: str, limit: float, usd: float, *, whole: bool = False) -> Burden:
    """Honest peaks that a limit is too small for: by the share that is missing, or wholly."""
    lost, times = 0.0, 0
    for r in q.releases:
        need = r.needs[what]
        if need > limit:
            lost += 1.0 if whole else (need - limit) / need
            times += 1
    return Burden(usd * lost, refused=times)


def _gated(rail: g.CanaryGate, q: Quarter) -> Burden:
    """Good releases held back by chance, and the hours that the others wait."""
    kept = [r for r in q.releases if r.kind == rail.on]
    held = tuple(r.number for r in kept if withdraws(rail, r.regression[rail.metric], r.number, q))
    waited_min = min(WAIT_MIN, rail.min_samples / CANARY_PER_MIN[rail.on])
    return Burden(BLOCKED_USD * len(held) + len(kept) * waited_min / 60.0 * DELAY_USD_PER_H, held)


def _alarmed(rail: g.AlertRule, q: Quarter) -> Burden:
    """False alarms of ordinary days and of honest surges."""
    usual, noise, surge = USUAL[rail.metric]
    over = chance.root(rail.for_min)
    wrong = sum(
        usual + noise * chance.day_peak(q.day(d, rail.metric)) / over > rail.above for d in range(DAYS)
    )
    wrong += sum(_surged(r, rail, surge) for r in q.releases)
    return Burden(FALSE_USD[rail.severity] * wrong, pages=wrong)


def _surged(r: GoodRelease, rail: g.AlertRule, surge: float) -> bool:
    return surge > rail.above and r.surge_min >= rail.for_min

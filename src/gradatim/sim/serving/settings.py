"""Writes settings into the kernel's records, and gives every constant delay its lane."""

from __future__ import annotations

import numpy as np

from gradatim.sim.serving import layout, state
from gradatim.sim.serving.layout import World
from gradatim.sim.serving.model import ClientPolicy, GatewaySettings, PoolSettings

NO_LIMIT = 1 << 60
Delay = tuple[int, float]

ANSWERS = {"error": layout.FAILED, "fallback": layout.FALLBACK, "default": layout.DEFAULT}


class LaneTable:
    """Which lane holds the timers of a (kind, delay). An empty lane that nothing uses is given away."""

    def __init__(self) -> None:
        self._delays: list[Delay] = []

    def copy(self) -> LaneTable:
        """An independent table with the same lanes."""
        other = LaneTable()
        other._delays = list(self._delays)
        return other

    def assign(self, w: World, needed: set[Delay]) -> tuple[World, dict[Delay, int]]:
        """A lane for each needed delay, keeping those that have one."""
        idle = [
            i
            for i, delay in enumerate(self._delays)
            if delay not in needed and w.lanes[i]["head"] == w.lanes[i]["tail"]
        ]
        for delay in sorted(needed - set(self._delays)):
            if idle:
                self._delays[idle.pop(0)] = delay
            else:
                self._delays.append(delay)
        if len(self._delays) > len(w.lanes):
            w = state.with_lanes(w, len(self._delays))
        return w, {delay: i for i, delay in enumerate(self._delays)}


def backoff_s(client: ClientPolicy, attempt: int) -> float:
    """The (largest) wait after failed attempt number `attempt`, counted from 0."""
    wait = client.backoff_s
    for _ in range(attempt):
        wait *= client.backoff_factor
    return wait


def delays(clients: tuple[ClientPolicy, ...], pools: tuple[PoolSettings, ...]) -> set[Delay]:
    """Every constant delay these settings wait for."""
    out: set[Delay] = set()
    for c in clients:
        if np.isfinite(c.timeout_s):
            out.add((layout.TIMEOUT, float(c.timeout_s)))
        if not c.jitter:
            out |= {(layout.RETRY, backoff_s(c, a)) for a in range(c.max_attempts - 1)}
    for p in pools:
        out |= {(layout.WAIT, float(p.max_wait_s))} if p.max_wait_s > 0.0 else set()
        out |= {(layout.BOOT, float(d)) for d in (p.cold_start_s, p.restart_s) if d > 0.0}
    return out


def write_clients(w: World, clients: tuple[ClientPolicy, ...], lanes: dict[Delay, int]) -> None:
    """The client records, all but the tokens they hold."""
    shares = np.cumsum([c.share for c in clients])
    for record, c, upto in zip(w.clients, clients, shares / shares[-1], strict=True):
        record["upto"] = round(float(upto) * (1 << layout.TRAIT_BITS))
        record["timeout_s"] = c.timeout_s
        record["timeout_lane"] = lanes.get((layout.TIMEOUT, float(c.timeout_s)), 0)
        record["max_attempts"], record["jitter"] = c.max_attempts, c.jitter
        for a in range(c.max_attempts - 1):
            record["backoff_s"][a] = backoff_s(c, a)
            record["retry_lane"][a] = lanes.get((layout.RETRY, backoff_s(c, a)), 0)
        budget = c.retry_budget
        was_budgeted = bool(record["budgeted"])
        record["budgeted"] = budget is not None
        if budget is not None:
            record["ratio"], record["burst"] = budget.ratio, budget.burst
            record["tokens"] = min(float(record["tokens"]), budget.burst) if was_budgeted else budget.burst
        record["admit_below"] = round(c.admit_share * (1 << layout.SHED_BITS))
        record["fallback_below"] = round(c.fallback_share * (1 << layout.TRAIT_BITS))


def write_pools(w: World, pools: tuple[PoolSettings, ...], lanes: dict[Delay, int]) -> None:
    """The pool records, all but what the kernel itself keeps there (wanted, ready, scaling)."""
    weights = np.cumsum([p.weight for p in pools])
    first = 0
    for record, p, upto in zip(w.pools, pools, weights / weights[-1], strict=True):
        record["upto"] = round(float(upto) * (1 << layout.TRAIT_BITS))
        record["first"], record["room"] = first, p.max_replicas
        first += p.max_replicas
        for name in ("version", "slots", "max_batch", "queue_limit", "choices", "cancel"):
            record[name] = getattr(p, name)
        for name in (
            "max_wait_s",
            "base_s",
            "per_item_s",
            "noise",
            "base_mb",
            "limit_mb",
            "restart_s",
            "cold_start_s",
        ):
            record[name] = getattr(p, name)
        record["slow"], record["leak_mb"] = p.slow_factor, p.leak_mb_per_item
        record["routing"] = layout.ROUTINGS.index(p.routing)
        record["wait_lane"] = lanes.get((layout.WAIT, float(p.max_wait_s)), 0)
        record["restart_lane"] = lanes.get((layout.BOOT, float(p.restart_s)), 0)
        record["cold_lane"] = lanes.get((layout.BOOT, float(p.cold_start_s)), 0)
        a = p.autoscaler
        record["auto"] = a is not None
        if a is not None:
            record["target"], record["cooldown_s"] = a.target, a.cooldown_s
            record["min_replicas"], record["max_replicas"] = a.min_replicas, a.max_replicas
            record["interval_ticks"] = max(1, round(a.interval_s / float(w.core["tick_s"][0])))


def write_gateway(w: World, gateway: GatewaySettings) -> None:
    """The gateway's settings."""
    limit = gateway.outstanding_limit
    w.core["outstanding_limit"] = NO_LIMIT if limit is None else limit
    w.core["on_failure"] = ANSWERS[gateway.on_failure]
    w.core["good_s"] = gateway.good_s

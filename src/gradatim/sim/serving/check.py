"""Refuses a setup or a setting that makes no sense, naming every problem at once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from gradatim.core.errors import InputError
from gradatim.sim.serving import layout
from gradatim.sim.serving.model import (
    ANSWER_COLUMNS,
    MAX_ATTEMPTS,
    MAX_CLIENTS,
    MAX_POOLS,
    MAX_REPLICAS,
    TICK_S,
    ClientPolicy,
    Demand,
    GatewaySettings,
    PoolSettings,
    Setup,
)

MAX_SLOTS = 4096
MAX_BATCH = 4096
MAX_QUEUE = 1 << 24


def check_setup(setup: Setup) -> None:
    """Raise `InputError` with all problems of a setup."""
    problems = list(_demand(setup.demand))
    problems += _values(setup)
    problems += check_clients(setup.clients)
    problems += check_pools(setup.pools, setup.n_versions)
    problems += check_gateway(setup.gateway)
    if not 0.0 <= setup.sample_share <= 1.0:
        problems.append(f"sample_share {setup.sample_share} is not between 0 and 1")
    problems += _between("", setup, "tick_s", 1e-3, 1e6)
    for p in setup.pools:
        a = p.autoscaler
        if a is None or not (_number(a.interval_s) and _number(setup.tick_s) and setup.tick_s > 0):
            continue
        if a.interval_s % setup.tick_s:
            problems.append(
                f"pool {p.name!r}: autoscaler.interval_s is not a whole number of {setup.tick_s:g} s ticks"
            )
    if problems:
        raise InputError("this serving setup cannot be simulated", problems)


def check_clients(clients: tuple[ClientPolicy, ...]) -> list[str]:
    """All problems of the client classes."""
    out = []
    if not 1 <= len(clients) <= MAX_CLIENTS:
        out.append(f"{len(clients)} client classes; 1 to {MAX_CLIENTS} are possible")
    if len({c.name for c in clients}) != len(clients):
        out.append("two client classes have the same name")
    if all(_number(c.share) for c in clients) and sum(c.share for c in clients) <= 0.0:
        out.append("the shares of the client classes add up to nothing")
    for c in clients:
        who = f"client {c.name!r}: "
        out += _between(who, c, "share", 0.0, 1e9)
        out += _between(who, c, "timeout_s", 1e-6, math.inf)
        out += _between(who, c, "max_attempts", 1, MAX_ATTEMPTS, whole=True)
        out += _between(who, c, "backoff_s", 0.0, 1e6)
        out += _between(who, c, "backoff_factor", 1.0, 100.0)
        out += _between(who, c, "admit_share", 0.0, 1.0)
        out += _between(who, c, "fallback_share", 0.0, 1.0)
        if c.retry_budget is not None:
            out += _between(who + "retry_budget.", c.retry_budget, "ratio", 0.0, 100.0)
            out += _between(who + "retry_budget.", c.retry_budget, "burst", 0.0, 1e9)
    return out


def check_pools(pools: tuple[PoolSettings, ...], n_versions: int) -> list[str]:
    """All problems of the pools."""
    out = []
    if not 1 <= len(pools) <= MAX_POOLS:
        out.append(f"{len(pools)} pools; 1 to {MAX_POOLS} are possible")
    if len({p.name for p in pools}) != len(pools):
        out.append("two pools have the same name")
    if all(_number(p.weight) for p in pools) and sum(p.weight for p in pools) <= 0.0:
        out.append("the weights of the pools add up to nothing")
    for p in pools:
        who = f"pool {p.name!r}: "
        out += _between(who, p, "version", 0, n_versions - 1, whole=True)
        out += _between(who, p, "weight", 0.0, 1e9)
        out += _between(who, p, "max_replicas", 1, MAX_REPLICAS, whole=True)
        out += _between(who, p, "replicas", 0, _top(p.max_replicas), whole=True)
        out += _between(who, p, "slots", 1, MAX_SLOTS, whole=True)
        out += _between(who, p, "max_batch", 1, MAX_BATCH, whole=True)
        out += _between(who, p, "max_wait_s", 0.0, 3600.0)
        out += _between(who, p, "queue_limit", 0, MAX_QUEUE, whole=True)
        out += _between(who, p, "base_s", 0.0, 3600.0)
        out += _between(who, p, "per_item_s", 0.0, 3600.0)
        out += _between(who, p, "noise", 0.0, 1.0)
        out += _between(who, p, "slow_factor", 1e-3, 1e6)
        out += _between(who, p, "choices", 1, 64, whole=True)
        out += _between(who, p, "leak_mb_per_item", 0.0, 1e6)
        out += _between(who, p, "base_mb", 0.0, 1e9)
        out += _between(who, p, "limit_mb", 0.0, math.inf)
        out += _between(who, p, "restart_s", 0.0, 1e6)
        out += _between(who, p, "cold_start_s", 0.0, 1e6)
        if p.routing not in layout.ROUTINGS:
            out.append(f"{who}routing {p.routing!r} is not one of {', '.join(layout.ROUTINGS)}")
        if _number(p.base_s) and _number(p.per_item_s) and p.base_s + p.per_item_s <= 0.0:
            out.append(f"{who}base_s and per_item_s are both 0: service would take no time")
        if p.queue_limit == 0 and _number(p.max_wait_s) and p.max_wait_s > 0.0:
            out.append(
                f"{who}a batch cannot wait to fill without a queue (queue_limit 0, max_wait_s above 0)"
            )
        if _number(p.base_mb) and _number(p.limit_mb) and p.base_mb > p.limit_mb:
            out.append(f"{who}base_mb {p.base_mb} is above limit_mb {p.limit_mb}: it could never start")
        out += _autoscaler(who, p)
    if sum(_top(p.max_replicas, 0) for p in pools) > MAX_REPLICAS:
        out.append(f"more than {MAX_REPLICAS} replicas in all")
    return out


def check_gateway(gateway: GatewaySettings) -> list[str]:
    """All problems of the gateway."""
    out = _between("gateway: ", gateway, "good_s", 0.0, math.inf)
    if gateway.outstanding_limit is not None:
        out += _between("gateway: ", gateway, "outstanding_limit", 0, 1 << 40, whole=True)
    if gateway.on_failure not in ANSWER_COLUMNS:
        out.append(f"gateway: on_failure {gateway.on_failure!r} is not one of {', '.join(ANSWER_COLUMNS)}")
    return out


def _autoscaler(who: str, pool: PoolSettings) -> list[str]:
    a = pool.autoscaler
    if a is None:
        return []
    who += "autoscaler."
    out = _between(who, a, "target", 0.01, 1.0)
    out += _between(who, a, "max_replicas", 1, _top(pool.max_replicas), whole=True)
    out += _between(who, a, "min_replicas", 1, _top(a.max_replicas), whole=True)
    out += _between(who, a, "cooldown_s", 0.0, 1e6)
    if not (_number(a.interval_s) and a.interval_s >= TICK_S and a.interval_s % TICK_S == 0.0):
        out.append(f"{who}interval_s {a.interval_s!r} is not a whole number of {TICK_S:g} s ticks")
    return out


def _demand(d: Demand) -> Iterable[str]:
    if (d.rate_per_s is None) == (d.times_s is None):
        yield "demand: give either rate_per_s or times_s"
    if d.rate_per_s is not None:
        rates = np.asarray(d.rate_per_s, float)
        if rates.ndim != 1 or rates.size == 0 or not np.isfinite(rates).all() or (rates < 0).any():
            yield "demand: rate_per_s must be a row of finite rates, none below 0"
        yield from _between("demand: ", d, "bucket_s", 1e-6, 1e15)
    if d.times_s is not None:
        times = np.asarray(d.times_s, float)
        if times.ndim != 1 or not np.isfinite(times).all() or (times < 0).any() or (np.diff(times) < 0).any():
            yield "demand: times_s must be finite, at least 0 and in ascending order"
    yield from _between("demand: ", d, "item_block_s", 1e-6, 1e15)
    yield from _between("demand: ", d, "n_users", 1, 1 << layout.USER_BITS, whole=True)
    pool = np.asarray(d.item_pool)
    if (
        pool.ndim != 2
        or pool.size == 0
        or pool.shape[1] & (pool.shape[1] - 1)
        or pool.shape[1] > 1 << layout.ITEM_BITS
    ):
        yield f"demand: item_pool must be [blocks, P] with P a power of two up to {1 << layout.ITEM_BITS}"
    elif pool.min() < 0 or pool.max() >= np.asarray(d.item_segment).size:
        yield "demand: item_pool names items that item_segment does not have"


def _values(setup: Setup) -> list[str]:
    values = np.asarray(setup.values)
    if (
        values.ndim != 2
        or values.shape[1] < 1 + len(ANSWER_COLUMNS)
        or not np.issubdtype(values.dtype, np.integer)
    ):
        return ["values must be whole micro-dollars of shape [items, versions + 3] with at least one version"]
    if values.shape[0] != np.asarray(setup.demand.item_segment).size:
        return [
            f"values has {values.shape[0]} items, item_segment {np.asarray(setup.demand.item_segment).size}"
        ]
    return []


def _between(
    who: str, record: object, name: str, low: float, high: float, *, whole: bool = False
) -> list[str]:
    value = getattr(record, name)
    if not _number(value):
        return [f"{who}{name} {value!r} is not a number"]
    if whole and value != int(value if math.isfinite(value) else 0):
        return [f"{who}{name} {value} is not a whole number"]
    if not low <= value <= high:
        return [f"{who}{name} {value} is outside {low:g} .. {high:g}"]
    return []


def _number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _top(value: Any, otherwise: int = MAX_REPLICAS) -> Any:
    """A bound that is itself a setting, or the general one where that setting is no number."""
    return value if _number(value) else otherwise

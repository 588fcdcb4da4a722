"""Small random serving systems and random operators for the property tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gradatim.sim.serving import (
    Autoscaler,
    ClientPolicy,
    Demand,
    GatewaySettings,
    PoolSettings,
    RetryBudget,
    Setup,
    Simulator,
)

N_ITEMS = 48
N_VERSIONS = 2
ARRAYS = ("client_ticks", "replica_ticks", "segment_ticks", "version_ticks", "latency_hist")

budgets = st.none() | st.builds(
    RetryBudget, ratio=st.sampled_from([0.05, 0.3]), burst=st.sampled_from([2.0, 20.0])
)
autoscalers = st.none() | st.builds(
    Autoscaler,
    target=st.sampled_from([0.3, 0.7]),
    max_replicas=st.just(3),
    interval_s=st.sampled_from([10.0, 20.0]),
    cooldown_s=st.sampled_from([0.0, 15.0]),
)

client_fields: dict[str, Any] = {
    "timeout_s": st.sampled_from([0.03, 0.2, 0.25, 2.0, float("inf")]),
    "max_attempts": st.integers(1, 7),
    "backoff_s": st.sampled_from([0.0, 0.05, 0.25]),
    "backoff_factor": st.sampled_from([1.0, 2.0]),
    "jitter": st.booleans(),
    "retry_budget": budgets,
    "admit_share": st.sampled_from([1.0, 0.8]),
    "fallback_share": st.sampled_from([0.0, 0.1]),
}
pool_fields: dict[str, Any] = {
    "version": st.integers(0, N_VERSIONS - 1),
    "weight": st.sampled_from([0.2, 1.0]),
    "replicas": st.integers(0, 3),
    "slots": st.integers(1, 3),
    "max_batch": st.integers(1, 5),
    "max_wait_s": st.sampled_from([0.0, 0.01, 0.05]),
    "queue_limit": st.sampled_from([1, 3, 20, 300]),
    "base_s": st.sampled_from([0.0, 0.02, 0.05]),
    "per_item_s": st.sampled_from([0.01, 0.05]),
    "noise": st.sampled_from([0.0, 0.0, 0.5, 1.0]),
    "slow_factor": st.sampled_from([1.0, 3.0]),
    "routing": st.sampled_from(["round_robin", "random", "least_outstanding", "choices"]),
    "choices": st.integers(1, 4),
    "cancel": st.booleans(),
    "leak_mb_per_item": st.sampled_from([0.0, 0.5, 2.0]),
    "limit_mb": st.sampled_from([float("inf"), 600.0]),
    "restart_s": st.sampled_from([0.0, 3.0]),
    "cold_start_s": st.sampled_from([0.0, 3.0, 7.0]),
    "autoscaler": autoscalers,
}
gateway_fields: dict[str, Any] = {
    "outstanding_limit": st.sampled_from([None, 5, 40]),
    "on_failure": st.sampled_from(["error", "fallback", "default"]),
    "good_s": st.sampled_from([0.05, 0.3]),
}


@st.composite
def demands(draw: Any) -> Demand:
    """Poisson arrivals with rates that change, or a trace on a coarse grid, where ties abound."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    items = rng.integers(0, N_ITEMS, (3, 16)).astype(np.int32)
    segments = rng.integers(0, 3, N_ITEMS).astype(np.uint8)
    segments[0] = 2
    common: dict[str, Any] = {
        "item_pool": items,
        "item_block_s": 11.0,
        "item_segment": segments,
        "n_users": 500,
    }
    if draw(st.booleans()):
        return Demand(times_s=np.sort(rng.integers(0, 700, 1500)) / 20.0, **common)
    return Demand(rate_per_s=rng.choice([0.0, 20.0, 60.0, 120.0], 9), bucket_s=4.0, **common)


@st.composite
def setups(draw: Any) -> Setup:
    """A whole system."""
    demand = draw(demands())
    clients = tuple(
        draw(st.builds(ClientPolicy, name=st.just(f"c{i}"), share=st.just(1.0 + i), **client_fields))
        for i in range(draw(st.integers(1, 3)))
    )
    pools = tuple(
        draw(st.builds(PoolSettings, name=st.just(f"p{i}"), max_replicas=st.just(3), **pool_fields))
        for i in range(draw(st.integers(1, 2)))
    )
    values = np.random.default_rng(5).integers(-(10**6), 10**6, (N_ITEMS, N_VERSIONS + 3))
    gateway = draw(st.builds(GatewaySettings, **gateway_fields))
    return Setup(demand, clients, pools, gateway, values, sample_share=0.2, check_little=True)


@st.composite
def operators(draw: Any, setup: Setup, horizon_s: float = 40.0) -> list[tuple[float, str, tuple[Any, ...]]]:
    """Controls with the times at which they are applied, on a grid (ties with events) or off it."""
    moves: list[tuple[float, str, tuple[Any, ...]]] = []
    for _ in range(draw(st.integers(0, 6))):
        t = draw(st.integers(0, 390).map(lambda k: k / 10.0) | st.floats(0.0, horizon_s - 1.0))
        kind = draw(st.sampled_from(["client", "pool", "gateway", "values", "restart", "drain", "slow"]))
        if kind == "client":
            field = draw(st.sampled_from(sorted(client_fields)))
            args = (draw(st.integers(0, len(setup.clients) - 1)), {field: draw(client_fields[field])})
        elif kind == "pool":
            field = draw(st.sampled_from(sorted(pool_fields)))
            args = (draw(st.integers(0, len(setup.pools) - 1)), {field: draw(pool_fields[field])})
        elif kind == "gateway":
            field = draw(st.sampled_from(sorted(gateway_fields)))
            args = ({field: draw(gateway_fields[field])},)
        elif kind == "values":
            args = (draw(st.integers(0, 99)),)
        else:
            args = (draw(st.integers(0, 3 * len(setup.pools) - 1)), draw(st.sampled_from([0.5, 4.0])))
        moves.append((t, kind, args))
    return sorted(moves, key=lambda m: m[0])


def apply(sim: Simulator, kind: str, args: tuple[Any, ...]) -> None:
    """Apply one control; what cannot be done (a replica that is off) is skipped alike on every run."""
    if kind == "client":
        sim.change_client(args[0], **args[1])
    elif kind == "pool":
        sim.change_pool(args[0], **args[1])
    elif kind == "gateway":
        sim.change_gateway(**args[0])
    elif kind == "values":
        sim.change_values(np.random.default_rng(args[0]).integers(-99, 99, (N_ITEMS, N_VERSIONS + 3)))
    elif kind == "slow":
        sim.slow(*args)
    elif sim.replicas[args[0]].state == "ready":
        getattr(sim, kind)(args[0])


def play(sim: Simulator, moves: list[tuple[float, str, tuple[Any, ...]]], until_s: float) -> Simulator:
    """Run to `until_s`, applying what is due on the way (from the simulator's own now on)."""
    start = sim.now_s
    for t, kind, args in moves:
        if start <= t < until_s:
            sim.run(t)
            apply(sim, kind, args)
    sim.run(until_s)
    return sim


def assert_same(a: Simulator, b: Simulator) -> None:
    """Two simulators that lived the same life, to the bit."""
    assert a.now_s == b.now_s
    assert a.totals() == b.totals()
    assert a.samples().tobytes() == b.samples().tobytes()
    assert np.array_equal(np.stack(list(a.ticks.values())), np.stack(list(b.ticks.values())))
    for name in ARRAYS:
        assert np.array_equal(getattr(a, name), getattr(b, name)), name
    assert a.replicas == b.replicas

"""What single knobs do: each is visible in the numbers, and only where it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradatim.sim.serving import (
    Autoscaler,
    ClientPolicy,
    Demand,
    GatewaySettings,
    InvariantBroken,
    PoolSettings,
    Setup,
    Simulator,
)


def steady(rate_per_s: float, seconds: int = 600, **pool: Any) -> Setup:
    """One class of patient clients and one pool."""
    demand = Demand(rate_per_s=np.full(seconds // 10, rate_per_s), bucket_s=10.0)
    return Setup(
        demand, (ClientPolicy(timeout_s=5.0, max_attempts=1),), (PoolSettings(**pool),), check_little=True
    )


def ran(setup: Setup, until_s: float = 600.0, seed: int = 1) -> Simulator:
    sim = Simulator(setup, seed)
    sim.run(until_s)
    return sim


def test_a_lone_request_takes_its_service_time_and_waits_for_its_batch() -> None:
    setup = Setup(
        Demand(times_s=np.array([1.0, 2.0, 2.01, 2.02, 30.0])),
        (ClientPolicy(),),
        (PoolSettings(max_batch=3, max_wait_s=0.05, base_s=0.1, per_item_s=0.02),),
        sample_share=1.0,
    )
    rows = ran(setup, 40.0).samples()
    took = rows["finished_s"] - rows["arrived_s"]
    assert rows["request"].tolist() == [0, 1, 2, 3, 4]
    assert took == pytest.approx([0.05 + 0.12, 0.02 + 0.16, 0.01 + 0.16, 0.16, 0.05 + 0.12])


def test_a_timeout_is_retried_until_attempts_run_out() -> None:
    setup = Setup(
        Demand(times_s=np.array([1.0])),
        (ClientPolicy(timeout_s=0.5, max_attempts=3, backoff_s=0.2, backoff_factor=3.0, jitter=False),),
        (PoolSettings(per_item_s=9.0),),
        gateway=GatewaySettings(on_failure="fallback"),
        values=np.array([[7, 5, 3, 1]]),
        sample_share=1.0,
    )
    sim = ran(setup, 100.0)
    t = sim.totals()
    assert (t["attempts"], t["retries"], t["timeouts"], t["fallback"], t["money_micro"]) == (3, 2, 3, 1, 5)
    # Two retries, after 0.2 and 0.6 s; the first is still being computed, the others die in the queue.
    assert sim.samples()["finished_s"][0] == pytest.approx(1.0 + 3 * 0.5 + 0.2 + 0.6)
    assert t["zombies"] == 1 and t["batch_items"] == 1


def test_zombies_are_computed_when_work_is_not_cancelled() -> None:
    kept, dropped = (
        ran(
            replace(
                steady(30.0, cancel=cancel, per_item_s=0.1, noise=1.0, replicas=2, max_replicas=2),
                clients=(ClientPolicy(timeout_s=1.0, max_attempts=1),),
            )
        ).totals()
        for cancel in (False, True)
    )
    assert kept["zombies"] > 2 * dropped["zombies"]
    assert dropped["ok"] > 2 * kept["ok"]


@pytest.mark.parametrize("routing", ["round_robin", "random", "least_outstanding", "choices"])
def test_routing_spreads_the_load(routing: str) -> None:
    sim = ran(steady(40.0, replicas=4, max_replicas=4, per_item_s=0.05, noise=1.0, routing=routing))
    shares = sim.replica_ticks[:, :, 0].sum(0) / sim.totals()["ok"]
    assert shares == pytest.approx(np.full(4, 0.25), abs=0.02)


def test_better_routing_waits_less() -> None:
    waits = [
        ran(steady(64.0, replicas=8, max_replicas=8, per_item_s=0.1, noise=1.0, **r)).totals()[
            "queue_wait_us"
        ]
        for r in ({"routing": "random"}, {"choices": 2}, {"choices": 5}, {"routing": "least_outstanding"})
    ]
    assert waits == sorted(waits, reverse=True)


def test_traffic_split_is_sticky_and_grows_without_moving_anybody_back() -> None:
    demand = Demand(rate_per_s=np.full(60, 50.0), bucket_s=10.0, n_users=200)
    pools = tuple(
        PoolSettings(n, version=v, per_item_s=0.01, slots=4) for v, n in enumerate(("main", "canary"))
    )
    values = np.zeros((1, 5), np.int64)

    def users_on_canary(weight: float) -> float:
        many = replace(demand, n_users=20_000)
        setup = Setup(many, pools=(pools[0], replace(pools[1], weight=weight)), values=values)
        sim = ran(setup)
        return sim.version_ticks[:, 1, 0].sum() / sim.totals()["ok"]

    assert users_on_canary(0.0) == 0.0
    assert users_on_canary(1.0) == pytest.approx(0.5, abs=0.02)
    sim = Simulator(
        Setup(demand, pools=(pools[0], replace(pools[1], weight=0.1)), values=values, sample_share=1.0), 1
    )
    sim.run(300.0)
    sim.change_pool("canary", weight=0.3)
    sim.run(600.0)
    rows = sim.samples()
    user = users_of(rows["request"], seed=1, n_users=200)
    early = set(user[(rows["version"] == 1) & (rows["arrived_s"] < 300.0)])
    late = set(user[(rows["version"] == 1) & (rows["arrived_s"] >= 300.0)])
    stayed = set(user[(rows["version"] == 0) & (rows["arrived_s"] >= 300.0)])
    assert early and early < late and not early & stayed and not late & stayed


def users_of(requests: np.ndarray, seed: int, n_users: int) -> np.ndarray:
    """The documented rule: the lowest 22 bits of the request's word, scaled to the users."""
    from gradatim.core.streams import Stream

    words = Stream(seed, "serving.request")
    return np.array([(words.bits(int(r)) & (2**22 - 1)) * n_users >> 22 for r in requests])


def test_memory_leaks_crash_and_come_back() -> None:
    sim = ran(
        steady(20.0, per_item_s=0.01, leak_mb_per_item=1.0, base_mb=100.0, limit_mb=1000.0, restart_s=15.0)
    )
    t = sim.totals()
    assert 8 <= t["crashes"] <= 14  # 900 served each, 45 s, then 15 s away
    assert t["failed"] > 0.1 * t["arrivals"]
    states = sim.replica_ticks[:, 0, 4]
    assert {2, 3} == set(states.tolist())
    assert sim.ticks["memory_mb_max"].max() <= 1000


def test_autoscaler_follows_the_load_and_pays_the_cold_start() -> None:
    rate = np.concatenate([np.full(20, 5.0), np.full(60, 60.0), np.full(60, 5.0)])
    auto = Autoscaler(target=0.6, min_replicas=1, max_replicas=12, interval_s=30.0, cooldown_s=60.0)
    setup = Setup(
        Demand(rate_per_s=rate, bucket_s=10.0),
        pools=(PoolSettings(max_replicas=12, per_item_s=0.1, cold_start_s=40.0, autoscaler=auto),),
    )
    sim = ran(setup, 1400.0)
    ready = sim.ticks["ready"]
    assert ready[:20].max() <= 2
    assert 9 <= ready[70:80].mean() <= 12
    assert ready[-1] <= 3
    assert sim.ticks["starting"].max() >= 1
    assert sim.wanted[0] == ready[-1]


def test_scaling_draining_restarting() -> None:
    sim = Simulator(
        steady(30.0, replicas=2, max_replicas=4, per_item_s=0.05, cold_start_s=12.0, restart_s=8.0), 1
    )
    sim.run(50.0)
    sim.change_pool(0, replicas=4)
    assert [r.state for r in sim.replicas] == ["ready", "ready", "starting", "starting"]
    sim.run(63.0)
    assert [r.state for r in sim.replicas] == ["ready"] * 4
    sim.restart(1)
    assert sim.replicas[1].state == "restarting"
    sim.drain(0)
    sim.run(75.0)
    assert [r.state for r in sim.replicas] == ["off", "ready", "ready", "ready"]
    sim.change_pool("pool", replicas=1)
    sim.run(90.0)
    assert [r.state for r in sim.replicas].count("ready") == 1
    sim.run(600.0)
    assert sim.replica_ticks[10:, 0, 0].sum() == 0 or sim.replicas[0].state == "ready"


def test_slow_replica_slow_pool() -> None:
    sim = Simulator(steady(20.0, replicas=2, max_replicas=2, per_item_s=0.02, routing="round_robin"), 1)
    sim.run(300.0)
    sim.slow(1, 2.0)
    sim.run(600.0)
    busy = sim.ticks["busy_us"]
    assert busy[30:].sum() == pytest.approx(1.5 * busy[:30].sum(), rel=0.05)
    fast = ran(steady(10.0, per_item_s=0.02)).totals()["busy_us"]
    assert ran(steady(10.0, per_item_s=0.02, slow_factor=3.0)).totals()["busy_us"] == pytest.approx(
        3 * fast, rel=0.01
    )


def test_gateway_limits_and_sheds() -> None:
    base = steady(50.0, per_item_s=0.1, queue_limit=500)
    limited = ran(replace(base, gateway=GatewaySettings(outstanding_limit=10)))
    assert limited.ticks["queue_depth"].max() <= 10
    assert limited.totals()["rejected"] > 0
    shed = ran(replace(base, clients=(ClientPolicy(max_attempts=1, admit_share=0.25),)))
    t = shed.totals()
    assert t["shed"] == pytest.approx(0.75 * t["arrivals"], rel=0.02)
    assert t["failed"] >= t["shed"]
    spared = ran(replace(base, clients=(ClientPolicy(max_attempts=1, fallback_share=0.4),)))
    t = spared.totals()
    assert t["fallback"] == pytest.approx(0.4 * t["arrivals"], rel=0.05)
    assert t["attempts"] == t["arrivals"] - t["fallback"]


def test_values_and_versions_change_what_answers_are_worth() -> None:
    setup = replace(steady(10.0, per_item_s=0.001), values=np.array([[10, 100, 0, 0, 0]]))
    sim = Simulator(setup, 1)
    sim.run(200.0)
    sim.change_pool(0, version=1)
    sim.run(400.0)
    sim.change_values(np.array([[0, 7, 0, 0, 0]]))
    sim.run(600.0)
    ok, money = sim.ticks["ok"], sim.ticks["money_micro"]
    for ticks, worth in ((slice(0, 19), 10), (slice(21, 39), 100), (slice(41, 60), 7)):
        assert money[ticks].sum() == worth * ok[ticks].sum()


def test_work_is_the_same_whoever_does_it() -> None:
    setup = replace(
        steady(5.0, replicas=3, max_replicas=3, slots=50, noise=0.8, per_item_s=0.1), sample_share=1.0
    )
    a = ran(setup).samples()
    b = ran(replace(setup, pools=(replace(setup.pools[0], routing="round_robin"),))).samples()
    assert np.array_equal(
        np.sort(a, order="request")["finished_s"], np.sort(b, order="request")["finished_s"]
    )
    assert not np.array_equal(a["replica"], b["replica"])


def test_latency_bins_hold_the_latencies() -> None:
    sim = ran(replace(steady(9.0, per_item_s=0.1, noise=1.0), sample_share=1.0))
    rows = sim.samples()[sim.samples()["outcome"] == 0]
    took = rows["finished_s"] - rows["arrived_s"]
    edges = sim.latency_edges_s.copy()
    edges[0], edges[-1] = 0.0, np.inf
    assert sim.latency_hist.sum(0).tolist() == np.histogram(took, edges)[0].tolist()


def test_state_is_small_and_recordings_are_read_only() -> None:
    sim = ran(steady(50.0, replicas=6, max_replicas=16, per_item_s=0.1))
    assert sim.state_bytes < 2_000_000
    for view in (sim.ticks["ok"], sim.client_ticks, sim.samples()["request"]):
        assert not view.flags.writeable


def test_littles_law_notices_a_lost_request() -> None:
    sim = ran(steady(50.0, per_item_s=0.1), 100.0)
    live = np.flatnonzero(sim._w.slots["ticket"] >= 0)
    sim._w.slots["ticket"][live[0]] = -1
    with pytest.raises(InvariantBroken, match="Little's law"):
        sim.run(101.0)

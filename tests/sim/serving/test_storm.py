"""Metastable overload: retries keep a system down after the cause has gone; a budget lets it recover."""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.sim.serving import ClientPolicy, Demand, PoolSettings, RetryBudget, Setup, Simulator

CAPACITY_PER_S = 40.0
SPIKE = slice(60, 72)  # ten-second buckets: two minutes at 2.2 times the capacity


def goodput(budget: RetryBudget | None, *, spike: bool = True, move: bool = False) -> np.ndarray:
    """Good answers per second, tick by tick, over forty minutes at 70 % load."""
    rate = np.full(240, 0.7 * CAPACITY_PER_S)
    if spike:
        rate[SPIKE] = 2.2 * CAPACITY_PER_S
    pool = PoolSettings(
        replicas=4,
        max_replicas=4,
        per_item_s=0.1,
        noise=0.5,
        queue_limit=200,
        cancel=False,
        routing="choices",
    )
    client = ClientPolicy(timeout_s=1.0, max_attempts=4, backoff_s=0.1, retry_budget=budget)
    sim = Simulator(Setup(Demand(rate_per_s=rate, bucket_s=10.0), (client,), (pool,), check_little=True), 3)
    if move:
        sim.run(1500.0)
        sim.change_client(0, retry_budget=RetryBudget(0.05, 10.0))
        sim.change_client(0, admit_share=0.3)
        sim.run(1680.0)
        sim.change_client(0, admit_share=1.0)
    sim.run(2400.0)
    return sim.ticks["good"] / 10.0


@pytest.fixture(scope="module")
def healthy() -> float:
    return float(goodput(None, spike=False)[-60:].mean())


def test_without_the_trigger_it_is_healthy(healthy: float) -> None:
    assert healthy > 0.65 * CAPACITY_PER_S


def test_it_stays_down_after_the_trigger_is_gone(healthy: float) -> None:
    g = goodput(None)
    assert g[30:60].mean() > 0.9 * healthy  # before the spike
    assert g[-60:].mean() < 0.3 * healthy  # the spike ended 28 minutes ago


def test_it_recovers_under_a_retry_budget(healthy: float) -> None:
    g = goodput(RetryBudget(ratio=0.1, burst=20.0))
    assert g[-60:].mean() > 0.97 * healthy


def test_an_operator_can_break_it(healthy: float) -> None:
    g = goodput(None, move=True)
    assert g[120:150].mean() < 0.3 * healthy
    assert g[-30:].mean() > 0.95 * healthy

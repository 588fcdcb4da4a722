"""How fast the kernel is, measured on this machine beside a bare loop and SimPy.

Figures are per CPU-second of one core (`time.process_time`), the median of the repeats; every run is
of the whole simulator with money gathered, all telemetry on and chance keyed by request.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gradatim.core.errors import InputError
from gradatim.sim.serving.model import ClientPolicy, Demand, PoolSettings, Setup
from gradatim.sim.serving.simulator import Simulator

SIMPY_CUSTOMERS = 40_000
N_ITEMS = 4096


class Scenario(NamedTuple):
    """16 replicas of batch 8 at a share of their capacity, constant or swinging by 30 %."""

    load: float
    swing: float
    cancel: bool


SCENARIOS = {
    "steady70": Scenario(0.70, 0.0, True),
    "diurnal90": Scenario(0.90, 0.3, True),
    "storm": Scenario(1.20, 0.0, False),
}
POOL = PoolSettings(
    replicas=16,
    max_replicas=16,
    max_batch=8,
    max_wait_s=0.005,
    queue_limit=64,
    base_s=0.010,
    per_item_s=0.002,
    noise=0.3,
)
CLIENT = ClientPolicy(timeout_s=0.25, max_attempts=3, backoff_s=0.05)
CAPACITY_PER_S = POOL.replicas * POOL.max_batch / (POOL.base_s + POOL.per_item_s * POOL.max_batch)


def rates_of(scenario: Scenario) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Requests per second over a cycle of 24 buckets of one second."""
    return scenario.load * CAPACITY_PER_S * (1.0 + scenario.swing * np.sin(2.0 * np.pi * np.arange(24) / 24))


def setup_of(scenario: Scenario, requests: int) -> tuple[Setup, float]:
    """The scenario as a setup, and how long to run it for about `requests` arrivals."""
    seconds = math.ceil(requests / (scenario.load * CAPACITY_PER_S))
    rng = np.random.default_rng(1)
    items = rng.integers(0, N_ITEMS, (8, 1024)).astype(np.int32)
    demand = Demand(
        rate_per_s=np.resize(rates_of(scenario), seconds),
        bucket_s=1.0,
        item_pool=items,
        item_block_s=60.0,
        item_segment=(np.arange(N_ITEMS) % 4).astype(np.uint8),
    )
    pools = (replace(POOL, cancel=scenario.cancel),)
    values = rng.integers(-1_000_000, 1_000_000, (N_ITEMS, 5))
    return Setup(demand, (CLIENT,), pools, values=values), float(seconds)


def bench_serving(requests: int = 2_000_000, repeats: int = 3) -> dict[str, float | str]:
    """All figures, by name and unit.

    Args:
        requests: arrivals per run.
        repeats: runs per figure; the median is reported.

    Returns:
        For instance `steady70.requests_per_cpu_s`; a text in place of a figure says why it is missing.

    Raises:
        InputError: fewer than 10,000 requests or less than one repeat.
    """
    problems = []
    if not 10_000 <= requests <= 1_000_000_000:
        problems.append(f"requests {requests} is outside 10,000 .. 1,000,000,000")
    if not 1 <= repeats <= 100:
        problems.append(f"repeats {repeats} is outside 1 .. 100")
    if problems:
        raise InputError("this benchmark makes no sense", problems)
    _run_full(SCENARIOS["steady70"], 10_000, 0)  # compiled, or loaded, before the clock starts
    _run_bare(10_000, 0)
    _run_mm8(10_000, 0)
    out: dict[str, float | str] = {}
    pairs = [(_run_full(SCENARIOS["steady70"], requests, k), _run_bare(requests, k)) for k in range(repeats)]
    out["steady70.requests_per_cpu_s"] = statistics.median(full for full, _ in pairs)
    out["bare70.requests_per_cpu_s"] = statistics.median(bare for _, bare in pairs)
    out["steady70.share_of_bare"] = statistics.median(full / bare for full, bare in pairs)
    for name in ("diurnal90", "storm"):
        runs = [_run_full(SCENARIOS[name], requests, k) for k in range(repeats)]
        out[f"{name}.requests_per_cpu_s"] = statistics.median(runs)
    peers = [(_run_mm8(requests, k), _run_simpy(k)) for k in range(repeats)]
    ours = statistics.median(own for own, _ in peers)
    out["mm8_rho08.requests_per_cpu_s"] = ours
    theirs = [simpy for _, simpy in peers if simpy is not None]
    if len(theirs) < repeats:
        reason = "SimPy is not installed; next: make bench"
        return out | {"mm8_rho08.simpy_customers_per_cpu_s": reason, "mm8_rho08.times_simpy": reason}
    out["mm8_rho08.simpy_customers_per_cpu_s"] = statistics.median(theirs)
    out["mm8_rho08.times_simpy"] = statistics.median(own / simpy for own, simpy in peers if simpy is not None)
    return out


def _run_full(scenario: Scenario, requests: int, seed: int) -> float:
    setup, horizon_s = setup_of(scenario, requests)
    sim = Simulator(setup, seed)
    start = time.process_time()
    sim.run(horizon_s)
    spent = time.process_time() - start
    return sim.totals()["arrivals"] / spent


def _run_bare(requests: int, seed: int) -> float:
    from gradatim.sim.serving.bare import run_bare, sequential_state

    rates = rates_of(SCENARIOS["steady70"])
    state = sequential_state(seed)
    start = time.process_time()
    run_bare(
        requests, POOL.replicas, POOL.max_batch, POOL.max_wait_s, POOL.queue_limit, POOL.base_s, POOL.per_item_s,
        POOL.noise, CLIENT.timeout_s, CLIENT.max_attempts, CLIENT.backoff_s, rates, 1.0, state,
    )  # fmt: skip
    return requests / (time.process_time() - start)


def _run_mm8(requests: int, seed: int) -> float:
    """M/M/8 at rho 0.8 with a mean service time of 50 ms."""
    demand = Demand(rate_per_s=np.array([128.0]), bucket_s=float(requests))
    pool = PoolSettings(slots=8, queue_limit=1 << 20, per_item_s=0.05, noise=1.0, choices=1)
    sim = Simulator(Setup(demand, (ClientPolicy(timeout_s=math.inf, max_attempts=1),), (pool,)), seed)
    start = time.process_time()
    sim.run(requests / 128.0)
    spent = time.process_time() - start
    return sim.totals()["arrivals"] / spent


def _run_simpy(seed: int) -> float | None:
    """The same queue in SimPy, or None where it is not installed."""
    try:
        import simpy
    except ModuleNotFoundError:
        return None

    env = simpy.Environment()
    servers = simpy.Resource(env, capacity=8)
    chance = random.Random(seed)

    def customer() -> Generator[Any, Any, None]:
        with servers.request() as turn:
            yield turn
            yield env.timeout(chance.expovariate(1.0))

    def source() -> Generator[Any, Any, None]:
        for _ in range(SIMPY_CUSTOMERS):
            yield env.timeout(chance.expovariate(6.4))
            env.process(customer())

    env.process(source())
    start = time.process_time()
    env.run()
    return SIMPY_CUSTOMERS / (time.process_time() - start)

"""From a scenario to a serving kernel: flights, demand, clients, the replica fleet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradatim.sim import flights
from gradatim.sim.faults.scenario import DemandSurge, RetryPolicy, Scenario
from gradatim.sim.platform.quality import Quality, Serving
from gradatim.sim.platform.vocabulary import CLIENTS, CURRENT, HOURS_VERSIONS, PREVIOUS
from gradatim.sim.serving import Simulator
from gradatim.sim.serving.model import (
    ClientPolicy,
    Demand,
    GatewaySettings,
    PoolSettings,
    RetryBudget,
    Setup,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOOD_S = 0.8
START_HOUR = 8
MAX_REPLICAS = 14
CLIENT_SHARES = {"web": 0.36, "ios": 0.29, "android": 0.27, "partner": 0.08}
PRICES = {
    "value_good_usd": 0.024,
    "value_failed_usd": -0.03,
    "value_fallback_usd": 0.0,
    "replica_usd_per_h": 36.0,
}
"""What operators reckon an answer to be worth: the usual mean, not this shift's."""


class Built(NamedTuple):
    """A simulator and what the rest of the platform needs to know about its inputs."""

    sim: Simulator
    window: flights.Window
    rates_per_s: NDArray[np.float64]
    quality: Quality | None


def client_policy(
    name: str, retry: RetryPolicy, *, admit: float = 1.0, fallback: float = 0.0
) -> ClientPolicy:
    """The kernel's record of one client class."""
    return ClientPolicy(
        name=name,
        share=CLIENT_SHARES[name],
        timeout_s=retry.timeout_s,
        max_attempts=retry.max_attempts,
        backoff_s=retry.backoff_s,
        jitter=retry.jitter,
        retry_budget=None if retry.budget is None else RetryBudget(retry.budget, burst=50.0),
        admit_share=admit,
        fallback_share=fallback,
    )


def surge(times_s: NDArray[np.float64], shock: DemandSurge) -> NDArray[np.float64]:
    """The factor a surge puts on the demand at each time."""
    up = np.clip((times_s - shock.at_s) / shock.rise_s, 0.0, 1.0)
    down = np.clip((shock.until_s - times_s) / shock.fall_s, 0.0, 1.0)
    return 1.0 + (shock.factor - 1.0) * np.minimum(up, down)


def build(scenario: Scenario, seed: int, horizon_s: float) -> Built:
    """The simulator of one instance at t = 0."""
    cfg = scenario.config
    window = flights.draw_window(seed, start_hour=START_HOUR, hours=int(np.ceil(horizon_s / 3600.0)) + 1)
    shape = flights.demand_profile(window, 1.0, seed)
    profile = shape * (cfg.base_rate_per_s / shape.mean())
    # Buckets of a tick, so that a surge has a slope; the profile has one-minute buckets.
    bucket_s = scenario.pace.tick_s
    n = int(np.ceil(horizon_s / bucket_s))
    mid = (np.arange(n, dtype=np.float64) + 0.5) * bucket_s
    rates: NDArray[np.float64] = profile[np.minimum((mid / 60.0).astype(np.int64), len(profile) - 1)]
    for shock in scenario.shocks:
        if isinstance(shock, DemandSurge):
            rates = np.multiply(rates, surge(mid, shock))
    quality = Quality(window, scenario, seed) if scenario.slow else None
    if quality is not None:
        relative = quality.table(Serving(), (CURRENT, PREVIOUS))
    else:
        absolute = flights.values(window, HOURS_VERSIONS)
        # Value relative to the current model's answer: what an outcome loses against normal running.
        relative = absolute - absolute[:, CURRENT : CURRENT + 1]
    pool = PoolSettings(
        name="current",
        version=CURRENT,
        replicas=cfg.replicas,
        max_replicas=MAX_REPLICAS,
        max_batch=cfg.max_batch,
        max_wait_s=cfg.max_wait_s,
        queue_limit=cfg.queue_limit,
        base_s=cfg.base_s,
        per_item_s=cfg.per_item_s,
        noise=cfg.noise,
        routing="choices",
        choices=2,
        cancel=cfg.cancel,
        base_mb=900.0,
        limit_mb=4096.0,
        restart_s=60.0,
        cold_start_s=cfg.cold_start_s,
    )
    setup = Setup(
        demand=Demand(
            rate_per_s=np.ascontiguousarray(rates),
            bucket_s=bucket_s,
            item_pool=window.item_pool,
            item_block_s=600.0,
            item_segment=window.items.origin,
        ),
        clients=tuple(client_policy(name, cfg.clients[name]) for name in CLIENTS),
        pools=(pool, replace(pool, name="previous", version=PREVIOUS, weight=0.0, replicas=0)),
        gateway=GatewaySettings(good_s=GOOD_S),
        values=np.ascontiguousarray(relative),
        sample_share=0.01,
        tick_s=scenario.pace.tick_s,
    )
    return Built(Simulator(setup, seed), window, rates, quality)

"""How a number of replicas does under a load, by the serving kernel of the simulator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

WARM_S, MOST_S = 60.0, 900.0
REQUESTS = 60_000  # per run: the share of good answers is then known to about 0.1 points
CELL_RATE = 2_000.0  # above this, an equal part of the fleet with its part of the traffic is simulated


@dataclass(frozen=True, slots=True)
class Service:
    """What a replica does with a request.

    Args:
        mean_s: mean service time.
        cv: coefficient of variation of the service time, 0 to 1 (above 1 is simulated as 1).
        slots: requests that a replica works on at once.
        queue_limit: requests waiting per replica; more are refused.
        target_s: an answer within this time is good.
        timeout_s: clients give up after it.
        attempts: how often clients try, the first included.
    """

    mean_s: float
    cv: float = 1.0
    slots: int = 4
    queue_limit: int = 64
    target_s: float = 0.5
    timeout_s: float = 2.0
    attempts: int = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to, warm-up left out; shares of the requests that arrived.

    Args:
        good: answered within the target.
        failed: not answered at all.
        rejected, timeouts, retries: attempts per request.
        p99_s: of the answers; NaN without any.
        utilisation: busy slots of all that were there.
    """

    good: float
    failed: float
    rejected: float
    timeouts: float
    retries: float
    p99_s: float
    utilisation: float


def run(service: Service, rate_per_s: float, replicas: int, seed: int, *, lost: int = 0) -> Outcome:
    """Simulate `replicas` under a constant Poisson load.

    Args:
        service: of a replica.
        rate_per_s: requests per second of the whole fleet.
        replicas: of the whole fleet.
        seed: common to all runs of a study, so that they differ by what was changed only.
        lost: replicas that die at the end of the warm-up with all their work; counted from then on.
    """
    from gradatim.sim.serving import ClientPolicy, Demand, GatewaySettings, PoolSettings, Setup, Simulator

    # A part of a large fleet with its part of the traffic: the same load on every replica.
    count = replicas
    if rate_per_s > CELL_RATE:
        count = min(max(math.ceil(replicas * CELL_RATE / rate_per_s), 8), replicas)
    rate = rate_per_s * count / replicas
    dead = min(math.ceil(lost * count / replicas), count - 1) if lost else 0
    length = math.ceil(min(max(REQUESTS / max(rate, 1e-9), 60.0), MOST_S) / 10) * 10
    total = WARM_S + length
    cv = min(service.cv, 1.0)
    pool = PoolSettings(
        replicas=count,
        max_replicas=count,
        slots=service.slots,
        queue_limit=service.queue_limit,
        per_item_s=service.mean_s,
        noise=cv,
        routing="least_outstanding" if count <= 8 else "choices",
        restart_s=10 * total,
    )
    client = ClientPolicy(timeout_s=service.timeout_s, max_attempts=service.attempts)
    setup = Setup(
        Demand(rate_per_s=np.full(math.ceil(total / 60.0) + 1, rate), bucket_s=60.0),
        (client,),
        (pool,),
        GatewaySettings(good_s=service.target_s),
    )
    sim = Simulator(setup, seed)
    sim.run(WARM_S)
    for replica in range(dead):
        sim.restart(replica)
    sim.run(total)
    return _outcome(sim, int(WARM_S // 10), service.slots)


def _outcome(sim: Any, first: int, slots: int) -> Outcome:
    ticks = {name: values[first:] for name, values in sim.ticks.items()}

    def total(name: str) -> float:
        return float(ticks[name].sum())

    arrived = max(total("arrivals"), 1.0)
    histogram = sim.latency_hist[first:].sum(axis=0)
    p99 = math.nan
    if histogram.sum():
        place = int(np.searchsorted(np.cumsum(histogram), 0.99 * histogram.sum()))
        p99 = float(sim.latency_edges_s[min(place + 1, len(sim.latency_edges_s) - 1)])
    room = max(float(ticks["ready"].sum()) * 10.0 * slots, 1e-9)
    return Outcome(
        min(total("good") / arrived, 1.0),
        total("failed") / arrived,
        total("rejected") / arrived,
        total("timeouts") / arrived,
        total("retries") / arrived,
        p99,
        min(total("busy_us") / 1e6 / room, 1.0),
    )

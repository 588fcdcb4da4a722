"""The least number of replicas that keeps the promise, alone and with a zone lost; and what others would answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.capacity.serving import Outcome, Service, run

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_REPLICAS = 4096
LOADS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0)
SYMPTOM = 0.001
VPA_PERCENTILE, VPA_MARGIN, VPA_HALF_LIFE_H = 0.9, 1.15, 24.0


@dataclass(frozen=True, slots=True)
class Point:
    """A number of replicas at the design rate: all of them, and after the loss of a zone (None without zones)."""

    replicas: int
    whole: Outcome
    zone_lost: Outcome | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What was sized.

    Args:
        rate: design rate, requests per second.
        least: least replicas that keep the promise with nothing lost; None if no number does.
        replicas: with a zone's loss; None if no number does.
        zones: 1 without zones.
        curve: points around the plan, by replicas.
        loads: (multiple of the design rate, outcome) at `replicas`, whole, up to what breaks.
        why_not: why no number of replicas keeps the promise.
    """

    rate: float
    least: int | None
    replicas: int | None
    zones: int
    curve: tuple[Point, ...] = ()
    loads: tuple[tuple[float, Outcome], ...] = ()
    why_not: str = ""


def size(service: Service, rate: float, goal: float, zones: int, seed: int) -> Plan:
    """Size a fleet at a constant design rate.

    Args:
        service: of a replica.
        rate: requests per second.
        goal: share of requests that must be answered within the target.
        zones: the fleet is spread evenly over them; 1 plans no loss.
        seed: of all simulations.

    Raises:
        InputError: more replicas would be needed than can be simulated.
    """
    least = _least(service, rate, goal, seed)
    if least is None:
        alone = run(service, min(rate, 0.02 * service.slots / service.mean_s), 1, seed)
        return Plan(
            rate,
            None,
            None,
            zones,
            why_not=f"an idle replica answers {alone.good:.2%} within {service.target_s * 1000:g} ms, less than "
            f"{goal:.2%}: make the service faster or the target longer",
        )
    replicas = least
    if zones > 1:
        replicas = math.ceil(math.ceil(least * zones / (zones - 1)) / zones) * zones
        while run(service, rate, replicas, seed, lost=replicas // zones).good < goal:
            replicas += zones
            if replicas > 2 * least * zones / (zones - 1) + 4 * zones:
                return Plan(
                    rate,
                    least,
                    None,
                    zones,
                    why_not="the loss of a zone breaks the promise at any size tried",
                )
    spread = sorted(
        {max(round(replicas * f), 1) for f in (0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5)} | {least, replicas}
    )
    curve = tuple(point(service, rate, n, zones, seed) for n in spread if n <= MOST_REPLICAS)
    return Plan(rate, least, replicas, zones, curve, _loads(service, rate, replicas, goal, seed))


def point(service: Service, rate: float, replicas: int, zones: int, seed: int) -> Point:
    """A number of replicas at a rate, whole and with a zone lost."""
    lost = math.ceil(replicas / zones) if zones > 1 and replicas > 1 else 0
    after = run(service, rate, replicas, seed, lost=lost) if lost else None
    return Point(replicas, run(service, rate, replicas, seed), after)


def _least(service: Service, rate: float, goal: float, seed: int) -> int | None:
    """By doubling and halving; more replicas are never worse by more than noise."""
    low = max(math.floor(rate * service.mean_s / service.slots), 0)
    high = max(low, 1)
    while run(service, rate, high, seed).good < goal:
        low, high = high, max(high + 1, math.ceil(high * 1.3))
        if high * service.slots > 40 * rate * service.mean_s + 40 * service.slots:
            return None
        if high > MOST_REPLICAS:
            raise InputError(
                f"more than {MOST_REPLICAS:,} replicas would be needed",
                [f"{rate:,.0f} requests/s at {service.mean_s * 1000:g} ms on {service.slots} slots"],
            )
    while high - low > 1:
        middle = (low + high) // 2
        if run(service, rate, middle, seed).good >= goal:
            high = middle
        else:
            low = middle
    return high


def _loads(
    service: Service, rate: float, replicas: int, goal: float, seed: int
) -> tuple[tuple[float, Outcome], ...]:
    found = []
    for load in LOADS:
        outcome = run(service, rate * load, replicas, seed)
        found.append((load, outcome))
        if outcome.good < 0.5 * goal:
            break
    return tuple(found)


def symptoms(plan: Plan, service: Service, goal: float) -> list[tuple[str, float | None]]:
    """Each way to break with the first multiple of the design rate at which it shows; None if it never did."""
    tests: dict[str, Callable[[Outcome], bool]] = {
        "answers within the target fall below the goal": lambda o: o.good < goal,
        "the 99th percentile passes the target": lambda o: o.p99_s > service.target_s,
        "clients time out": lambda o: o.timeouts > SYMPTOM,
        "full queues refuse requests": lambda o: o.rejected > SYMPTOM,
        "retries add load": lambda o: o.retries > 10 * SYMPTOM,
        "requests fail for good": lambda o: o.failed > SYMPTOM,
    }
    found = [
        (name, next((load for load, o in plan.loads if broken(o)), None)) for name, broken in tests.items()
    ]
    return sorted(found, key=lambda pair: math.inf if pair[1] is None else pair[1])


def erlang_replicas(service: Service, rate: float, goal: float) -> int | None:
    """Replicas by Erlang C: the least whose wait stays within (target - mean service time) for `goal` of requests.

    M/M/c with all slots behind one queue: P(wait > t) = C exp(-(c - a) t / s). None where the target is not longer
    than the mean service time.
    """
    from gradatim.sim.queueing import erlang_c

    offered = rate * service.mean_s
    patience = service.target_s - service.mean_s
    if patience <= 0:
        return None
    servers = max(math.floor(offered) + 1, 1)
    while (
        erlang_c(servers, offered / servers) * math.exp(-(servers - offered) * patience / service.mean_s)
        > 1 - goal
    ):
        servers += 1
    return math.ceil(servers / service.slots)


def vpa_replicas(service: Service, rate: NDArray[np.float64]) -> int:
    """Replicas as the vertical pod autoscaler would size: the 90th percentile of usage plus 15 %.

    Usage is busy slots by the hour, weighted down by half each 24 hours (the recommender's defaults).
    """
    age_h = np.arange(len(rate))[::-1]
    weight = 0.5 ** (age_h / VPA_HALF_LIFE_H)
    order = rate.argsort()
    share = np.cumsum(weight[order]) / weight.sum()
    usage = float(rate[order][int(np.searchsorted(share, VPA_PERCENTILE))]) * service.mean_s
    return max(math.ceil(usage * VPA_MARGIN / service.slots), 1)

"""Any textbook queue on the real kernel, beside what theory says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradatim.core.errors import InputError
from gradatim.sim.queueing import theory
from gradatim.sim.serving.model import MAX_REPLICAS, TICK_S, ClientPolicy, Demand, PoolSettings, Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray
TICKS = 640
BATCH_COUNTS = (32, 16)
ENDLESS_QUEUE = 1 << 24


class QueueResult(NamedTuple):
    """Simulated and theoretical figures in units of the mean service time.

    `blocking` is the share of customers turned away; a theory is None where there is no closed form.
    """

    wq: float
    w: float
    blocking: float
    se_wq: float
    se_w: float
    theory_wq: float | None
    theory_w: float | None
    theory_blocking: float | None
    se_blocking: float


def run_queue(
    servers: int,
    rho: float,
    service: str = "exp",
    capacity: int | None = None,
    choices: int | None = None,
    replicas: int | None = None,
    customers: int = 1_000_000,
    seed: int = 1,
    warmup: float = 0.1,
) -> QueueResult:
    """Simulate a queue and compare it with theory.

    Without `choices` it is M/M/c or M/D/c, with `capacity` M/M/c/K. With `choices` d it is N
    replicas of `servers` each, every customer joining the least loaded of d random ones.

    Standard errors are those of a ratio estimator over batch means, the larger of what 32 and what 16
    batches say, so that batches too short for a heavy load show.

    Args:
        servers: per replica.
        rho: load per server; must be below 1 unless there is a capacity.
        service: "exp" or "det".
        capacity: most customers in the system, those in service included.
        choices: replicas looked at per customer.
        replicas: how many there are to choose from (default 1000).
        customers: expected number of arrivals.
        seed: 0 .. 2**128 - 1.
        warmup: share of the time that is thrown away at the start.

    Raises:
        InputError: with every problem of the arguments.
    """
    _check(servers, rho, service, capacity, choices, replicas, customers, seed, warmup)
    n_replicas = 1 if choices is None else replicas or min(1000, MAX_REPLICAS)
    per_service_time = rho * servers * n_replicas
    service_s = min(max(TICKS * TICK_S * per_service_time / customers, 1e-3), 1e4)
    service_s = round(service_s, 6)  # whole microseconds, the grain of the counters
    horizon_s = customers / per_service_time * service_s
    setup = Setup(
        Demand(rate_per_s=np.array([per_service_time / service_s]), bucket_s=max(horizon_s, 1.0) * 2),
        clients=(ClientPolicy(timeout_s=math.inf, max_attempts=1),),
        pools=(
            PoolSettings(
                replicas=n_replicas,
                max_replicas=n_replicas,
                slots=servers,
                queue_limit=ENDLESS_QUEUE if capacity is None else capacity - servers,
                per_item_s=service_s,
                noise=1.0 if service == "exp" else 0.0,
                choices=choices or 1,
            ),
        ),
        sample_share=0.0,
    )
    from gradatim.sim.serving.simulator import Simulator

    sim = Simulator(setup, seed)
    sim.run(horizon_s)
    first = math.ceil(sim.n_ticks * warmup)
    t = {name: row[first:].astype(float) for name, row in sim.ticks.items()}
    unit_us = 1e6 * service_s
    wq, se_wq = _ratio(t["queue_wait_us"] / unit_us, t["batch_items"])
    w, se_w = _ratio(t["latency_us"] / unit_us, t["ok"])
    blocking, se_blocking = _ratio(t["rejected"], t["arrivals"])
    known = theory(servers, rho, service, capacity, choices)
    return QueueResult(wq, w, blocking, se_wq, se_w, known.wq, known.w, known.blocking, se_blocking)


def _ratio(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float]:
    """Ratio of two sums over ticks, and its standard error from batch means."""
    ratio = float(sums.sum() / counts.sum())
    worst = 0.0
    for n in BATCH_COUNTS:
        residual = np.array([b.sum() for b in np.array_split(sums - ratio * counts, n)])
        worst = max(worst, math.sqrt(float((residual**2).sum()) * n / (n - 1)) / float(counts.sum()))
    return ratio, worst


def _check(
    servers: Any,
    rho: Any,
    service: Any,
    capacity: Any,
    choices: Any,
    replicas: Any,
    customers: Any,
    seed: Any,
    warmup: Any,
) -> None:
    problems = []

    def whole(name: str, value: Any, low: int, high: int) -> bool:
        good = (
            isinstance(value, (int, np.integer))
            and not isinstance(value, bool)
            and bool(low <= value <= high)
        )
        if not good:
            problems.append(f"{name} {value!r} is not a whole number within {low} .. {high}")
        return good

    counted = whole("servers", servers, 1, 4096)
    whole("customers", customers, 10_000, 1_000_000_000)
    whole("seed", seed, 0, (1 << 128) - 1)
    number = isinstance(rho, (int, float)) and not isinstance(rho, bool) and math.isfinite(rho)
    if not number or rho < 1e-3 or rho > 1e3:
        problems.append(f"rho {rho!r} is not a load within 0.001 .. 1000")
    elif rho >= 1.0 and capacity is None:
        problems.append(f"rho {rho} without a capacity: the queue grows for ever")
    if service not in ("exp", "det"):
        problems.append(f'service {service!r} is neither "exp" nor "det"')
    if capacity is not None and counted:
        whole("capacity", capacity, servers, ENDLESS_QUEUE)
    if choices is None:
        if replicas is not None:
            problems.append("replicas are only meant together with choices")
    else:
        whole("choices", choices, 1, 64)
        if replicas is not None:
            whole("replicas", replicas, 1, MAX_REPLICAS)
        if capacity is not None:
            problems.append("a capacity together with choices is not simulated")
    if not (isinstance(warmup, (int, float)) and 0.0 <= warmup <= 0.9):
        problems.append(f"warmup {warmup!r} is not a share within 0 .. 0.9")
    if problems:
        raise InputError("this queue cannot be simulated", problems)

"""What a serving system is made of: demand, clients, pools of replicas, a gateway.

Plain frozen records. `check_setup` finds every defect at once; the simulator refuses a bad setup
before anything is allocated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Routing = Literal["round_robin", "random", "least_outstanding", "choices"]
Answer = Literal["error", "fallback", "default"]

TICK_S = 10.0
MAX_CLIENTS = 8
MAX_POOLS = 4
MAX_ATTEMPTS = 7
MAX_REPLICAS = 4096

ANSWER_COLUMNS: tuple[Answer, ...] = ("fallback", "default", "error")
"""The last three columns of `Setup.values`, after one column per model version."""


def _no_items() -> NDArray[np.int32]:
    return np.zeros((1, 1), np.int32)


def _one_segment() -> NDArray[np.uint8]:
    return np.zeros(1, np.uint8)


def _no_money() -> NDArray[np.int64]:
    return np.zeros((1, 4), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Who asks for what, and when. Nothing an operator does can change it.

    Attributes:
        rate_per_s: piecewise-constant arrival rate, one value per bucket; no arrivals after the last.
        bucket_s: width of a bucket.
        times_s: instead of rates, a trace of arrival times in ascending order.
        item_pool: int32[n_blocks, P], P a power of two: the items that can be asked for in each
            block of time; a request picks one cell of the block it arrives in (the last block lasts).
        item_block_s: width of a block.
        item_segment: uint8[n_items], the segment an item is counted under.
        n_users: requests come from users 0 .. n_users - 1, all equally likely.
    """

    rate_per_s: NDArray[np.float64] | None = None
    bucket_s: float = 60.0
    times_s: NDArray[np.float64] | None = None
    item_pool: NDArray[np.int32] = field(default_factory=_no_items)
    item_block_s: float = 600.0
    item_segment: NDArray[np.uint8] = field(default_factory=_one_segment)
    n_users: int = 100_000


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """A token bucket shared by a client class: a first attempt deposits `ratio`, a retry takes 1."""

    ratio: float = 0.1
    burst: float = 100.0


@dataclass(frozen=True, slots=True)
class ClientPolicy:
    """How one class of clients behaves. A user belongs to one class, by hash and `share`.

    Attributes:
        share: weight of this class among the users (normalised over the classes).
        timeout_s: an attempt that takes longer is given up; infinity waits for ever.
        max_attempts: 1 to 7; 1 never retries.
        backoff_s: wait before the first retry; grows by `backoff_factor` with each further one.
        jitter: full jitter: the wait is uniform between 0 and the backoff.
        retry_budget: None lets every retry through.
        admit_share: the gateway sheds the rest, drawn per request.
        fallback_share: this share of users is answered by the fallback without touching the fleet.
    """

    name: str = "client"
    share: float = 1.0
    timeout_s: float = 1.0
    max_attempts: int = 3
    backoff_s: float = 0.1
    backoff_factor: float = 2.0
    jitter: bool = True
    retry_budget: RetryBudget | None = None
    admit_share: float = 1.0
    fallback_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """Every `interval_s`: wanted = ceil(ready x utilisation / target), within the bounds.

    Within 10 % of the target nothing changes; after a change it waits `cooldown_s`.
    """

    target: float = 0.6
    min_replicas: int = 1
    max_replicas: int = 16
    interval_s: float = 30.0
    cooldown_s: float = 120.0


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """A pool of equal replicas that serves one model version.

    A batch of m items takes `(base_s + per_item_s * sum(work)) * slow_factor * replica slow factor`,
    with work = (1 - noise) + noise * Exp(1), drawn per request and attempt.

    Attributes:
        version: the model version, a column of `Setup.values`.
        weight: share of the users sent here (normalised over the pools; sticky).
        replicas: wanted number now.
        max_replicas: room to scale to; fixed for the life of the simulator.
        slots: batches a replica works on at the same time.
        max_wait_s: a batch that is not full starts after this wait; 0 starts at once.
        queue_limit: items waiting per replica; more are refused.
        choices: for routing "choices": the least loaded of this many random replicas.
        cancel: work whose client has gone is dropped when it reaches the head of the queue;
            otherwise it is computed for nobody (a zombie).
        leak_mb_per_item: memory that every item served leaves behind.
        limit_mb: above it the replica is killed, its queue and its batches are lost, and it comes
            back after `restart_s`.
        cold_start_s: from the decision to add a replica until it takes traffic.
    """

    name: str = "pool"
    version: int = 0
    weight: float = 1.0
    replicas: int = 1
    max_replicas: int = 1
    slots: int = 1
    max_batch: int = 1
    max_wait_s: float = 0.0
    queue_limit: int = 64
    base_s: float = 0.0
    per_item_s: float = 0.01
    noise: float = 0.0
    slow_factor: float = 1.0
    routing: Routing = "choices"
    choices: int = 2
    cancel: bool = True
    leak_mb_per_item: float = 0.0
    base_mb: float = 500.0
    limit_mb: float = float("inf")
    restart_s: float = 30.0
    cold_start_s: float = 60.0
    autoscaler: Autoscaler | None = None


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The door of the fleet.

    Attributes:
        outstanding_limit: attempts queued or running in the whole fleet; the next one is refused.
        on_failure: what a user gets whose request was shed or failed for good.
        good_s: an answer within this time of the first attempt is good.
    """

    outstanding_limit: int | None = None
    on_failure: Answer = "error"
    good_s: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """Everything a simulator starts from.

    Attributes:
        values: int64[n_items, n_versions + 3], micro-dollars an answer is worth: one column per
            model version, then fallback, default, error.
        sample_share: share of requests whose full record is kept.
        check_little: verify Little's law at the end of every run (about 5 % slower).
        tick_s: length of a tick: how finely counters are kept.
    """

    demand: Demand
    clients: tuple[ClientPolicy, ...] = (ClientPolicy(),)
    pools: tuple[PoolSettings, ...] = (PoolSettings(),)
    gateway: GatewaySettings = GatewaySettings()
    values: NDArray[np.int64] = field(default_factory=_no_money)
    sample_share: float = 0.01
    check_little: bool = False
    tick_s: float = TICK_S

    @property
    def n_versions(self) -> int:
        """Columns of `values` that are model versions."""
        return int(self.values.shape[1]) - len(ANSWER_COLUMNS)

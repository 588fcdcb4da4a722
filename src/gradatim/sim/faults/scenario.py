"""What happens to the platform in one instance, drawn by seed before anything is simulated.

A *shock* is something the world does at a given time. A *change* is a deploy or configuration change that a
person made and that stands in the history; undoing it may or may not help. The *truth* is for the judge and the
debrief only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from gradatim.sim.flights.state import State


@dataclass(frozen=True)
class RetryPolicy:
    """How one client class retries. Times in seconds; `budget` is retries per first attempt, None for no budget."""

    timeout_s: float = 0.8
    max_attempts: int = 3
    backoff_s: float = 0.1
    jitter: bool = True
    budget: float | None = None


@dataclass(frozen=True)
class ServiceConfig:
    """The service as the learner's shift finds it."""

    base_rate_per_s: float = 110.0
    replicas: int = 12
    max_batch: int = 8
    max_wait_s: float = 0.01
    base_s: float = 0.02
    per_item_s: float = 0.05
    noise: float = 0.35
    queue_limit: int = 64
    cold_start_s: float = 150.0
    cancel: bool = False
    clients: dict[str, RetryPolicy] = field(default_factory=dict)
    store_capacity_per_s: float = 40.0


@dataclass(frozen=True)
class SlowFleet:
    """Every replica needs `factor` times as long between `at_s` and `until_s`."""

    at_s: float
    until_s: float
    factor: float


@dataclass(frozen=True)
class DemandSurge:
    """Demand is multiplied: it rises over `rise_s`, holds, and falls over `fall_s`."""

    at_s: float
    until_s: float
    factor: float
    rise_s: float = 60.0
    fall_s: float = 120.0


@dataclass(frozen=True)
class CacheFlush:
    """The feature cache loses its content; `keep` is the hit rate that is left."""

    at_s: float
    keep: float


@dataclass(frozen=True)
class ClientRelease:
    """One client's new release carries its own retry policy and ignores remote configuration."""

    at_s: float
    client: str
    policy: RetryPolicy
    change: str
    innocent: bool = False


@dataclass(frozen=True)
class QueueLimitChange:
    """A configuration change of the queue limit."""

    at_s: float
    limit: int
    change: str
    innocent: bool = False


@dataclass(frozen=True)
class ModelRelease:
    """Another model version takes all traffic; an item of it takes `factor` times as long."""

    at_s: float
    version: int
    factor: float
    change: str
    innocent: bool = False


@dataclass(frozen=True)
class RuntimeRelease:
    """A new serving runtime: every item that a replica serves leaves some memory behind."""

    at_s: float
    leak_mb_per_item: float
    change: str
    innocent: bool = False


@dataclass(frozen=True)
class BatchingChange:
    """A configuration change of how replicas fill their batches."""

    at_s: float
    max_batch: int
    max_wait_s: float
    change: str
    innocent: bool = False


@dataclass(frozen=True)
class SlowReplicas:
    """Some replicas, which share a host, take `factor` times as long."""

    at_s: float
    replicas: tuple[int, ...]
    factor: float


@dataclass(frozen=True)
class CounterFault:
    """The gateway's counters are wrong until its exporter is mended; what they count is not.

    `kind`: `lost` counts only `share` of the good answers; `doubled` counts failures that did not happen, `share`
    of the requests; `frozen` repeats the last value.
    """

    at_s: float
    kind: Literal["lost", "doubled", "frozen"]
    share: float = 0.0


@dataclass(frozen=True)
class DataFault:
    """What the model is fed is wrong from `at_s` on, until the fault is cured.

    Args:
        name: of the fault, unique in a scenario.
        state: what becomes of the features.
        job: the job whose re-run brings good values back once upstream is well; empty when none does.
        upstream_until_s: when the source is well again by itself; infinity when somebody must mend it.
        change: the change that brought it, and whose roll-back ends it; empty when there is none.
        blocks: the change forbids the job to succeed, and good values come only with a re-run after its roll-back.
        version: the model version that is concerned; None for all.
        harmless: answers are as good as before.
    """

    at_s: float
    name: str
    state: State
    job: str = ""
    upstream_until_s: float = 0.0
    change: str = ""
    blocks: bool = False
    version: int | None = None
    harmless: bool = False

    @property
    def innocent(self) -> bool:
        """Undoing the change behind it mends nothing that was broken."""
        return self.harmless


@dataclass(frozen=True)
class LabelFault:
    """Arrivals are joined wrongly from `at_s` to `until_s`.

    `zero` writes the error code 0 ("no delay") for flights that have not landed; `slow` joins late flights only
    `slow_h` hours later than usual, and every label is right in the end.
    """

    at_s: float
    until_s: float
    kind: Literal["zero", "slow"]
    airports: tuple[int, ...] = (0, 1, 2)
    slow_h: float = 0.0


@dataclass(frozen=True)
class NightlyRetrain:
    """The scheduled retrain fits on recent rows as they stand and takes all traffic."""

    at_s: float
    change: str
    innocent: bool = False


@dataclass(frozen=True)
class Pace:
    """How an instance's time is laid out, in seconds: the tick, where the shift begins, where it ends."""

    tick_s: float = 10.0
    start_s: float = 1200.0
    horizon_s: float = 8400.0


FAST = Pace()
SLOW = Pace(tick_s=300.0, start_s=12 * 3600.0, horizon_s=84 * 3600.0)

Shock = (
    SlowFleet
    | DemandSurge
    | CacheFlush
    | ClientRelease
    | QueueLimitChange
    | ModelRelease
    | RuntimeRelease
    | BatchingChange
    | SlowReplicas
    | CounterFault
    | DataFault
    | LabelFault
    | NightlyRetrain
)


@dataclass(frozen=True)
class Change:
    """One line of the change history. `at_s` may be negative: before the world's first second."""

    id: str
    at_s: float
    kind: Literal["deploy", "config"]
    component: str
    who: str
    text: str


@dataclass(frozen=True)
class Span:
    """One stretch of the truth lane in the debrief."""

    from_s: float
    to_s: float
    text: str
    harm: bool


@dataclass(frozen=True)
class Truth:
    """What was the matter. Read by the judge, the oracle and the debrief, by nobody else."""

    component: str
    mechanism: str
    scope: str
    headline: str
    spans: tuple[Span, ...]
    teach: str


@dataclass(frozen=True)
class Scenario:
    """One instance's script."""

    family: str
    variant: str
    healthy: bool
    config: ServiceConfig
    shocks: tuple[Shock, ...]
    changes: tuple[Change, ...]
    onset_s: float
    truth: Truth
    pace: Pace = FAST

    @property
    def slow(self) -> bool:
        """Does it run over days? Then the question is the quality of answers, not their speed."""
        return self.pace is not FAST and self.pace.tick_s > FAST.tick_s

    @property
    def culprits(self) -> frozenset[str]:
        """The changes that are part of what is the matter. Read by the judge, the oracle and the debrief only."""
        return frozenset(
            s.change for s in self.shocks if hasattr(s, "change") and not getattr(s, "innocent", False)
        )

    @property
    def blind_from_s(self) -> float | None:
        """When the objective's measurements begin to be wrong; None when they never are."""
        return min((s.at_s for s in self.shocks if isinstance(s, CounterFault)), default=None)


class Family(Protocol):
    """A family of faults: draws a scenario from a seed."""

    id: str
    title: str
    healthy: bool
    variants: tuple[str, ...]

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        """The scenario of `seed`, of a given variant or a drawn one; equal inputs give equal scenarios."""
        ...


def as_dict(value: Any) -> Any:
    """A JSON form of a scenario, for the debrief."""
    from dataclasses import asdict

    return asdict(value)

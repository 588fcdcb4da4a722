"""Typed guardrails: what a team can put in place after an incident so that the next one is stopped or shortened.

A prevention is a list of at most four of these. Each costs money to run, every quarter, whatever happens
(`running_usd`, `upkeep_usd`); what it stops, what it blocks and how often it is wrong depends on its parameters and is
found out on hidden incidents by the lab that asks for a prevention. Pydantic holds types and bounds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_GUARDRAILS = 4

Release = Literal["model", "runtime", "config", "client"]
CanaryMetric = Literal["good_answers", "latency", "memory", "attempts", "score"]
AlertMetric = Literal[
    "bad_answers_pct",
    "attempts_per_request",
    "queue_depth",
    "cache_miss_pct",
    "abandoned_work_pct",
    "memory_mb",
    "batch_slowness",
    "batch_wait_ms",
    "replica_spread",
    "callers_gap_pct",
    "score_shift_pct",
    "train_serve_gap_pct",
    "one_value_pct",
]


class GuardrailBase(BaseModel, ABC):
    """Base of all guardrails. Unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    title: ClassVar[str]
    type: str

    @property
    @abstractmethod
    def running_usd(self) -> int:
        """Dollars a quarter for running and upkeep, when it is the only one."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The guardrail in a few words, with its parameters."""


class IngestRule(GuardrailBase):
    """Holds back an upstream file whose rows fail a check; the last good file stays in use."""

    model_config = ConfigDict(title="Ingest rule")
    title: ClassVar[str] = "Ingest rule"
    type: Literal["ingest_rule"] = "ingest_rule"
    source: Literal["weather", "bookings", "labels"] = Field(title="Files of", description="Whose files.")
    check: Literal["out_of_range", "missing", "one_value"] = Field(
        title="Rows fail by",
        description="What a row fails by; one_value is the mass at a column's most frequent value.",
    )
    most_share: float = Field(
        title="Failing rows at most",
        ge=0,
        le=1,
        description="Share of rows that may fail before a file is held.",
    )

    @property
    def running_usd(self) -> int:
        return 16_000

    @property
    def words(self) -> str:
        return (
            f"hold {self.source} files with over {100 * self.most_share:g} % {self.check.replace('_', ' ')}"
        )


class FreshnessLimit(GuardrailBase):
    """Acts when data are older than they may be."""

    model_config = ConfigDict(title="Freshness limit")
    title: ClassVar[str] = "Freshness limit"
    type: Literal["freshness_limit"] = "freshness_limit"
    of: Literal["weather", "features", "counters"] = Field(title="Age of", description="Whose age.")
    max_age_min: float = Field(title="Oldest", ge=1, le=10_080, description="Oldest age allowed, minutes.")
    then: Literal["page", "default"] = Field(
        "page", description="Page somebody, or serve defaults in place of what is stale until it is fresh."
    )

    @property
    def running_usd(self) -> int:
        return 13_000 if self.then == "page" else 16_000

    @property
    def words(self) -> str:
        return f"{self.then} when data of {self.of} is older than {self.max_age_min:g} min"


class SizeLimit(GuardrailBase):
    """Caps a quantity, whatever a release or a setting asks for."""

    model_config = ConfigDict(title="Size limit")
    title: ClassVar[str] = "Size limit"
    type: Literal["size_limit"] = "size_limit"
    of: Literal["queue", "store_reads", "batch_wait", "feature_file"] = Field(
        title="Size of",
        description="Requests waiting at a replica; reads a second let through to the feature store; "
        "milliseconds a batch may wait; megabytes of a feature file.",
    )
    limit: float = Field(ge=1, le=10_000, description="Largest value let through, in that unit.")

    @property
    def running_usd(self) -> int:
        return 13_000

    @property
    def words(self) -> str:
        return f"{self.of.replace('_', ' ')} at most {self.limit:g}"


class CanaryGate(GuardrailBase):
    """Serves a twentieth of the traffic with a release first, beside the version in use, and compares."""

    model_config = ConfigDict(title="Canary gate")
    title: ClassVar[str] = "Canary gate"
    type: Literal["canary_gate"] = "canary_gate"
    on: Release = Field(title="Releases of", description="Which releases.")
    metric: CanaryMetric = Field(
        title="Compared by",
        description="What is compared; memory and score: growth of memory, shift of the mean score.",
    )
    min_samples: int = Field(
        title="Samples at least",
        ge=10,
        le=1_000_000,
        description="Requests the canary must have served; no verdict before.",
    )
    most_worse: float = Field(
        title="Worse by at most",
        ge=0,
        le=1,
        json_schema_extra={"x-unit": "%"},
        description="How much worse than the version beside it may be: 0.1 is a tenth.",
    )

    @property
    def running_usd(self) -> int:
        return 13_000

    @property
    def words(self) -> str:
        return (
            f"canary of each {self.on} release on {self.metric.replace('_', ' ')}, {self.min_samples:,} samples, "
            f"at most {100 * self.most_worse:g} % worse"
        )


class RetryBudget(GuardrailBase):
    """Allows so many retries for each first attempt. Kept by clients, or enforced at the gateway."""

    model_config = ConfigDict(title="Retry budget")
    title: ClassVar[str] = "Retry budget"
    type: Literal["retry_budget"] = "retry_budget"
    at: Literal["clients", "gateway"] = Field(
        title="Kept by",
        description="Clients that read remote configuration keep it themselves; the gateway holds everybody to it.",
    )
    ratio: float = Field(
        title="Retries", ge=0, le=1, description="For each first attempt, as a share; 0 forbids them."
    )

    @property
    def running_usd(self) -> int:
        return 12_000 if self.at == "clients" else 22_000

    @property
    def words(self) -> str:
        return f"retry budget {self.ratio:g} at the {self.at}"


class MemoryBound(GuardrailBase):
    """Recycles a replica that uses more, one at a time, before the host kills it at 4,096 MB."""

    model_config = ConfigDict(title="Memory bound")
    title: ClassVar[str] = "Memory bound"
    type: Literal["memory_bound"] = "memory_bound"
    limit_mb: float = Field(ge=256, le=8192, description="Megabytes of one replica.")

    @property
    def running_usd(self) -> int:
        return 12_000

    @property
    def words(self) -> str:
        return f"recycle replicas above {self.limit_mb:,.0f} MB"


class AlertRule(GuardrailBase):
    """Tells somebody when a metric has been above a value for some minutes."""

    model_config = ConfigDict(title="Alert rule")
    title: ClassVar[str] = "Alert rule"
    type: Literal["alert_rule"] = "alert_rule"
    metric: AlertMetric = Field(
        title="Metric",
        description="batch_slowness and replica_spread are ratios: 1 is a batch as fast as its size explains, "
        "or a slowest replica like the fastest.",
    )
    above: float = Field(ge=0, le=10_000, description="Value of the metric, in its unit.")
    for_min: int = Field(title="For at least", ge=1, le=120, description="Minutes it must stay above.")
    severity: Literal["page", "ticket"] = Field("page", description="A ticket waits until somebody looks.")

    @property
    def running_usd(self) -> int:
        return 9_000

    @property
    def words(self) -> str:
        return f"{self.severity} when {self.metric.replace('_', ' ')} is above {self.above:g} for {self.for_min} min"


class RolloutStages(GuardrailBase):
    """Releases to a growing share of the users: each stage serves as many again as the ones before it."""

    model_config = ConfigDict(title="Rollout stages")
    title: ClassVar[str] = "Rollout stages"
    type: Literal["rollout_stages"] = "rollout_stages"
    on: Release = Field(title="Releases of", description="Which releases.")
    stages: int = Field(ge=2, le=6, description="With 4: an eighth, a quarter, half, all.")
    hold_min: float = Field(
        title="Hold each", ge=1, le=2880, description="Minutes at each stage before the next."
    )

    @property
    def running_usd(self) -> int:
        return 12_000

    @property
    def words(self) -> str:
        return f"{self.on} releases in {self.stages} stages of {self.hold_min:g} min"


Guardrail = Annotated[
    IngestRule
    | FreshnessLimit
    | SizeLimit
    | CanaryGate
    | RetryBudget
    | MemoryBound
    | AlertRule
    | RolloutStages,
    Field(discriminator="type"),
]


def upkeep_usd(rails: Sequence[GuardrailBase]) -> list[int]:
    """Dollars a quarter for each of several guardrails: every further one makes all of them a quarter dearer.

    They are looked after by the same few people, who have to know which of them spoke and why.
    """
    return [r.running_usd * (3 + len(rails)) // 4 for r in rails]

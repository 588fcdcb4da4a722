"""What the store gives back: plain frozen rows, no session behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

Kind = Literal["practice", "exam", "policy", "artefact"]
Status = Literal["open", "finished", "abandoned", "error", "invalid"]
Assistance = Literal["none", "AI", "pair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt:
    """What is known of an attempt when it begins. None of it changes afterwards.

    Attributes:
        seed: 0 to 2**128 - 1.
        family: The family the learner chose; None when the seed chose it.
        player: "learner", or the file name of the policy.
        parent_id: For a fork, the attempt it was forked from; `fork_at_s` is the simulated second.
        t_s: Where the simulated clock starts, in simulated seconds.
        actions: (t_s, action) pairs that the attempt begins with: a fork's prefix, a policy's whole log.
    """

    lab_id: str
    lab_version: str
    lab_digest: str
    seed: int
    family: str | None = None
    kind: Kind = "practice"
    player: str = "learner"
    assistance: Assistance = "none"
    parent_id: str | None = None
    fork_at_s: float | None = None
    t_s: float = 0.0
    actions: Sequence[tuple[float, Mapping[str, Any]]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One row of the ledger of attempts. Times named `_at` are UTC, ISO 8601, to the second.

    Attributes:
        t_s: Position of the simulated clock, seconds since the start of the world.
        rewinds: How often actions were withdrawn; together with the number of actions it names the
            state of the log that a caller has seen.
        submission: The final submission as canonical JSON, once there is one.
        outcome: What the judge said, once there is a verdict.
        loss_micro: The loss in micro-dollars, once there is a verdict.
    """

    id: str
    lab_id: str
    lab_version: str
    lab_digest: str
    seed: int
    family: str | None
    kind: Kind
    status: Status
    parent_id: str | None
    fork_at_s: float | None
    created_at: str
    updated_at: str
    t_s: float
    player: str
    assistance: Assistance
    rewinds: int
    hints_taken: int
    submission: str | None
    outcome: dict[str, Any] | None
    loss_micro: int | None
    outcome_hash: str | None


class Action(NamedTuple):
    """One action of an attempt's log: `ordinal` counts from 0, `t_s` is in simulated seconds."""

    ordinal: int
    t_s: float
    action: dict[str, Any]
    recorded_at: str


class Reference(NamedTuple):
    """What a shipped reference made of one instance."""

    name: str
    outcome: dict[str, Any]
    outcome_hash: str


def utc_now() -> str:
    """The time now, UTC, to the second: 2026-03-01T09:30:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

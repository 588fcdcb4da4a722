"""What an attempt came to: dollars by cause, signals, and a hash anyone can recompute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gradatim.core.canonical import outcome_digest
from gradatim.core.money import usd


class Verdict(NamedTuple):
    """A lab's judgement of a finished world, in whole micro-dollars and whole units."""

    by_cause: dict[str, int]
    signals: dict[str, int]
    moments: dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """The pure function's value: (lab version, seed, submission) -> this.

    Attributes:
        by_cause: micro-dollars lost, by cause; a gain is negative.
        signals: whole-number facts beside the loss (seconds to mitigate, right diagnosis 0 or 1, ...).
        moments: when each cause was largest, simulated seconds; for the debrief, not hashed.
        counters: the kernel's totals; part of the hash.
    """

    by_cause: dict[str, int]
    signals: dict[str, int]
    counters: dict[str, int]
    moments: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, verdict: Verdict, totals: Mapping[str, int]) -> Outcome:
        """What a lab's judgement of a finished world comes to."""
        counters = {k: int(v) for k, v in sorted(totals.items())}
        return cls(verdict.by_cause, verdict.signals, counters, verdict.moments)

    @property
    def loss_micro(self) -> int:
        """Total loss in micro-dollars."""
        return sum(self.by_cause.values())

    @property
    def hash(self) -> str:
        """Digest of everything that is promised to be the same on every Linux x86-64."""
        return outcome_digest({"by_cause": self.by_cause, "signals": self.signals, "counters": self.counters})

    def as_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "loss_usd": usd(self.loss_micro),
            "by_cause": self.by_cause,
            "signals": self.signals,
            "counters": self.counters,
            "moments": self.moments,
            "hash": self.hash,
        }

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Outcome:
        """The outcome that `as_dict` wrote."""
        return cls(d["by_cause"], d["signals"], d["counters"], d.get("moments", {}))

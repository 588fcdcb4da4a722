"""What a submission for a task came to: points lost by cause over hidden draws, and a hash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gradatim.core.canonical import outcome_digest

Status = Literal["pass", "fail", "reference"]
MOST_NOTES = 3


@dataclass
class Tally:
    """Points lost, draw by draw, while a submission is tried.

    Attributes:
        points: What each cause costs on one draw.
        draws: Cause -> points, one mapping a draw.
        notes: Cause -> what was seen of it first, in words that reveal no hidden data.
        measured: Figures for the reader (seconds, ratios); never part of a hash.
    """

    points: Mapping[str, int]
    draws: list[dict[str, int]] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    measured: dict[str, float] = field(default_factory=dict)

    def draw(self) -> None:
        """Begin the next draw."""
        self.draws.append({})

    def miss(self, cause: str, words: str) -> None:
        """On this draw, `cause` was missed; said twice it counts once."""
        if cause not in self.points:
            raise KeyError(cause)
        self.draws[-1][cause] = self.points[cause]
        told = self.notes.setdefault(cause, [])
        if len(told) < MOST_NOTES and words not in told:
            told.append(words)

    def check(self, cause: str, holds: bool, words: str) -> None:
        """Miss `cause` unless `holds`."""
        if not holds:
            self.miss(cause, words)

    def lost(self) -> list[int]:
        """Points lost on each draw."""
        return [sum(d.values()) for d in self.draws]


@dataclass(frozen=True)
class TaskOutcome:
    """The value of the pure function (task version, seed, submission) -> this.

    Attributes:
        by_cause: points lost over all draws, by cause.
        per_draw: points lost on each draw.
        starter: points that the starter loses on the same draws: the zero of the scale.
        form: digest of the starter as it was shown; another seed, another form.
        status: pass, fail, or reference: near to a solution that ships, so practice only.
        notes: see `Tally`; not hashed.
        measured: see `Tally`; not hashed.
    """

    by_cause: dict[str, int]
    per_draw: tuple[int, ...]
    starter: int
    form: str
    status: Status
    pass_mark: float
    notes: dict[str, list[str]] = field(default_factory=dict)
    measured: dict[str, float] = field(default_factory=dict)

    @property
    def loss_points(self) -> int:
        """Points lost in all."""
        return sum(self.per_draw)

    @property
    def skill(self) -> float:
        """1 when nothing is lost, 0 for what the starter loses, below 0 for more; -1 at the least."""
        return skill(self.loss_points, self.starter)

    @property
    def hash(self) -> str:
        """Digest of what is promised to come out again."""
        return outcome_digest(
            {
                "by_cause": self.by_cause,
                "per_draw": list(self.per_draw),
                "starter": self.starter,
                "form": self.form,
                "status": self.status,
            }
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "status": self.status,
            "skill": round(self.skill, 6),
            "pass_mark": self.pass_mark,
            "loss_points": self.loss_points,
            "starter_points": self.starter,
            "by_cause": self.by_cause,
            "per_draw": list(self.per_draw),
            "form": self.form,
            "notes": self.notes,
            "measured": self.measured,
            "hash": self.hash,
        }

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> TaskOutcome:
        """The outcome that `as_dict` wrote."""
        return cls(
            dict(d["by_cause"]), tuple(d["per_draw"]), d["starter_points"], d["form"], d["status"],
            d["pass_mark"], dict(d.get("notes", {})), dict(d.get("measured", {})),
        )  # fmt: skip


def skill(lost: float, starter: float) -> float:
    """1 - lost / starter, at least -1. The draws weigh the same by construction, so this is the mean regret."""
    return max(1.0 - lost / starter, -1.0) if starter > 0 else (1.0 if lost == 0 else -1.0)


def by_cause(draws: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Points lost over all draws, by cause; causes that cost nothing are left out."""
    total: Counter[str] = Counter()
    for one in draws:
        total.update(one)
    return dict(sorted(total.items()))

"""What was tested in a column, and what came of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from gradatim.instruments.drift.persistence import Persistence

State = Literal["drift", "episode", "small", "same", "not compared"]
What = Literal[
    "distribution",
    "categories",
    "hour of day",
    "missing",
    "unreadable",
    "infinite",
    "above range",
    "below range",
    "one value",
    "new category",
    "vanished category",
    "column gone",
]


@dataclass
class Finding:
    """One thing that was tested in one column.

    Attributes:
        what: which.
        effect: how large, in the measure of `limit`; the greatest of several measures over its limit.
        limit: from where it matters.
        p: chance of at least this in unchanged data, this test alone.
        text: one sentence with the figures.
        p_adjusted: Holm-adjusted over every test of the report.
    """

    what: What
    effect: float
    limit: float
    p: float
    text: str
    p_adjusted: float = 1.0

    @property
    def large(self) -> bool:
        return self.effect >= self.limit

    @property
    def weight(self) -> float:
        """The effect in units of its limit."""
        return self.effect / self.limit if self.limit else math.inf


@dataclass
class ColumnResult:
    """What is known of one column.

    Attributes:
        silent: tests whose statistic was empty, such as new categories where there is none; they count as tests.
    """

    name: str
    kind: str
    findings: list[Finding] = field(default_factory=list)
    measures: dict[str, Any] = field(default_factory=dict)
    state: State = "same"
    remark: str = ""
    persistence: Persistence | None = None
    silent: int = 0

    def real(self, alpha: float) -> list[Finding]:
        """The findings above sampling noise, largest first."""
        return sorted((f for f in self.findings if f.p_adjusted < alpha), key=lambda f: -f.weight)

    @property
    def weight(self) -> float:
        """The distribution's effect in units of its limit, for ordering."""
        return max((f.weight for f in self.findings), default=0.0)

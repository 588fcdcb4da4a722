"""What a live lab's `lab.py` provides: one object named `LAB` with these verbs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from gradatim.lab.outcome import Verdict
from gradatim.sim.faults.scenario import Scenario
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.telemetry import Telemetry

if TYPE_CHECKING:
    from gradatim.lab.replay import Timeline
    from gradatim.lab.submission import Step

Plan = list[tuple[float, dict[str, Any]]]
"""Actions with their simulated times."""


class LiveLab(Protocol):
    """A lab played against a world with a clock."""

    def family_of(self, seed: int) -> str:
        """The family an instance belongs to when the learner chose none."""
        ...

    def scenario(self, seed: int, family: str) -> Scenario:
        """The script of an instance."""
        ...

    def inbox(self, world: World, telemetry: Telemetry) -> list[dict[str, Any]]:
        """Messages visible now, oldest first."""
        ...

    def refusal(self, world: World, action: dict[str, Any]) -> str:
        """A reason of the lab's own to refuse an action; empty to allow. Never a change for what was said before."""
        ...

    def judge(self, world: World) -> Verdict:
        """The loss of a world that has reached its horizon."""
        ...

    def loss_per_tick(self, world: World) -> list[int]:
        """Micro-dollars lost in each tick, for the debrief's curve."""
        ...

    def lesson(self, timeline: Timeline, senior: tuple[Step, ...]) -> dict[str, Any]:
        """What the debrief teaches, or {}: {sign, knowable_s, saw_s, saw: [{series, label, unit, value, usual}],
        tempting: [{text, loss_usd, more_usd}], apart: [{looks_like, differs}]}."""
        ...

    def prevented(self, scenario: Scenario, seed: int, steps: Sequence[Step]) -> dict[str, Any]:
        """What the prevention in a log did on its hidden instances, for the debrief; {} when the lab asks for none."""
        ...

    def oracle_plans(self, scenario: Scenario, seed: int) -> Iterator[Plan]:
        """Plans of a player who knows the truth; the best of them is the oracle."""
        ...

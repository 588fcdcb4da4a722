"""The incident lab: draws instances, delivers messages, judges a finished shift in dollars.

All amounts of the loss are in `loss.py` beside this file; the questions people ask are in `people.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradatim.core.streams import Stream
from gradatim.lab.outcome import Verdict
from gradatim.lab.protocol import Plan
from gradatim.lab.replay import Timeline
from gradatim.lab.submission import Step
from gradatim.sim.faults import Scenario, family
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.telemetry import Telemetry

from . import lesson, loss, oracle, people
from .prevention import judge, telling

START_S, HORIZON_S = 1200.0, 8400.0
SICK = ("metastable-overload", "slow-release", "bad-code", "feature-skew", "stale-features")
HEALTHY = ("traffic-surge", "broken-measurement", "late-labels", "harmless-shift")


class IncidentResponse:
    """Families 1, 3, 4, 7, 8, 10, 12 and 15 of the design, and a harmless surge."""

    def family_of(self, seed: int) -> str:
        """One instance in three is healthy."""
        s = Stream(seed, "healthy")
        if s.uniform() < 1 / 3:
            return s.choice(HEALTHY, 1)
        return s.choice(SICK, 2)

    def scenario(self, seed: int, family_id: str) -> Scenario:
        """The script of an instance."""
        return family(family_id).draw(seed, start_s=START_S, horizon_s=HORIZON_S)

    def inbox(self, world: World, telemetry: Telemetry) -> list[dict[str, Any]]:
        """Messages visible now."""
        return people.inbox(world)

    def refusal(self, world: World, action: dict[str, Any]) -> str:
        """Questions can be answered once they are asked, with a fact that was offered; hints come to an end."""
        if action["kind"] == "take_hint":
            return "" if people.hints_taken(world) < len(people.HINTS) else "there are no more hints"
        return people.refusal(world, action) if action["kind"] == "answer" else ""

    def judge(self, world: World) -> Verdict:
        """Dollars by cause."""
        return loss.judge(world)

    def loss_per_tick(self, world: World) -> list[int]:
        """Micro-dollars lost in each tick by answers and credits."""
        return loss.per_tick(world)

    def lesson(self, timeline: Timeline, senior: tuple[Step, ...]) -> dict[str, Any]:
        """What the debrief teaches about this instance's cause."""
        return lesson.lesson(timeline, senior)

    def prevented(self, scenario: Scenario, seed: int, steps: Sequence[Step]) -> dict[str, Any]:
        """What the last prevention of a log did on its hidden quarter."""
        rails = judge.last(s.action for s in steps)
        return telling.tell(rails, seed=seed, family=scenario.family, variant=scenario.variant)

    def oracle_plans(self, scenario: Scenario, seed: int) -> Iterator[Plan]:
        """Plans of a player who knows the truth."""
        return oracle.plans(scenario, seed)


LAB = IncidentResponse()

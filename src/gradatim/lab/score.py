"""From losses to regret and skill: the two scales of the design, never mixed.

Dollars are the natural scale of one draw. Skill is the only scale that passes or fails, and needs a set of draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gradatim.lab.outcome import Outcome

LOWEST, HIGHEST = -0.1, 2.0
STAKES_FLOOR = 0.25


class Stakes(NamedTuple):
    """What one draw was about, in micro-dollars."""

    senior: int
    skill_free_median: float
    stakes: float


def stakes(senior: int, skill_free: Sequence[int], usual: int) -> Stakes:
    """max(median skill-free loss - senior's loss, a quarter of the lab's usual stakes)."""
    middle = float(median(skill_free))
    return Stakes(senior, middle, max(middle - senior, STAKES_FLOOR * usual))


def regret(loss: int, at: Stakes) -> float:
    """clip((loss - senior) / stakes, -0.1, 2)."""
    return min(HIGHEST, max(LOWEST, (loss - at.senior) / at.stakes))


class Scorecard(NamedTuple):
    """An outcome beside the players it is compared with. Practice: dollars, causes and regret, no level."""

    outcome: Outcome
    regret: float
    at: Stakes
    skill_free: dict[str, int]


def skill(you: Sequence[float], skill_free: Mapping[str, Sequence[float]]) -> float:
    """1 - your mean regret / the smallest mean regret of one skill-free policy, over the same draws.

    Args:
        you: regret on each draw.
        skill_free: policy -> regret on each draw.

    Raises:
        ValueError: no draws, or a skill-free policy that is as good as the senior (such a set is not drawn).
    """
    if not you or not skill_free:
        raise ValueError("skill needs at least one draw and one skill-free policy")
    best = min(sum(r) / len(r) for r in skill_free.values())
    if best <= 0:
        raise ValueError("a skill-free policy does as well as the senior on this set")
    return 1.0 - (sum(you) / len(you)) / best

"""What a learner says before an exam: the skill they expect, and who helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradatim.store.rows import Assistance

SKILL_FROM, SKILL_TO = -3.0, 2.0
ASSISTANCE = ("none", "AI", "pair")


def predicted_problems(predicted: Mapping[str, Any] | None, player: str) -> list[str]:
    """What is wrong with a self-prediction; a learner must make one, a policy need not."""
    if predicted is None:
        return [] if player != "learner" else ["predicted: say first what skill you expect: {skill, lo, hi}"]
    problems = [
        f"predicted.{name}: not a number from {SKILL_FROM:g} to {SKILL_TO:g}"
        for name in ("skill", "lo", "hi")
        if not _number(predicted.get(name)) or not SKILL_FROM <= predicted[name] <= SKILL_TO
    ]
    if not problems and not predicted["lo"] <= predicted["skill"] <= predicted["hi"]:
        problems.append("predicted: lo ≤ skill ≤ hi does not hold")
    if not problems and predicted["lo"] == predicted["hi"]:
        problems.append("predicted: an interval has two ends")
    return problems


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_assistance(value: str) -> Assistance:
    """A checked word as the store's type."""
    return "AI" if value == "AI" else "pair" if value == "pair" else "none"

"""What an exam comes to: regret on each instance, skill over the set, and an estimate that admits how little
three to five instances say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, NamedTuple

from gradatim.core.money import micro, usd
from gradatim.lab.check.exams import MARGIN, Table, table
from gradatim.lab.exam.estimate import Estimate, shrunk
from gradatim.lab.exam.field import senior_of, skill_free
from gradatim.lab.score import skill
from gradatim.lab.spec import LabSpec

YOU = "you"


class Mark(NamedTuple):
    """One instance of an exam, judged."""

    loss_micro: int
    senior_micro: int
    stakes_micro: float
    regret: float
    healthy: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON form, in dollars."""
        return {
            "loss_usd": usd(self.loss_micro),
            "senior_usd": usd(self.senior_micro),
            "stakes_usd": self.stakes_micro / 1e6,
            "regret": self.regret,
            "healthy": self.healthy,
        }


class ExamVerdict(NamedTuple):
    """An exam, judged. `best_free` is the skill-free policy with the smallest mean regret over the set."""

    skill: float
    passed: bool
    pass_mark: float
    marks: list[Mark]
    best_free: str
    best_free_regret: float
    estimate: Estimate

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "status": "pass" if self.passed else "fail",
            "skill": self.skill,
            "pass_mark": self.pass_mark,
            "mean_regret": mean(m.regret for m in self.marks),
            "best_skill_free": {"name": self.best_free, "mean_regret": self.best_free_regret},
            "estimate": self.estimate.as_dict(self.best_free_regret),
            "instances": [m.as_dict() for m in self.marks],
        }


def losses_of(results: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Player -> micro-dollars, from what the store keeps."""
    return {name: micro(r["outcome"]["loss_usd"]) for name, r in results.items()}


def has_margin(spec: LabSpec, losses: Sequence[Mapping[str, int]]) -> bool:
    """Whether every skill-free policy stays at least `MARGIN` of mean regret away from the senior on a set."""
    t = _table(spec, losses)
    return min(mean(t.regrets[name]) for name in t.free) >= MARGIN


def judge(
    spec: LabSpec,
    losses: Sequence[Mapping[str, int]],
    yours: Sequence[int],
    healthy: Sequence[bool],
) -> ExamVerdict:
    """The verdict over a set.

    Args:
        spec: the lab's.
        losses: for each instance, micro-dollars by reference; the senior and all skill-free ones.
        yours: micro-dollars you lost on each.
        healthy: whether nothing was broken.
    """
    t = _table(spec, [{**row, YOU: loss} for row, loss in zip(losses, yours, strict=True)])
    free = {name: t.regrets[name] for name in t.free}
    best = min(free, key=lambda name: mean(free[name]))
    regrets = t.regrets[YOU]
    marks = [
        Mark(loss, at.senior, at.stakes, r, h)
        for loss, at, r, h in zip(yours, t.at, regrets, healthy, strict=True)
    ]
    value = skill(regrets, free)
    return ExamVerdict(
        value, value >= spec.pass_mark, spec.pass_mark, marks, best, mean(free[best]), shrunk(regrets)
    )


def _table(spec: LabSpec, losses: Sequence[Mapping[str, int]]) -> Table:
    return table(losses, senior_of(spec), skill_free(spec), micro(spec.usual_stakes_usd))

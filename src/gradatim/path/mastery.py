"""How far a skill has been shown: five states, each with the fact that brought it.

not observed -> practising -> shown in the lab -> shown again later -> used at work
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from gradatim.path.recall import Recall, recall

State = Literal["no_lab", "not_observed", "practising", "shown", "shown_again", "used"]


class Exam(NamedTuple):
    """One exam as far as mastery is concerned.

    Attributes:
        at: When it was handed in, with its time zone.
        passed: The skill reached the pass mark.
        hints: How many were taken; a pass with hints is practice.
        skill: On the scale where the best skill-free policy is 0 and the senior 1.
    """

    at: datetime
    passed: bool
    hints: int
    skill: float


@dataclass(frozen=True, slots=True)
class Mastery:
    """The state of one skill and what it rests on.

    Attributes:
        shown_at: First pass of an exam without hints.
        shown_again_at: First pass on or after the day that a re-test was due.
        used_at: First use at work.
        recall: When the next re-test is due, and the chance that it would be passed today.
        held: False when the newest exam after a pass was failed.
        lag_days: Transfer lag, from shown in the lab to first use at work; None until both are known.
    """

    state: State
    shown_at: datetime | None = None
    shown_again_at: datetime | None = None
    used_at: datetime | None = None
    recall: Recall | None = None
    held: bool = True
    lag_days: int | None = None


def mastery(
    *, has_lab: bool, practised: bool, exams: Sequence[Exam], used: Sequence[datetime], now: datetime
) -> Mastery:
    """The state of a skill from what happened.

    Args:
        has_lab: A lab for it is installed.
        practised: It was tried, in practice or in an exam.
        exams: Its exams, in any order.
        used: When evidence from work for it was recorded.
        now: Decides only how much is still remembered.
    """
    clean = sorted(exam for exam in exams if not (exam.hints and exam.passed))
    results: list[tuple[datetime, bool]] = []
    shown_at = again_at = None
    for exam in clean:
        if exam.passed and shown_at is None:
            shown_at = exam.at
        elif exam.passed and again_at is None:
            before = recall(results, exam.at)
            if before is not None and exam.at >= before.due:
                again_at = exam.at
        results.append((exam.at, exam.passed))
    used_at = min(used, default=None)
    state: State
    if used_at is not None:
        state = "used"
    elif again_at is not None:
        state = "shown_again"
    elif shown_at is not None:
        state = "shown"
    elif practised or exams:
        state = "practising"
    else:
        state = "not_observed" if has_lab else "no_lab"
    held = not results or results[-1][1] or shown_at is None
    lag = (used_at - shown_at).days if used_at and shown_at and used_at >= shown_at else None
    return Mastery(state, shown_at, again_at, used_at, recall(results, now), held, lag)

"""When a skill that was shown should be shown again: FSRS, with its clock slowed down.

FSRS (Ye, Su and Cao, "A stochastic shortest path algorithm for optimizing spaced repetition scheduling", KDD 2022)
is fitted to flashcards. A skill practised over hours is forgotten more slowly, and there are no data of ours yet;
so one day of FSRS is nine days here, which puts the first re-test three weeks after a first pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

DAYS_PER_UNIT = 9
LONGEST_DAYS = 365
RETENTION = 0.9


class Recall(NamedTuple):
    """What the exams so far say of a skill's half-life.

    Attributes:
        due: When the chance to pass again has fallen to 0.9.
        holds: That chance now, by FSRS.
    """

    due: datetime
    holds: float


def recall(exams: Sequence[tuple[datetime, bool]], now: datetime) -> Recall | None:
    """The state after exams in order of time, each with whether it was passed; None before the first pass.

    All times carry a time zone.
    """
    from fsrs import Card, Rating, Scheduler

    scheduler = Scheduler(
        learning_steps=(), relearning_steps=(), enable_fuzzing=False, desired_retention=RETENTION
    )
    card, origin, passed_once = Card(card_id=1), None, False
    for at, passed in sorted(exams):
        passed_once |= passed
        if not passed_once:
            continue  # nothing was learnt yet that could be forgotten
        origin = origin or at
        card, _ = scheduler.review_card(card, Rating.Good if passed else Rating.Again, _slowed(at, origin))
    if origin is None or card.stability is None or card.last_review is None:
        return None
    last = max(at for at, _ in exams)
    days = min(card.stability * DAYS_PER_UNIT, LONGEST_DAYS)
    holds = float(scheduler.get_card_retrievability(card, _slowed(max(now, last), origin)))
    return Recall(last + timedelta(days=round(days)), holds)


def _slowed(at: datetime, origin: datetime) -> datetime:
    """`at` on the slow clock that FSRS is shown; it counts whole days, so the rest of a day is dropped there."""
    from datetime import UTC

    return (origin + (at - origin) / DAYS_PER_UNIT).astimezone(UTC)

"""The shrunk estimate: its pull, its quantile, and how often its interval holds the truth."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import mean

import pytest

from gradatim.lab.exam.estimate import LEVEL, PRIOR_MEAN, shrunk, student

Player = Callable[[bool], float]
SORTS = {
    "nearly never fails": (0.03, 0.1),
    "good": (0.2, 0.1),
    "mid": (0.5, 0.25),
    "weak": (0.8, 0.5),
    "trick": (1, 0.9),
}


def player(rng: random.Random, sort: str) -> Player:
    """A player who fails on a share of the faulty and of the healthy instances, by an amount with a long tail."""
    sick, well = (min(1.0, max(0.0, rng.gauss(p, s))) for p, s in zip(SORTS[sort], (0.08, 0.1), strict=True))
    level, base = rng.uniform(0.6, 1.4), rng.uniform(-0.03, 0.15)

    def regret(healthy: bool) -> float:
        if rng.random() < (well if healthy else sick):
            return min(2.0, level * rng.lognormvariate(0, 0.35) * (0.5 if healthy else 1.0))
        return max(-0.1, rng.gauss(base, 0.06))

    return regret


def instances(rng: random.Random) -> list[bool]:
    """Three to five, as exams are drawn."""
    while True:
        found = [rng.random() < 1 / 3 for _ in range(rng.randint(3, 5))]
        if any(found) and not all(found):
            return found


@pytest.mark.parametrize("sort", SORTS)
def test_the_interval_holds_the_truth_as_often_as_it_says(sort: str) -> None:
    rng = random.Random(20130711)
    held, widths = 0, []
    for _ in range(600):
        one = player(rng, sort)
        truth = mean(one(healthy) for _ in range(150) for healthy in instances(rng))
        estimate = shrunk([one(healthy) for healthy in instances(rng)])
        held += estimate.low <= truth <= estimate.high
        widths.append(estimate.high - estimate.low)
    assert held / 600 >= LEVEL
    # An interval that is always right because it says nothing would pass the line above.
    assert mean(widths) < 1.0


def test_it_is_pulled_towards_what_is_usual_and_less_so_the_more_is_known() -> None:
    few, more = shrunk([0.0] * 3), shrunk([0.0] * 15)
    assert 0.0 < more.regret < few.regret < PRIOR_MEAN
    assert more.high - more.low < few.high - few.low
    assert shrunk([1.0] * 4).regret < 1.0
    assert few.low >= -0.1 and shrunk([2.0] * 3).high <= 2.0


def test_no_regret_is_no_estimate() -> None:
    with pytest.raises(ValueError):
        shrunk([])


@pytest.mark.parametrize(("df", "value"), [(4, 2.13185), (6, 1.94318), (8, 1.85955), (30, 1.69726)])
def test_the_quantile_is_that_of_the_tables(df: int, value: float) -> None:
    """Abramowitz and Stegun, table 26.10."""
    assert student(0.95, df) == pytest.approx(value, abs=0.005)

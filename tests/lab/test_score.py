"""The two scales: regret on a draw, skill over draws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.lab.score import Stakes, regret, skill, stakes

LOSS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("senior", "free", "usual", "expected"),
    [
        (100, [500, 900, 700], 400, 600.0),  # the median, not the mean or the best
        (100, [500, 900], 400, 600.0),  # of an even number: the middle of both
        (100, [120, 110, 130], 400, 100.0),  # the floor: a quarter of the usual
        (100, [50], 400, 100.0),
        (-200, [300], 400, 500.0),
    ],
)
def test_stakes(senior: int, free: list[int], usual: int, expected: float) -> None:
    assert stakes(senior, free, usual).stakes == expected


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(100, 0.0), (400, 0.5), (700, 1.0), (1300, 2.0), (9999, 2.0), (70, -0.05), (40, -0.1), (-(10**9), -0.1)],
)
def test_regret_is_clipped(loss: int, expected: float) -> None:
    assert regret(loss, Stakes(100, 700.0, 600.0)) == expected


@given(LOSS, LOSS, LOSS, st.lists(LOSS, min_size=1, max_size=9), st.integers(1, 10**12))
def test_more_loss_is_never_less_regret(a: int, b: int, senior: int, free: list[int], usual: int) -> None:
    at = stakes(senior, free, usual)
    assert at.stakes >= 0.25 * usual
    low, high = sorted((a, b))
    assert -0.1 <= regret(low, at) <= regret(high, at) <= 2.0
    assert regret(senior, at) == 0.0


def test_skill_is_one_for_the_senior_and_zero_for_the_best_single_trick() -> None:
    free = {"idle": [0.0, 1.0, 1.0], "roll back": [1.0, 0.0, 0.8], "shed": [2.0, 2.0, 2.0]}
    assert skill([0.0, 0.0, 0.0], free) == 1.0
    assert skill(free["roll back"], free) == 0.0
    assert skill(free["idle"], free) == pytest.approx(1 - 2.0 / 1.8)
    # The best trick on each draw alone would be (0, 0, 0.8): nobody may pick by draw.
    assert skill([0.0, 0.0, 0.8], free) == pytest.approx(1 - 0.8 / 1.8)
    assert skill([-0.1, -0.1, -0.1], free) > 1


@given(st.lists(st.floats(-0.1, 2), min_size=1, max_size=6), st.integers(1, 4))
def test_the_best_trick_has_no_skill_whatever_the_table(row: list[float], k: int) -> None:
    free = {str(i): [min(2.0, r + 0.01 + i) for r in row] for i in range(k)}
    best = min(free.values(), key=lambda r: sum(r))
    if sum(best) <= 0:
        with pytest.raises(ValueError, match="as well as the senior"):
            skill(row, free)
    else:
        assert skill(best, free) == pytest.approx(0.0)
        assert skill(row, free) >= -1e-12


@pytest.mark.parametrize(
    ("you", "free"), [([], {"a": []}), ([0.1], {}), ([0.1], {"a": [0.0]}), ([0.1], {"a": [-0.1]})]
)
def test_a_set_that_measures_nothing_is_refused(you: list[float], free: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="skill"):
        skill(you, free)

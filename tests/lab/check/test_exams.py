"""Exams over made-up tables of regrets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.lab.check import exams
from gradatim.lab.check.exams import Table, auc, resample, table
from gradatim.lab.score import Stakes

HEALTHY = [True, False, False] * 8
SCORES = st.lists(st.floats(-2, 2), min_size=1, max_size=12)


def made(**regrets: float | list[float]) -> Table:
    """A table of one regret a player, or of one a draw; `idle` and `shed` are the skill-free ones."""
    n = len(HEALTHY)
    rows = {name: r if isinstance(r, list) else [r] * n for name, r in regrets.items()}
    return Table([Stakes(0, 1.0, 1.0)] * n, rows, [f for f in ("idle", "shed") if f in rows])


def test_regrets_are_measured_on_each_draw() -> None:
    losses = [
        {"senior": 0, "idle": 400, "shed": 800, "me": 300},
        {"senior": 100, "idle": 100, "shed": 100, "me": 50},
    ]
    t = table(losses, "senior", ["idle", "shed"], 1000)
    assert [a.stakes for a in t.at] == [600.0, 250.0]
    assert t.regrets["me"] == [0.5, -0.1] and t.regrets["senior"] == [0.0, 0.0]
    assert t.regrets["shed"] == [800 / 600, 0.0] and t.free == ["idle", "shed"]


def test_who_passes() -> None:
    e = resample(made(senior=0.0, idle=1.0, shed=1.2, mid=0.3, weak=0.5), HEALTHY, "senior", 0.6)
    assert e.drawn == 200 and e.rejected == 0
    assert e.pass_rate == {"senior": 1.0, "idle": 0.0, "shed": 0.0, "mid": 1.0, "weak": 0.0}
    assert e.auc == {"idle": 1.0, "shed": 1.0, "mid": 1.0, "weak": 1.0}


def test_a_trick_that_is_best_half_of_the_time_does_not_pass() -> None:
    """Idle is right on every healthy draw, shedding on every other: neither is right on a mixed set."""
    idle = [0.0 if h else 1.0 for h in HEALTHY]
    shed = [1.0 if h else 0.0 for h in HEALTHY]
    e = resample(made(senior=0.0, idle=idle, shed=shed), HEALTHY, "senior", 0.6)
    assert e.pass_rate["idle"] == e.pass_rate["shed"] == 0.0 and e.pass_rate["senior"] == 1.0


def test_a_set_on_which_a_trick_is_as_good_as_the_senior_is_not_drawn() -> None:
    e = resample(made(senior=0.0, idle=0.01, shed=1.0), HEALTHY, "senior", 0.6, exams=5)
    assert e.drawn == 0 and e.rejected == 5 * exams.MOST_REDRAWS
    assert e.pass_rate == {"senior": 0.0, "idle": 0.0, "shed": 0.0}


def test_a_set_holds_three_to_five_draws_of_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []
    real = exams.draw

    def watched(*args: Any) -> list[int]:
        seen.append(real(*args))
        return seen[-1]

    monkeypatch.setattr(exams, "draw", watched)
    resample(made(senior=0.0, idle=1.0, shed=1.0), HEALTHY, "senior", 0.6, exams=300)
    assert {len(rows) for rows in seen} == {3, 4, 5}
    for rows in seen:
        kinds = {HEALTHY[i] for i in rows}
        assert kinds == {True, False}
    assert {i for rows in seen for i in rows} == set(range(len(HEALTHY))), "every draw is used"


def test_the_same_seed_draws_the_same_exams() -> None:
    t = made(
        senior=0.0, idle=1.0, shed=[i % 3 * 1.0 for i in range(24)], mid=[i % 2 * 0.8 for i in range(24)]
    )
    a, b, c = (resample(t, HEALTHY, "senior", 0.6, seed=s) for s in (1, 1, 2))
    assert a == b != c
    assert 0 < a.pass_rate["mid"] < 1
    # Pooling about fifteen instances tells them apart better than one exam does.
    assert a.auc_pooled["mid"] >= a.auc["mid"] > 0.5


@pytest.mark.parametrize(
    ("better", "worse", "expected"),
    [
        ([1], [0], 1.0),
        ([0], [1], 0.0),
        ([1, 1], [1], 0.5),
        ([3, 1], [2], 0.5),
        ([], [1], 0.0),
        ([2, 3], [1, 2.5], 0.75),
    ],
)
def test_auc(better: list[float], worse: list[float], expected: float) -> None:
    assert auc(better, worse) == expected


@given(SCORES, SCORES)
def test_auc_of_both_ways_is_one(a: list[float], b: list[float]) -> None:
    assert auc(a, b) + auc(b, a) == pytest.approx(1.0)
    assert auc(a, a) == pytest.approx(0.5)

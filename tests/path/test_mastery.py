"""States of skills, spaced re-tests, and how well people predict themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gradatim.path.calibration import Prediction, calibration, chance_to_pass
from gradatim.path.mastery import Exam, Mastery, mastery
from gradatim.path.recall import recall

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
NOW = START + 300 * DAY


def state(
    *exams: tuple[float, bool, int], practised: bool = True, used: tuple[float, ...] = (), lab: bool = True
) -> Mastery:
    """Exams as (day, passed, hints)."""
    return mastery(
        has_lab=lab,
        practised=practised,
        exams=[Exam(START + d * DAY, p, h, 0.7) for d, p, h in exams],
        used=[START + d * DAY for d in used],
        now=NOW,
    )


def test_the_states_in_their_order() -> None:
    assert state(practised=False, lab=False).state == "no_lab"
    assert state(practised=False).state == "not_observed"
    assert state().state == "practising"
    assert state((0, False, 0)).state == "practising"
    assert state((0, True, 0)).state == "shown"
    assert state((0, True, 0), (30, True, 0)).state == "shown_again"
    assert state((0, True, 0), used=(40,)).state == "used"


def test_a_pass_with_hints_is_practice() -> None:
    assert state((0, True, 1)).state == "practising"
    assert state((0, True, 1), (5, True, 0)).shown_at == START + 5 * DAY


def test_a_second_pass_counts_only_once_it_was_due() -> None:
    soon = state((0, True, 0), (5, True, 0))
    assert soon.state == "shown"
    first = state((0, True, 0)).recall
    assert first is not None
    assert first.due == START + 21 * DAY
    assert state((0, True, 0), (20.9, True, 0)).state == "shown"
    assert state((0, True, 0), (21, True, 0)).state == "shown_again"


def test_a_failed_retest_is_said_and_comes_back_sooner() -> None:
    kept, lost = state((0, True, 0), (30, True, 0)), state((0, True, 0), (30, False, 0))
    assert kept.held and not lost.held
    assert lost.state == "shown"
    assert kept.recall and lost.recall
    assert lost.recall.due < kept.recall.due
    assert lost.recall.holds < kept.recall.holds


def test_the_transfer_lag_is_measured() -> None:
    assert state((0, True, 0), used=(90, 45)).lag_days == 45
    assert state(used=(45,)).lag_days is None
    assert state((50, True, 0), used=(45,)).lag_days is None  # used before it was shown


def test_spacing_grows_with_each_pass_and_is_bounded() -> None:
    days, exams, at = [], [], START
    for _ in range(6):
        exams.append((at, True))
        found = recall(exams, at)
        assert found is not None
        days.append((found.due - at).days)
        at = found.due
    assert days[0] == 21
    assert days == sorted(days)
    assert days[-1] == 365


def test_what_holds_falls_with_time_and_is_nine_in_ten_when_due() -> None:
    exams = [(START, True)]
    chances = [r.holds for d in (0, 10, 21, 60, 200) if (r := recall(exams, START + d * DAY))]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == pytest.approx(1.0)
    assert chances[2] == pytest.approx(0.9, abs=0.02)


def test_before_the_first_pass_nothing_can_be_forgotten() -> None:
    assert recall([], NOW) is None
    assert recall([(START, False)], NOW) is None
    late = recall([(START, False), (START + 10 * DAY, True)], NOW)
    alone = recall([(START + 10 * DAY, True)], NOW)
    assert late == alone


def test_calibration_is_bias_brier_and_coverage() -> None:
    assert calibration([]) is None
    sure = Prediction(0.9, 0.85, 0.95, 0.6, 0.3)
    found = calibration([sure, Prediction(0.5, 0.3, 0.7, 0.6, 0.4)])
    assert found is not None
    assert found.n == 2
    assert found.bias == pytest.approx((0.6 + 0.1) / 2)
    assert found.within == 0.5
    assert found.brier == pytest.approx(
        (chance_to_pass(sure) ** 2 + chance_to_pass(Prediction(0.5, 0.3, 0.7, 0.6, 0.4)) ** 2) / 2
    )
    assert chance_to_pass(sure) > 0.999
    assert chance_to_pass(Prediction(0.6, 0.4, 0.8, 0.6, 0)) == pytest.approx(0.5)
    assert chance_to_pass(Prediction(0.6, 0.6, 0.6, 0.5, 0)) == pytest.approx(1.0)

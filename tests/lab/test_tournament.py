"""The tournament: same instances for all, a failing policy is idle from there on, intervals by instance."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from gradatim.lab import tournament
from gradatim.lab.catalogue import open_lab
from gradatim.lab.lab import Lab

small_lab = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "small_lab.py")))
IDLE = "def policy(obs, query):\n    return {'actions': [], 'advance_s': 3600}\n"
FAILS = """
def policy(obs, query):
    if obs["t_s"] > obs["start_s"] + 2800:
        raise ValueError("lost the thread")
    return {"actions": [{"kind": "page", "team": "data"}], "advance_s": 3000}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return open_lab(small_lab.make(tmp_path_factory.mktemp("tournament")))


@pytest.fixture(scope="module")
def rows(small: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[tournament.Row]:
    folder = tmp_path_factory.mktemp("policies")
    (folder / "still.py").write_text(IDLE)
    (folder / "fails.py").write_text(FAILS)
    policies = {"still": folder / "still.py", "fails": folder / "fails.py"}
    told: list[tuple[int, int]] = []
    found = tournament.run(
        small,
        policies,
        instances=3,
        seed=4,
        workers=1,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
    return found


def test_a_policy_that_does_nothing_is_idle_to_the_bit(rows: list[tournament.Row]) -> None:
    assert [r.seed for r in rows] == tournament.seeds_of(4, 3)
    for row in rows:
        assert row.cells["still"].hash == row.cells["idle"].hash and not row.cells["still"].error


def test_a_policy_that_fails_keeps_its_log_and_is_idle_from_there(rows: list[tournament.Row]) -> None:
    for row in rows:
        cell = row.cells["fails"]
        assert "lost the thread" in cell.error and cell.actions == 1
        # One colleague woken: $150 more than doing nothing.
        assert cell.loss_micro == row.cells["idle"].loss_micro + 150_000_000


def test_the_summary_ranks_by_regret_and_counts_failures(small: Lab, rows: list[tournament.Row]) -> None:
    lines = tournament.summary(small, rows, ["still", "fails"], 4)
    by_name = {line["player"]: line for line in lines}
    assert [x["mean_regret"] for x in lines] == sorted(x["mean_regret"] for x in lines)
    assert by_name["senior"]["mean_regret"] == 0.0 and by_name["senior"]["skill"] == 1.0
    assert by_name["still"]["mean_regret"] == by_name["idle"]["mean_regret"]
    assert by_name["fails"]["failed"] == 3 and by_name["fails"]["kind"] == "policy"
    (difference,) = tournament.differences(small, rows, ["still", "fails"], 4)
    assert difference["mean_regret"] < 0


def test_intervals_resample_instances_and_shrink_with_them() -> None:
    few, many = [0.0, 1.0] * 5, [0.0, 1.0] * 50
    draws = {n: tournament._resampled(n, 1) for n in (10, 100)}
    wide, narrow = tournament.interval(few, draws[10]), tournament.interval(many, draws[100])
    assert wide.low < 0.5 < wide.high and narrow.high - narrow.low < wide.high - wide.low
    # Half the width of a 95 % interval of a mean of 100 fair coins: 1.96 * 0.5 / 10.
    assert (narrow.high - narrow.low) / 2 == pytest.approx(0.098, abs=0.015)
    assert tournament.interval([0.2, 0.4], []) == (pytest.approx(0.3), 0.2, 0.4)

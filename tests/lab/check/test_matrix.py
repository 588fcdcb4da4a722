"""Which instances a check plays, and that a row is the same wherever it is played."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from gradatim.lab import catalogue
from gradatim.lab.check import matrix
from gradatim.lab.check.run import Players, players, strong
from gradatim.lab.lab import Lab
from gradatim.lab.parallel import Crew


@pytest.fixture(scope="module")
def lab() -> Lab:
    return catalogue.lab("incident-response")


def test_every_family_has_its_seeds(lab: Lab) -> None:
    pairs = matrix.seeds_for(lab, 5)
    assert Counter(f for _, f in pairs) == dict.fromkeys(lab.spec.families, 5)
    assert all(lab.live.family_of(s) == f for s, f in pairs)
    assert len({s for s, _ in pairs}) == len(pairs)
    assert len(matrix.seeds_for(lab, 1, least=9)) >= 9


@pytest.mark.parametrize(("families", "instances"), [(1, 8), (2, 8), (3, 9), (4, 8), (9, 9), (12, 12)])
def test_ci_takes_three_seeds_a_family_eight_instances_at_least_and_few_at_most(
    families: int, instances: int
) -> None:
    names = [f"f{i}" for i in range(families)]
    made: Any = SimpleNamespace(
        spec=SimpleNamespace(families=names),
        live=SimpleNamespace(family_of=lambda seed: names[seed % families]),
    )
    pairs = matrix.ci_pairs(made)
    assert len(pairs) == instances and {f for _, f in pairs} == set(names)


def test_a_row_is_what_the_instance_says(lab: Lab) -> None:
    ((seed, family), *_) = matrix.seeds_for(lab, 1)
    told: list[str] = []
    (row,) = matrix.compute(
        lab.folder, [(seed, family)], ["idle", "cap_retries"], crew=Crew(1), progress=told.append
    )
    assert set(row.cells) == {"idle", "cap_retries"} and told == ["references played on 1 of 1 instances"]
    idle = lab.instance(seed).timeline.run([])
    assert (row.cells["idle"].hash, row.cells["idle"].loss) == (idle.hash, idle.loss_micro)
    assert row.cells["idle"].steps == () and row.cells["cap_retries"].changes > 0
    assert row.family == family and sum(row.cells["idle"].by_cause.values()) == row.cells["idle"].loss


def test_the_quiet_instance_is_played_by_name(lab: Lab) -> None:
    row = matrix.play(lab.folder, 3, lab.spec.quiet, ["idle"])
    assert row.healthy and row.variant == "quiet"
    assert row.cells["idle"].loss <= 0.01 * lab.spec.usual_stakes_usd * 1e6


def test_players_are_sorted_by_what_they_are_for(lab: Lab) -> None:
    p = players(lab.spec.reference)
    everyone = [p.senior, *p.seconds, *p.mids, *p.free, *p.gaming, *p.careless, *p.late, *p.ablations]
    assert sorted(everyone) == sorted(r.name for r in lab.spec.reference)
    assert {"lookup", "blind", "idle"} <= set(p.free)


PLAYERS = Players("senior", [], ["mid"], ["idle"], [], [], [], [])


def won(seed: int, family: str, senior: int, mid: int, idle: int = 10_000, oracle: int = 0) -> matrix.Draw:
    dollars = {"senior": senior, "mid": mid, "idle": idle, "oracle": oracle}
    cells = {n: matrix.Cell(round(x * 1e6), {}, 0, n, ()) for n, x in dollars.items()}
    return matrix.Draw(seed, family, family, family == "well", cells, 0.0)


def verdict(*draws: matrix.Draw) -> dict[str, Any]:
    made: Any = SimpleNamespace(spec=SimpleNamespace(usual_stakes_usd=6000.0))
    return strong(made, list(draws), PLAYERS)


def test_a_mid_is_judged_in_every_family_that_has_ten_seeds_and_else_over_all() -> None:
    few = [won(1, "a", 500, 2000), won(2, "b", 500, 9000)]  # 0.8 and 0.1, together 0.45
    assert verdict(*few)["ok"]
    many = verdict(*(d._replace(seed=s) for d in few for s in range(10)))
    assert not many["ok"] and "a: mid 0.80, outside" in many["detail"] and "b: mid 0.10" in many["detail"]


def test_a_senior_is_judged_in_every_family_however_few_its_seeds() -> None:
    found = verdict(won(1, "a", 500, 6000), won(2, "b", 3000, 6000))
    assert not found["ok"] and "b: senior 0.70, needs 0.75" in found["detail"]


def test_where_nothing_is_to_be_won_it_is_enough_to_lose_next_to_nothing() -> None:
    sick = won(1, "a", 500, 6000)
    assert verdict(sick, won(2, "well", 10, 10, idle=10, oracle=10))["ok"]
    assert verdict(sick, won(2, "well", 290, 10, idle=10, oracle=10))["ok"]
    assert not verdict(sick, won(2, "well", 400, 10, idle=10, oracle=10))["ok"]

"""Which instances a check plays, and that a row is the same wherever it is played."""

from __future__ import annotations

from collections import Counter

import pytest

from gradatim.lab import catalogue
from gradatim.lab.check import matrix
from gradatim.lab.check.run import players
from gradatim.lab.lab import Lab


@pytest.fixture(scope="module")
def lab() -> Lab:
    return catalogue.lab("incident-response")


def test_every_family_has_its_seeds(lab: Lab) -> None:
    pairs = matrix.seeds_for(lab, 5)
    assert Counter(f for _, f in pairs) == dict.fromkeys(lab.spec.families, 5)
    assert all(lab.live.family_of(s) == f for s, f in pairs)
    assert len({s for s, _ in pairs}) == len(pairs)
    assert len(matrix.seeds_for(lab, 1, least=9)) >= 9


def test_a_row_is_what_the_instance_says(lab: Lab) -> None:
    ((seed, family), *_) = matrix.seeds_for(lab, 1)
    told: list[str] = []
    (row,) = matrix.compute(
        lab.folder, [(seed, family)], ["idle", "cap_retries"], workers=1, progress=told.append
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

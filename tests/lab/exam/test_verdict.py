"""The verdict and the margin on losses made by hand."""

from __future__ import annotations

import pytest

from gradatim.core.money import micro
from gradatim.lab.exam.field import senior_of, skill_free
from gradatim.lab.exam.verdict import has_margin, judge
from gradatim.lab.lab import Lab


@pytest.fixture
def losses(lab: Lab) -> list[dict[str, int]]:
    """Three instances: the senior loses $1,000; the skill-free $9,000, and on the healthy one $1,500."""
    free = skill_free(lab.spec)
    return [
        {senior_of(lab.spec): micro(1000), **dict.fromkeys(free, micro(usd))} for usd in (9000, 9000, 1500)
    ]


def test_the_senior_has_skill_one_and_the_best_trick_none(lab: Lab, losses: list[dict[str, int]]) -> None:
    healthy = [False, False, True]
    senior = judge(lab.spec, losses, [micro(1000)] * 3, healthy)
    trick = judge(lab.spec, losses, [micro(9000), micro(9000), micro(1500)], healthy)
    assert senior.skill == 1.0 and senior.passed
    assert trick.skill == pytest.approx(0.0) and not trick.passed
    assert [m.healthy for m in senior.marks] == healthy
    assert trick.marks[0].regret == 1.0 and trick.marks[0].stakes_micro == micro(8000)
    said = trick.as_dict()
    assert said["status"] == "fail" and said["estimate"]["n"] == 3
    assert said["estimate"]["skill_low"] < said["estimate"]["skill"] < said["estimate"]["skill_high"]


def test_a_set_on_which_one_trick_does_well_has_no_margin(lab: Lab, losses: list[dict[str, int]]) -> None:
    assert has_margin(lab.spec, losses)
    one = skill_free(lab.spec)[0]
    for row in losses:
        row[one] = micro(1010)
    assert not has_margin(lab.spec, losses)

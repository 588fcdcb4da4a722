import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.sim.telemetry.catalogue import COMPONENTS
from gradatim.sim.telemetry.history import DAY_S, calendar, change_id

SEEDS = range(40)


def test_a_fortnight_has_about_twenty_five_changes():
    n = [len([c for c in calendar(s) if c.at_s < 0]) for s in SEEDS]
    assert min(n) >= 20
    assert 24 <= sum(n) / len(n) <= 34


@pytest.mark.parametrize("seed", SEEDS)
def test_changes_are_in_order_unique_and_known(seed):
    found = calendar(seed, horizon_s=8400.0)
    assert [c.at_s for c in found] == sorted(c.at_s for c in found)
    assert len({c.id for c in found}) == len(found)
    assert all(-14.5 * DAY_S <= c.at_s < 8400 for c in found)
    assert {c.kind for c in found} <= {"deploy", "config"}
    assert {c.component for c in found} <= set(COMPONENTS)
    assert all("{" not in c.text + c.diff and c.who and c.ticket.startswith("OPS-") for c in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_hours_hold_suspects_that_did_nothing(seed):
    recent = [c for c in calendar(seed) if -7000.0 <= c.at_s <= 900.0]
    assert 1 <= len(recent) <= 3
    assert {c.component for c in recent} <= {"clients", "predict", "features"}
    assert any(c.at_s > 1200.0 for c in calendar(seed))


@given(st.integers(0, 2**64), st.lists(st.floats(-14 * DAY_S, 8400), min_size=2, max_size=9))
def test_a_number_says_when_and_nothing_else(seed, times):
    numbers = [int(change_id(seed, t).removeprefix("C-")) for t in sorted(times)]
    assert numbers == sorted(numbers)
    assert all(1000 <= n <= 9999 for n in numbers)


def test_weekends_are_calmer_when_the_date_is_known():
    epoch = dt.datetime(2031, 7, 10, 8, 0)
    weekend = week = 0
    for s in SEEDS:
        for c in calendar(s, epoch=epoch):
            if c.at_s < -DAY_S:
                day = (epoch + dt.timedelta(seconds=c.at_s)).weekday()
                weekend, week = weekend + (day >= 5), week + (day < 5)
    assert weekend / 4 < 0.5 * week / 10


def test_another_seed_has_another_history():
    assert calendar(1) == calendar(1)
    assert calendar(1) != calendar(2)

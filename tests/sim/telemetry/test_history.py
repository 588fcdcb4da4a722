import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.sim.faults import family
from gradatim.sim.faults.scenario import QueueLimitChange
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.catalogue import COMPONENTS
from gradatim.sim.telemetry.history import DAY_S, Settings, calendar, change_id, incidental

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


def test_the_history_of_a_setting_ends_in_the_setting() -> None:
    settings = Settings(80, 10, {"ios": 150, "android": 200})
    told = [c.text for s in SEEDS for c in calendar(s, settings=settings)]
    for words, right in (
        ("queue limit", "64 to 80 per"), ("batch wait", "ms to 10 ms"),
        ("ios backoff", "100 ms to 150 ms"), ("android backoff", "150 ms to 200 ms"),
    ):  # fmt: skip
        found = [text for text in told if words in text]
        assert found and all(right in text for text in found), found[:3]


def test_numbers_of_versions_rise() -> None:
    for seed in SEEDS:
        found: dict[str, list[int]] = {}
        for c in calendar(seed):
            version = re.match(
                r"(gateway 5|predict image 3|deployer 1\.9|label joiner 2\.8|booking API 11)\.(\d+)", c.text
            )
            if version:
                found.setdefault(version[1], []).append(int(version[2]))
        assert all(numbers == sorted(numbers) for numbers in found.values())


@pytest.mark.parametrize("family_id", ["metastable-overload", "broken-measurement"])
def test_a_shifts_own_change_of_a_setting_is_the_last_of_it(family_id: str) -> None:
    for seed in range(12):
        scenario = family(family_id).draw(seed, start_s=1200.0, horizon_s=8400.0)
        own = [s for s in scenario.shocks if isinstance(s, QueueLimitChange)]
        told = [c.text for c in World(scenario, seed).changes if "queue limit" in c.text]
        assert (
            len(told) == 1 if own else all(f"to {scenario.config.queue_limit} per" in text for text in told)
        )


def test_a_shifts_incidental_changes_read_like_the_calendars() -> None:
    shapes = {re.sub(r"[\d.]+", "#", c.text) for s in range(60) for c in calendar(s)}
    for seed in range(40):
        assert re.sub(r"[\d.]+", "#", incidental(seed, 1500.0)[2]) in shapes

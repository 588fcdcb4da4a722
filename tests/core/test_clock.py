"""One notation of days and times: what is written is read back, and what is no time is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.clock import ShiftClock, read

HOURS, DAYS = ShiftClock.of(1200.0, 8400.0), ShiftClock.of(43_200.0, 302_400.0)


@pytest.mark.parametrize(
    ("clock", "t_s", "short", "long"),
    [
        (HOURS, 1200.0, "08:20", "08:20:00"),
        (HOURS, 8399.9, "10:19", "10:19:59"),
        (DAYS, 43_200.0, "day 1 20:00", "day 1 20:00:00"),
        (DAYS, 57_599.5, "day 1 23:59", "day 1 23:59:59"),
        (DAYS, 57_600.0, "day 2 00:00", "day 2 00:00:00"),
        (DAYS, 302_400.0, "day 4 20:00", "day 4 20:00:00"),
        (DAYS, -28_801.0, "day 0 23:59", "day 0 23:59:59"),
    ],
)
def test_a_moment_as_it_is_written(clock: ShiftClock, t_s: float, short: str, long: str) -> None:
    assert (clock.text(t_s), clock.text(t_s, seconds=True)) == (short, long)


@given(st.integers(-20 * 86_400, 20 * 86_400))
def test_a_shift_of_days_reads_what_it_writes(t_s: int) -> None:
    written = DAYS.text(t_s, seconds=True)
    moment, short = read(written), read(written.removeprefix("day ").replace(" ", "/"))
    assert moment is not None
    assert moment == short
    assert DAYS.at(moment) == t_s


@given(st.integers(0, 86_399))
def test_a_shift_of_hours_reads_what_it_writes(t_s: int) -> None:
    moment = read(HOURS.text(t_s, seconds=True))
    assert moment is not None
    assert HOURS.at(moment) == t_s


@pytest.mark.parametrize("typed", ["2/09:14", "day 2 09:14", "Day 2 9:14", " day  2  09:14:00 ", "02/09:14"])
def test_forms_that_are_read(typed: str) -> None:
    moment = read(typed)
    assert moment is not None
    assert DAYS.at(moment) == 90_840.0


@pytest.mark.parametrize(
    "typed",
    ["25:00", "24:00", "99:00", "09:60", "09:14:60", "9h14", "soon", "", "4500", "2/", "2/25:00", "2 09:14",
     "day 09:14", "day two 09:14", "2/day 2 09:14", "1/2/09:14", "٠٩:١٤", "09:14 2", "-09:14", "09:14:1e1"],
)  # fmt: skip
def test_what_is_no_time(typed: str) -> None:
    assert read(typed) is None


def test_a_day_is_named_where_there_are_several_and_nowhere_else() -> None:
    bare, dated = read("09:14"), read("2/09:14")
    assert bare is not None
    assert dated is not None
    with pytest.raises(ValueError, match='"day 2 09:14" or 2/09:14'):
        DAYS.at(bare)
    with pytest.raises(ValueError, match="name no day"):
        HOURS.at(dated)


def test_an_axis_names_the_day_at_midnight() -> None:
    assert [DAYS.tick(57_600.0 + 21_600.0 * i) for i in range(-1, 4)] == [
        "18:00",
        "day 2",
        "06:00",
        "12:00",
        "18:00",
    ]
    assert HOURS.tick(57_600.0) == "00:00"

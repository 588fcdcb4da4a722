"""Times of a log: zones, hours that come twice or never, epochs."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.errors import InputError
from gradatim.instruments.incident import zones

UTC = datetime.UTC
BERLIN = "Europe/Berlin"


def walls(*times: str) -> list[tuple[str, datetime.datetime]]:
    return [(f"line {i}", zones.parse(t)) for i, t in enumerate(times, 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-25T01:30:00Z", (2026, 10, 25, 1, 30)),
        ("2026-10-25 01:30 UTC", (2026, 10, 25, 1, 30)),
        ("2026-10-25T01:30:00+05:30", (2026, 10, 24, 20, 0)),
        ("2026-10-25T01:30:00.123456789-0400", (2026, 10, 25, 5, 30, 0, 123456)),
        (1792891800, (2026, 10, 25, 1, 30)),
        ("1792891800000", (2026, 10, 25, 1, 30)),
        ("1792891800.5", (2026, 10, 25, 1, 30, 0, 500000)),
        (1792891800000000000, (2026, 10, 25, 1, 30)),
    ],
)
def test_times_that_name_their_zone(text: object, expected: tuple[int, ...]) -> None:
    assert zones.parse(text) == datetime.datetime(*expected, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["", None, True, "yesterday", "25/10/2026 01:30", "2026-13-01 00:00", "2026-10-25", "12", "1e400", "nan",
     "2026-10-25T01:30:00+25:00", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+10:00", {"a": 1}],
)  # fmt: skip
def test_what_is_no_time(text: object) -> None:
    with pytest.raises(ValueError):
        zones.parse(text)


def test_an_hour_that_never_was() -> None:
    found, problems, _ = zones.settle(walls("2026-03-29 01:59:00", "2026-03-29 02:30:00"), BERLIN, None)
    assert found[1] is None and "does not exist in Europe/Berlin" in problems[0]


def test_the_order_tells_the_hour_that_came_twice() -> None:
    times = walls("2026-10-25 02:10:00", "2026-10-25 02:50:00", "2026-10-25 02:05:00", "2026-10-25 02:40:00")
    found, problems, notes = zones.settle(times, BERLIN, None)
    assert problems == [] and "4 times" in notes[0]
    assert [at.hour for at in found if at] == [0, 0, 1, 1]


def test_an_hour_that_came_twice_is_not_guessed() -> None:
    times = walls("2026-10-25 01:00:00", "2026-10-25 02:30:00", "2026-10-25 04:00:00")
    found, problems, _ = zones.settle(times, BERLIN, None)
    assert found[1] is None and "came twice" in problems[0] and "line 3" in problems[0]
    for fold, hour in (("earlier", 0), ("later", 1)):
        settled, none, _ = zones.settle(times, BERLIN, fold)  # type: ignore[arg-type]
        assert none == [] and settled[1] is not None and settled[1].hour == hour


def test_aware_neighbours_settle_it_too() -> None:
    times = walls("2026-10-25T01:05:00Z", "2026-10-25 02:30:00")
    found, problems, _ = zones.settle(times, BERLIN, None)
    assert problems == [] and found[1] == datetime.datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(
    st.lists(st.integers(0, 5 * 3600), min_size=1, max_size=12),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe"]),
)
def test_what_is_settled_by_order_is_right(offsets: list[int], name: str) -> None:
    """Clock readings of ordered moments come back as those moments, or as a problem; never as others."""
    start = {
        BERLIN: datetime.datetime(2026, 10, 24, 23, tzinfo=UTC),
        "America/New_York": datetime.datetime(2026, 11, 1, 4, tzinfo=UTC),
        "Australia/Lord_Howe": datetime.datetime(2026, 4, 4, 13, tzinfo=UTC),
    }[name]
    true = [start + datetime.timedelta(seconds=s) for s in sorted(offsets)]
    shown = [
        (str(i), at.astimezone(zones.zone(name)).replace(tzinfo=None, fold=0)) for i, at in enumerate(true)
    ]
    found, problems, _ = zones.settle(shown, name, None)
    assert all(mine is None or mine == at for mine, at in zip(found, true, strict=True))
    assert len(problems) == sum(mine is None for mine in found)


def test_an_unknown_zone() -> None:
    with pytest.raises(InputError, match="no time zone"):
        zones.zone("Europe/Berlino")

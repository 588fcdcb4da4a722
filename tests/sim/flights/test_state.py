"""Data states: what is altered, and only that."""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.sim.flights import Window, draw_window
from gradatim.sim.flights.features import FEATURES
from gradatim.sim.flights.state import COLUMNS, EXPIRY_H, Alteration, altered, known_hour, looked_up


@pytest.fixture(scope="module")
def window() -> Window:
    return draw_window(11, 8, 48)


def test_the_empty_state_is_the_window_itself(window: Window) -> None:
    assert altered(window, ()) is window.items.features


@pytest.mark.parametrize("kind", ["code", "missing", "yesterday", "metric", "km"])
def test_only_the_group_and_the_airports_named_are_touched(window: Window, kind: str) -> None:
    now = altered(window, (Alteration(kind, "weather", (1,)),))  # type: ignore[arg-type]
    was, here = window.items.features, window.items.origin == 1
    others = [c for c in range(len(FEATURES)) if c not in COLUMNS["weather"]]
    np.testing.assert_array_equal(now[:, others], was[:, others])
    np.testing.assert_array_equal(now[~here], was[~here])
    assert not np.array_equal(now[here], was[here], equal_nan=True)


def test_utc_and_local_undo_each_other(window: Window) -> None:
    there = altered(window, (Alteration("utc", "clock"),))
    back = altered(window, (Alteration("utc", "clock"), Alteration("local", "clock")))
    column = COLUMNS["clock"][0]
    assert np.abs(there[:, column] - window.items.features[:, column]).min() >= 240
    np.testing.assert_array_equal(back[:, column], window.items.features[:, column])


def test_a_frozen_table_knows_nothing_newer_and_expires(window: Window) -> None:
    hour = 10
    now = altered(window, (Alteration("frozen", "weather", (0, 1, 2), hour),))
    known, columns = known_hour(window), list(COLUMNS["weather"])
    before = known <= hour
    np.testing.assert_array_equal(now[before], window.items.features[before])
    assert np.isnan(now[known > hour + EXPIRY_H][:, columns]).all()
    stale = np.flatnonzero((known > hour) & (known <= hour + EXPIRY_H))
    rows = np.isin(np.arange(len(known)), stale)
    old = looked_up(window, "weather", np.full(len(stale), hour), rows)
    np.testing.assert_array_equal(now[stale][:, columns], old)


def test_what_is_looked_up_at_its_own_hour_is_what_is_served(window: Window) -> None:
    """The calendar of a window of single days: an hour of the window is an hour of one real day."""
    known = known_hour(window)
    # Within the first day the block's day is the flight's own, so nothing crosses to another real day.
    rows = (
        (known >= 0)
        & (known < 16 - window.start_hour + 8)
        & (window.items.dep_s < (24 - window.start_hour) * 3600)
    )
    found = looked_up(window, "weather", known[rows], rows)
    np.testing.assert_array_equal(found, window.items.features[rows][:, list(COLUMNS["weather"])])


def test_a_later_alteration_of_a_cell_wins(window: Window) -> None:
    now = altered(window, (Alteration("code", "weather"), Alteration("missing", "weather")))
    assert np.isnan(now[:, list(COLUMNS["weather"])]).all()

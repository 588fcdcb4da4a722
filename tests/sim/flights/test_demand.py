"""Demand follows the day and the week, with keyed noise and no fault."""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.sim.flights import demand_profile, draw_window
from gradatim.sim.flights.demand import HOUR_SHAPE, NOISE, WEEKDAY_SHAPE
from gradatim.sim.flights.window import Window


@pytest.fixture(scope="module")
def week() -> Window:
    return draw_window(2, 0, 168)


def test_a_week_has_the_base_rate_as_its_mean(week: Window) -> None:
    rates = demand_profile(week, 120.0, 2)
    assert rates.shape == (168 * 60,)
    assert rates.mean() == pytest.approx(120.0, rel=0.02)


def test_shapes_are_normalised() -> None:
    assert sum(HOUR_SHAPE) / 24 == pytest.approx(1.0, abs=0.01)
    assert sum(WEEKDAY_SHAPE) / 7 == pytest.approx(1.0, abs=1e-12)


def test_night_is_quiet_and_saturday_is_below_friday(week: Window) -> None:
    hourly = demand_profile(week, 120.0, 2).reshape(7, 24, 60).mean(axis=2)
    assert (hourly[:, 3] < hourly[:, 10] / 5).all()
    days = {(week.date.weekday() + k) % 7: hourly[k].mean() for k in range(7)}
    assert days[5] < days[6] < days[4] < days[0]


def test_no_jump_between_minutes(week: Window) -> None:
    rates = demand_profile(week, 120.0, 2)
    step = np.abs(np.diff(rates)) / rates[:-1]
    assert step.max() < 0.05


def test_noise_is_mild_and_keyed() -> None:
    window = draw_window(2, 9, 3)
    one, again, other = (demand_profile(window, 120.0, s) for s in (5, 5, 6))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert np.max(np.abs(one / other - 1)) < 2.1 * NOISE / (1 - NOISE)


def test_a_longer_window_begins_with_the_same_rates() -> None:
    short, long = draw_window(2, 9, 3), draw_window(2, 9, 5)
    assert np.array_equal(demand_profile(short, 50.0, 7), demand_profile(long, 50.0, 7)[:180])

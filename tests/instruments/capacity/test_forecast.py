"""The forecast against series whose future is known, and against seasonal naive."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from gradatim.core.errors import InputError
from gradatim.instruments.capacity.forecast import forecast, seasonal_naive


def made(weeks: int, growth_a_week: float, noise: float, seed: int = 1) -> NDArray[np.float64]:
    """Hourly traffic with a day, a week and a trend."""
    rng = np.random.default_rng(seed)
    h = np.arange(weeks * 168)
    day = 1 + 0.6 * np.sin((h % 24 - 9) / 24 * 2 * np.pi)
    week = np.where((h // 24) % 7 >= 5, 0.65, 1.0)
    return np.asarray(
        60 * day * week * np.exp(growth_a_week * h / 168) * np.exp(rng.normal(0, noise, len(h)))
    )


def test_growth_is_forecast_and_beats_seasonal_naive() -> None:
    whole = made(9, 0.06, 0.03)
    past, future = whole[: 7 * 168], whole[7 * 168 :]
    found = forecast(past, len(future))
    assert found.beats_naive and found.season == 168
    naive = np.abs(seasonal_naive(past, len(future), 168) - future).mean()
    assert np.abs(found.rate - future).mean() < 0.7 * naive
    assert np.mean((future >= found.low) & (future <= found.high)) >= 0.75
    # Two windows and a half of two weeks share no hour: without one and its neighbours too few are left to judge it.
    assert found.looks == 2.5 and math.isnan(found.held.share)


def test_a_week_that_repeats_itself_is_not_beaten() -> None:
    found = forecast(np.tile(made(1, 0.0, 0.2), 6), 168)
    assert found.model == "seasonal-naive" and not found.beats_naive
    assert found.error_naive == 0.0
    np.testing.assert_allclose(found.rate, made(1, 0.0, 0.2))


def test_how_far_was_tested_is_told() -> None:
    found = forecast(made(4, 0.0, 0.05), 90 * 24)
    assert len(found.rate) == 90 * 24 and found.tested_hours == 168


@pytest.mark.parametrize("days", [1, 3])
def test_a_horizon_far_shorter_than_the_season(days: int) -> None:
    found = forecast(made(4, 0.0, 0.05), days * 24)
    assert found.season == 168 and found.tested_hours == len(found.rate) == days * 24
    assert found.looks >= 4 and 0.8 <= found.held.share <= 1 and found.held.windows >= 2


def test_origins_hours_apart_are_few_looks() -> None:
    found = forecast(made(1, 0.0, 0.1)[:96], 24)
    assert found.origins >= 10 and found.looks <= 3
    if found.beats_naive:
        assert found.looks == 2


def test_too_short() -> None:
    with pytest.raises(InputError, match="too short"):
        forecast(made(1, 0.0, 0.1)[:60], 24)

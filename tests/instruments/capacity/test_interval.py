"""How often the interval holds, by simulation, where the level keeps still, wanders, or returns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from gradatim.instruments.capacity.forecast import DAY, WEEK, seasonal_naive
from gradatim.instruments.capacity.interval import Misses, coverage, interval

PAST, AHEAD = 8 * WEEK, 2 * WEEK


def logs(kind: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ten weeks of the logarithm of traffic, without its season, which seasonal naive takes away."""
    hours = PAST + AHEAD
    noise = rng.normal(0, 0.05, hours)
    match kind:
        case "still":
            return noise
        case "wanders":
            return np.cumsum(rng.normal(0, 0.008, hours)) + noise
        case "weeks":
            return rng.normal(0, 0.1, hours // WEEK)[np.arange(hours) // WEEK] + noise
        case "grows":
            return 0.0004 * np.arange(hours) + noise
    skewed: NDArray[np.float64] = np.where(rng.random(hours) < 0.03, rng.uniform(0.5, 1.5, hours), noise)
    return skewed


def misses(x: NDArray[np.float64]) -> Misses:
    starts = list(range(WEEK, len(x) - DAY + 1, DAY))
    errors = []
    for o in starts:
        truth = x[o : o + AHEAD]
        errors.append(truth - seasonal_naive(x[:o], len(truth), WEEK))
    return Misses(errors, starts, WEEK)


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("still", 0.89, 0.96),
        ("bursts", 0.88, 0.97),
        ("weeks", 0.86, 0.98),
        ("wanders", 0.86, 0.98),
        ("grows", 0.90, 1.0),
    ],
)
def test_a_90_percent_interval_holds_about_90_percent(kind: str, least: float, most: float) -> None:
    inside, last_week, said = [], [], []
    for seed in range(60):
        x = logs(kind, np.random.default_rng([seed, 7]))
        past, future = x[:PAST], x[PAST:]
        known = misses(past)
        low, high = interval(known, AHEAD, 0.9)
        error = future - seasonal_naive(past, AHEAD, WEEK)
        held = (error >= low) & (error <= high)
        inside.append(held.mean())
        last_week.append(held[WEEK:].mean())
        if seed < 5:
            said.append(coverage(known, 0.9, range(0, 30, 6)))
    assert least <= np.mean(inside) <= most
    assert np.mean(last_week) >= least - 0.03
    assert 0.85 <= np.mean(said) <= 1.0


def test_it_widens_with_the_lead_and_beyond_the_backtest_where_the_level_wanders() -> None:
    low, high = interval(misses(logs("wanders", np.random.default_rng(3))), 2 * AHEAD, 0.9)
    wide = (high - low)[::WEEK]
    assert (np.diff(wide) > 0.02).all()
    still_low, still_high = interval(misses(logs("still", np.random.default_rng(3))), 2 * AHEAD, 0.9)
    assert (still_high - still_low)[-1] < 1.35 * (still_high - still_low)[0]


def test_skewed_errors_make_a_skewed_interval() -> None:
    rng = np.random.default_rng(5)
    errors = [np.where(rng.random(AHEAD) < 0.08, 0.9, rng.normal(0, 0.05, AHEAD)) for _ in range(20)]
    low, high = interval(Misses(errors, list(range(0, 20 * DAY, DAY))), AHEAD, 0.9)
    assert high.min() > 2 * -low.min()


def test_one_origin_has_no_measured_coverage() -> None:
    assert math.isnan(coverage(Misses([np.zeros(48)], [0]), 0.9, [0]))

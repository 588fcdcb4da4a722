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
            said.append(coverage(known, 0.9, range(0, 30, 6)).share)
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


def test_looks_share_no_hour() -> None:
    errors = [np.zeros(96)] * 25
    near = Misses(errors, list(range(0, 50, 2)))
    assert near.looks(24) == 3 and near.looks(48) == 2 and near.looks(97) == 0
    # Origins further apart than they look count one each, and no more than there are.
    assert Misses(errors[:3], [0, 500, 510]).looks(48) == pytest.approx(2 + 10 / 48)
    # What repeats itself after a day is a day old from its first hour.
    assert Misses(errors, list(range(0, 50, 2)), 24).looks(1) == 3
    # Later origins that see less far do not count further ahead.
    assert Misses([np.zeros(96), np.zeros(24)], [0, 96]).looks(96) == 1


def test_few_looks_widen() -> None:
    errors = [np.repeat(np.random.default_rng(i).normal(0, 0.1, 4), DAY) for i in range(13)]
    wide = [
        np.ptp([end[0] for end in interval(Misses(errors, [step * i for i in range(13)]), 96, 0.9)])
        for step in (2, 8, 24)
    ]
    assert wide[0] > 1.3 * wide[1] > 1.3 * 1.1 * wide[2]


def test_coverage_is_judged_by_origins_that_share_no_hour() -> None:
    assert math.isnan(coverage(Misses([np.zeros(48)], [0]), 0.9, [0]).share)
    # Two windows do not overlap: from one alone the other cannot be judged.
    assert math.isnan(coverage(Misses([np.zeros(48)] * 3, [0, 24, 48]), 0.9, [0, 1, 2]).share)
    # A shift that half the origins see: those that overlap would have known it, the others do not.
    small = np.random.default_rng(1).normal(0, 0.01, (40, 48))
    errors = [row + (2.0 if i == 20 else 0.0) for i, row in enumerate(small)]
    apart = Misses(errors, list(range(0, 40 * 48, 48))).apart(20)
    assert len(apart.errors) == 39 and 20 * 48 not in apart.starts
    near = Misses([small[0]] * 20, list(range(0, 20 * 12, 12))).apart(10)
    assert near.starts == [s for s in range(0, 240, 12) if abs(s - 120) >= 48]


def drifting(rng: np.random.Generator) -> Misses:
    """Of a forecast that starts from the last hour of a level that wanders a day at a time, as STL with Holt does."""
    level = np.repeat(np.cumsum(rng.normal(0, 0.05, 56)), DAY)
    x = level + rng.normal(0, 0.05, len(level))
    starts = [14 * DAY + 2 * DAY * i for i in range(15)]
    return Misses([x[o : o + 14 * DAY] - level[o - 1] for o in starts], starts)


def test_a_forecast_from_the_last_hour_holds_as_often() -> None:
    inside, said = [], []
    for seed in range(120):
        rng = np.random.default_rng([seed, 11])
        known = drifting(rng)
        low, high = interval(known, AHEAD, 0.9)
        error = np.repeat(np.cumsum(rng.normal(0, 0.05, 14)), DAY) + rng.normal(0, 0.05, AHEAD)
        inside.append(((error >= low) & (error <= high)).mean())
        said.append(coverage(known, 0.9, range(15)).share)
    assert 0.85 <= np.mean(inside) <= 0.97
    assert 0.8 <= np.mean(said) <= 1.0


def test_few_windows_say_little_and_more_say_more() -> None:
    wide = []
    for windows in (4, 16):
        errors = [np.random.default_rng(i).normal(0, 0.1, 48) for i in range(windows)]
        held = coverage(Misses(errors, list(range(0, 48 * windows, 48))), 0.9, range(windows))
        assert held.windows == windows
        assert held.low < held.share <= held.high
        wide.append(held.high - held.low)
    assert wide[0] > 0.35 > wide[1]
    # All of three windows inside: 0.05 ** (1 / 3) may still be the truth.
    still = [np.random.default_rng(0).normal(0, 0.01, 48) for _ in range(3)]
    held = coverage(Misses(still, [0, 48, 96]), 0.9999, range(3))
    assert (held.share, held.high) == (1.0, 1.0)
    assert held.low == pytest.approx(0.05 ** (1 / 3))


@pytest.mark.parametrize("kind", ["still", "wanders", "weeks"])
def test_the_stated_range_holds_what_the_future_does(kind: str) -> None:
    inside, said = [], []
    for seed in range(40):
        x = logs(kind, np.random.default_rng([seed, 17]))
        known = misses(x[:PAST])
        low, high = interval(known, AHEAD, 0.9)
        error = x[PAST:] - seasonal_naive(x[:PAST], AHEAD, WEEK)
        inside.append(float(((error >= low) & (error <= high)).mean()))
        whole = [i for i, one in enumerate(known.errors) if len(one) == AHEAD]
        said.append(coverage(known, 0.9, whole[:: max(len(whole) // 5, 1)]))
    truth = float(np.mean(inside))
    assert np.mean([one.low <= truth <= one.high for one in said]) >= 0.9
    assert np.mean([one.windows for one in said]) < 5, "two weeks ahead, eight weeks hold few windows"

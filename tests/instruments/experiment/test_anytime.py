"""Anytime-valid intervals: their level under continuous peeking, by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gradatim.instruments.experiment import anytime
from gradatim.instruments.experiment.cuped import adjust
from gradatim.instruments.experiment.effect import Level, contrast
from gradatim.instruments.experiment.sample import Sample, linearise, moments

Values = NDArray[np.float64]
FIRST_LOOK = 100


def running(values: Values, first: int) -> tuple[Values, Values]:
    """Running means and sample variances along the rows, from `first` values on."""
    k = np.arange(1, values.shape[1] + 1)
    mean = np.cumsum(values, axis=1) / k
    variance = np.maximum(np.cumsum(values**2, axis=1) / k - mean**2, 0) * k / np.maximum(k - 1, 1)
    return mean[:, first - 1 :], variance[:, first - 1 :]


def missed(
    draw: Callable[[tuple[int, int]], Values], first: int, last: int, tuned: float, share: int = 1
) -> tuple[float, float]:
    """Share of experiments without effect in which an interval excluded zero at one look or more.

    Looked at after every treatment unit; `share` control units come with each treatment unit.
    Returns the rate of the anytime-valid and of the fixed 95 % interval.
    """
    k = np.arange(first, last + 1)
    rho2 = anytime.mixing(0.05, tuned)
    always = fixed = runs = 0
    for _ in range(7):
        new, new_var = running(draw((100, last)), first)
        old, old_var = running(draw((100, last * share)), first * share)
        old, old_var = old[:, ::share], old_var[:, ::share]
        variance = new_var / k + old_var / (k * share)
        below = (new_var / k) ** 2 / (k - 1) + (old_var / (k * share)) ** 2 / (k * share - 1)
        df = np.maximum(variance**2, 1e-300) / np.maximum(below, 1e-300)
        gap = np.abs(new - old)
        half = anytime.half_width(variance, k * (1 + share), 0.05, rho2, df)
        always += int((gap > half).any(axis=1).sum())
        fixed += int((gap > 1.959964 * np.sqrt(variance)).any(axis=1).sum())
        runs += 100
    return always / runs, fixed / runs


@pytest.mark.parametrize("name", ["normal", "rare binary", "exponential", "log-normal"])
def test_the_level_holds_when_every_unit_is_looked_at(name: str) -> None:
    rng = np.random.default_rng(20)
    draws: dict[str, Callable[[tuple[int, int]], Values]] = {
        "normal": rng.standard_normal,
        "rare binary": lambda shape: (rng.random(shape) < 0.03).astype(float),
        "exponential": lambda shape: rng.exponential(size=shape),
        "log-normal": lambda shape: rng.lognormal(0, 1, shape),
    }
    always, fixed = missed(draws[name], FIRST_LOOK, 1800, anytime.TUNED_FOR_UNITS)
    assert always <= 0.05
    assert fixed > 0.25, "peeking at a fixed interval must be seen to fail, or this test shows nothing"


def test_the_level_holds_with_a_tenth_of_the_traffic() -> None:
    rng = np.random.default_rng(21)
    always, _ = missed(lambda shape: rng.exponential(size=shape), FIRST_LOOK, 600, 2000, share=9)
    assert always <= 0.05


def test_the_level_holds_from_ten_points_on_in_a_canary() -> None:
    rng = np.random.default_rng(22)
    for draw in (rng.standard_normal, lambda shape: rng.exponential(size=shape)):
        always, _ = missed(draw, 10, 300, 100)
        assert always <= 0.05


@given(
    estimate=st.floats(-2, 2),
    variance=st.floats(1e-4, 1),
    units=st.integers(10, 10**6),
    alpha=st.floats(0.001, 0.2),
)
def test_p_value_and_interval_say_the_same(
    estimate: float, variance: float, units: int, alpha: float
) -> None:
    rho2 = anytime.mixing(0.05)
    half = float(anytime.half_width(variance, units, alpha, rho2))
    p = anytime.p_value(estimate, variance, units, rho2)
    if not math.isclose(abs(estimate), half, rel_tol=1e-6):
        assert (p < alpha) == (abs(estimate) > half)


def test_it_is_narrowest_where_it_was_tuned() -> None:
    at = 5000
    widths = {
        n: float(anytime.half_width(1 / at, at, 0.05, anytime.mixing(0.05, n))) for n in (500, 5000, 50_000)
    }
    assert widths[5000] == min(widths.values())
    # About 1.5 times the fixed interval at the tuned size (Waudby-Smith et al. 2024, section 2).
    assert 1.3 < widths[5000] / (1.959964 / math.sqrt(at)) < 1.7


def test_without_variance_only_an_effect_is_surprising() -> None:
    rho2 = anytime.mixing(0.05)
    assert anytime.p_value(0.0, 0.0, 50, rho2) == 1.0
    assert anytime.p_value(0.1, 0.0, 50, rho2) == 0.0


def test_a_small_arm_of_a_skewed_metric_keeps_the_level() -> None:
    """A tenth of the traffic in treatment, and one unit in twenty buys: few buyers make mean and variance small."""
    rng = np.random.default_rng(24)
    missed_once = narrow = 0
    for _ in range(150):
        bought = [(rng.random(n) < 0.05) * rng.lognormal(3, 1, n) for n in (9 * 900, 900)]
        looks = [
            contrast(moments(bought[0][: 9 * k]), moments(bought[1][:k]), Level()).anytime
            for k in range(100, 901, 40)
        ]
        missed_once += any(look.excludes_zero for look in looks)
        own = [
            (abs(bought[1][:k].mean() - bought[0][: 9 * k].mean()), moments(bought[1][:k]).squared_error, k)
            for k in range(100, 901, 40)
        ]
        rho2 = anytime.mixing(0.05)
        narrow += any(gap > anytime.half_width(error, 10 * k, 0.05, rho2) for gap, error, k in own)
    assert missed_once <= 0.05 * 150
    assert narrow > 0.1 * 150, "without the floor it must be seen to fail, or this test shows nothing"


def clicks(r: np.random.Generator, n: int) -> tuple[Values, Values | None, Values | None]:
    """A ratio of sums: users look and click at rates of their own."""
    views = 1.0 + r.negative_binomial(1, 0.2, n)
    return r.binomial(views.astype(int), r.beta(1, 19, n)).astype(float), views, None


def heavy(r: np.random.Generator, n: int) -> tuple[Values, Values | None, Values | None]:
    """Student's t with 3 degrees of freedom, and a covariate that shares a shock with it."""
    shock = r.standard_t(3, n)
    return shock + r.standard_t(3, n), None, shock + r.standard_t(3, n)


@pytest.mark.parametrize(
    ("draw", "seed"), [(clicks, 25), (heavy, 26)], ids=["ratio", "heavy tail with CUPED"]
)
def test_ratios_and_adjusted_heavy_tails_keep_the_level(draw: Any, seed: int) -> None:
    """The whole of it, looked at after every unit: tools/simulations/peeking.py; figures on the page of experiments."""
    rng = np.random.default_rng(seed)
    always = fixed = 0
    runs = 100
    for _ in range(runs):
        arms = [draw(rng, 1600) for _ in range(2)]
        looks = []
        for k in range(100, 1601, 50):
            values = [linearise(Sample(x[:k], None if y is None else y[:k])) for x, y, _ in arms]
            if arms[0][2] is not None:
                done = adjust(values[0], values[1], arms[0][2][:k], arms[1][2][:k])
                values = [done.control, done.treatment]
            looks.append(contrast(moments(values[0]), moments(values[1]), Level()))
        always += any(one.anytime.excludes_zero for one in looks)
        fixed += any(one.fixed.excludes_zero for one in looks)
    assert always <= 0.05 * runs
    assert fixed > 0.15 * runs, "peeking at a fixed interval must be seen to fail, or this test shows nothing"

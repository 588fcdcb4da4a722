"""Formulas against scipy and published numbers; bins against plain numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats as st
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.spatial.distance import jensenshannon

from gradatim.instruments.drift import chance, distances
from gradatim.instruments.drift.grid import Grid, choose


@pytest.mark.parametrize(("x", "df"), [(0.3, 1), (3, 10), (30, 10), (120, 100), (2000, 500), (900, 20)])
def test_chi_square_tail(x: float, df: int) -> None:
    assert chance.chi2_sf(x, df) == pytest.approx(st.chi2.sf(x, df), rel=1e-9)


@pytest.mark.parametrize("x", [0.25, 0.5, 0.8, 1.09, 1.11, 1.358, 2.0, 4.0])
def test_kolmogorov_tail(x: float) -> None:
    assert chance.kolmogorov_sf(x) == pytest.approx(st.kstwobign.sf(x), rel=1e-9)


def test_ks_critical_value_of_the_tables() -> None:
    """alpha 0.05, n = m = 1000: D = 0.0607 (asymptotic tables)."""
    d = 0.0607
    assert chance.kolmogorov_sf(d * math.sqrt(500)) == pytest.approx(0.05, abs=0.0005)


def test_psi_noise_of_yurdakul() -> None:
    """10 bins, n = m = 1000, 95 % point: 0.0338 (Yurdakul 2018)."""
    assert distances.psi_noise(10, 1000, 1000) == pytest.approx(0.0338, abs=0.00005)


def test_psi_of_unchanged_data_stays_below_its_noise_19_times_in_20() -> None:
    rng = np.random.default_rng(5)
    p = np.full(10, 0.1)
    limit = distances.psi_noise(10, 1000, 1000)
    drawn = [distances.psi(rng.multinomial(1000, p), rng.multinomial(1000, p)) for _ in range(2000)]
    assert np.mean(np.array(drawn) > limit) == pytest.approx(0.05, abs=0.015)


def test_psi_by_hand() -> None:
    by_hand = 0.1 * math.log(0.6 / 0.5) - 0.1 * math.log(0.4 / 0.5)
    assert distances.psi(np.array([500, 500]), np.array([600, 400])) == pytest.approx(by_hand)


@given(some.lists(some.integers(0, 1000), min_size=2, max_size=20), some.integers(0, 2**32))
@settings(max_examples=50)
def test_distances_against_scipy(counts: list[int], seed: int) -> None:
    p = np.array(counts) + 1
    q = np.random.default_rng(seed).permutation(p)
    at = np.arange(len(p), dtype=float) ** 1.5
    assert distances.jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, 2), abs=1e-7)
    moved, _ = distances.wasserstein(p, q, at, at, 1.0, 1.0)
    assert moved == pytest.approx(st.wasserstein_distance(at, at, p, q), rel=1e-6, abs=1e-9)
    statistic, df = distances.chi_square(p, q, 0.0)
    oracle = st.chi2_contingency(np.array([p, q]), correction=False)
    assert (statistic, df) == (pytest.approx(oracle.statistic, abs=1e-8), oracle.dof)


def test_the_standard_error_of_the_wasserstein_distance() -> None:
    rng = np.random.default_rng(2)
    grid = choose(rng.normal(size=20_000))
    found = []
    for _ in range(200):
        sides = [grid.count(rng.normal(shift, 1, 2000)) for shift in (0.0, 0.5)]
        at = [grid.positions(*side) for side in sides]
        found.append(distances.wasserstein(sides[0][0], sides[1][0], at[0], at[1], 2000, 2000))
    values, errors = np.array(found).T
    assert values.mean() == pytest.approx(0.5, abs=0.01)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)


@pytest.mark.parametrize(("k", "n", "j", "m"), [(3, 100, 12, 100), (0, 50, 9, 5000), (5, 100, 505, 10_000)])
def test_shares_are_never_surer_than_the_exact_test(k: int, n: int, j: int, m: int) -> None:
    exact = min(
        st.fisher_exact([[k, n - k], [j, m - j]], alternative=side).pvalue for side in ("less", "greater")
    )
    assert chance.shares_p(k, n, j, m) == pytest.approx(min(1.0, 2 * exact), rel=1e-6)


def test_beyond_p_is_the_chance_that_the_largest_are_all_new() -> None:
    assert chance.beyond_p(1, 100, 100) == pytest.approx(0.5)
    assert chance.beyond_p(2, 100, 100) == pytest.approx(0.5 * 99 / 199)


def test_holm_by_hand() -> None:
    assert chance.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert chance.holm([0.01], tests=10) == pytest.approx([0.1])


DRAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0, 2, n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n),
    "counts": lambda rng, n: rng.poisson(4, n).astype(float),
    "zeros": lambda rng, n: np.where(rng.random(n) < 0.3, 0.0, rng.normal(size=n)),
    "constant": lambda rng, n: np.full(n, 3.25),
    "epoch": lambda rng, n: 1.7e9 + rng.random(n) * 1e5,
    "huge": lambda rng, n: rng.choice([1e308, -1e308, 0.0], n),
    "close": lambda rng, n: 1 + rng.integers(0, 3, n) * 2e-16,
}


@pytest.mark.parametrize("name", DRAWS)
def test_bins_are_one_ordered_partition(name: str) -> None:
    rng = np.random.default_rng(1)
    grid = choose(DRAWS[name](rng, 5000))
    values = DRAWS[name](rng, 40_000)
    counts, _ = grid.count(values)
    where = grid.index(values)
    assert counts.sum() == len(values)
    assert np.array_equal(np.bincount(where, minlength=grid.bins), counts)
    order = np.argsort(values, kind="stable")
    assert (np.diff(where[order]) >= 0).all()
    again = Grid.from_dict(grid.as_dict())
    assert again.same(grid) and np.array_equal(again.count(values)[0], counts)


@pytest.mark.parametrize("name", ["normal", "lognormal", "counts", "zeros"])
def test_binned_distances_are_those_of_the_rows(name: str) -> None:
    rng = np.random.default_rng(3)
    x, y = DRAWS[name](rng, 30_000), DRAWS[name](rng, 30_000) * 1.1 + 0.1
    grid = choose(x)
    (p, sp), (q, sq) = grid.count(x), grid.count(y)
    assert distances.kolmogorov_smirnov(p, q) == pytest.approx(st.ks_2samp(x, y).statistic, abs=0.004)
    moved, _ = distances.wasserstein(p, q, grid.positions(p, sp), grid.positions(q, sq), 1, 1)
    # The bins of a heavy tail are wide, and mass stands at their means.
    assert moved == pytest.approx(st.wasserstein_distance(x, y), rel=0.12 if name == "lognormal" else 0.02)

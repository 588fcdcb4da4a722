"""Intervals of an effect against scipy and statsmodels, CUPED and ratios by simulation."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gradatim.instruments.experiment import cuped
from gradatim.instruments.experiment.effect import Level, contrast, effect
from gradatim.instruments.experiment.sample import Moments, Sample, linearise, moments

LEVEL = Level()


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), n=st.integers(3, 60), m=st.integers(3, 60), scale=st.floats(0.2, 5))
def test_the_fixed_interval_is_welchs(seed: int, n: int, m: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    old, new = rng.normal(3, 1, n), rng.normal(3.5, scale, m)
    found = effect(moments(old), moments(new), LEVEL).difference
    theirs = stats.ttest_ind(new, old, equal_var=False)
    assert found.p_fixed == pytest.approx(theirs.pvalue, rel=1e-9)
    assert tuple(found.fixed) == pytest.approx(tuple(theirs.confidence_interval()), rel=1e-9)
    assert found.anytime.low < found.fixed.low < found.fixed.high < found.anytime.high


def test_the_ratio_has_the_delta_methods_error() -> None:
    rng = np.random.default_rng(2)
    errors, values = [], []
    for _ in range(1500):
        views = rng.poisson(5, 400) + 1.0
        clicks = rng.binomial(views.astype(int), rng.beta(2, 8, 400)).astype(float)
        m = moments(linearise(Sample(clicks, views)))
        values.append(m.mean)
        errors.append(m.squared_error)
        assert m.mean == pytest.approx(clicks.sum() / views.sum())
    assert np.sqrt(np.mean(errors)) == pytest.approx(np.std(values), rel=0.06)


def test_rows_of_one_unit_are_not_independent() -> None:
    # Ten rows per user that are all alike: treating rows as units would call a null effect significant often.
    rng = np.random.default_rng(4)
    wrong = right = 0
    for _ in range(400):
        sums, rows = rng.standard_normal((2, 100)) * 10, np.full(100, 10.0)
        a, b = (moments(linearise(Sample(s, rows))) for s in sums)
        right += effect(a, b, LEVEL).difference.p_fixed < 0.05
        flat = [moments(np.repeat(s / 10, 10)) for s in sums]
        wrong += effect(flat[0], flat[1], LEVEL).difference.p_fixed < 0.05
    assert right / 400 < 0.08
    assert wrong / 400 > 0.3


def test_cuped_agrees_with_the_regression_and_keeps_the_level() -> None:
    rng = np.random.default_rng(6)
    n, alarms = 300, 0
    for k in range(600):
        before = rng.gamma(2, 10, 2 * n)
        after = 0.9 * before + rng.normal(0, 8, 2 * n)
        arm = np.repeat([0, 1], n)
        got = cuped.adjust(after[:n], after[n:], before[:n], before[n:])
        found = effect(moments(got.control), moments(got.treatment), LEVEL).difference
        alarms += found.p_fixed < 0.05
        if k == 0:
            theirs = sm.OLS(after, sm.add_constant(np.column_stack([arm, before]))).fit()
            assert found.estimate == pytest.approx(theirs.params[1], rel=1e-9)
            assert found.se == pytest.approx(theirs.bse[1], rel=0.01)
            r = np.corrcoef(before[:n], after[:n])[0, 1]
            assert got.variance_removed == pytest.approx(r**2, abs=0.06)
    assert 0.03 < alarms / 600 < 0.075


def test_a_constant_covariate_changes_nothing() -> None:
    values = np.arange(10.0)
    got = cuped.adjust(values, values + 1, np.full(10, 3.0), np.full(10, 3.0))
    assert got.variance_removed == 0 and (got.control == values).all()


def test_the_relative_change_covers_the_truth() -> None:
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(800):
        old, new = rng.exponential(10, 400), rng.exponential(11, 300)
        relative = effect(moments(old), moments(new), LEVEL).relative
        assert relative is not None
        hits += relative.fixed.low <= 0.1 <= relative.fixed.high
    assert 0.93 < hits / 800 < 0.97


@settings(max_examples=60)
@given(
    old=st.floats(-50, 50).filter(lambda m: abs(m) > 1),
    shift=st.floats(-0.5, 0.5),
    error=st.floats(0.01, 0.15),
)
def test_both_readings_agree_on_whether_anything_changed(old: float, shift: float, error: float) -> None:
    control = Moments(200, old, 200 * (error * old) ** 2)
    found = effect(control, Moments(200, old * (1 + shift), 200 * (error * old) ** 2), LEVEL)
    assert found.relative is not None
    for kind in ("fixed", "anytime"):
        absolute, relative = getattr(found.difference, kind), getattr(found.relative, kind)
        if min(abs(absolute.low), abs(absolute.high)) > 1e-9 * abs(old):
            assert absolute.excludes_zero == relative.excludes_zero
        assert relative.low <= found.relative.estimate <= relative.high


def test_no_relative_change_of_a_mean_near_zero() -> None:
    assert effect(Moments(100, 0.1, 1.0), Moments(100, 0.5, 1.0), LEVEL).relative is None


def test_a_relative_margin_is_a_linear_contrast() -> None:
    # Less is better, margin 5 %: benefit plus margin = 1.05 control - treatment.
    old, new = Moments(1000, 100.0, 400.0), Moments(1000, 103.0, 400.0)
    found = contrast(old, new, LEVEL, weight=1.05, sign=-1)
    assert found.estimate == pytest.approx(105 - 103)
    assert found.se == pytest.approx(np.sqrt(0.4 + 1.05**2 * 0.4))

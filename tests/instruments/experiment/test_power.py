"""Sample sizes against published calculators and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import proportion_effectsize

from gradatim.instruments.experiment.power import (
    PROPORTION_FORMULAS,
    Criterion,
    design_effect,
    mean_mde,
    mean_power,
    mean_units,
    noninferiority_units,
    proportion_mde,
    proportion_power,
    proportion_units,
)

USUAL = Criterion()


def test_the_published_sizes() -> None:
    # shared reference table: Evan Miller's calculator, statsmodels' t test and arcsine.
    assert round(proportion_units(0.20, 0.25, USUAL, "baseline")) == 1030
    assert proportion_units(0.20, 0.25, USUAL, "arcsine") == pytest.approx(1091.90, abs=0.005)
    assert mean_units(0.5, USUAL) == pytest.approx(63.7656, abs=5e-5)
    # Fleiss: 0.20 against 0.25, two-sided 5 %, power 80 %: 1,094 an arm.
    assert math.ceil(proportion_units(0.20, 0.25, USUAL, "pooled")) == 1094


@settings(max_examples=25)
@given(
    d=st.floats(0.05, 1.5), power=st.floats(0.5, 0.95), alpha=st.floats(0.001, 0.2), ratio=st.floats(0.3, 3)
)
def test_means_agree_with_statsmodels(d: float, power: float, alpha: float, ratio: float) -> None:
    test = Criterion(alpha, power, 2, ratio)
    theirs = TTestIndPower().power(d, mean_units(d, test), alpha, ratio, alternative="two-sided")
    assert theirs == pytest.approx(power, abs=1e-6)


@settings(max_examples=25)
@given(
    p=st.floats(0.02, 0.9), gap=st.floats(0.01, 0.09), ratio=st.floats(0.3, 3), sides=st.sampled_from([1, 2])
)
def test_arcsine_agrees_with_statsmodels(p: float, gap: float, ratio: float, sides: int) -> None:
    test = Criterion(0.05, 0.8, sides, ratio)
    theirs = NormalIndPower().power(
        proportion_effectsize(p + gap, p),
        proportion_units(p, p + gap, test, "arcsine"),
        0.05,
        ratio,
        "two-sided" if sides == 2 else "larger",
    )
    assert theirs == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize("formula", PROPORTION_FORMULAS)
@settings(max_examples=25)
@given(p=st.floats(0.01, 0.8), gap=st.floats(0.01, 0.15), ratio=st.floats(0.3, 3))
def test_size_power_and_smallest_effect_are_inverses(
    formula: str, p: float, gap: float, ratio: float
) -> None:
    test = Criterion(0.05, 0.8, 2, ratio)
    units = proportion_units(p, p + gap, test, formula)
    assert proportion_power(p, p + gap, units, test, formula) == pytest.approx(0.8, abs=1e-3)
    assert proportion_mde(p, units, test, formula) == pytest.approx(gap, rel=1e-2)


@pytest.mark.parametrize("formula", ["t", "normal"])
def test_the_smallest_difference_of_means_is_the_inverse(formula: str) -> None:
    units = mean_units(0.12, USUAL, formula)
    assert mean_power(0.12, units, USUAL, formula) == pytest.approx(0.8, abs=1e-6)
    assert mean_mde(units, USUAL, formula) == pytest.approx(0.12, rel=1e-4)


def test_the_size_gives_the_power_when_it_is_played() -> None:
    rng = np.random.default_rng(11)
    units = math.ceil(proportion_units(0.20, 0.25, USUAL))
    old, new = rng.binomial(units, 0.20, 20_000) / units, rng.binomial(units, 0.25, 20_000) / units
    middle = (old + new) / 2
    z = (new - old) / np.sqrt(2 * middle * (1 - middle) / units)
    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(0.8, abs=0.01)


def test_no_rise_can_be_large_enough() -> None:
    assert math.isnan(proportion_mde(0.9, 5, USUAL))


def test_noninferiority_and_clusters() -> None:
    # Chow, Shao and Wang 2008, section 3.2.4: margin 0.05, sd 0.1, true difference 0, one-sided 5 %, power 80 %.
    assert math.ceil(noninferiority_units(0.05, 0.01, Criterion(0.05, 0.8, 1))) == 50
    assert design_effect(20, 0.05) == pytest.approx(1.95)

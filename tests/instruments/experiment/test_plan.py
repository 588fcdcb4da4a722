"""The plan: size, duration, multipliers, and the price of looking."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from gradatim.instruments.experiment import anytime
from gradatim.instruments.experiment.plan import Design, Outcome, plan, power_curve
from gradatim.instruments.experiment.power import Criterion

RATE = Design(Outcome(0.20), Criterion(), "pooled", lift=0.05, units_per_day=300)


def test_a_rate() -> None:
    found = plan(RATE)
    assert (found.control_units, found.treatment_units, found.days, found.weeks) == (1094, 1094, 8, 2)
    assert found.peeking[5] == pytest.approx(0.142, abs=5e-4)
    assert found.peeking[10] == pytest.approx(0.193, abs=5e-4)
    assert {k: round(v, 1) for k, v in found.others.items()} == {
        "pooled": 1093.7,
        "baseline": 1030.2,
        "unpooled": 1091.0,
        "arcsine": 1091.9,
    }


def test_effect_from_size_is_the_inverse() -> None:
    found = plan(RATE._replace(lift=None, units_per_arm=1094))
    assert found.lift == pytest.approx(0.05, abs=1e-5)
    assert found.control_units == 1094


def test_what_multiplies_the_size() -> None:
    assert plan(RATE._replace(explained=0.5)).control_units == math.ceil(1093.739 * 0.75)
    assert plan(RATE._replace(rows_per_unit=10, correlation=0.1)).control_units == math.ceil(1093.739 * 0.19)
    looked = plan(RATE._replace(looks=5, bound="pocock"))
    assert looked.control_units == pytest.approx(1093.739 * 1.228, abs=3)
    assert looked.edges == pytest.approx([2.413] * 5, abs=1e-3)


def test_unequal_arms() -> None:
    found = plan(RATE._replace(criterion=Criterion(ratio=0.25)))
    assert found.treatment_units == math.ceil(found.control_units * 0.25)


def test_the_curve_passes_through_the_plan() -> None:
    found = plan(RATE)
    lifts, powers = power_curve(RATE, found)
    assert np.interp(0.05, lifts, powers) == pytest.approx(found.power, abs=2e-3)
    assert all(a <= b + 1e-12 for a, b in pairwise(powers))


def test_the_anytime_size_has_the_power() -> None:
    # Played: at the planned size the sequence excludes zero in at least the asked share of experiments.
    design = Design(Outcome(0.0, 1.0), Criterion(), "t", lift=0.2)
    found = plan(design)
    size = found.anytime_units // 2
    rng = np.random.default_rng(9)
    gap = rng.normal(0.2, math.sqrt(2 / size), 20_000)
    rho2 = anytime.mixing(0.05, found.anytime_units)
    half = float(anytime.half_width(2 / size, 2 * size, 0.05, rho2))
    assert np.mean(gap > half) == pytest.approx(0.8, abs=0.01)

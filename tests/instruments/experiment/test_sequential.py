"""Looks at fixed times against the published tables."""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.instruments.experiment.sequential import bounds, crossing_probability, inflation, peeking_level


def test_peeking_rates_of_armitage() -> None:
    assert peeking_level(1) == pytest.approx(0.05, abs=1e-9)
    assert peeking_level(5) == pytest.approx(0.142, abs=5e-4)
    assert peeking_level(10) == pytest.approx(0.193, abs=5e-4)


def test_constants_of_pocock_and_obrien_fleming() -> None:
    assert bounds("pocock", 5)[0] == pytest.approx(2.413, abs=5e-4)
    constant, edges = bounds("obrien-fleming", 5)
    assert constant == pytest.approx(2.040, abs=5e-4)
    assert edges[0] == pytest.approx(4.56, abs=5e-3)  # Jennison and Turnbull 2000, table 2.3
    assert bounds("pocock", 1)[0] == pytest.approx(1.959964, abs=1e-5)


def test_inflation_factors() -> None:
    # Jennison and Turnbull 2000, tables 2.2 and 2.4: five looks, power 0.8.
    assert inflation("pocock", 5) == pytest.approx(1.228, abs=2e-3)
    assert inflation("obrien-fleming", 5) == pytest.approx(1.028, abs=2e-3)


def test_integration_agrees_with_simulation() -> None:
    rng = np.random.default_rng(3)
    path = np.cumsum(rng.standard_normal((200_000, 4)) + 0.6, axis=1) / np.sqrt(np.arange(1, 5))
    edges = np.array([2.8, 2.5, 2.3, 2.1])
    simulated = float((np.abs(path) > edges).any(axis=1).mean())
    assert crossing_probability(list(edges), drift=0.6 * 2) == pytest.approx(simulated, abs=0.004)

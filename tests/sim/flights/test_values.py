"""What answers are worth: in order, in whole micro-dollars, from the price sheet."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradatim.core.errors import UnknownName
from gradatim.sim.flights import ROUTES, draw_window, load_prices, scores, values
from gradatim.sim.flights.prices import BREAK_EVEN_LOG_ODDS
from gradatim.sim.flights.values import model_offers

VERSIONS = ("v1", "v2", "v3")


def mean_usd(seed: int) -> np.ndarray:
    window = draw_window(seed, (seed * 5) % 24, 3)
    return values(window, VERSIONS)[window.item_pool].mean(axis=(0, 1)) / 1e6


def test_break_even_follows_from_the_prices() -> None:
    prices = load_prices()
    p = -prices.unwarranted_offer_usd / (prices.warranted_offer_usd - prices.unwarranted_offer_usd)
    assert p == prices.break_even_probability
    assert math.log(p / (1 - p)) == pytest.approx(BREAK_EVEN_LOG_ODDS, abs=1e-15)


def test_columns_and_amounts() -> None:
    window, prices = draw_window(11, 9, 2), load_prices()
    table = values(window, VERSIONS)
    assert table.dtype == np.int64 and table.shape == (window.n_items, len(VERSIONS) + len(ROUTES))
    offers = {prices.unwarranted_micro, 0, prices.warranted_micro}
    assert set(np.unique(table[:, :3])) == offers
    fallback, default, error = prices.route_micro
    assert set(np.unique(table[:, 3])) == {fallback + offer for offer in offers}
    assert (table[:, 4] == default).all() and (table[:, 5] == error).all()
    for column, version in enumerate(VERSIONS):
        offer = model_offers(window, version)
        assert np.array_equal(table[:, column] != 0, offer)
        assert ((table[:, column] > 0) == (offer & window.items.late)).all()


def test_prices_can_be_changed_for_a_lab() -> None:
    window = draw_window(11, 9, 2)
    doubled = load_prices()._replace(acting_share=2 * load_prices().acting_share)
    assert np.array_equal(values(window, ["v2"], doubled)[:, 0], 2 * values(window, ["v2"])[:, 0])


def test_unknown_version() -> None:
    with pytest.raises(UnknownName):
        values(draw_window(0, 9, 1), ["v2", "v77"])


def test_model_beats_fallback_beats_default_beats_error_on_nearly_every_block() -> None:
    usd = np.array([mean_usd(seed) for seed in range(50)])
    v1, v2, v3, fallback, default, error = usd.T
    assert (v2 > fallback).sum() >= 48
    assert (fallback > default).sum() >= 46
    assert (v1 > fallback).sum() >= 46 and (v3 > fallback).sum() >= 46
    assert (default > error).all()
    assert 0.015 < v2.mean() < 0.04


def test_scores_are_mean_probabilities_by_block() -> None:
    window = draw_window(11, 9, 2)
    mean = scores(window, "v2")
    assert mean.shape == (window.n_blocks,)
    assert ((mean > 0.05) & (mean < 0.8)).all()

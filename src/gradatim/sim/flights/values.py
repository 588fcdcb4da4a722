"""What each possible answer to each item is worth: the table that the serving kernel gathers from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights.forest import load_forest
from gradatim.sim.flights.prices import BREAK_EVEN_LOG_ODDS, Prices, load_prices
from gradatim.sim.flights.window import Window
from gradatim.sim.flights.year import DATA

ROUTES = ("fallback", "default", "error")
"""The columns after the model versions, in this order."""


FALLBACK_FROM = 0.36
"""The fallback offers only where the table is well above break-even: it knows nothing of the day."""


@cache
def climatology() -> NDArray[np.float64]:
    """float64[origin, local hour, carrier]: late rate of January and February, shrunk for few flights."""
    with np.load(DATA / "climatology.npz", allow_pickle=False) as z:
        rate: NDArray[np.float64] = z["rate"]
    return rate


def model_offers(window: Window, version: str) -> NDArray[np.bool_]:
    """bool[n_items]: does this model version offer a rebooking? Raises UnknownName."""
    return load_forest(version).log_odds(window.items.features) > BREAK_EVEN_LOG_ODDS


def fallback_offers(window: Window) -> NDArray[np.bool_]:
    """bool[n_items]: does the fallback offer one? Climatology: the late rate by origin, hour and carrier."""
    hour = (window.items.dep_s // 3600 + window.start_hour) % 24
    rate = climatology()[window.items.origin, hour, window.items.carrier]
    return np.asarray(rate > FALLBACK_FROM)


def values(window: Window, versions: Sequence[str], prices: Prices | None = None) -> NDArray[np.int64]:
    """int64[n_items, len(versions) + 3] micro-dollars per request.

    Columns: each model version, then fallback, default (no offer) and error (no answer), as `ROUTES`.

    Raises:
        UnknownName: a version is not packaged.
    """
    sheet = prices or load_prices()
    offers = [model_offers(window, v) for v in versions] + [fallback_offers(window)]
    if_offered = np.where(window.items.late, sheet.warranted_micro, sheet.unwarranted_micro)
    table = np.zeros((window.n_items, len(versions) + len(ROUTES)), dtype=np.int64)
    for column, offer in enumerate(offers):
        table[:, column] = np.where(offer, if_offered, 0)
    table[:, -len(ROUTES) :] += np.asarray(sheet.route_micro)
    return table


def scores(window: Window, version: str) -> NDArray[np.float64]:
    """float64[n_blocks]: mean predicted probability of the bookings of each block. For telemetry only."""
    log_odds = load_forest(version).log_odds(window.items.features)
    probability = 1.0 / (1.0 + np.exp(-log_odds))
    return np.asarray(probability[window.item_pool].mean(axis=1), dtype=np.float64)

"""Choose the ordinary days: those on which the service earns its usual money.

The scores that decide are expected values over each whole day (three quarters of the true label, one
quarter of the redraw probability, as instances have them), at every horizon alike.
"""

from __future__ import annotations

import json

import numpy as np
from provenance import DATA

from gradatim.sim.flights.features import LEAD_H, features
from gradatim.sim.flights.forest import load_forest, registry
from gradatim.sim.flights.prices import BREAK_EVEN_LOG_ODDS, load_prices
from gradatim.sim.flights.values import FALLBACK_FROM, climatology
from gradatim.sim.flights.window import REDRAWN_SHARE
from gradatim.sim.flights.year import N_DAYS, load_year

FIRST_DAY = 90  # 1 April: no packaged model was trained on a later day
FEWEST_LANDED = 600
MOST_CANCELLED = 0.08
LATE_SHARE = (0.15, 0.45)
MARGIN_USD = 0.5  # per flight if every offer were acted on: worst model over fallback
FALLBACK_USD = 0.1  # and fallback over no offer


def write_ordinary_days() -> None:
    """Write `days.json`."""
    year, prices = load_year(), load_prices()
    day = year.dep_min // 1440
    landed = np.bincount(day, year.landed, N_DAYS)
    share = np.bincount(day, year.late, N_DAYS) / landed
    cancelled = np.bincount(day, year.cancelled, N_DAYS) / np.bincount(day, minlength=N_DAYS)

    rows = np.flatnonzero(year.landed)
    p = (1 - REDRAWN_SHARE) * year.late[rows] + REDRAWN_SHARE * year.redraw_p[rows] / 256
    offered = p * prices.warranted_offer_usd + (1 - p) * prices.unwarranted_offer_usd

    def daily(offer: np.ndarray) -> np.ndarray:
        return np.bincount(day[rows], np.where(offer, offered, 0.0), N_DAYS) / landed

    fallback = daily(
        climatology()[year.origin[rows], year.dep_min[rows] % 1440 // 60, year.carrier[rows]] > FALLBACK_FROM
    )
    model = {}
    for version in registry():
        by_horizon = [
            daily(
                load_forest(version).log_odds(features(year, rows, np.full(len(rows), h, dtype=np.uint8)))
                > BREAK_EVEN_LOG_ODDS
            )
            for h in range(len(LEAD_H))
        ]
        model[version] = np.mean(by_horizon, axis=0)
    quiet = (np.arange(N_DAYS) >= FIRST_DAY) & (landed >= FEWEST_LANDED) & (cancelled <= MOST_CANCELLED)
    quiet &= (share >= LATE_SHARE[0]) & (share <= LATE_SHARE[1])
    earning = (np.min(list(model.values()), axis=0) > fallback + MARGIN_USD) & (fallback > FALLBACK_USD)
    chosen = np.flatnonzero(quiet & earning).tolist()
    print(f"ordinary days: {len(chosen)} of {int(quiet.sum())} quiet ones")
    report = {"ordinary": chosen, "quiet": int(quiet.sum())}
    (DATA / "days.json").write_text(json.dumps(report) + "\n", encoding="utf-8")

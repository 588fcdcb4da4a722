"""What an answer is worth, in whole micro-dollars."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import NamedTuple

from gradatim.core.money import micro
from gradatim.sim.flights.year import DATA

BREAK_EVEN_LOG_ODDS = -1.0986122886681098
"""log(0.25 / 0.75), written out: the decision is taken on log-odds, with no exponential in its path."""


class Prices(NamedTuple):
    """The price sheet (`data/prices.toml`). An offer pays from `break_even_probability` on."""

    warranted_offer_usd: float
    unwarranted_offer_usd: float
    acting_share: float
    fallback_usd: float
    default_usd: float
    error_usd: float
    break_even_probability: float

    @property
    def warranted_micro(self) -> int:
        """Value of an offer shown on a flight that is late: the price times the share that acts on it."""
        return micro(self.warranted_offer_usd * self.acting_share)

    @property
    def unwarranted_micro(self) -> int:
        """Value of an offer shown on a flight that is not late (negative)."""
        return micro(self.unwarranted_offer_usd * self.acting_share)

    @property
    def route_micro(self) -> tuple[int, int, int]:
        """What it costs by itself (negative) to answer by fallback, by default, or not at all."""
        return micro(self.fallback_usd), micro(self.default_usd), micro(self.error_usd)


@cache
def load_prices() -> Prices:
    """The packaged price sheet."""
    return Prices(**tomllib.loads((DATA / "prices.toml").read_text(encoding="utf-8")))

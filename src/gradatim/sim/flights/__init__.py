"""The flight-delay service: real flights of 2013 out of New York, real models, and what answers are worth."""

from gradatim.sim.flights.demand import demand_profile
from gradatim.sim.flights.forest import Forest, load_forest, registry
from gradatim.sim.flights.prices import Prices, load_prices
from gradatim.sim.flights.values import ROUTES, scores, values
from gradatim.sim.flights.window import Window, draw_window
from gradatim.sim.flights.year import ORIGINS, Year, load_year

__all__ = [
    "ORIGINS",
    "ROUTES",
    "Forest",
    "Prices",
    "Window",
    "Year",
    "demand_profile",
    "draw_window",
    "load_forest",
    "load_prices",
    "load_year",
    "registry",
    "scores",
    "values",
]

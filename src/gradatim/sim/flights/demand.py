"""How many bookings a second ask: people's day and week, with mild noise and no fault."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights import draws
from gradatim.sim.flights.window import Window

BUCKET_S = 60
NOISE_KNOT_MIN = 10
NOISE = 0.04

HOUR_SHAPE = (
    0.28, 0.20, 0.16, 0.16, 0.24, 0.48, 0.82, 1.14, 1.38, 1.50, 1.52, 1.48,
    1.42, 1.40, 1.42, 1.46, 1.50, 1.52, 1.46, 1.34, 1.18, 0.96, 0.68, 0.42,
)  # fmt: skip
"""Demand at the full local hours, relative to the mean of the day; straight lines between."""

WEEKDAY_SHAPE = (1.08, 1.06, 1.05, 1.05, 1.04, 0.80, 0.92)
"""Monday to Sunday at noon, relative to the mean of the week; straight lines between."""


def demand_profile(window: Window, base_rate: float, seed: int) -> NDArray[np.float64]:
    """Requests per second in each bucket of 60 s of the window, float64[ceil(hours * 60)].

    `base_rate` is the mean over an ordinary week. The noise is keyed by (seed, ten minutes of the
    window): at most 4 % either way, straight lines between.
    """
    minute = window.start_hour * 60 + np.arange(math.ceil(window.hours * 60), dtype=np.int64)
    hour, part = minute // 60 % 24, (minute % 60 + 0.5) / 60
    shape = np.asarray(HOUR_SHAPE)
    diurnal = shape[hour] * (1 - part) + shape[(hour + 1) % 24] * part
    noon, past = (minute + 720) // 1440 - 1, ((minute + 720) % 1440 + 0.5) / 1440
    week, first = np.asarray(WEEKDAY_SHAPE), window.date.weekday()
    weekly = week[(first + noon) % 7] * (1 - past) + week[(first + noon + 1) % 7] * past
    since = np.arange(len(minute), dtype=np.int64)
    knots = 2 * draws.uniforms(seed, "flights/demand", np.arange(len(minute) // NOISE_KNOT_MIN + 2)) - 1
    knot, along = since // NOISE_KNOT_MIN, (since % NOISE_KNOT_MIN + 0.5) / NOISE_KNOT_MIN
    noise = knots[knot] * (1 - along) + knots[knot + 1] * along
    return np.asarray(base_rate * diurnal * weekly * (1 + NOISE * noise), dtype=np.float64)

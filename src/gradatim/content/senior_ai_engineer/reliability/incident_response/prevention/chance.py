"""Chance for the trial without a mathematical library: the same draw to the last bit on every platform.

Normal deviates come from a table of quantiles, square roots from whole numbers.
"""

from __future__ import annotations

from itertools import pairwise
from math import isqrt

_QUANTILES = (
    (0.0, -4.0),
    (0.0005, -3.29),
    (0.005, -2.576),
    (0.025, -1.96),
    (0.1, -1.2816),
    (0.2, -0.8416),
    (0.3, -0.5244),
    (0.4, -0.2533),
    (0.5, 0.0),
    (0.6, 0.2533),
    (0.7, 0.5244),
    (0.8, 0.8416),
    (0.9, 1.2816),
    (0.975, 1.96),
    (0.995, 2.576),
    (0.9995, 3.29),
    (1.0, 4.0),
)
_DAY_PEAKS = ((0.0, 2.3), (0.1, 2.95), (0.5, 3.3), (0.9, 3.8), (0.99, 4.35), (1.0, 5.0))
"""The largest of a day's 1,440 normal deviates: quantiles of its distribution, cut at both ends."""


def _table(rows: tuple[tuple[float, float], ...], u: float) -> float:
    for (u0, z0), (u1, z1) in pairwise(rows):
        if u <= u1:
            return z0 + (z1 - z0) * (u - u0) / (u1 - u0)
    return rows[-1][1]


def normal(u: float) -> float:
    """A standard normal deviate from a uniform one, within 4."""
    return _table(_QUANTILES, u)


def day_peak(u: float) -> float:
    """The largest deviate of a day's minutes from a uniform one."""
    return _table(_DAY_PEAKS, u)


def root(n: int) -> float:
    """Square root of a whole number, cut after three decimals."""
    return isqrt(n * 1_000_000) / 1000.0

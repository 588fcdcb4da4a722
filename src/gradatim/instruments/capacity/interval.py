"""How wide a forecast's interval must be, from what the same forecast got wrong before.

An error has two parts. The *level* of a day is wrong for hours together, more so further ahead, and a history holds few
independent looks at it; the *hours* around that level scatter, and there are many of them. The level's spread grows
with the lead: never less than the backtest saw, nor than a line through it (the variance of a level that wanders grows
so), with Student's t for as few looks as there were. The scatter's ends are empirical quantiles, so that it may be
skewed. Both are put together as independent. In spirit this is conformal prediction with scaled scores (Lei et al.
2018), the scale by lead; overlapping origins are dependent, so its guarantee is not claimed, the coverage is measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DAY = 24
LEAST_LOOKS = 2.0


@dataclass(frozen=True, slots=True)
class Misses:
    """What a forecast got wrong on rolling origins.

    Args:
        errors: for each origin log(truth / forecast) by the hour ahead, later origins perhaps fewer hours.
        starts: hour of each origin, rising.
        repeats: hours after which the forecast repeats itself without looking at newer traffic (the season of
            seasonal naive, whose error grows by the season); 0 for a forecast that starts from the last hour.
    """

    errors: Sequence[NDArray[np.float64]]
    starts: Sequence[int]
    repeats: int = 0

    def without(self, place: int) -> Misses:
        """The same without one origin."""
        keep = [i for i in range(len(self.errors)) if i != place]
        return Misses([self.errors[i] for i in keep], [self.starts[i] for i in keep], self.repeats)


def interval(misses: Misses, hours: int, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper end of log(truth / forecast) for each of `hours` ahead.

    Beyond the backtest the variance goes on along its line.
    """
    from scipy.stats import t as student

    block = min(DAY, max(len(e) for e in misses.errors))
    cut = [e[: len(e) // block * block].reshape(-1, block) for e in misses.errors if len(e) >= block]
    levels = [days.mean(axis=1) for days in cut]
    scatter = np.concatenate([(days - days.mean(axis=1, keepdims=True)).ravel() for days in cut])
    tail = (1 - level) / 2
    below, above = np.quantile(scatter, [tail, 1 - tail]) * math.sqrt(block / max(block - 1, 1))

    tested = max(len(one) for one in levels)
    seen = np.zeros(tested)
    variance = np.zeros(tested)
    for one in levels:
        seen[: len(one)] += 1
        variance[: len(one)] += one**2
    variance /= seen
    age = _age(np.arange(1, tested + 1), block, misses.repeats)
    span = (misses.starts[-1] - misses.starts[0]) / DAY + 1
    looks = np.minimum(seen, 1 + span / age)
    place = np.arange(hours) // block
    ahead = _age(place + 1, block, misses.repeats)
    line = _line(age, variance, looks)
    widest = np.maximum.accumulate(variance)[np.minimum(place, tested - 1)]
    spread = np.sqrt(np.maximum(line[0] + line[1] * ahead, widest))
    few = np.maximum(1 + span / np.minimum(ahead, age[-1]), LEAST_LOOKS)
    reach = student.ppf(1 - tail, few) * spread
    return -np.hypot(reach, below), np.hypot(reach, above)


def coverage(misses: Misses, level: float, places: Sequence[int]) -> float:
    """Share of the hours of these origins inside the interval that all other origins give; NaN with one origin."""
    if len(misses.errors) < 2:
        return math.nan
    inside = hours = 0
    for place in places:
        mine = misses.errors[place]
        low, high = interval(misses.without(place), len(mine), level)
        inside += int(((mine >= low) & (mine <= high)).sum())
        hours += len(mine)
    return inside / hours


def _age(blocks: NDArray[np.int64], block: int, repeats: int) -> NDArray[np.float64]:
    """Days between what a forecast looked at and what it forecast, for the 1st, 2nd … block ahead."""
    hours = blocks * float(block)
    return (np.ceil(hours / repeats) * repeats if repeats else hours) / DAY


def _line(
    age: NDArray[np.float64], variance: NDArray[np.float64], looks: NDArray[np.float64]
) -> tuple[float, float]:
    """Intercept and slope, neither below zero, weighted by relative precision: looks / variance²."""
    from scipy.optimize import nnls

    weight = np.sqrt(looks) / np.maximum(variance, variance.max() * 1e-3 + 1e-12)
    found, _ = nnls(np.stack([np.ones_like(age), age], axis=1) * weight[:, None], variance * weight)
    return float(found[0]), float(found[1])

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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DAY = 24
JUDGES = 2.0  # looks that must be left to judge an origin by: from one, Student's t holds too much


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

    def apart(self, place: int) -> Misses:
        """The origins that forecast no hour that this one forecasts too."""
        first, end = self.starts[place], self.starts[place] + len(self.errors[place])
        keep = [
            i for i, start in enumerate(self.starts) if start >= end or start + len(self.errors[i]) <= first
        ]
        return Misses([self.errors[i] for i in keep], [self.starts[i] for i in keep], self.repeats)

    def looks(self, hours: int) -> float:
        """How many looks at an error `hours` ahead share no hour: origins nearer than that are parts of one.

        Zero where no origin goes so far.
        """
        starts = [s for s, e in zip(self.starts, self.errors, strict=True) if len(e) >= hours]
        if not starts:
            return 0.0
        age = math.ceil(hours / self.repeats) * self.repeats if self.repeats else hours
        return 1.0 + float(np.minimum(np.diff(starts), age).sum()) / age


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
    looks = np.array([misses.looks(block * (i + 1)) for i in range(tested)])
    place = np.arange(hours) // block
    ahead = _age(place + 1, block, misses.repeats)
    line = _line(age, variance, looks)
    known = np.minimum(place, tested - 1)
    widest = np.maximum.accumulate(variance)[known]
    spread = np.sqrt(np.maximum(line[0] + line[1] * ahead, widest))
    reach = student.ppf(1 - tail, looks[known]) * spread
    return -np.hypot(reach, below), np.hypot(reach, above)


class Held(NamedTuple):
    """How often an interval held on the backtest, and what so few windows can tell of how often it holds.

    Args:
        share: of the judged hours inside; NaN where no origin could be judged.
        windows: of the judged ones, how many share no hour.
        low, high: 90 % interval of the chance that an hour is inside.
    """

    share: float
    windows: float
    low: float
    high: float


def coverage(misses: Misses, level: float, places: Sequence[int]) -> Held:
    """Share of the hours of these origins inside the interval that the others give which share no hour with them.

    An origin is judged only where the others hold `JUDGES` looks as far ahead. The hours of a window may all be in or
    out together, so that the interval is of as many trials as windows share no hour (Clopper and Pearson 1934).
    """
    from scipy.stats import beta

    inside = hours = 0
    judged = []
    for place in places:
        mine, others = misses.errors[place], misses.apart(place)
        if others.looks(len(mine)) < JUDGES:
            continue
        low, high = interval(others, len(mine), level)
        inside += int(((mine >= low) & (mine <= high)).sum())
        hours += len(mine)
        judged.append(place)
    if not hours:
        return Held(math.nan, 0.0, 0.0, 1.0)
    share = inside / hours
    kept = Misses([misses.errors[i] for i in judged], [misses.starts[i] for i in judged], misses.repeats)
    windows = kept.looks(max(len(e) for e in kept.errors))
    held = share * windows
    least = float(beta.ppf(0.05, held, windows - held + 1)) if held > 0 else 0.0
    most = float(beta.ppf(0.95, held + 1, windows - held)) if held < windows else 1.0
    return Held(share, windows, least, most)


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

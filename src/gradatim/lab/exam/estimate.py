"""An estimate of a player's long-run mean regret from few instances, pulled towards what is usual.

Three to five regrets say little, and their own spread says less: three instances without a mistake have no
spread at all. So both the mean and the spread are pooled with a prior, and the interval is Student's. Below
eight instances nothing is bootstrapped.

The model (Gelman et al., Bayesian Data Analysis, 3rd ed., sections 2.5 and 2.6; the spread is pooled as if
it had been seen on `SPREAD_WORTH` instances more):

    spread^2 = (SPREAD_WORTH * SPREAD^2 + sum (y - mean)^2) / (SPREAD_WORTH + n - 1)
    weight   = PRIOR_SD^2 / (PRIOR_SD^2 + spread^2 / n)
    estimate = weight * mean(y) + (1 - weight) * PRIOR_MEAN
    half     = t(SPREAD_WORTH + n - 1) * sqrt(weight * spread^2 / n)

`tests/lab/exam/test_estimate.py` measures how often the interval holds the truth, over simulated players of
several sorts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, mean
from typing import Any, NamedTuple

from gradatim.lab.score import HIGHEST, LOWEST

LEVEL = 0.9
PRIOR_MEAN, PRIOR_SD = 0.5, 0.6
"""Mean regret of players before anything is known: half way between the senior and the usual skill-free policy."""
SPREAD, SPREAD_WORTH = 0.5, 4
"""Spread of one player's regret between instances, and on how many instances that counts as seen."""


class Estimate(NamedTuple):
    """Mean regret in the long run, with the interval that holds it in nine cases of ten, from `n` instances."""

    regret: float
    low: float
    high: float
    n: int

    def as_dict(self, scale: float) -> dict[str, Any]:
        """JSON form; the skill figures divide by `scale`, the best skill-free policy's mean regret on the set."""
        return {
            "level": LEVEL,
            "n": self.n,
            "mean_regret": self.regret,
            "mean_regret_low": self.low,
            "mean_regret_high": self.high,
            "skill": 1.0 - self.regret / scale,
            "skill_low": 1.0 - self.high / scale,
            "skill_high": 1.0 - self.low / scale,
        }


def shrunk(regrets: Sequence[float]) -> Estimate:
    """The estimate from the regrets of one player.

    Raises:
        ValueError: no regrets.
    """
    n = len(regrets)
    if n == 0:
        raise ValueError("an estimate needs at least one regret")
    middle, df = mean(regrets), SPREAD_WORTH + n - 1
    spread2 = (SPREAD_WORTH * SPREAD**2 + sum((y - middle) ** 2 for y in regrets)) / df
    weight = PRIOR_SD**2 / (PRIOR_SD**2 + spread2 / n)
    value = weight * middle + (1.0 - weight) * PRIOR_MEAN
    half = student(0.5 + LEVEL / 2, df) * math.sqrt(weight * spread2 / n)
    return Estimate(value, max(LOWEST, value - half), min(HIGHEST, value + half), n)


def student(p: float, df: int) -> float:
    """The quantile of Student's t; Abramowitz and Stegun 26.7.5, good to 0.005 from four degrees of freedom on."""
    z = NormalDist().inv_cdf(p)
    terms = (
        z,
        (z**3 + z) / 4.0,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / float(df) ** k for k, term in enumerate(terms))

"""Intervals that may be looked at after every unit.

The normal mixture: under "no effect" the likelihood ratio, averaged over effects drawn from N(0, τ²), is a
martingale, so by Ville's inequality it exceeds 1/α at *any* time with probability at most α. Inverted it is an
interval; this is the mixture sequential probability ratio test. With estimated variances the statement is
asymptotic: it holds from a first look with enough units on, which is why the callers have a least size.

Sources: Robbins, "Statistical methods related to the law of the iterated logarithm", 1970; Johari, Koomen,
Pekelis and Walsh, "Peeking at A/B tests", KDD 2017; Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 2024
(eq. 7 and appendix B.2 for ρ).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from gradatim.core.groups import load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = float | NDArray[np.float64]

TUNED_FOR_UNITS = 5000
"""Where the sequence is tightest unless the plan says otherwise. It must be fixed before the data are seen."""


def mixing(alpha: float, tuned_for_units: float = TUNED_FOR_UNITS) -> float:
    """ρ² of the mixture: the interval is close to its narrowest at `tuned_for_units` units in all."""
    twice = -2 * math.log(alpha)
    return (twice + math.log(twice + 1)) / tuned_for_units


def half_width(
    variance: Numbers, units: Numbers, alpha: float, rho2: float, df: Numbers | None = None
) -> Any:
    """Half the width of the interval around an estimate.

    Args:
        variance: of the estimate itself (for a difference of means: s₁²/n₁ + s₂²/n₂).
        units: in all arms together, the clock of the sequence.
        alpha: the chance, over all looks together, that the interval ever misses the truth.
        rho2: from `mixing`.
        df: degrees of freedom of the variance; widens a small sample's interval as Student's t would.
    """
    import numpy as np

    spread = units * rho2
    width = np.sqrt(variance * (1 + spread) / spread * np.log((1 + spread) / alpha**2))
    return width if df is None else width * small_sample(alpha, df)


def p_value(estimate: float, variance: float, units: float, rho2: float, factor: float = 1.0) -> float:
    """The always-valid p value: the smallest level at which the sequence excludes zero now.

    Args:
        factor: the widening by `small_sample`, which shrinks z alike.
    """
    if variance <= 0:
        return 1.0 if estimate == 0 else 0.0
    z = abs(estimate) / math.sqrt(variance) / factor
    spread = units * rho2
    log_ratio = -0.5 * math.log1p(spread) + z**2 * spread / (2 * (1 + spread))
    return min(1.0, math.exp(-log_ratio)) if log_ratio < 700 else 0.0


def small_sample(alpha: float, df: Numbers) -> Any:
    """Student's quantile over the normal one: 1 for many units, about 1.07 for ten in each of two arms."""
    import numpy as np

    stats = load("scipy.stats", "work", "The interval of a small sample")
    return stats.t.ppf(1 - alpha / 2, np.maximum(df, 1.0)) / NormalDist().inv_cdf(1 - alpha / 2)

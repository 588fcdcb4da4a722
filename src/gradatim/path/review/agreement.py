"""How far raters agree: quadratic-weighted kappa and Krippendorff's alpha, each with n and an interval.

Kappa: Cohen, "Weighted kappa", Psychological Bulletin 70 (1968), weights 1 - (i - j)^2 / (k - 1)^2.
Alpha: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011): coincidence matrix, metric differences.
Both are written here from the definitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gradatim.path.review.resample import resampled

if TYPE_CHECKING:
    from numpy.random import Generator

Metric = Literal["nominal", "ordinal", "interval"]
Unit = Mapping[str, int]
"""What each rater said of one thing: rater -> level. A rater who did not rate it is left out."""

FEWEST_UNITS = 5
DRAWS = 1000


class Agreement(NamedTuple):
    """A coefficient with its interval. `value` is None where it is not defined (nothing to disagree about)."""

    value: float | None
    low: float | None
    high: float | None
    units: int
    ratings: int
    raters: int

    def as_dict(self) -> dict[str, float | int | None]:
        """JSON form."""
        return self._asdict()


def kappa(pairs: Sequence[tuple[int, int]], levels: int = 5) -> float | None:
    """Quadratic-weighted kappa of two raters over the same things.

    Args:
        pairs: (first rater's level, second rater's level), each from 1 to `levels`.

    Returns:
        1 for full agreement, 0 for what chance alone gives; None when both gave one level throughout.
    """
    n = len(pairs)
    if n == 0:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    scale = (levels - 1) ** 2
    seen = sum((a - b) ** 2 for a, b in pairs) / scale / n
    chance = sum(p * q * (a - b) ** 2 for a, p in first.items() for b, q in second.items()) / scale / n**2
    return None if chance == 0 else 1.0 - seen / chance


def mean_kappa(units: Sequence[Unit], levels: int = 5) -> float | None:
    """The mean of kappa over all pairs of raters, each pair over what both have rated (Light 1971)."""
    raters = sorted({r for unit in units for r in unit})
    found = [
        value
        for a, b in combinations(raters, 2)
        if (value := kappa([(u[a], u[b]) for u in units if a in u and b in u], levels)) is not None
    ]
    return sum(found) / len(found) if found else None


def alpha(units: Sequence[Unit], metric: Metric = "ordinal") -> float | None:
    """Krippendorff's alpha; any number of raters, ratings may be missing.

    Returns:
        1 for full agreement, 0 for what chance alone gives, below 0 for less; None where all values are one,
        or no thing was rated twice.
    """
    rated = [list(unit.values()) for unit in units if len(unit) > 1]
    totals = Counter(value for values in rated for value in values)
    n = sum(totals.values())
    if n == 0:
        return None
    squared = _squared(metric, totals)
    observed = 0.0
    for values in rated:
        counts = Counter(values)
        pairs = sum(p * q * squared(a, b) for a, p in counts.items() for b, q in counts.items())
        observed += pairs / (len(values) - 1)
    expected = sum(p * q * squared(a, b) for a, p in totals.items() for b, q in totals.items()) / (n - 1)
    return None if expected == 0 else 1.0 - observed / expected


def agreement(
    units: Mapping[Any, Sequence[Unit]],
    rng: Generator,
    *,
    of: Literal["kappa", "alpha"],
    draws: int = DRAWS,
) -> Agreement:
    """A coefficient over all units, with a 95 % percentile bootstrap interval.

    Args:
        units: by cluster (a packet): ratings of one packet hang together, so whole clusters are drawn when
            there are at least five; below that single units are, and the interval is then too narrow.
        rng: the only source of chance.
    """
    every = [unit for cluster in units.values() for unit in cluster if len(unit) > 1]
    measure: Callable[[Sequence[Unit]], float | None] = mean_kappa if of == "kappa" else alpha
    value = measure(every)
    low = high = None
    if value is not None and len(every) >= FEWEST_UNITS:
        groups = [list(c) for c in units.values()] if len(units) >= FEWEST_UNITS else [[u] for u in every]
        found = resampled(groups, rng.integers(0, len(groups), (draws, len(groups))), of)
        if found:
            low, high = found[int(0.025 * len(found))], found[min(int(0.975 * len(found)), len(found) - 1)]
    return Agreement(
        value, low, high, len(every), sum(map(len, every)), len({r for unit in every for r in unit})
    )


def _squared(metric: Metric, totals: Mapping[int, int]) -> Callable[[int, int], float]:
    if metric == "nominal":
        return lambda a, b: float(a != b)
    if metric == "interval":
        return lambda a, b: float((a - b) ** 2)
    order = sorted(totals)

    def ordinal(a: int, b: int) -> float:
        low, high = sorted((a, b))
        between = sum(totals[g] for g in order if low <= g <= high)
        return (between - (totals[low] + totals[high]) / 2) ** 2

    return ordinal

"""How well a simulation knows the share that it counted."""

from __future__ import annotations

from scipy import stats


def interval(hits: int, n: int) -> list[float]:
    """Clopper and Pearson's 95 % interval of a share."""
    low = 0.0 if hits == 0 else float(stats.beta.ppf(0.025, hits, n - hits + 1))
    high = 1.0 if hits == n else float(stats.beta.ppf(0.975, hits + 1, n - hits))
    return [round(low, 4), round(high, 4)]

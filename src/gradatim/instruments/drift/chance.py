"""Tail probabilities and corrections, in plain floating point: scipy would cost more to import than to replace."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist

TINY = 1e-300


def chi2_sf(x: float, df: float) -> float:
    """P(chi-square with `df` degrees of freedom > x): the regularised upper incomplete gamma function.

    Series below, continued fraction above (Abramowitz & Stegun 6.5.29 and 6.5.31; Lentz' method).
    """
    if x <= 0 or df <= 0:
        return 1.0
    a, z = df / 2, x / 2
    front = math.exp(min(a * math.log(z) - z - math.lgamma(a), 700.0))
    if z < a + 1:
        term = total = 1 / a
        k = a
        while abs(term) > abs(total) * 1e-15:
            k += 1
            term *= z / k
            total += term
        return max(0.0, 1 - total * front)
    b = z + 1 - a
    c, d = 1 / TINY, 1 / b
    h = d
    for i in range(1, 100_000):
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b or TINY)
        c = b + an / c or TINY
        step = d * c
        h *= step
        if abs(step - 1) < 1e-15:
            break
    return min(1.0, front * h)


@functools.lru_cache(256)
def chi2_point(probability: float, df: float) -> float:
    """The value that a chi-square with `df` degrees of freedom exceeds with `1 - probability`."""
    low, high = 0.0, df + 40 * math.sqrt(df) + 100
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if chi2_sf(middle, df) > 1 - probability else (low, middle)
    return (low + high) / 2


def kolmogorov_sf(x: float) -> float:
    """P(sup |Brownian bridge| > x), the limit of the Kolmogorov-Smirnov statistic (Kolmogorov 1933)."""
    if x < 0.2:
        return 1.0
    if x < 1.1:
        # The other series of the theta function, which is the quick one here.
        total = math.fsum(math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * x * x)) for k in range(1, 6))
        return 1 - math.sqrt(2 * math.pi) / x * total
    return min(1.0, 2 * math.fsum((-1.0) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 8)))


def normal_sf(z: float) -> float:
    """P(standard normal > z)."""
    return math.erfc(z / math.sqrt(2)) / 2


def normal_point(probability: float) -> float:
    """The standard normal quantile."""
    return NormalDist().inv_cdf(probability)


def shares_p(k: float, n: float, j: float, m: float) -> float:
    """Two-sided p-value that k of n and j of m come from one share.

    Twice the smaller exact hypergeometric tail where an expected count is below 100, the pooled z test elsewhere.
    """
    if n <= 0 or m <= 0:
        return 1.0
    hits = k + j
    if hits <= 0 or hits >= n + m:
        return 1.0
    share = hits / (n + m)
    if min(n, m) * min(share, 1 - share) < 100:
        return _hypergeometric(round(k), round(n), round(j), round(m))
    se = math.sqrt(share * (1 - share) * (1 / n + 1 / m))
    return 2 * normal_sf(abs(k / n - j / m) / se)


def _hypergeometric(k: int, n: int, j: int, m: int) -> float:
    """Twice the smaller tail of k hits among n when k + j hits are spread over n + m, at most 1."""

    def log_choose(a: int, b: int) -> float:
        return math.lgamma(a + 1) - math.lgamma(b + 1) - math.lgamma(a - b + 1)

    hits = k + j
    low, high = max(0, hits - m), min(n, hits)
    if not low <= k <= high:
        return 1.0
    here = math.exp(log_choose(n, k) + log_choose(m, j) - log_choose(n + m, hits))

    def tail(step: int) -> float:
        total = term = here
        i = k
        while low <= i + step <= high and term > total * 1e-17:
            up = i if step > 0 else i - 1  # the ratio between `up` and `up + 1` hits
            ratio = (n - up) * (hits - up) / ((up + 1) * (m - hits + up + 1))
            term *= ratio if step > 0 else 1 / ratio
            total += term
            i += step
        return total

    return min(1.0, 2 * min(tail(1), tail(-1)))


def beyond_p(k: int, n: int, m: int) -> float:
    """P(the k largest of n + m exchangeable values all belong to the m): k values lie beyond all the n.

    Exact for continuous values, conservative with ties.
    """
    if k <= 0 or n <= 0:
        return 1.0
    return math.exp(
        math.lgamma(m + 1) - math.lgamma(m - k + 1) - math.lgamma(n + m + 1) + math.lgamma(n + m - k + 1)
    )


def holm(p: Sequence[float], tests: int | None = None) -> list[float]:
    """Holm's adjusted p-values (1979): the chance of any false claim among all tests is at most the level.

    Args:
        p: the p-values.
        tests: size of the family where some tests' values are not in `p`.
    """
    family = max(len(p), tests or 0)
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted, running = [1.0] * len(p), 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, p[i] * (family - rank)))
        adjusted[i] = running
    return adjusted

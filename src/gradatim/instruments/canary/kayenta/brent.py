"""Brent's root finder with the stopping rule that R's `wilcox.test`, and Kayenta after it, stop by.

The interval of a rank test is a step function of the shift, so where the search stops is part of the answer:
another root finder gives other digits (6.8e-5 instead of 0 in Kayenta's best-known case).
Source: Brent, "Algorithms for Minimization without Derivatives", 1973, chapter 4; netlib `zeroin`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

TOLERANCE = 1e-4
STEPS = 1000


def root(f: Callable[[float], float], low: float, high: float, tolerance: float = TOLERANCE) -> float:
    """A point where `f` changes sign between `low` and `high`, to within `tolerance`.

    Raises:
        ValueError: f has the same sign at both ends.
    """
    behind, best = low, high
    f_behind, f_best = f(low), f(high)
    if f_behind == 0:
        return low
    if f_best == 0:
        return high
    if (f_behind > 0) == (f_best > 0):
        raise ValueError("the function has the same sign at both ends")
    across, f_across = behind, f_behind
    for _ in range(STEPS):
        last_step = best - behind
        if abs(f_across) < abs(f_best):
            behind, best, across = best, across, best
            f_behind, f_best, f_across = f_best, f_across, f_best
        least = 2 * sys.float_info.epsilon * abs(best) + tolerance / 2
        step = (across - best) / 2
        if abs(step) <= least or f_best == 0:
            return best
        if abs(last_step) >= least and abs(f_behind) > abs(f_best):
            step = _interpolate(behind, best, across, f_behind, f_best, f_across, last_step, step, least)
        if abs(step) < least:
            step = least if step > 0 else -least
        behind, f_behind = best, f_best
        best += step
        f_best = f(best)
        if (f_best > 0) == (f_across > 0) and f_best != 0:
            across, f_across = behind, f_behind
    return best


def _interpolate(
    a: float, b: float, c: float, fa: float, fb: float, fc: float, last: float, half: float, least: float
) -> float:
    """A secant or inverse quadratic step where it is safe, the bisection `half` where it is not."""
    wide = c - b
    if a == c:
        ratio = fb / fa
        p, q = wide * ratio, 1.0 - ratio
    else:
        q, r, s = fa / fc, fb / fc, fb / fa
        p = s * (wide * q * (q - r) - (b - a) * (r - 1.0))
        q = (q - 1.0) * (r - 1.0) * (s - 1.0)
    if p > 0:
        q = -q
    else:
        p = -p
    inside = p < 0.75 * wide * q - abs(least * q) / 2
    return p / q if inside and p < abs(last * q / 2) else half

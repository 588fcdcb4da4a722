"""Looks at fixed times: what peeking does to the level, and the bounds that repair it.

The statistic after look k of K is a sum of k independent standard normals (equal information steps).
Its density inside the bounds is carried from look to look by numerical integration.
Source: Armitage, McPherson and Rowe, "Repeated significance tests on accumulating data", JRSS A 132, 1969.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from gradatim.core.groups import load

NODES = 120
BOUNDS = ("pocock", "obrien-fleming")


def crossing_probability(bounds_z: Sequence[float], drift: float = 0.0) -> float:
    """The probability that |z| exceeds its bound at one of the looks.

    Args:
        bounds_z: the two-sided bound on z at each of the equally spaced looks.
        drift: the mean of z at the last look; 0 is the null, so the answer is the true level.
    """
    import numpy as np

    special = load("scipy.special", "work", "The level under several looks")
    looks = len(bounds_z)
    step = drift / math.sqrt(looks)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    edge = bounds_z[0]
    crossed = float(special.ndtr(-edge - step) + special.ndtr(step - edge))
    points = nodes * edge
    density = np.exp(-0.5 * (points - step) ** 2) / math.sqrt(2 * math.pi) * weights * edge
    for k in range(2, looks + 1):
        edge = bounds_z[k - 1] * math.sqrt(k)
        beyond = special.ndtr(points + step - edge) + special.ndtr(-edge - points - step)
        crossed += float(density @ beyond)
        following = nodes * edge
        jump = np.exp(-0.5 * (following[:, None] - points[None, :] - step) ** 2) / math.sqrt(2 * math.pi)
        density, points = (jump @ density) * weights * edge, following
    return crossed


def peeking_level(looks: int, alpha: float = 0.05) -> float:
    """The true false-positive rate of testing at the nominal `alpha` at each of `looks` equal looks."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    return crossing_probability([z] * looks)


def bounds(kind: str, looks: int, alpha: float = 0.05) -> tuple[float, list[float]]:
    """The constant of a Pocock or O'Brien-Fleming design and its bounds on z, two-sided.

    Returns:
        the constant (z at every look for Pocock, z at the last look for O'Brien-Fleming) and the bounds.

    Sources: Pocock, Biometrika 64, 1977; O'Brien and Fleming, Biometrics 35, 1979.
    """
    optimize = load("scipy.optimize", "work", "The bounds of a group-sequential design")

    def shape(c: float) -> list[float]:
        if kind == "pocock":
            return [c] * looks
        return [c * math.sqrt(looks / k) for k in range(1, looks + 1)]

    constant = optimize.brentq(lambda c: crossing_probability(shape(c)) - alpha, 1.0, 8.0, xtol=1e-10)
    return float(constant), shape(float(constant))


def inflation(kind: str, looks: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """How many times larger than a single look's the sample must be planned to keep the power."""
    optimize = load("scipy.optimize", "work", "The size of a group-sequential design")
    normal = NormalDist()
    edges = bounds(kind, looks, alpha)[1]
    once = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    drift = optimize.brentq(lambda d: crossing_probability(edges, d) - power, 0.5 * once, 3 * once)
    return float((drift / once) ** 2)

"""How skilled, and how sure: an estimate with an interval over the instances of exams.

A score of one instance is 1 - regret / yardstick, on the scale where the best skill-free policy is 0 and the
senior 1. Scores of one skill are taken as normal around the skill, mean and variance both unknown
(normal-inverse-gamma, DeGroot, "Optimal Statistical Decisions", 1970, section 9.6), with a weak prior whose mean
is drawn towards the person's other skills. `docs/design/estimates.md` has the reasons and the measured coverage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

LEVEL_FROM = 15
SHRUNK_BELOW = 8
COVERAGE = 0.8
HALF_LIFE_DAYS = 365.0
# A mid-level reference reaches about 0.4; one instance weighs as much as this belief.
PRIOR_MEAN = 0.4
PRIOR_WEIGHT = 1.0
PRIOR_SHAPE = 2.5
PRIOR_SD = 0.5
# How much the other skills say about the mean of this one: as much as two skills of a typical person.
POOL_WEIGHT = 2.0
LEAST_SCORE, MOST_SCORE = -1.0, 1.1


class Score(NamedTuple):
    """The score of one instance and when its exam was handed in."""

    score: float
    at: datetime


class Estimate(NamedTuple):
    """A skill with its interval.

    Attributes:
        value: Posterior mean.
        low: Lower end of the 80 % interval.
        high: Upper end.
        n: Instances it rests on, all exams together.
        exams: In how many exams.
        claims_level: True from fifteen instances on: below, a level is not claimed.
        shrunk: True below eight: what is shown is mostly the prior.
    """

    value: float
    low: float
    high: float
    n: int
    exams: int
    claims_level: bool
    shrunk: bool


def instance_scores(regrets: Sequence[float], skill: float, yardstick: float | None = None) -> list[float]:
    """Scores of an exam's instances from their regrets and the exam's skill.

    skill = 1 - mean regret / yardstick, where the yardstick is the mean regret of the best skill-free policy over
    the same instances. Where it is not known, it is worked back from the two, so that the mean score is the
    exam's skill.
    """
    if not regrets:
        return []
    if yardstick is None:
        mean = math.fsum(regrets) / len(regrets)
        yardstick = mean / (1.0 - skill) if abs(1.0 - skill) > 1e-9 else 0.0
    if not 0.05 <= yardstick <= 20:
        yardstick = 1.0  # nothing to work back from: the median skill-free regret is 1 by definition
    return [min(max(1.0 - regret / yardstick, LEAST_SCORE), MOST_SCORE) for regret in regrets]


def estimate(
    scores: Sequence[Score], now: datetime, *, exams: int, prior_mean: float = PRIOR_MEAN
) -> Estimate | None:
    """The estimate from all instances of a skill; None without any.

    Args:
        scores: One per instance.
        now: Older scores weigh less, half after a year.
        exams: How many exams they come from.
        prior_mean: What is believed before the first instance, see `pooled_means`.
    """
    if not scores:
        return None
    weights = [0.5 ** (max((now - s.at).total_seconds(), 0.0) / 86400 / HALF_LIFE_DAYS) for s in scores]
    n = math.fsum(weights)
    mean = math.fsum(w * s.score for w, s in zip(weights, scores, strict=True)) / n
    spread = math.fsum(w * (s.score - mean) ** 2 for w, s in zip(weights, scores, strict=True))
    kappa = PRIOR_WEIGHT + n
    value = (PRIOR_WEIGHT * prior_mean + n * mean) / kappa
    shape = PRIOR_SHAPE + n / 2
    rate = PRIOR_SHAPE * PRIOR_SD**2 + spread / 2 + PRIOR_WEIGHT * n * (mean - prior_mean) ** 2 / (2 * kappa)
    half = student_quantile(2 * shape, (1 + COVERAGE) / 2) * math.sqrt(rate / (shape * kappa))
    count = len(scores)
    return Estimate(
        value, value - half, value + half, count, exams, count >= LEVEL_FROM, count < SHRUNK_BELOW
    )


def pooled_means(scores: Mapping[str, Sequence[Score]]) -> dict[str, float]:
    """For each skill what the person's other skills lead one to expect, drawn towards the mid-level's 0.4."""
    known = {skill: [s.score for s in found] for skill, found in scores.items() if found}
    means: dict[str, float] = {}
    for skill in scores:
        total, weight = POOL_WEIGHT * PRIOR_MEAN, POOL_WEIGHT
        for other, values in known.items():
            if other != skill:
                trust = len(values) / (len(values) + PRIOR_WEIGHT)
                total += trust * math.fsum(values) / len(values)
                weight += trust
        means[skill] = total / weight
    return means


@cache
def student_quantile(degrees: float, p: float) -> float:
    """The p-quantile of Student's t, without scipy (an optional group): Hill's expansion, then Newton steps.

    Source: G. W. Hill, "Algorithm 396: Student's t-quantiles", CACM 13 (1970); good to about 1e-9 from 3 degrees on.
    """
    from statistics import NormalDist

    z = NormalDist().inv_cdf(p)
    n, z2 = degrees, z * z
    t = z * (
        1
        + (z2 + 1) / (4 * n)
        + ((5 * z2 + 16) * z2 + 3) / (96 * n**2)
        + (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * n**3)
    )
    for _ in range(6):
        density = math.exp(
            math.lgamma((n + 1) / 2)
            - math.lgamma(n / 2)
            - 0.5 * math.log(n * math.pi)
            - (n + 1) / 2 * math.log1p(t * t / n)
        )
        step = (_student_cdf(n, t) - p) / density
        t -= step
        if abs(step) < 1e-12:
            break
    return t


def _student_cdf(n: float, t: float) -> float:
    """Integral of the density from 0 to t by Simpson's rule on t = sqrt(n) tan(u), where it is a power of cosine."""
    top = math.atan(t / math.sqrt(n))
    steps = 200
    h = top / steps
    values: list[float] = [math.pow(math.cos(i * h), n - 1) for i in range(steps + 1)]
    area = h / 3 * (values[0] + values[-1] + 4 * math.fsum(values[1:-1:2]) + 2 * math.fsum(values[2:-1:2]))
    scale = math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)) / math.sqrt(math.pi)
    return 0.5 + scale * area

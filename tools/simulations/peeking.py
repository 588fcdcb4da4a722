"""How often an experiment or a canary that is looked at again and again says something false.

    python tools/simulations/peeking.py experiment --runs 500
    python tools/simulations/peeking.py canary --runs 300

Nothing differs between the sides. Every experiment is looked at after every unit, every canary after every point;
counted is the share of runs with a false alarm at one look or more.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from shares import interval

from gradatim.instruments.canary.judge import Rule, look, settle
from gradatim.instruments.canary.metric import CanaryMetric, Tolerance
from gradatim.instruments.canary.points import Points
from gradatim.instruments.experiment import anytime
from gradatim.instruments.experiment.cuped import adjust
from gradatim.instruments.experiment.effect import Level, contrast
from gradatim.instruments.experiment.sample import Sample, linearise, moments

Random = np.random.Generator
Values = NDArray[np.float64]


class Arm(NamedTuple):
    """A metric's values of one arm: numerator, denominator of a ratio, covariate of CUPED."""

    x: Values
    y: Values | None = None
    before: Values | None = None


def clicks_per_view(r: Random, n: int) -> Arm:
    """Users differ in how much they look and in how often they click."""
    views = 1.0 + r.negative_binomial(1, 0.2, n)
    return Arm(r.binomial(views.astype(int), r.beta(1, 19, n)).astype(float), views)


def spend_per_visit(r: Random, n: int) -> Arm:
    """One visit in twenty buys, for a log-normal sum."""
    visits = 1.0 + r.poisson(2, n)
    bought = r.binomial(visits.astype(int), 0.05)
    return Arm(bought * r.lognormal(3, 1, n), visits)


def errors_per_request(r: Random, n: int) -> Arm:
    """Heavy users with many requests and an error rate of their own."""
    requests = np.ceil(r.pareto(2.5, n) * 20 + 1)
    return Arm(r.binomial(requests.astype(int), r.beta(0.5, 49.5, n)).astype(float), requests)


def log_normal(sigma: float) -> Callable[[Random, int], Arm]:
    """A log-normal metric and what the same user spent before, correlated 0.7 in logarithms."""

    def draw(r: Random, n: int) -> Arm:
        level = r.standard_normal(n)
        now = 0.7**0.5 * level + 0.3**0.5 * r.standard_normal(n)
        before = 0.7**0.5 * level + 0.3**0.5 * r.standard_normal(n)
        return Arm(np.exp(sigma * now), None, np.exp(sigma * before))

    return draw


def t_three(r: Random, n: int) -> Arm:
    """Student's t with 3 degrees of freedom, and a covariate with the same shock."""
    shock = r.standard_t(3, n)
    return Arm(shock + r.standard_t(3, n), None, shock + r.standard_t(3, n))


def sums_at(values: Values, at: NDArray[np.int64]) -> Values:
    """Sums of the first k values, for each k of `at`."""
    return np.cumsum(values)[at - 1]


def missed(
    draw: Callable[[Random, int], Arm], r: Random, last: int, first: int, share: int
) -> tuple[bool, bool]:
    """Whether the anytime-valid and the fixed interval ever excluded zero.

    Sums over the units so far give each look what `linearise`, `adjust` and `contrast` would; the last one is
    compared with them.
    """
    k = np.arange(first, last + 1)
    arms = (draw(r, last * share), draw(r, last))
    sizes = (k * share, k)
    theta = 0.0
    if arms[0].before is not None:
        along = []
        for arm, n in zip(arms, sizes, strict=True):
            assert arm.before is not None
            sx, sb = sums_at(arm.x, n), sums_at(arm.before, n)
            along.append(
                (sums_at(arm.x * arm.before, n) - sx * sb / n, sums_at(arm.before**2, n) - sb**2 / n)
            )
        theta = (along[0][0] + along[1][0]) / (along[0][1] + along[1][1])
    means, variances = [], []
    for arm, n in zip(arms, sizes, strict=True):
        sx, sxx = sums_at(arm.x, n), sums_at(arm.x**2, n)
        if arm.y is not None:
            sy, sxy, syy = sums_at(arm.y, n), sums_at(arm.x * arm.y, n), sums_at(arm.y**2, n)
            ratio = sx / sy
            square = (sxx - 2 * ratio * sxy + ratio**2 * syy) / (sy / n) ** 2
            means.append(ratio)
            variances.append(np.maximum(square, 0) / (n - 1))
        elif arm.before is not None:
            sb, sbb, sxb = sums_at(arm.before, n), sums_at(arm.before**2, n), sums_at(arm.x * arm.before, n)
            square = (sxx - sx**2 / n) - 2 * theta * (sxb - sx * sb / n) + theta**2 * (sbb - sb**2 / n)
            means.append((sx - theta * sb) / n)
            variances.append(np.maximum(square, 0) / (n - 1))
    (old, new), (old_v, new_v) = means, variances
    pooled = ((sizes[0] - 1) * old_v + (k - 1) * new_v) / (sizes[0] + k - 2)
    careful = np.maximum(new_v, pooled) / k + np.maximum(old_v, pooled) / sizes[0]
    plain = new_v / k + old_v / sizes[0]
    below = (new_v / k) ** 2 / (k - 1) + (old_v / sizes[0]) ** 2 / (sizes[0] - 1)
    df = plain**2 / np.maximum(below, 1e-300)
    rho2 = anytime.mixing(0.05, anytime.TUNED_FOR_UNITS)
    half = anytime.half_width(careful, sizes[0] + k, 0.05, rho2, df)
    agrees(arms, sizes, new[-1] - old[-1], float(half[-1]))
    gap = np.abs(new - old)
    return bool((gap > half).any()), bool((gap > stats.t.ppf(0.975, df) * np.sqrt(plain)).any())


def agrees(arms: tuple[Arm, Arm], sizes: tuple[Any, Any], estimate: float, half: float) -> None:
    """The sums say what the product says of the last look."""
    values = [
        linearise(Sample(a.x[: n[-1]], None if a.y is None else a.y[: n[-1]]))
        for a, n in zip(arms, sizes, strict=True)
    ]
    if arms[0].before is not None and arms[1].before is not None:
        done = adjust(values[0], values[1], arms[0].before, arms[1].before)
        values = [done.control, done.treatment]
    told = contrast(moments(values[0]), moments(values[1]), Level())
    assert np.isclose(told.estimate, estimate, atol=1e-9), (told.estimate, estimate)
    assert np.isclose(told.anytime.high - told.estimate, half, rtol=1e-6), (told, half)


EXPERIMENTS: dict[str, tuple[Callable[[Random, int], Arm], int, int]] = {
    "clicks per view, even": (clicks_per_view, 4000, 1),
    "clicks per view, 10 to 90": (clicks_per_view, 2000, 9),
    "spend per visit, even": (spend_per_visit, 4000, 1),
    "spend per visit, 10 to 90": (spend_per_visit, 2000, 9),
    "errors per request, even": (errors_per_request, 4000, 1),
    "errors per request, 10 to 90": (errors_per_request, 2000, 9),
    "log-normal sigma 1, CUPED, even": (log_normal(1.0), 4000, 1),
    "log-normal sigma 1.5, CUPED, even": (log_normal(1.5), 4000, 1),
    "log-normal sigma 1.5, CUPED, 10 to 90": (log_normal(1.5), 2000, 9),
    "log-normal sigma 2, CUPED, even": (log_normal(2.0), 4000, 1),
    "t with 3 df, CUPED, even": (t_three, 4000, 1),
    "t with 3 df, CUPED, 10 to 90": (t_three, 2000, 9),
}


def alike(r: Random, n: int) -> Values:
    """Points whose neighbours are alike, r = 0.6."""
    made = r.normal(0, 20, n)
    for i in range(1, n):
        made[i] = 0.6 * made[i - 1] + 0.8 * made[i]
    return 100 + made


CANARIES: dict[str, Callable[[Random, int], Values]] = {
    "normal": lambda r, n: r.normal(100, 20, n),
    "log-normal sigma 1": lambda r, n: r.lognormal(0, 1, n),
    "counts": lambda r, n: r.poisson(3, n).astype(float),
    "errors, 5 % of requests": lambda r, n: (r.random(n) < 0.05).astype(float),
    "errors, 0.5 % of requests": lambda r, n: (r.random(n) < 0.005).astype(float),
    "revenue, nine in ten are zero": lambda r, n: (r.random(n) < 0.1) * r.lognormal(3, 1, n),
    "neighbours alike, r = 0.6, --time": alike,
}


def rolled_back(old: Values, new: Values, rule: Rule, *, timed: bool) -> int:
    """The look at which the canary would have been rolled back, 0 for none."""
    metric = CanaryMetric("x", "increase", Tolerance(0.10, True))
    for n in range(10, len(new) + 1):
        found = look(metric, "", Points(old[:n], new[:n], in_time=timed), rule)
        found.p_harm_adjusted, found.p_mixed_adjusted = found.p_harm, found.mixed.p
        settle(found, rule)
        if found.state == "fail":
            return n
    return 0


def main() -> None:
    """Print one JSON line a kind of metric."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("experiment", "canary"))
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--points", type=int, default=200, help="of a canary")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.what == "experiment":
        for i, (name, (draw, last, share)) in enumerate(EXPERIMENTS.items()):
            r = np.random.default_rng([asked.seed, i])
            ends = [missed(draw, r, last, 100, share) for _ in range(asked.runs)]
            always, fixed = (sum(end[j] for end in ends) for j in (0, 1))
            told = {"units_per_treatment_arm": last, "runs": asked.runs, "anytime": always / asked.runs}
            told |= {"interval_95": interval(always, asked.runs), "fixed": fixed / asked.runs}
            print(json.dumps({"metric": name, **told}), flush=True)
        return
    for i, (name, points) in enumerate(CANARIES.items()):
        told = {"points": asked.points, "runs": asked.runs}
        for method, rule in (("anytime", Rule()), ("fixed", Rule(always=False))):
            r = np.random.default_rng([asked.seed, i])
            timed = "--time" in name
            ends_ = [
                rolled_back(points(r, asked.points), points(r, asked.points), rule, timed=timed)
                for _ in range(asked.runs)
            ]
            hits = sum(end > 0 for end in ends_)
            told |= {method: hits / asked.runs, f"{method}_interval_95": interval(hits, asked.runs)}
        print(json.dumps({"metric": name, **told}), flush=True)


if __name__ == "__main__":
    main()

"""Estimates: a known skill goes in, an interval that covers it comes out."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gradatim.path.estimate import (
    COVERAGE,
    LEAST_SCORE,
    MOST_SCORE,
    PRIOR_MEAN,
    Score,
    estimate,
    instance_scores,
    pooled_means,
    student_quantile,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def scores(values: list[float], days_ago: float = 0) -> list[Score]:
    return [Score(float(v), NOW - timedelta(days=days_ago)) for v in values]


# What the scores of instances may look like: bell-shaped, all or nothing, bounded, and with a long tail of
# expensive instances, which is what dollars do.
WORLDS: dict[str, Callable[[np.random.Generator, float, int], np.ndarray]] = {
    "normal": lambda rng, skill, n: rng.normal(skill, 0.3, n),
    "wide": lambda rng, skill, n: rng.normal(skill, 0.5, n),
    "all-or-nothing": lambda rng, skill, n: (rng.random(n) < skill).astype(float),
    "bounded": lambda rng, skill, n: rng.beta(2 * skill, 2 * (1 - skill), n),
    "long-tail": lambda rng, skill, n: 1 - rng.exponential(1 - skill, n),
}


@pytest.mark.parametrize("n", [3, 6, 15, 30])
@pytest.mark.parametrize("world", WORLDS)
def test_the_interval_covers_a_known_skill_as_often_as_it_says(world: str, n: int) -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(1500):
        skill = rng.uniform(0.05, 0.98)
        found = estimate(scores(list(WORLDS[world](rng, skill, n))), NOW, exams=1)
        assert found is not None
        hits += found.low <= skill <= found.high
    # Three standard errors of 1,500 draws are 0.03; to be too cautious is allowed, to be too sure is not.
    assert hits / 1500 > COVERAGE - 0.03


@pytest.mark.parametrize("sd", [0.3, 0.4, 0.5])
def test_the_interval_covers_the_mean_of_scores_that_are_cut_at_the_ends_of_the_scale(sd: float) -> None:
    rng = np.random.default_rng(11)
    noise = np.random.default_rng(1).normal(0.0, sd, 4000)
    hits = 0
    for _ in range(1500):
        centre = rng.uniform(0.05, 0.98)
        values = np.clip(rng.normal(centre, sd, 15), LEAST_SCORE, MOST_SCORE)
        found = estimate(scores(list(values)), NOW, exams=4)
        assert found is not None
        hits += found.low <= np.clip(centre + noise, LEAST_SCORE, MOST_SCORE).mean() <= found.high
    assert hits / 1500 > COVERAGE - 0.03


@pytest.mark.parametrize("skill", [0.1, 0.4, 0.7, 0.95])
def test_fifteen_instances_find_the_skill(skill: float) -> None:
    rng = np.random.default_rng(7)
    found = [estimate(scores(list(rng.normal(skill, 0.35, 15))), NOW, exams=4) for _ in range(200)]
    values = [e.value for e in found if e]
    assert abs(statistics.mean(values) - skill) < 0.05
    widths = [e.high - e.low for e in found if e]
    assert statistics.mean(widths) < 0.32


def test_a_level_is_claimed_from_fifteen_on_and_below_eight_it_is_called_shrunk() -> None:
    for n, claims, shrunk in [
        (3, False, True),
        (7, False, True),
        (8, False, False),
        (14, False, False),
        (15, True, False),
    ]:
        found = estimate(scores([0.9] * n), NOW, exams=1)
        assert found is not None
        assert (found.n, found.claims_level, found.shrunk) == (n, claims, shrunk)


def test_three_perfect_instances_are_not_yet_a_senior() -> None:
    found = estimate(scores([1.0, 1.0, 1.0]), NOW, exams=1)
    assert found is not None
    assert found.value < 0.9
    assert found.low < 0.7


def test_older_exams_weigh_less_and_widen_the_interval() -> None:
    fresh = estimate(scores([0.8] * 9), NOW, exams=3)
    old = estimate(scores([0.8] * 9, days_ago=730), NOW, exams=3)
    assert fresh and old
    assert old.high - old.low > fresh.high - fresh.low
    assert old.value < fresh.value
    mixed = estimate([*scores([0.2] * 6, 730), *scores([0.9] * 6)], NOW, exams=4)
    even = estimate(scores([0.2] * 6 + [0.9] * 6), NOW, exams=4)
    assert mixed and even and mixed.value > even.value


def test_nothing_gives_no_estimate() -> None:
    assert estimate([], NOW, exams=0) is None


def test_other_skills_pull_the_prior_and_never_their_own() -> None:
    means = pooled_means({"a": scores([0.9] * 15), "b": scores([0.9] * 15), "c": []})
    assert means["c"] > means["a"] > PRIOR_MEAN
    assert pooled_means({"a": scores([0.9] * 15), "b": []})["a"] == PRIOR_MEAN


@given(st.lists(st.floats(-0.1, 2), min_size=1, max_size=8), st.floats(-1, 1.05))
def test_the_mean_score_of_an_exam_is_its_skill_where_nothing_is_cut_off(
    regrets: list[float], skill: float
) -> None:
    found = instance_scores(regrets, skill)
    assert len(found) == len(regrets)
    assert all(-1 <= score <= 1.1 for score in found)
    if all(-1 < score < 1.1 for score in found) and abs(statistics.mean(regrets)) > 0.2:
        yardstick = statistics.mean(regrets) / (1 - skill) if skill != 1 else 0
        if 0.05 <= yardstick <= 20:
            assert statistics.mean(found) == pytest.approx(skill, abs=1e-6)


def test_a_known_yardstick_is_used() -> None:
    assert instance_scores([0.0, 0.5, 1.0], 0.0, yardstick=0.5) == [1.0, 0.0, -1.0]
    assert instance_scores([], 0.5) == []


@pytest.mark.parametrize("degrees", [3, 5.5, 8, 20, 41.3, 300])
@pytest.mark.parametrize("p", [0.6, 0.9, 0.975])
def test_the_quantile_of_student_s_t_is_scipy_s(degrees: float, p: float) -> None:
    assert student_quantile(degrees, p) == pytest.approx(stats.t.ppf(p, degrees), abs=1e-7)

"""Kayenta's judge, against the cases of its public issue tracker and of its own test suite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from gradatim.core.errors import InputError
from gradatim.instruments.canary.kayenta.brent import root
from gradatim.instruments.canary.kayenta.judge import judge
from gradatim.instruments.canary.kayenta.mannwhitney import RankSum, common_language, shift
from gradatim.instruments.canary.kayenta.score import score
from gradatim.instruments.canary.kayenta.settings import Rule, configuration

Values = NDArray[np.float64]
NAN = math.nan


def values(*numbers: float) -> Values:
    return np.array(numbers, dtype=float)


SEVEN = values(*[100.0] * 7, 1.0, 1.0, 1.0)
ONES = np.ones(10)
LARGE, SMALL = values(20, 22, 21, 25, 30), values(1, 2.2, 1.1, 2.5, 3)


def test_the_issues_case_to_the_digit() -> None:
    # spinnaker/spinnaker issue 6278: control ten 1s, canary seven 100s and three 1s; it passes there.
    found = shift(SEVEN, ONES)
    assert found.low == pytest.approx(6.825022991538781e-5, rel=1e-12)
    assert found.high == 99.0
    assert found.estimate == pytest.approx(98.99992904170193, rel=1e-14)
    judged = judge(Rule("m", allowed=(1.0, 1.05), critical_at=(1.0, 1.1)), ONES, SEVEN)
    assert judged.label == "Pass"
    assert judged.bound == pytest.approx(24.749982260425483, rel=1e-12)
    assert judged.deviation == judged.effect_size == pytest.approx(70.3)


def test_an_eighth_bad_point_fails_there() -> None:
    assert judge(Rule("m"), ONES, values(*[100.0] * 8, 1.0, 1.0)).label == "High"


@pytest.mark.parametrize(
    ("rule", "baseline", "canary", "label", "critical"),
    [
        (Rule("m", critical=True, critical_at=(1.0, 1.2)), SMALL, LARGE, "High", True),
        (Rule("m", critical=True, allowed=(1.0, 5.0), critical_at=(1.0, 13.0)), SMALL, LARGE, "High", False),
        (Rule("m", critical=True, allowed=(1.0, 13.0), critical_at=(1.0, 15.0)), SMALL, LARGE, "Pass", False),
        (Rule("m", critical=True), SMALL, LARGE, "High", True),
        (Rule("m"), LARGE, SMALL, "Low", False),
        (Rule("m", direction="increase"), LARGE, SMALL, "Pass", False),
        (Rule("m", direction="decrease"), SMALL, LARGE, "Pass", False),
        (Rule("m"), values(1, 1), values(1, 1, 1), "Pass", False),
        (Rule("m"), values(5, 4, 3, 2, 1), values(1, 2, 3, 4, 5), "Pass", False),
        (Rule("m"), values(), values(1, 2), "Nodata", False),
        (Rule("m", critical=True), values(1, 2), values(), "Nodata", True),
        (Rule("m", must_have_data=True), values(1, 2), values(NAN), "NodataFailMetric", False),
        (Rule("m", nan_strategy="replace"), values(1, 2), values(), "Pass", False),
        (Rule("m"), values(1, 1, 1, 1, 1), values(1, 1, 1, 1, 10), "Pass", False),
        (Rule("m"), values(*[1.0] * 5), values(*[10.0] * 5), "High", False),
        (Rule("m"), values(*[0.0] * 5), values(*[10.0] * 5), "High", False),
        (Rule("m"), values(*[0.0] * 5), values(54.9, 54.5, 55.1, 55.6, 57.4), "High", False),
        (Rule("m"), values(54.9, 54.5, 55.1, 55.6, 57.4), values(*[0.0] * 5), "Low", False),
    ],
)
def test_labels(rule: Rule, baseline: Values, canary: Values, label: str, critical: bool) -> None:
    # The judge's confidence is 0.98; with five points a side its interval still decides these cases.
    found = judge(rule, baseline, canary)
    assert (found.label, found.critical) == (label, critical)


def test_nan_is_removed_or_zero() -> None:
    rng = np.random.default_rng(1)
    baseline = rng.normal(10, 1, 40)
    canary = np.where(np.arange(40) < 30, NAN, rng.normal(10, 1, 40))
    removed = judge(Rule("m"), baseline, canary)
    assert (removed.label, removed.canary_points) == ("Pass", 10)
    replaced = judge(Rule("m", nan_strategy="replace"), baseline, canary)
    assert (replaced.label, replaced.canary_points) == ("Low", 40)


def test_outliers_are_removed_by_iqr_fences() -> None:
    baseline = np.arange(1.0, 41.0)
    canary = np.append(np.arange(1.0, 200.0), 1e6)
    kept = judge(Rule("m", remove_outliers=True), baseline, canary)
    assert kept.canary_points == 199
    assert judge(Rule("m"), baseline, canary).canary_points == 200


def by_ranks(canary: Values, baseline: Values, mu: float) -> float:
    """The statistic from the ranks of all values, as the textbooks write it."""
    n, m = len(canary), len(baseline)
    ranks = stats.rankdata(np.concatenate([canary - mu, baseline]))
    centred = ranks[:n].sum() - n * (n + 1) / 2 - n * m / 2
    ties = np.unique(ranks, return_counts=True)[1]
    spread = n * m / 12 * ((n + m + 1) - (ties**3 - ties).sum() / ((n + m) * (n + m - 1)))
    return float((centred - 0.5 * np.sign(centred)) / np.sqrt(spread))


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), n=st.integers(5, 30), m=st.integers(5, 30))
def test_the_statistic_and_the_interval_agree_with_scipy(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    canary, baseline = rng.normal(1, 1, n).round(1), rng.normal(0, 1, m).round(1)
    theirs = stats.mannwhitneyu(canary, baseline, method="asymptotic", use_continuity=True).pvalue
    z = RankSum(canary, baseline).at(0.0)
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(theirs, rel=1e-6) or theirs > 0.99
    for mu in (0.0, 0.5, float(canary[0] - baseline[0]), float(rng.normal())):
        assert RankSum(canary, baseline).at(mu) == pytest.approx(by_ranks(canary, baseline, mu), abs=1e-12)
    smooth = rng.normal(1, 1, n), rng.normal(0, 1, m)
    found, differences = shift(*smooth, 0.95), np.sort((smooth[0][:, None] - smooth[1][None, :]).ravel())
    assert found.low <= found.estimate <= found.high
    # The root is at the Hodges-Lehmann estimate, up to the steps that the continuity correction makes flat.
    middle = len(differences) // 2
    assert (
        differences[max(middle - 3, 0)] - 1e-3
        <= found.estimate
        <= differences[min(middle + 3, n * m - 1)] + 1e-3
    )
    u = stats.mannwhitneyu(canary, baseline).statistic
    assert common_language(canary, baseline) == pytest.approx(u / (n * m))


def test_brents_root() -> None:
    assert root(lambda x: x**3 - 2, 0, 2) == pytest.approx(2 ** (1 / 3), abs=1e-4)
    assert root(lambda x: x, 0, 1) == 0
    with pytest.raises(ValueError, match="same sign"):
        root(lambda x: x**2 + 1, -1, 1)


def judged(label: str, *groups: str, critical: bool = False, muted: bool = False) -> Any:
    from gradatim.instruments.canary.kayenta.judge import Judged

    return Judged(Rule(f"m-{label}", tuple(groups), muted=muted), label, "reason", critical)


@pytest.mark.parametrize(
    ("results", "weights", "total"),
    [
        ([judged("Pass", "g")], {}, 100),
        ([judged("High", "g")], {}, 0),
        ([judged("Nodata", "g")], {}, 0),
        ([judged("Pass", "a"), judged("Pass", "a"), judged("Nodata", "b")], {}, 100),
        ([judged("Pass", "g"), judged("High", "g"), judged("Low", "g")], {}, 33.33),
        ([judged("Pass", "a"), judged("Pass", "a"), judged("High", "b")], {"a": 75, "b": 25}, 75),
        ([judged("Pass", "a"), judged("High", "a"), judged("High", "b")], {"a": 50, "b": 50}, 25),
        ([judged("Pass", "g"), judged("High", "g", critical=True)], {}, 0),
        ([judged("Low", "g"), judged("Pass", "g", critical=True)], {}, 50),
        ([judged("Pass", "g"), judged("Nodata", "g", critical=True)], {}, 0),
        (
            [judged("High", "a"), judged("Low", "a"), judged("Pass", "a"), judged("High", "b")],
            {"a": 15, "b": 85},
            5,
        ),
        ([judged("Pass", "g"), judged("NodataFailMetric", "g")], {}, 50),
        ([judged("Pass", "g"), judged("High", "g", muted=True)], {}, 100),
        ([judged("Pass")], {}, 0),
    ],
)
def test_scores(results: list[Any], weights: dict[str, float], total: float) -> None:
    assert score(results, weights, 95, 75).total == total


def test_thresholds_of_the_score() -> None:
    mixed = [judged("Pass", "g")] * 8 + [judged("High", "g")] * 2
    assert score(mixed, {}, 95, 75).classification == "Marginal"
    assert score(mixed, {}, 80, 75).classification == "Pass"
    assert score(mixed, {}, 95, 81).classification == "Fail"


def test_a_configuration_is_read() -> None:
    config = configuration(
        {
            "metrics": [
                {
                    "name": "errors",
                    "groups": ["Errors"],
                    "analysisConfigurations": {
                        "canary": {
                            "direction": "increase",
                            "nanStrategy": "replace",
                            "critical": True,
                            "effectSize": {"allowedIncrease": 1.1, "criticalIncrease": 5},
                            "outliers": {"strategy": "remove", "outlierFactor": 2},
                        }
                    },
                },
                {
                    "name": "cpu",
                    "groups": ["System"],
                    "analysisConfigurations": {"canary": {"effectSize": {"measure": "cles"}}},
                },
            ],
            "classifier": {"groupWeights": {"Errors": 60, "System": 40}},
        }
    )
    errors, cpu = config.rules
    assert (errors.direction, errors.nan_strategy, errors.critical, errors.allowed, errors.critical_at) == (
        "increase",
        "replace",
        True,
        (1.0, 1.1),
        (1.0, 5.0),
    )
    assert errors.remove_outliers and errors.outlier_factor == 2
    assert cpu.allowed == (0.5, 0.5) and cpu.direction == "either"
    assert config.weights == {"Errors": 60, "System": 40}


def test_every_defect_of_a_configuration_is_named_at_once() -> None:
    bad = {
        "metrics": [
            {"name": "a", "analysisConfigurations": {"canary": {"direction": "up", "critical": "yes"}}},
            {"name": "a", "groups": "x"},
            {"analysisConfigurations": {}},
        ],
        "classifier": {"groupWeights": {"g": 160}},
    }
    with pytest.raises(InputError) as caught:
        configuration(bad)
    text = " ".join(caught.value.problems)
    assert len(caught.value.problems) == 7
    for part in ("direction", "critical", "groups", "must be an object with a name", "2 times", "0 to 100"):
        assert part in text

"""The sample-ratio check against scipy and the published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gradatim.instruments.experiment.srm import sample_ratio

EVEN = {"a": 1.0, "b": 1.0}


def test_the_published_values() -> None:
    assert sample_ratio({"a": 600, "b": 400}, EVEN).p == pytest.approx(2.5396e-10, rel=1e-4)
    found = sample_ratio({"a": 44_000, "b": 45_000}, EVEN)
    assert found.p == pytest.approx(8.023e-4, rel=1e-3)
    assert found.mismatch and found.method == "chi-square"
    assert not sample_ratio({"a": 44_000, "b": 44_600}, EVEN).mismatch


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(50, 10_000), st.floats(0.5, 5)), min_size=2, max_size=5))
def test_agrees_with_scipy(arms: list[tuple[int, float]]) -> None:
    counts = {str(i): n for i, (n, _) in enumerate(arms)}
    shares = {str(i): w for i, (_, w) in enumerate(arms)}
    total, weight = sum(counts.values()), sum(shares.values())
    expected = [total * w / weight for _, w in arms]
    theirs = stats.chisquare([n for n, _ in arms], expected).pvalue
    assert sample_ratio(counts, shares).p == pytest.approx(theirs, rel=1e-6, abs=1e-300)


def test_a_small_split_is_judged_exactly() -> None:
    found = sample_ratio({"a": 12, "b": 2}, EVEN)
    assert found.method == "exact binomial"
    assert found.p == pytest.approx(stats.binomtest(12, 14, 0.5).pvalue)


def test_a_fair_split_rarely_alarms() -> None:
    rng = np.random.default_rng(5)
    alarms = [sample_ratio({"a": k, "b": 5000 - k}, EVEN).mismatch for k in rng.binomial(5000, 0.5, 4000)]
    assert np.mean(alarms) <= 0.003

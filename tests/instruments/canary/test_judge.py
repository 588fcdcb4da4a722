"""The own rule: its false alarms and misses by simulation, the mixed shift, and what is never a pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from gradatim.instruments.canary.judge import Rule, look, mixed_level, settle
from gradatim.instruments.canary.metric import CanaryMetric, Tolerance, parse_metric, parse_tolerance
from gradatim.instruments.canary.mixed import mixed_shift
from gradatim.instruments.canary.points import Points, contrast, inflation

Values = NDArray[np.float64]
TENTH = Tolerance(0.10, True)
LATENCY = CanaryMetric("latency", "increase", TENTH)


def state(points: Points, metric: CanaryMetric = LATENCY, rule: Rule | None = None) -> str:
    """The state of one metric alone."""
    rule = rule or Rule()
    found = look(metric, "", points, rule)
    found.p_harm_adjusted, found.p_mixed_adjusted = found.p_harm, found.mixed.p
    settle(found, rule)
    return found.state


def outcome(old: Callable[[int], Values], new: Callable[[int], Values], runs: int) -> dict[str, float]:
    """A canary looked at every 20 points until it passes, fails or has 200 points: share of each end."""
    ends = {"pass": 0, "fail": 0, "unknown": 0}
    for _ in range(runs):
        baseline, canary = old(200), new(200)
        for n in range(20, 201, 20):
            now = state(Points(baseline[:n], canary[:n]))
            if now != "unknown" or n == 200:
                ends[now] += 1
                break
    return {k: v / runs for k, v in ends.items()}


def test_nothing_changed_is_rarely_rolled_back() -> None:
    rng = np.random.default_rng(31)
    for draw in (
        lambda n: rng.normal(100, 20, n),
        lambda n: rng.lognormal(0, 1, n),
        lambda n: (rng.random(n) < 0.05).astype(float),
        lambda n: rng.poisson(3, n).astype(float),
    ):
        assert outcome(draw, draw, 80)["fail"] <= 0.05


def test_looked_at_after_every_point_nothing_changed_is_rarely_rolled_back() -> None:
    """All kinds: tools/simulations/peeking.py. At the level of one look, counts were rolled back in 6 of 100."""
    rng = np.random.default_rng(38)
    rule = Rule()
    rolled = loose = 0
    for _ in range(60):
        old, new = rng.poisson(3, 160).astype(float), rng.poisson(3, 160).astype(float)
        found = [look(LATENCY, "", Points(old[:n], new[:n]), rule) for n in range(10, 161, 3)]
        rolled += any(f.p_harm < 0.05 or f.mixed.p < mixed_level(rule, f.points.least) for f in found)
        loose += any(
            f.headroom[0].estimate < 0 and f.difference is not None and f.difference.p(0.05, False) < 0.05
            for f in found
        )
    assert rolled <= 5
    assert loose >= 6, "with intervals for one look it must be seen to fail, or this test shows nothing"


def test_the_level_of_a_mixed_shift_falls_with_every_doubling() -> None:
    levels = [mixed_level(Rule(), n) for n in (10, 20, 40, 80, 160)]
    assert levels == pytest.approx([0.01, 0.01, 0.01 / 4, 0.01 / 9, 0.01 / 16])
    assert mixed_level(Rule(always=False), 160) == 0.01


def test_harm_at_the_tolerance_is_rarely_promoted() -> None:
    rng = np.random.default_rng(32)
    ends = outcome(lambda n: rng.normal(100, 20, n), lambda n: rng.normal(110, 20, n), 100)
    assert ends["pass"] <= 0.05


def test_clear_harm_is_rolled_back_and_no_change_promoted() -> None:
    rng = np.random.default_rng(33)
    assert outcome(lambda n: rng.normal(100, 20, n), lambda n: rng.normal(125, 20, n), 40)["fail"] >= 0.95
    assert outcome(lambda n: rng.normal(100, 20, n), lambda n: rng.normal(100, 20, n), 40)["pass"] >= 0.9


def test_seven_of_ten_points_a_hundred_times_worse() -> None:
    ones, seven = np.ones(10), np.array([100.0] * 7 + [1.0] * 3)
    found = mixed_shift(Points(ones, seven), TENTH, increase=True)
    # One-sided Fisher of 7 against 0, times the thresholds that differ.
    exact = float(stats.fisher_exact([[7, 3], [0, 10]], alternative="greater").pvalue)
    assert exact == pytest.approx(0.0015, abs=1e-4)
    assert found.p == pytest.approx(2 * exact)
    assert (found.baseline_share, found.canary_share) == (0.0, 0.7)
    assert state(Points(ones, seven)) == "fail"
    assert state(Points(ones, seven), CanaryMetric("x", "decrease", TENTH)) == "unknown"


def test_a_mixed_shift_within_the_tolerance_is_none() -> None:
    rng = np.random.default_rng(34)
    old = rng.normal(100, 1, 4000)
    assert mixed_shift(Points(old, old * 1.05), TENTH, increase=True).p == 1.0
    assert mixed_shift(Points(old, old * 1.2), TENTH, increase=True).p < 1e-9
    errors = Points((rng.random(200_000) < 0.010).astype(float), (rng.random(200_000) < 0.0108).astype(float))
    assert mixed_shift(errors, TENTH, increase=True).p == 1.0


def test_the_mixed_check_is_exact_on_unchanged_data() -> None:
    rng = np.random.default_rng(35)
    alarms = sum(
        mixed_shift(Points(*rng.lognormal(0, 1, (2, 60))), Tolerance(1e-9, True), increase=True).p < 0.05
        for _ in range(400)
    )
    assert alarms / 400 <= 0.05


def test_no_data_is_never_a_pass() -> None:
    none, some = np.array([]), np.ones(100)
    for points in (Points(none, some), Points(some, none), Points(none, none)):
        assert state(points) == "unknown"
    noisy = np.random.default_rng(36).normal(100, 1, 100)
    assert state(Points(noisy, noisy[:20])) == "unknown"
    assert state(Points(noisy, noisy[:60], missing=(0, 70))) == "unknown"
    assert state(Points(noisy, noisy[:80], missing=(0, 20))) == "unknown"
    assert state(Points(noisy, noisy)) == "pass"


def test_a_counter_that_went_backwards_is_not_compared() -> None:
    rng = np.random.default_rng(37)
    old, new = rng.poisson(500, 100).astype(float), rng.poisson(500, 100).astype(float)
    new[3] = -4000
    found = look(LATENCY, "", Points(old, new), Rule())
    assert "counter was reset" in found.unusable


def test_errors_that_were_never_seen_have_an_interval() -> None:
    old, new = np.zeros(2000), np.zeros(2000)
    new[:4] = 1
    assert state(Points(old, new), CanaryMetric("error", "increase", Tolerance(0.01, False))) == "pass"
    assert state(Points(old, new), CanaryMetric("error", "increase", TENTH)) == "unknown"


def test_neighbours_that_are_alike_widen_the_error() -> None:
    rng = np.random.default_rng(38)
    alarms = {True: 0, False: 0}
    for _ in range(150):
        noise = rng.normal(0, 1, (2, 260))
        series = np.zeros((2, 260))
        for t in range(1, 260):
            series[:, t] = 0.8 * series[:, t - 1] + noise[:, t]
        old, new = series[0, 60:], series[1, 60:]
        for timed in alarms:
            alarms[timed] += contrast(Points(old, new, in_time=timed)).p(0.05, always=False) < 0.05
    assert alarms[False] / 150 > 0.3
    assert alarms[True] / 150 < 0.1
    assert inflation(np.tile([1.0, -1.0], 50)) == 1.0


def test_pairs_take_out_what_moves_both() -> None:
    rng = np.random.default_rng(39)
    load = 50 * np.sin(np.arange(200) / 20)
    old, new = 100 + load + rng.normal(0, 1, 200), 100 + load + rng.normal(0, 1, 200)
    at = np.arange(200)
    assert contrast(Points(old, new, pairs=(at, at), in_time=True)).se < 0.2
    assert contrast(Points(old, new, in_time=True)).se > 3


def test_metrics_and_tolerances_are_read() -> None:
    columns = ["latency_ms", "a:b"]
    assert parse_metric("latency_ms", columns, TENTH) == CanaryMetric("latency_ms", "either", TENTH)
    assert parse_metric("a:b:decrease:3", columns, TENTH) == CanaryMetric(
        "a:b", "decrease", Tolerance(3, False)
    )
    assert parse_metric("a:b:increase", columns, TENTH).worse == "increase"
    for text, says in (
        ("nope", "no column"),
        ("nope:increase", "no column"),
        ("latency_ms:up", "direction"),
        ("latency_ms:increase:x", "tolerance"),
        ("latency_ms:increase:-5%", "positive"),
    ):
        with pytest.raises(ValueError, match=says):
            parse_metric(text, columns, TENTH)
    assert parse_tolerance("5%").text == "5 %"

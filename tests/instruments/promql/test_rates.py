"""Windows by hand: extrapolation, resets, edges, staleness."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradatim.instruments.promql import (
    PROMETHEUS_2,
    PROMETHEUS_3,
    Dialect,
    Engine,
    Series,
    SeriesSet,
    labels_of,
    stale_marker,
)


def engine(samples: list[tuple[float, float]], dialect: Dialect = PROMETHEUS_2, name: str = "x") -> Engine:
    """One series of (seconds, value)."""
    times = np.array([round(t * 1000) for t, _ in samples], dtype=np.int64)
    one = Series(labels_of({"__name__": name}), times, np.array([v for _, v in samples], dtype=float))
    return Engine(SeriesSet([one]), dialect=dialect)


def value(on: Engine, expression: str, at_s: float) -> float | None:
    """The only value at a time; None where there is none."""
    frame = on.vector(expression, np.array([round(at_s * 1000)], dtype=np.int64))
    return float(frame.values[0, 0]) if frame.labels else None


def test_a_rate_is_carried_to_the_edges_of_its_window() -> None:
    # 10 a 15 s. Samples at 15..60 in the window 5..65: 30 in 45 s, 10 s to the start, 5 s to the end.
    on = engine([(t, 100 + t / 15 * 10) for t in range(0, 120, 15)])
    assert value(on, "increase(x[1m])", 65) == pytest.approx(30 * (45 + 10 + 5) / 45)
    assert value(on, "rate(x[1m])", 65) == pytest.approx(30 * (45 + 10 + 5) / 45 / 60)


def test_far_from_the_edge_only_half_a_distance_is_added() -> None:
    # The series begins at 100 in the window 0..300: 100 s are more than 1.1 distances.
    on = engine([(t, 50_000 + t) for t in range(100, 301, 20)])
    assert value(on, "increase(x[5m])", 300) == pytest.approx(200 * (200 + 10) / 200)


def test_a_counter_was_never_below_zero() -> None:
    # From 1 at 10 s, 1 a second: zero was at 9 s, so one second and not ten is added at the start.
    on = engine([(t, t - 9) for t in range(10, 61, 10)])
    assert value(on, "increase(x[1m])", 60) == pytest.approx(50 * (50 + 1) / 50)
    assert value(on, "delta(x[1m])", 60) == pytest.approx(50 * (50 + 10) / 50)


@pytest.mark.parametrize(("dialect", "added"), [(PROMETHEUS_2, 20.0), (PROMETHEUS_3, 15.0)])
def test_the_versions_differ_when_zero_lies_in_a_gap_at_the_start(dialect: Dialect, added: float) -> None:
    # Samples 30 s apart from 60 s on; zero lies 20 s before the first: version 3 has already chosen 15 s.
    on = engine([(t, (t - 40) * 1.0) for t in range(60, 301, 30)], dialect)
    assert value(on, "increase(x[299s])", 300) == pytest.approx(240 * (240 + added) / 240)


def test_a_reset_counts_what_was_there_before() -> None:
    on = engine([(0, 10), (10, 20), (20, 3), (30, 5), (40, 1)])
    assert value(on, "increase(x[40s])", 40) == pytest.approx((1 - 10 + 20 + 5) * 40 / 40)
    assert value(on, "resets(x[40s])", 40) == 2
    assert value(on, "irate(x[40s])", 40) == pytest.approx(1 / 10)


def test_an_infinite_reset_does_not_poison_later_windows() -> None:
    on = engine([(0, 1), (10, math.inf), (20, 3), *((30 + 10 * i, 4 + i) for i in range(10))])
    assert value(on, "increase(x[30s])", 30) == math.inf
    assert value(on, "increase(x[50s])", 100) == pytest.approx(5)


@pytest.mark.parametrize(("dialect", "count"), [(PROMETHEUS_2, 4), (PROMETHEUS_3, 3)])
def test_the_old_edge_of_a_window(dialect: Dialect, count: int) -> None:
    on = engine([(t, 1.0) for t in range(0, 300, 20)], dialect)
    assert value(on, "count_over_time(x[1m])", 60) == count


@pytest.mark.parametrize(("dialect", "there"), [(PROMETHEUS_2, 7.0), (PROMETHEUS_3, None)])
def test_a_sample_lives_five_minutes(dialect: Dialect, there: float | None) -> None:
    on = engine([(0, 7.0)], dialect)
    assert value(on, "x", 299.999) == 7.0
    assert value(on, "x", 300) == there
    assert value(on, "x", 300.001) is None


def test_a_marker_ends_a_series_at_once_and_is_no_sample_of_a_range() -> None:
    on = engine([(0, 1.0), (15, 2.0), (30, stale_marker()), (45, 3.0)])
    assert value(on, "x", 29) == 2.0
    assert value(on, "x", 30) is None
    assert value(on, "x", 45) == 3.0
    assert value(on, "count_over_time(x[1m])", 45) == 3
    nan = engine([(0, math.nan)])
    assert math.isnan(value(nan, "x", 0) or 0.0)


def test_a_negative_offset_looks_ahead() -> None:
    on = engine([(0, 1.0), (600, 2.0)])
    assert value(on, "x offset -10m", 0) == 2.0
    assert value(on, "x offset 10m", 600) == 1.0


def test_long_spans_are_cut_into_portions_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    on = engine([(t, float(t % 97)) for t in range(0, 5000, 7)])
    at = np.arange(0, 6_000_000, 5000, dtype=np.int64)
    whole = on.vector("sum(increase(x[1m])) > 3 or vector(2)", at)
    monkeypatch.setattr("gradatim.instruments.promql.engine._CELLS", 37)
    parts = on.vector("sum(increase(x[1m])) > 3 or vector(2)", at)
    assert np.array_equal(whole.present, parts.present)
    assert np.array_equal(whole.values[whole.present], parts.values[parts.present], equal_nan=True)

import dataclasses

import numpy as np
import pytest

from gradatim.sim.telemetry.latency import bounds, quantiles
from gradatim.sim.telemetry.series_data import weather_files
from gradatim.sim.telemetry.telemetry import Telemetry
from gradatim.sim.telemetry.view import View, ratio


def test_nothing_over_nothing_is_missing():
    assert np.array_equal(ratio(np.array([0, 1]), np.array([0, 4])), [np.nan, 0.25], equal_nan=True)


def test_trailing_sums_are_exact_from_any_first_tick(quiet):
    arrivals = quiet.ticks["arrivals"]
    for lo, hi in ((0, 840), (17, 60), (839, 840)):
        got = View(quiet, lo, hi).trailing(arrivals, 30)
        assert got.tolist() == [int(arrivals[max(0, i - 29) : i + 1].sum()) for i in range(lo, hi)]


def test_quantiles_of_a_log_uniform_histogram():
    edges = np.logspace(-3, 1, 97)
    p50, p90, p99 = quantiles(np.ones((1, 96), dtype=np.int32), edges)
    assert np.allclose(np.log10([p50[0], p90[0], p99[0]]), [-1.0, 0.6, 0.96])
    assert np.isnan(quantiles(np.zeros((1, 96), dtype=np.int32), edges)[0][0])


@pytest.mark.parametrize("cut", [slice(None), slice(1, None), slice(1, -1)])
def test_bin_edges_come_with_or_without_the_ends(cut):
    edges = np.logspace(-3, 1, 97)
    lower, upper = bounds(edges[cut], 96)
    assert np.allclose(lower, edges[:-1])
    assert np.allclose(upper, edges[1:])


def test_edges_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        bounds(np.ones(12), 96)


def test_rates_shares_and_burn_follow_the_counters(harmed):
    v = Telemetry(harmed).values()
    t = {k: a[450] for k, a in harmed.ticks.items()}
    assert v["gateway.requests_per_s"][450] == pytest.approx(t["arrivals"] / 10, abs=0.01)
    assert v["gateway.good_pct"][450] == pytest.approx(100 * t["good"] / (t["ok"] + t["failed"]), abs=0.01)
    ended = (harmed.ticks["ok"] + harmed.ticks["failed"])[421:451].sum()
    bad = ended - harmed.ticks["good"][421:451].sum()
    assert v["slo.burn_5m"][450] == pytest.approx(bad / ended / 0.005, abs=0.01)
    assert v["predict.batch_size"][450] == pytest.approx(t["batch_items"] / t["batches"], abs=0.01)
    assert v["gateway.latency_p99_ms"][450] > 3 * v["gateway.latency_p99_ms"][200]


def test_the_budget_only_shrinks_and_shrinks_faster_when_answers_are_bad(harmed):
    left = Telemetry(harmed).values()["slo.budget_left_pct"]
    assert (np.diff(left) <= 0).all()
    assert left[300] - left[500] > 20 * (left[100] - left[300])


def test_a_total_outage_is_slow_not_absent(made):
    r = made(seed=2)
    nobody = {k: np.zeros_like(a) for k, a in r.ticks.items()}
    nobody |= {
        "arrivals": r.ticks["arrivals"],
        "attempts": r.ticks["arrivals"],
        "timeouts": r.ticks["arrivals"],
    }
    out = dataclasses.replace(r, ticks=nobody, latency_hist=np.zeros_like(r.latency_hist))
    v = Telemetry(out).values()
    assert (v["gateway.latency_p99_ms"] > 350).all()
    assert np.isnan(v["gateway.latency_ok_p99_ms"]).all()
    assert np.isnan(v["predict.batch_size"]).all()


def test_control_values_are_shown_when_the_world_has_them(made):
    hit = np.where(np.arange(840) < 400, 0.95, 0.2)
    control = {"feature_hit_rate": hit, "desired_replicas": np.full(840, 21.0)}
    v = Telemetry(made(seed=2, control=control)).values()
    assert abs(v["features.hit_share"][:400].mean() - 0.95) < 0.005
    assert v["features.hit_share"][400:].max() < 0.3
    assert set(v["scaler.desired"]) == {21.0}


def test_weather_age_is_a_saw_that_waits_for_late_files(made):
    late = 0
    for seed in range(40):
        r = made(seed=seed, n_ticks=2)
        arrived, observed = weather_files(r)
        assert (np.diff(arrived) >= 0).all()
        delay = arrived - observed
        assert (delay >= 240).all()
        late += int((delay > 1000).sum())
    assert 8 <= late <= 45

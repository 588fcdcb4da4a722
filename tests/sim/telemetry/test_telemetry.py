import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.core.errors import UnknownName
from gradatim.sim.telemetry.background import BACKGROUND, BackgroundState
from gradatim.sim.telemetry.telemetry import Telemetry


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=12))
def test_evaluating_in_portions_equals_at_once(harmed, portions):
    telemetry, now = None, 0.0
    for p in portions:
        now = min(8400.0, now + p)
        record = dataclasses.replace(harmed, now_s=now)
        if telemetry is None:
            telemetry = Telemetry(record)
        telemetry.update(record)
        telemetry.values()
    assert same(telemetry.values(), Telemetry(dataclasses.replace(harmed, now_s=now)).values())


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 8399))
def test_nothing_of_the_future_is_seen(made, now):
    n = now // 10
    early = made(seed=5, now_s=float(now))
    # The same past, another future: everything after `now` is replaced by nonsense.
    ticks = {k: a.copy() for k, a in early.ticks.items()}
    for a in ticks.values():
        a[n:] = 77_777
    hist = early.latency_hist.copy()
    hist[n:] = 9
    other = dataclasses.replace(early, ticks=ticks, latency_hist=hist)
    a, b = Telemetry(early), Telemetry(other)
    assert same(a.values(), b.values())
    for name, v in a.values().items():
        assert (len(v) * 10.0 + a.by_id[name].lag_s <= now) or len(v) == 0


def test_a_longer_lag_shows_less(quiet):
    t = Telemetry(dataclasses.replace(quiet, now_s=4000.0))
    assert len(t.values()["gateway.requests_per_s"]) == 399
    assert len(t.values()["labels.lag_h"]) == 370
    assert len(t.values(upto_s=3005.0)["gateway.requests_per_s"]) == 299
    assert t.visible_ticks("gateway.requests_per_s", 9999.0) == 399


def test_a_coarse_series_stands_between_its_publications(quiet):
    v = Telemetry(quiet).values(["hosts.disk_used_pct"])["hosts.disk_used_pct"]
    assert np.isnan(v[:5]).all()
    assert all(len(set(v[i : i + 6])) == 1 for i in range(5, 820, 6))
    assert len(set(v[5:800:6])) > 20


def test_evaluating_changes_nothing_in_the_record(harmed):
    before = {k: a.tobytes() for k, a in harmed.ticks.items()}
    hist, clients = harmed.latency_hist.tobytes(), harmed.client_ticks.tobytes()
    Telemetry(harmed).values()
    assert before == {k: a.tobytes() for k, a in harmed.ticks.items()}
    assert (hist, clients) == (harmed.latency_hist.tobytes(), harmed.client_ticks.tobytes())


def test_values_cannot_be_written(quiet):
    with pytest.raises(ValueError, match="read-only"):
        Telemetry(quiet).values()["gateway.requests_per_s"][0] = 1.0


def test_since_gives_what_became_visible(quiet):
    t = Telemetry(dataclasses.replace(quiet, now_s=4060.0))
    whole = t.values()
    new = t.since(4000.0)
    assert new["gateway.requests_per_s"][0] == 399
    for name, (first, v) in new.items():
        assert np.array_equal(v, whole[name][first:], equal_nan=True)
    assert "labels.lag_h" in new
    assert t.since(4060.0) == {}


def test_rewinding_forgets_the_future(made):
    old, new = made(seed=4, bad_from=200, bad_to=840), made(seed=4, bad_from=300, bad_to=840)
    t = Telemetry(old)
    t.values()
    t.rewind(1990.0)
    t.update(new)
    # Up to tick 199 both worlds are alike only in what the test feeds; compare with the same splice.
    assert np.array_equal(
        t.values()["gateway.good_pct"][199:], Telemetry(new).values()["gateway.good_pct"][199:]
    )


def test_an_unknown_series_is_named(quiet):
    with pytest.raises(UnknownName) as e:
        Telemetry(quiet).values(["gateway.request_per_s"])
    assert "gateway.requests_per_s" in e.value.describe()


def test_at_the_very_start_nothing_is_visible(quiet):
    t = Telemetry(dataclasses.replace(quiet, now_s=0.0))
    assert all(len(v) == 0 for v in t.values().values())
    assert set(t.latest().values()) == {None}


def test_ticks_of_ten_minutes_work_as_well(made):
    r = made(seed=6, tick_s=600.0, n_ticks=840, rate=0.5)
    v = Telemetry(r).values()
    assert len(v["labels.lag_h"]) == 839
    assert np.isfinite(v["gateway.requests_per_s"]).all()


def test_background_is_the_same_with_and_without_harm(quiet, harmed):
    a, b = Telemetry(quiet).values(), Telemetry(harmed).values()
    for row in BACKGROUND:
        assert np.array_equal(a[row.series.id], b[row.series.id], equal_nan=True)


def test_five_unrelated_series_pass_three_sigma_on_every_instance(made):
    times = set()
    for seed in range(30):
        r = made(seed=seed, n_ticks=840)
        values = BackgroundState(r).compute(np.arange(840))
        beyond = 0
        for name, v in values.items():
            z = np.abs(v[120:] - v[120:].mean()) / v[120:].std()
            if z.max() > 3.5:
                beyond += 1
                times.add((name, int(z.argmax())))
        assert beyond >= 5, seed
    assert len({t for _, t in times}) > 100
    assert len({n for n, _ in times}) > 30

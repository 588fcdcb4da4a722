"""Properties that hold for every system and every operator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradatim.sim.serving import Simulator

from .worlds import ARRAYS, apply, assert_same, operators, play, setups

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**128 - 1)
OUTCOMES = ("ok", "failed", "fallback", "default", "shed")


@quick
@given(data=st.data(), seed=SEEDS)
def test_cutting_time_and_looking_change_nothing(data: st.DataObject, seed: int) -> None:
    setup = data.draw(setups())
    moves = data.draw(operators(setup))
    whole = play(Simulator(setup, seed), moves, 40.0)
    cut = Simulator(setup, seed)
    for t in (*data.draw(st.lists(st.floats(0.0, 40.0), max_size=12).map(sorted)), 40.0):
        play(cut, moves, t)
        cut.totals(), cut.ticks, cut.samples(), cut.replicas, cut.snapshot()
        for name in ARRAYS:
            getattr(cut, name)
    assert_same(whole, cut)


def test_sixty_minutes_are_one_hour(hour) -> None:
    setup = hour
    whole, cut = Simulator(setup, 4), Simulator(setup, 4)
    whole.run(3600.0)
    for minute in range(60):
        cut.run(60.0 * (minute + 1))
    assert_same(whole, cut)
    assert whole.totals()["arrivals"] > 20_000


@quick
@given(data=st.data(), seed=SEEDS)
def test_snapshots_bring_back_the_same_future(data: st.DataObject, seed: int) -> None:
    setup = data.draw(setups())
    moves = data.draw(operators(setup))
    straight = play(Simulator(setup, seed), moves, 40.0)
    sim = Simulator(setup, seed)
    early = play(sim, moves, 12.5).snapshot()
    late = play(sim, moves, 31.0).snapshot()
    sim.restore(early)
    sim.change_client(0, max_attempts=1, timeout_s=0.1)
    sim.change_pool(0, slots=3, max_batch=9, queue_limit=500)
    sim.run(40.0)
    sim.restore(late)
    assert sim.now_s == late.now_s
    assert_same(play(sim, moves, 40.0), straight)
    sim.restore(early)
    assert_same(play(sim, moves, 40.0), straight)


@quick
@given(data=st.data(), seed=SEEDS)
def test_timelines_agree_before_they_differ_and_chance_agrees_always(data: st.DataObject, seed: int) -> None:
    setup = replace(data.draw(setups()), sample_share=1.0)
    moves = data.draw(operators(setup))
    other = data.draw(operators(setup))
    t = data.draw(st.floats(1.0, 30.0))
    a = play(Simulator(setup, seed), moves, t)
    b = play(Simulator(setup, seed), moves, t)
    assert_same(a, b)
    before = b.n_ticks
    play(a, moves, 40.0)
    for at, kind, args in other:
        if at >= t:
            b.run(at)
            apply(b, kind, args)
    b.run(40.0)
    for name in ARRAYS:
        assert np.array_equal(getattr(a, name)[:before], getattr(b, name)[:before])
    rows_a, rows_b = a.samples(), b.samples()
    assert rows_a[rows_a["finished_s"] < t].tobytes() == rows_b[rows_b["finished_s"] < t].tobytes()
    assert a.totals()["arrivals"] == b.totals()["arrivals"]
    fields = ["request", "arrived_s", "client", "item"]
    both = np.intersect1d(rows_a["request"], rows_b["request"])
    mine = np.sort(rows_a[np.isin(rows_a["request"], both)][fields], order="request")
    theirs = np.sort(rows_b[np.isin(rows_b["request"], both)][fields], order="request")
    assert mine.tolist() == theirs.tolist()


@quick
@given(data=st.data(), seed=SEEDS)
def test_nothing_is_lost(data: st.DataObject, seed: int) -> None:
    """Requests, attempts and money add up, in every table. Little's law is checked on the way."""
    setup = replace(data.draw(setups()), sample_share=1.0)
    moves = [m for m in data.draw(operators(setup)) if m[1] != "values"]
    sim = play(Simulator(setup, seed), moves, 40.0)
    t = sim.totals()
    rows = sim.samples()
    ended = {name: int((rows["outcome"] == i).sum()) for i, name in enumerate(OUTCOMES)}
    assert t["arrivals"] == t["ok"] + t["failed"] + t["fallback"] + t["default"] + t["in_flight"]
    assert len(rows) == t["arrivals"] - t["in_flight"]
    assert ended["ok"] == t["ok"] and ended["shed"] == t["shed"]
    assert sim.ticks["in_flight"][-1] == t["in_flight"]
    straight = int(((rows["outcome"] == 4) | ((rows["outcome"] == 2) & (rows["attempts"] == 1))).sum())
    assert t["arrivals"] - straight <= t["attempts"] - t["retries"] <= t["arrivals"] - t["shed"]
    assert sim.client_ticks.sum((0, 1)).tolist() == [
        t[n] for n in ("arrivals", "attempts", "ok", "good", "timeouts", "failed")
    ]
    assert sim.segment_ticks.sum((0, 1)).tolist() == [
        t[n] for n in ("arrivals", "ok", "failed", "money_micro")
    ]
    assert sim.version_ticks[:, :, :2].sum((0, 1)).tolist() == [t["ok"], t["good"]]
    assert sim.latency_hist.sum() == t["ok"] == sim.replica_ticks[:, :, 0].sum()
    assert t["timeouts"] == sim.replica_ticks[:, :, 1].sum()
    if sim.gateway == setup.gateway and not any(m[1] == "gateway" for m in moves):
        n = setup.n_versions
        on_failure = n + ("fallback", "default", "error").index(setup.gateway.on_failure)
        column = np.choose(rows["outcome"], [rows["version"], n + 2, n, n + 1, on_failure])
        assert t["money_micro"] == int(setup.values[rows["item"], column].sum())

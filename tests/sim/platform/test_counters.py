"""A broken exporter changes what is exported and nothing else, until it is restarted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradatim.sim.faults import family
from gradatim.sim.faults.scenario import CounterFault, DemandSurge
from gradatim.sim.platform.counters import GATEWAY
from gradatim.sim.platform.preview import preview
from gradatim.sim.platform.world import World

START_S, END_S = 1200.0, 8400.0


def _world(variant: str) -> World:
    scenario = family("broken-measurement").draw(31, start_s=START_S, horizon_s=END_S, variant=variant)
    return World(scenario, 31, start_s=START_S, horizon_s=END_S)


def _first(world: World) -> int:
    return round(min(s.at_s for s in world.scenario.shocks if isinstance(s, CounterFault)) / 10)


@pytest.mark.parametrize("variant", family("broken-measurement").variants)
def test_counters_lie_from_the_fault_until_the_repair(variant: str) -> None:
    world = _world(variant)
    first = _first(world)
    world.advance(10.0 * first + 600.0)
    assert world.act({"kind": "repair_telemetry", "exporter": "predict"}).accepted
    world.advance(world.now_s + 100.0)
    assert world.ops.mended_at_s is None, "another exporter's restart mends nothing here"
    assert world.act({"kind": "repair_telemetry", "exporter": "gateway"}).accepted
    world.advance(world.now_s + 300.0)
    mended = round(world.ops.mended_at_s / 10)
    seen, true = world.record().ticks, world.sim.ticks
    wrong = [n for n in true if not np.array_equal(seen[n][first:mended], true[n][first:mended])]
    assert wrong and set(wrong) <= set(GATEWAY)
    for name in true:
        assert np.array_equal(seen[name][:first], true[name][:first])
        assert np.array_equal(seen[name][mended:], true[name][mended:])


def test_the_service_is_well_all_the_while() -> None:
    world = _world("lost-counts")
    world.advance(world.scenario.onset_s + 1200.0)
    first = _first(world)
    good, asked = (int(world.sim.ticks[n][first:].sum()) for n in ("good", "arrivals"))
    assert good > 0.99 * asked
    assert int(world.record().ticks["good"][first:].sum()) < 0.8 * asked


def test_what_the_exporter_says_does_not_depend_on_how_time_is_cut() -> None:
    whole, cut = _world("frozen-after-blip"), _world("frozen-after-blip")
    whole.advance(4000.0)
    while cut.now_s < 4000.0:
        cut.advance(cut.now_s + 70.0)
        cut.record()
    a, b = whole.record(), cut.record()
    assert all(np.array_equal(a.ticks[n], b.ticks[n][: len(a.ticks[n])]) for n in a.ticks)
    assert np.array_equal(a.latency_hist, b.latency_hist[: len(a.latency_hist)])


def test_a_preview_knows_no_more_of_the_traffic_than_the_counters_do() -> None:
    drawn = family("broken-measurement").draw(5, start_s=1200.0, horizon_s=8400.0, variant="lost-counts")
    at = drawn.onset_s
    world = World(replace(drawn, shocks=(CounterFault(at, "frozen"), DemandSurge(at, at + 900.0, 2.0))), 5)
    world.advance(at)
    world.advance(at + 600.0)
    frozen = float(world.record().ticks["arrivals"][world.n_control - 1]) / world.tick_s
    told = preview(world, {"kind": "shed", "client": "all", "share": 0.5})
    assert f"about {0.5 * frozen:.0f} requests a second" in told["expected"], told
    assert 1.5 * frozen < float(world.sim.ticks["arrivals"][world.n_control - 1]) / world.tick_s

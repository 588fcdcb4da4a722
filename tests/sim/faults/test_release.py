"""Each slow release is ended by its own undoing, and by no other's."""

from __future__ import annotations

from typing import Any

import pytest

from gradatim.sim.faults import family
from gradatim.sim.faults.scenario import Scenario, SlowReplicas
from gradatim.sim.platform.world import World

START_S, END_S = 1200.0, 8400.0
LOOK_S = 1500.0


def _scenario(variant: str) -> Scenario:
    return family("slow-release").draw(31, start_s=START_S, horizon_s=END_S, variant=variant)


def _bad_after(scenario: Scenario, actions: list[dict[str, Any]]) -> float:
    """Share of bad answers from five minutes after the actions on, which are taken a minute after the onset."""
    world = World(scenario, 31, start_s=START_S, horizon_s=END_S)
    world.advance(scenario.onset_s + 60.0)
    for action in actions:
        assert world.act(action).accepted, action
    world.advance(scenario.onset_s + LOOK_S)
    first = round((scenario.onset_s + 360.0) / 10)
    good, asked = (int(world.sim.ticks[n][first:].sum()) for n in ("good", "arrivals"))
    return 1.0 - good / asked


def _cure(scenario: Scenario) -> list[dict[str, Any]]:
    drains = [r for s in scenario.shocks if isinstance(s, SlowReplicas) for r in s.replicas]
    return [
        *({"kind": "rollback", "change": c} for c in sorted(scenario.culprits)),
        *({"kind": "drain", "replica": r} for r in drains),
    ]


@pytest.mark.parametrize("variant", family("slow-release").variants)
def test_the_cure_ends_it_and_nothing_else_does(variant: str) -> None:
    scenario = _scenario(variant)
    assert _bad_after(scenario, []) > 0.05
    assert _bad_after(scenario, _cure(scenario)) < 0.01
    innocent = next(c for c in scenario.changes if c.id not in scenario.culprits)
    assert _bad_after(scenario, [{"kind": "rollback", "change": innocent.id}]) > 0.05


def test_a_restart_frees_memory_and_leaves_the_leak() -> None:
    scenario = _scenario("leaky-runtime")
    world = World(scenario, 31, start_s=START_S, horizon_s=END_S)
    world.advance(scenario.onset_s)
    before = max(r.memory_mb for r in world.sim.replicas)
    world.act({"kind": "restart", "how": "all_at_once"})
    world.advance(scenario.onset_s + 105.0)
    assert max(r.memory_mb for r in world.sim.replicas) < 2000.0 < before
    world.advance(scenario.onset_s + LOOK_S)
    assert int(world.sim.ticks["crashes"].sum()) > 0


def test_half_the_other_shifts_have_an_innocent_release() -> None:
    drawn = [
        family(f).draw(seed, start_s=START_S, horizon_s=END_S)
        for f in ("metastable-overload", "traffic-surge", "broken-measurement")
        for seed in range(60)
    ]
    share = sum(any(getattr(s, "innocent", False) for s in d.shocks) for d in drawn) / len(drawn)
    assert 0.3 < share < 0.5
    innocent = [s.change for d in drawn for s in d.shocks if getattr(s, "innocent", False)]
    assert not any(c in d.culprits for d in drawn for c in innocent)


def test_a_herring_is_of_the_other_kind_and_stands_where_a_culprit_may() -> None:
    slow = family("slow-release")
    kinds: dict[str, set[str]] = {}
    for seed in range(200):
        for variant in slow.variants:
            scenario = slow.draw(seed, start_s=1200.0, horizon_s=8400.0, variant=variant)
            innocent = [s for s in scenario.shocks if getattr(s, "innocent", False)]
            assert len(innocent) <= 1
            for s in innocent:
                kinds.setdefault(variant, set()).add(type(s).__name__)
                assert s.change not in scenario.culprits
            assert len({type(s) for s in scenario.shocks}) == len(scenario.shocks)
    both = {"ModelRelease", "RuntimeRelease"}
    assert kinds == {
        "slow-model": {"RuntimeRelease"}, "leaky-runtime": {"ModelRelease"},
        "patient-batches": both, "slow-host": both,
    }  # fmt: skip

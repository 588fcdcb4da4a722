"""Each slow release is ended by its own undoing, and by no other's."""

from __future__ import annotations

from typing import Any

import pytest

from gradatim.sim.faults import family
from gradatim.sim.faults.draws import HARD_RETRIES
from gradatim.sim.faults.scenario import ClientRelease, QueueLimitChange, Scenario, SlowReplicas
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


def test_most_other_shifts_have_an_innocent_change() -> None:
    drawn = [
        family(f).draw(seed, start_s=START_S, horizon_s=END_S)
        for f in ("metastable-overload", "traffic-surge", "broken-measurement")
        for seed in range(60)
    ]
    share = sum(any(getattr(s, "innocent", False) for s in d.shocks) for d in drawn) / len(drawn)
    assert 0.6 < share < 0.9
    for d in drawn:
        assert not {s.change for s in d.shocks if getattr(s, "innocent", False)} & d.culprits
        assert len({c.id for c in d.changes}) == len(d.changes)


def test_a_herring_is_of_the_other_kind_and_stands_where_a_culprit_may() -> None:
    slow = family("slow-release")
    kinds: dict[str, set[str]] = {}
    for seed in range(200):
        for variant in slow.variants:
            scenario = slow.draw(seed, start_s=1200.0, horizon_s=8400.0, variant=variant)
            innocent = [s for s in scenario.shocks if getattr(s, "innocent", False)]
            assert len(innocent) <= 2
            for s in innocent:
                if isinstance(s, ClientRelease):
                    assert s.policy == scenario.config.clients[s.client], "it retries as the others do"
                    continue
                kinds.setdefault(variant, set()).add(type(s).__name__)
                assert s.change not in scenario.culprits
            assert len({type(s) for s in scenario.shocks}) == len(scenario.shocks)
    three = {"ModelRelease", "RuntimeRelease", "BatchingChange"}
    own = {
        "slow-model": "ModelRelease",
        "leaky-runtime": "RuntimeRelease",
        "patient-batches": "BatchingChange",
    }
    assert kinds == {variant: three - {own.get(variant, "")} for variant in slow.variants}


WEAK = ("no budgets", "deep queues", "a hard release")


def test_what_would_keep_an_overload_up_stands_harmless_on_shifts_without_one() -> None:
    broken, found = family("broken-measurement"), dict.fromkeys(WEAK, 0)
    for seed in range(120):
        scenario = broken.draw(seed, start_s=START_S, horizon_s=END_S, variant="lost-counts")
        found["no budgets"] += scenario.config.clients["web"].budget is None
        found["deep queues"] += any(isinstance(s, QueueLimitChange) for s in scenario.shocks)
        found["a hard release"] += any(
            isinstance(s, ClientRelease) and s.policy == HARD_RETRIES for s in scenario.shocks
        )
        assert not scenario.culprits
    assert all(12 <= n <= 36 for n in found.values()), found


@pytest.mark.parametrize("kind", WEAK)
def test_a_weak_spot_that_nothing_hits_costs_nobody_an_answer(kind: str) -> None:
    spots = {
        "no budgets": lambda s: s.config.clients["web"].budget is None,
        "deep queues": lambda s: any(isinstance(x, QueueLimitChange) for x in s.shocks),
        "a hard release": lambda s: any(
            isinstance(x, ClientRelease) and x.policy == HARD_RETRIES for x in s.shocks
        ),
    }
    broken = family("broken-measurement")
    drawn = (broken.draw(n, start_s=START_S, horizon_s=END_S, variant="lost-counts") for n in range(200))
    world = World(next(s for s in drawn if spots[kind](s)), 31, start_s=START_S, horizon_s=END_S)
    world.advance(END_S)
    good, asked = (int(world.sim.ticks[n].sum()) for n in ("good", "arrivals"))
    assert good > 0.998 * asked

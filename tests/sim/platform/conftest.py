"""Worlds to act on: built once a session, taken back to a snapshot for every test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradatim.sim.faults import family
from gradatim.sim.platform.world import Snapshot, World

START_S, HORIZON_S = 1200.0, 4800.0


def make_world(family_id: str = "quiet", seed: int = 5, horizon_s: float = HORIZON_S, **how: Any) -> World:
    """A world at the start of its shift."""
    scenario = family(family_id).draw(seed, start_s=START_S, horizon_s=horizon_s, **how)
    return World(scenario, seed, start_s=START_S, horizon_s=horizon_s)


def state_of(world: World) -> dict[str, Any]:
    """Everything that can be told about a world, to the bit."""
    record = world.record()
    return {
        "now_s": world.now_s,
        "totals": world.sim.totals(),
        "ticks": {k: v.tolist() for k, v in record.ticks.items()},
        "clients": record.client_ticks.tolist(),
        "replicas": record.replica_ticks.tolist(),
        "segments": record.segment_ticks.tolist(),
        "versions": record.version_ticks.tolist(),
        "latency": record.latency_hist.tolist(),
        "samples": record.samples.tobytes(),
        "control": {k: v.tobytes() for k, v in record.control.items()},
        "costs": list(world.ops.costs),
        "done": list(world.ops.done),
        "pending": list(world.ops.pending),
        "shed": dict(world.ops.shed),
        "journal": list(record.journal),
        "service": world.service(),
        "fleet": world.sim.replicas,
    }


class Bed:
    """One world that every test starts from at the same moment."""

    def __init__(self, world: World, at_s: float) -> None:
        world.advance(at_s)
        self.world, self.at_s = world, at_s
        self._snapshot: Snapshot = world.snapshot()
        self._untouched: dict[float, dict[str, np.ndarray[Any, Any]]] = {}

    def fresh(self) -> World:
        """The world, back at the moment."""
        self.world.restore(self._snapshot)
        return self.world

    def act(self, message: dict[str, Any], for_s: float) -> World:
        """The world after the action and some seconds."""
        world = self.fresh()
        receipt = world.act(message)
        assert receipt.accepted, receipt.reason
        world.advance(self.at_s + for_s)
        return world

    def since(self, world: World, name: str) -> int:
        """A counter's sum since the moment."""
        return int(world.sim.ticks[name][round(self.at_s / 10) :].sum())

    def untouched(self, for_s: float) -> dict[str, np.ndarray[Any, Any]]:
        """Counters with nothing done, as copies."""
        if for_s not in self._untouched:
            world = self.fresh()
            world.advance(self.at_s + for_s)
            self._untouched[for_s] = {k: v.copy() for k, v in world.sim.ticks.items()}
        return self._untouched[for_s]

    def idle(self, name: str, for_s: float) -> int:
        """A counter's sum since the moment, with nothing done."""
        return int(self.untouched(for_s)[name][round(self.at_s / 10) :].sum())


@pytest.fixture(scope="session")
def make() -> Callable[..., World]:
    """`make_world`: builds a world at the start of its shift."""
    return make_world


@pytest.fixture(scope="session")
def state() -> Callable[[World], dict[str, Any]]:
    """`state_of`: everything that can be told about a world."""
    return state_of


@pytest.fixture(scope="session")
def calm() -> Bed:
    """A quiet shift, ten minutes in."""
    return Bed(make_world(), 1800.0)


@pytest.fixture(scope="session")
def bed_of() -> Callable[[World, float], Bed]:
    """A bed made of another world."""
    return Bed

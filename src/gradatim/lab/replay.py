"""Replaying a log: the one path from actions to outcome, quick to call again with a changed log.

A timeline keeps snapshots of its world before each action and every ten simulated minutes. A log that shares a
prefix with an earlier one starts from the last snapshot inside that prefix, so a what-if costs only what differs. A log
that differs from an earlier one in talk alone needs no simulation: see `sim.platform.retell`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gradatim.lab.outcome import Outcome
from gradatim.lab.submission import Step
from gradatim.sim.actions.kinds import TALK
from gradatim.sim.platform.retell import retell
from gradatim.sim.platform.world import Snapshot, World
from gradatim.sim.telemetry.telemetry import Telemetry

if TYPE_CHECKING:
    from gradatim.lab.lab import Instance

EVERY_S = 600.0
"""At a tick of ten seconds; longer where ticks are."""
KEEP = 48
KEEP_ENDS = 4


class _Mark(NamedTuple):
    """A snapshot: the world at `t_s`, with the first `prefix` actions taken."""

    prefix: tuple[Step, ...]
    t_s: float
    snapshot: Snapshot


class _End(NamedTuple):
    """A finished world and the changes that led to it."""

    changes: tuple[Step, ...]
    snapshot: Snapshot


class Timeline:
    """The worlds of one instance, reached by replay. One caller at a time; it locks."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.world = World(instance.lab.live.scenario(instance.seed, instance.family), instance.seed)
        self._marks = [_Mark((), self.world.start_s, self.world.snapshot())]
        self._ends: list[_End] = []
        self._lock = threading.RLock()

    def reset(self) -> World:
        """The world at the start of the shift."""
        self.world.restore(self._marks[0].snapshot)
        return self.world

    @cached_property
    def untouched(self) -> Telemetry:
        """What the dashboards show to the horizon when nobody acts: what every player sees until they do."""
        with self._lock:
            self._replay(())
            self.ended(())
            telemetry = Telemetry(self.world.record())
            telemetry.block(0, 0)  # the world moves on under its record; the values stay
            return telemetry

    def run(self, actions: Sequence[Step], look: Callable[[World], None] | None = None) -> Outcome:
        """Replay to the horizon and judge. `look` sees the finished world before the lock is given back."""
        with self._lock:
            if not self._retell(actions):
                self._replay(tuple(actions))
                self.ended(actions)
            outcome = self.outcome()
            if look is not None:
                look(self.world)
            return outcome

    def ended(self, actions: Sequence[Step]) -> None:
        """Remember the world as it stands, at its horizon, for logs that differ from `actions` in talk alone."""
        known = _changes(actions)
        with self._lock:
            self._ends = [e for e in self._ends if e.changes != known]
            if len(self._ends) >= KEEP_ENDS:
                # The end of a shift on which nobody changed anything is the one that most logs share.
                del self._ends[next(i for i, e in enumerate(self._ends) if e.changes)]
            self._ends.append(_End(known, self.world.snapshot()))

    def reach(self, to_s: float, talk: Sequence[Step]) -> None:
        """Bring the world, in which `talk` was said and nothing was changed, on to `to_s`."""
        with self._lock:
            mark = max((m for m in self._marks if not m.prefix and m.t_s <= to_s), key=lambda m: m.t_s)
            if mark.t_s > self.world.now_s:
                self.world.restore(mark.snapshot)
                if talk:
                    self._tell(talk)
            self.world.advance(to_s)
            if not talk:
                self._mark(())

    def outcome(self) -> Outcome:
        """Judge the world as it stands at the horizon."""
        return Outcome.of(self.instance.lab.live.judge(self.world), self.world.sim.totals())

    def _retell(self, actions: Sequence[Step]) -> bool:
        known = _changes(actions)
        end = next((e for e in self._ends if e.changes == known), None)
        if end is None:
            return False
        self._ends.append(self._ends.pop(self._ends.index(end)))  # dropped first is what was unused longest
        self.world.restore(end.snapshot)
        self._tell(actions)
        return True

    def _tell(self, actions: Sequence[Step]) -> None:
        log = [(min(s.t_ms / 1000.0, self.world.horizon_s), s.action) for s in actions]
        retell(self.world, log, self.instance.lab.live.refusal)

    def _replay(self, actions: tuple[Step, ...]) -> None:
        best = max(
            (m for m in self._marks if actions[: len(m.prefix)] == m.prefix and self._covers(m, actions)),
            key=lambda m: (m.t_s, len(m.prefix)),
        )
        self.world.restore(best.snapshot)
        for i in range(len(best.prefix), len(actions)):
            step = actions[i]
            self._advance(step.t_ms / 1000.0, actions[:i])
            self._mark(actions[:i])
            if not self.instance.lab.live.refusal(self.world, step.action):
                self.world.act(step.action)
        self._advance(self.world.horizon_s, actions)

    @staticmethod
    def _covers(mark: _Mark, actions: tuple[Step, ...]) -> bool:
        """A mark is usable when no further action of the log lies before it."""
        return len(actions) == len(mark.prefix) or actions[len(mark.prefix)].t_ms / 1000.0 >= mark.t_s

    def _advance(self, to_s: float, prefix: tuple[Step, ...]) -> None:
        while True:
            every_s = EVERY_S / 10.0 * self.world.tick_s
            stop = (self.world.now_s // every_s + 1) * every_s
            if stop >= to_s:
                self.world.advance(to_s)
                return
            self.world.advance(stop)
            self._mark(prefix)

    def _mark(self, prefix: tuple[Step, ...]) -> None:
        t = self.world.now_s
        if any(m.t_s == t and m.prefix == prefix for m in self._marks):
            return
        self._marks.append(_Mark(prefix, t, self.world.snapshot()))
        if len(self._marks) > KEEP:
            # Where nobody has acted is where most logs begin: those marks go last, the first one never.
            acted = (i for i, m in enumerate(self._marks) if m.prefix)
            del self._marks[next(acted, 1)]


def _changes(actions: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(s for s in actions if s.action.get("kind") not in TALK)

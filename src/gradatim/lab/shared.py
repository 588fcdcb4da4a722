"""A session of a player that is played beside many others on the same instance.

Until somebody acts on the service, every player sees one and the same world. It is run once: a session here
computes what its player looks at, when it is looked at, and lets its own world run from the moment at which it
changes something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradatim.lab.live import LiveSession
from gradatim.lab.outcome import Outcome
from gradatim.sim.actions.kinds import TALK
from gradatim.sim.platform.retell import is_talk
from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.telemetry import Telemetry

if TYPE_CHECKING:
    from gradatim.lab.lab import Instance
    from gradatim.sim.platform.world import World
    from gradatim.sim.telemetry.record import Event


class Seen(dict[str, Any]):
    """An observation whose parts are worked out when they are looked at, which is before the clock moves on."""

    def __init__(self, clock: dict[str, Any], part: Callable[[str], Any]) -> None:
        super().__init__(clock)
        self._part = part

    def __missing__(self, key: str) -> Any:
        value = self[key] = self._part(key)
        return value


class SharedSession(LiveSession):
    """A `LiveSession` on the instance's own timeline: same log, same outcome, less to compute.

    One at a time: between its first action and its end nothing else may use the timeline.
    """

    def __init__(self, instance: Instance) -> None:
        self._timeline = instance.timeline
        self._nobody: Telemetry = self._timeline.untouched
        super().__init__(instance, self._timeline.reset(), self._nobody)
        self._at_s = self._world.now_s
        self._talk: tuple[Event, ...] = ()
        self._changed = False

    @property
    def world(self) -> World:
        """The platform as it stands now, run up to now if it was not yet."""
        if self._world.now_s != self._at_s:
            if self._changed:
                self._world.advance(self._at_s)
            else:
                self._timeline.reach(self._at_s, self.steps)
            self.telemetry.update(self._world.record())
        return self._world

    @property
    def now_s(self) -> float:
        """Simulated seconds since the start of the history."""
        return self._at_s

    def _move(self, to_s: float) -> None:
        self._at_s = min(to_s, self._world.horizon_s)

    def glance(self) -> Seen:
        """What `observe` gives, each part worked out when it is read."""
        return Seen(self.clock(), self.part)

    def act(self, message: Any) -> dict[str, Any]:
        """Take an action now."""
        known = len(self.steps)
        receipt = super().act(message)
        if len(self.steps) > known and not self._changed:
            self._changed = self.steps[-1].action["kind"] not in TALK
            self._talk = tuple(e for e in self._world.journal if is_talk(e))
        return receipt

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts as the pager shows them now."""
        if self.telemetry.untouched is None:
            self.telemetry.update(self.world.record())
            return super().alerts()
        # Nobody has acted on the service: what fires is what fires for everybody, evaluated once.
        book = self._nobody.kept.setdefault("book", AlertBook(self._nobody))
        assert isinstance(book, AlertBook)
        journal = self.world.journal if self._changed else (*self._nobody.record.journal, *self._talk)
        return book.evaluate(self._at_s, tuple(journal))

    def latest(self, upto_s: float) -> dict[str, float | None]:
        """The newest value of every series that was visible at `upto_s`."""
        if self.telemetry.untouched is None:
            self.telemetry.update(self.world.record())
            return super().latest(upto_s)
        return self._nobody.latest(upto_s=upto_s)

    def finish(self) -> Outcome:
        """Run to the horizon and judge; a log of talk alone has nothing to run."""
        if not self._changed:
            return self._timeline.run(self.steps)
        self._at_s = self._world.horizon_s
        outcome = Outcome.of(self.instance.lab.live.judge(self.world), self.world.sim.totals())
        self._timeline.ended(self.steps)
        return outcome

"""A live session: observe, query, act, advance. What a learner, a script and an agent all play through."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError, InputError
from gradatim.lab.outcome import Outcome
from gradatim.lab.replay import Timeline
from gradatim.lab.submission import MAX_ACTIONS, Step, Submission
from gradatim.sim.actions import ACTIONS, parse_action
from gradatim.sim.platform.preview import preview
from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.telemetry import Telemetry

if TYPE_CHECKING:
    from gradatim.lab.lab import Instance
    from gradatim.sim.platform.world import World

PARTS = ("alerts", "inbox", "metrics", "metrics_5m_ago", "service", "changes")
"""What an observation holds beside the clock."""


class LiveSession:
    """One run of an instance. Simulated time moves only by `advance`; reading is free and changes nothing."""

    def __init__(
        self, instance: Instance, world: World | None = None, nobody: Telemetry | None = None
    ) -> None:
        self.instance = instance
        # A world of its own: judging or a second session must not move the clock of this one.
        self._world = world or Timeline(instance).world
        self.telemetry = Telemetry(self._world.record(), nobody)
        self.book = AlertBook(self.telemetry)
        self.steps: list[Step] = []

    # ---------------------------------------------------------------- time
    @property
    def world(self) -> World:
        """The platform as it stands now."""
        return self._world

    @property
    def now_s(self) -> float:
        """Simulated seconds since the start of the history."""
        return self._world.now_s

    @property
    def tick_s(self) -> float:
        """Seconds of a tick."""
        return self._world.tick_s

    @property
    def ended(self) -> bool:
        """The shift is over."""
        return self.now_s >= self._world.horizon_s

    def clock(self) -> dict[str, Any]:
        """Where the clock stands."""
        w, now_s = self._world, self.now_s
        when = w.epoch + dt.timedelta(seconds=now_s)
        return {
            "t_s": now_s,
            "clock": when.strftime("%H:%M:%S"),
            "date": when.strftime("%a %-d %b"),
            "start_s": w.start_s,
            "horizon_s": w.horizon_s,
            "tick_s": w.tick_s,
            "ended": self.ended,
        }

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the clock, to whole milliseconds, at least one, never past the horizon."""
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= 1e6:
            raise InputError(
                f"cannot advance by {seconds!r}", ["seconds must be above 0 and at most 1,000,000"]
            )
        now_ms = round(self.now_s * 1000)
        self._move(max(now_ms + 1, round((self.now_s + seconds) * 1000)) / 1000.0)
        return self.clock()

    def _move(self, to_s: float) -> None:
        self._world.advance(to_s)
        self.telemetry.update(self._world.record())

    # ---------------------------------------------------------------- acting
    def act(self, message: Any) -> dict[str, Any]:
        """Take an action now. A refused action changes nothing and is not logged."""
        try:
            action = parse_action(message).model_dump()
            reason = self.instance.lab.live.refusal(self.world, action)
        except GradatimError as e:
            return {
                "accepted": False,
                "reason": e.describe(),
                "effective_at_s": self.world.now_s,
                "problems": getattr(e, "problems", []),
            }
        if self.ended:
            reason = "the shift is over"
        elif len(self.steps) >= MAX_ACTIONS:
            reason = f"a log holds at most {MAX_ACTIONS} actions"
        if reason:
            return {"accepted": False, "reason": reason, "effective_at_s": self.world.now_s}
        receipt = self.world.act(action)
        if receipt.accepted:
            if ACTIONS[action["kind"]].changes_service:
                self.telemetry.touched()
            self.steps.append(Step(round(self.world.now_s * 1000), action))
            self.telemetry.update(self.world.record())
        return receipt._asdict()

    def preview(self, message: Any) -> dict[str, Any]:
        """What an action would touch and cost, with every reason why it would be refused now. Changes nothing."""
        said = preview(self.world, message)
        if not said["problems"]:
            reason = self.instance.lab.live.refusal(self.world, parse_action(message).model_dump())
            said["problems"] = [r for r in (reason, "the shift is over" if self.ended else "") if r]
        return said

    # ---------------------------------------------------------------- looking
    def alerts(self) -> list[dict[str, Any]]:
        """Alerts as the pager shows them now."""
        return self.book.evaluate()

    def inbox(self) -> list[dict[str, Any]]:
        """Messages visible now, oldest first."""
        return self.instance.lab.live.inbox(self.world, self.telemetry)

    def observe(self) -> dict[str, Any]:
        """What an operator sees now: clock, alerts, inbox, latest metrics, the service's settings, changes."""
        return {**self.clock(), **{name: self.part(name) for name in PARTS}}

    def part(self, name: str) -> Any:
        """One of the `PARTS` of an observation."""
        match name:
            case "alerts":
                return self.alerts()
            case "inbox":
                return self.inbox()
            case "metrics":
                return self.latest(self.now_s)
            case "metrics_5m_ago":
                return self.latest(self.now_s - 300.0)
            case "service":
                return self.world.service()
            case "changes":
                return self.changes()
        raise KeyError(name)

    def latest(self, upto_s: float) -> dict[str, float | None]:
        """The newest value of every series that was visible at `upto_s`."""
        return self.telemetry.latest(upto_s=upto_s)

    def changes(self, since_s: float | None = None) -> list[dict[str, Any]]:
        """The change history until now, oldest first; the last hours of it unless `since_s` says from when on."""
        w, now_s = self._world, self.now_s
        from_s = now_s - (48 if w.scenario.slow else 6) * 3600.0 if since_s is None else since_s
        return [
            {
                "id": c.id,
                "t_s": c.at_s,
                "kind": c.kind,
                "component": c.component,
                "who": c.who,
                "text": c.text,
            }
            for c in w.changes
            if from_s <= c.at_s <= now_s
        ]

    def query(self, sql: str) -> dict[str, Any]:
        """One SELECT over the rows visible now.

        Raises:
            InputError: what is wrong with the statement, and which tables there are.
        """
        from gradatim.lab.sqlbox import run_query

        return dict(run_query(sql, self.tables(sql)))

    def tables(self, sql: str | None = None) -> dict[str, Any]:
        """The tables of the SQL box with the rows visible now; with `sql`, rows only of those it may name."""
        from gradatim.sim.telemetry import tables

        every = tables.schema()
        named = None if sql is None else [name for name in every if name in sql.lower()]
        found = tables.visible(self.telemetry, self.alerts(), self.world.changes, only=named)
        # A table that the query does not name is still there, empty: `SHOW TABLES` and errors list them all.
        return {name: found.get(name, {c.name: [] for c in columns}) for name, columns in every.items()}

    # ---------------------------------------------------------------- handing in
    def submission(self) -> Submission:
        """The log so far."""
        lab = self.instance.lab
        return Submission(
            lab.id,
            lab.spec.version,
            lab.digest,
            self.instance.seed,
            self.instance.chosen_family,
            tuple(self.steps),
        )

    def finish(self) -> Outcome:
        """Run to the horizon and judge this very world (equal to replaying the submission)."""
        if not self.ended:
            self.world.advance(self.world.horizon_s)
        return Outcome.of(self.instance.lab.live.judge(self.world), self.world.sim.totals())

    def load(self, steps: list[Step], to_s: float) -> None:
        """Bring a fresh session to `to_s` with a known log: after a restart, a rewind, a fork."""
        for step in steps:
            if step.t_ms / 1000.0 > to_s:
                break
            self.world.advance(step.t_ms / 1000.0)
            self.world.act(step.action)
            self.steps.append(step)
        self.world.advance(to_s)
        self.telemetry.update(self.world.record())

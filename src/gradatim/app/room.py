"""One live attempt as a face uses it: a session in memory whose every action is on disk before it is confirmed."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradatim.app.charts import chart_columns, panels
from gradatim.core.errors import InputError, StateError
from gradatim.lab.live import LiveSession
from gradatim.lab.submission import Step
from gradatim.sim.actions import catalogue
from gradatim.sim.platform import preview
from gradatim.sim.platform.vocabulary import AIRPORTS, CLIENTS, COMPONENTS, MECHANISMS, SCOPES
from gradatim.sim.telemetry.logs import Logs

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.outcome import Outcome
    from gradatim.lab.submission import Submission
    from gradatim.store import Attempt

CLOCK_EVERY_S = 1.0
LOG_IN_FRAME = 400
SEEK_TICKS = 16
"""How far one stretch of a search for the next alert goes."""
LONG_UPDATE_MIN = 720
"""Filled in on a shift of days: as long as a promise counts there."""


class Room:
    """A live attempt. Every call is safe from any thread; one lock orders them."""

    def __init__(self, app: App, attempt: Attempt) -> None:
        self._app = app
        self.id = attempt.id
        self._lock = threading.RLock()
        self._instance = app.instance(attempt)
        self._clock_saved = 0.0
        # A cursor of another room, perhaps of a server that was killed, must not be taken for one of this.
        self._generation = secrets.randbits(40)
        self._open(attempt)
        # The query worker takes a second to start; nobody should wait for it at the first query.
        threading.Thread(target=_start_queries, daemon=True).start()

    def _open(self, attempt: Attempt) -> None:
        """Bring the session to where the store says that the attempt stands."""
        self._rewinds = attempt.rewinds
        self._row = attempt
        self._session = LiveSession(self._instance, self._instance.timeline.reset())
        steps = [Step(round(a.t_s * 1000), a.action) for a in self._app.store.actions(self.id)]
        # Actions are logged in whole milliseconds, so the clock stands on one too.
        self._session.load(steps, round(max(attempt.t_s, self._session.world.start_s) * 1000) / 1000.0)
        self._logs = Logs(self._session.telemetry, self._session.world.changes)
        self._told: dict[tuple[str, str], dict[str, Any]] = {}
        self._generation += 1

    def _follow(self) -> bool:
        """Take in what another process did to the same attempt; whether it did anything.

        Raises:
            StateError: it has ended the attempt.
        """
        now = self._app.store.get_attempt(self.id)
        if now.status != "open":
            raise StateError(f"attempt {self.id} is {now.status}", next=f"gradatim lab score {self.id}")
        count = len(self._app.store.actions(self.id))
        if now.rewinds == self._rewinds and count == len(self._session.steps):
            return False
        self._open(now)
        return True

    # ------------------------------------------------------------------ once
    def hello(self) -> dict[str, Any]:
        """What a page needs once."""
        from gradatim.app.desk import desk

        with self._lock:
            t = self._session.telemetry
            return {
                "attempt": self._app._row(self._row),
                "clock": self.clock(),
                "start_s": self._session.world.start_s,
                "horizon_s": self._session.world.horizon_s,
                **panels(t),
                "actions": _forms(days=self._session.world.scenario.slow),
                "vocabulary": {
                    "components": list(COMPONENTS),
                    "mechanisms": [{"id": k, "text": v} for k, v in MECHANISMS.items()],
                    "scopes": list(SCOPES),
                    "clients": list(CLIENTS),
                    "airports": list(AIRPORTS),
                },
                **desk(self._session),
                "command": self._command(),
            }

    def _command(self) -> str:
        """What reproduces this page; an exam's seed is not told."""
        if (exam := self._app.exams.sealed(self._row)) is not None:
            return f"gradatim exam next {exam.id}"
        family = f" --family {self._row.family}" if self._row.family else ""
        return f"gradatim lab start {self._row.lab_id} --seed {self._row.seed}{family}"

    # ------------------------------------------------------------------ time
    def clock(self) -> dict[str, Any]:
        """Where the clock stands."""
        with self._lock:
            return self._session.clock()

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the clock; its position reaches the disk at least once a wall second."""
        with self._lock:
            clock = self._session.advance(seconds)
            wall = time.monotonic()
            if clock["ended"] or wall - self._clock_saved >= CLOCK_EVERY_S:
                self._save_clock()
            return self.clock()

    def _save_clock(self) -> None:
        self._clock_saved = time.monotonic()
        if not self._app.store.set_clock(self.id, self._session.world.now_s, rewinds=self._rewinds):
            # Another process is ahead, or has rewound or ended the attempt.
            self._follow()

    def next_alert(self, limit_s: float | None = None) -> dict[str, Any]:
        """Advance until an alert begins to fire, a message arrives, or `limit_s` has passed."""
        with self._lock:
            end_s = self.seek_end_s(limit_s)
            while True:
                clock = self.seek(end_s)
                if clock.pop("found") or clock["t_s"] >= end_s:
                    return clock

    def seek_end_s(self, limit_s: float | None = None) -> float:
        """Where a search for the next alert ends: after `limit_s`, or an hour where a tick is ten seconds."""
        with self._lock:
            w = self._session.world
            return min(w.now_s + (limit_s or 360.0 * w.tick_s), w.horizon_s)

    def seek(self, end_s: float) -> dict[str, Any]:
        """One stretch of the way to the next alert, short enough that a page can show it: the clock, and `found`.

        The stretch is run and read as a whole; when something came in it, the world goes back and stands at
        the end of the tick in which it came. So it costs a fraction of looking after every tick.
        """
        with self._lock:
            s = self._session
            w, tick_s, start_s = s.world, s.world.tick_s, s.world.now_s
            s.book.evaluate()
            known = {m["id"] for m in s.inbox()}
            before = w.snapshot()
            last_s = (math.floor(start_s / tick_s + 1e-9) + SEEK_TICKS) * tick_s
            to_s = min(last_s, end_s)
            if to_s > start_s:
                s.advance(to_s - start_s)
            came = [m["t_s"] for m in s.inbox() if m["id"] not in known]
            alert = s.book.first_new_alert_after(start_s)
            came += [alert.t_s] if alert is not None else []
            if came:
                at_s = min(to_s, max(start_s, math.ceil(min(came) / tick_s - 1e-9) * tick_s))
                if at_s < to_s:
                    w.restore(before)
                    s.telemetry.update(w.record())
                    if at_s > start_s:
                        s.advance(at_s - start_s)
            if came or w.now_s >= end_s or time.monotonic() - self._clock_saved >= CLOCK_EVERY_S:
                self._save_clock()
            return {**self.clock(), "found": bool(came)}

    # ------------------------------------------------------------------ news
    def since(self, cursor: dict[str, Any] | None) -> dict[str, Any]:
        """What is new since `cursor` (None: everything a page shows): columns, lines, marks; and what stands now."""
        with self._lock:
            s, t = self._session, self._session.telemetry
            c = cursor if cursor and cursor.get("generation") == self._generation else {}
            first = int(c.get("ticks", 0))
            columns, n = chart_columns(t, first)
            told = float(c.get("log_s", -1.0))
            # Lines can be read once their tick is complete: those of the tick that runs are still to come.
            complete_s = t.record.n_ticks * t.record.tick_s
            lines = self._logs.lines(
                told if told >= 0 else max(0.0, complete_s - 600.0),
                max(told, complete_s),
                newest_first=True,
                limit=LOG_IN_FRAME,
            )
            marks = self._marks()
            latest = t.latest(["slo.budget_left_pct", "slo.burn_5m", "slo.lost_usd_per_min"])
            return {
                "cursor": {
                    "generation": self._generation,
                    "ticks": n,
                    "log_s": complete_s,
                    "marks": len(marks),
                },
                "t_s": s.world.now_s,
                "ticks": columns,
                "alerts": s.alerts(),
                "annotations": marks[int(c.get("marks", 0)) :],
                "inbox": s.inbox(),
                "log": [_line(x) for x in reversed(lines)],
                "log_total": self._logs.count(),
                "budget": {"left_pct": latest["slo.budget_left_pct"], "burn_rate": latest["slo.burn_5m"]},
                "lost": self._lost(latest["slo.lost_usd_per_min"]),
                "service": s.world.service(),
            }

    def _lost(self, per_min: float | None) -> dict[str, Any]:
        """The operators' own estimate, from the price sheet and visible counters. The true loss is the debrief's."""
        w, t = self._session.world, self._session.telemetry
        values = t.values(["slo.lost_usd_per_min"])["slo.lost_usd_per_min"]
        first = round(w.start_s / w.record().tick_s)
        seen = [v for v in values[first:].tolist() if not math.isnan(v)]
        spent = sum(c.micro_usd for c in w.ops.costs) / 1e6
        return {
            "usd": sum(seen) * w.record().tick_s / 60.0 + spent,
            "usd_per_min": per_min,
            "estimate": True,
            # What a wrong answer costs is known when its flight has landed, and no counter adds it up.
            "without_wrong_answers": w.scenario.slow,
        }

    def _marks(self) -> list[dict[str, Any]]:
        """Every mark there is by now, in the order in which they were told: a cursor by count misses none."""
        w = self._session.world
        marks: dict[tuple[str, str], dict[str, Any]] = {
            ("change", c.id): {
                "t_s": c.at_s,
                "kind": c.kind,
                "text": f"{c.id} {c.text}",
                "component": c.component,
                "who": c.who,
            }
            for c in w.changes
            if 0 <= c.at_s <= w.now_s
        }
        # What came of own actions: a job that ended, a version that was registered, a change taken back.
        marks |= {
            ("result", str(i)): {
                "t_s": e.t_s,
                "kind": e.kind,
                "text": e.text,
                "component": e.component,
                "who": "you",
                "result": True,
            }
            for i, e in enumerate(w.journal)
            if e.kind in ("deploy", "config")
        }
        marks |= {
            ("alert", x.alert_id): {"t_s": x.t_s, "kind": "alert", "text": x.name, "severity": x.severity}
            for x in self._session.book.transitions()
            if x.state == "firing"
        }
        marks |= {
            ("own", str(d.ordinal)): {
                "t_s": d.t_s,
                "kind": "own",
                "text": preview.title(d.message),
                "effective_at_s": d.effective_at_s,
            }
            for d in w.ops.done
        }
        # Several may have one time, and not all of them may have been told: new ones come after told ones.
        new = sorted((m for m in marks.items() if m[0] not in self._told), key=lambda m: m[1]["t_s"])
        self._told |= dict(new)
        return list(self._told.values())

    def observe(self) -> dict[str, Any]:
        """What a policy gets."""
        with self._lock:
            return self._session.observe()

    # ------------------------------------------------------------------ acting
    def preview(self, action: Any) -> dict[str, Any]:
        """What an action would touch, cost and risk; all problems with it. Changes nothing."""
        with self._lock:
            return self._session.preview(action)

    def act(self, action: Any) -> dict[str, Any]:
        """Take an action. It is confirmed only when it is on disk.

        Raises:
            StateError: another tab or process acted meanwhile, or the disk refuses; the room shows what stands.
        """
        with self._lock:
            self._follow()
            before = len(self._session.steps)
            receipt = self._session.act(action)
            if len(self._session.steps) > before:
                step = self._session.steps[-1]
                try:
                    self._app.store.append_action(
                        self.id, before, step.t_ms / 1000.0, step.action, rewinds=self._rewinds
                    )
                except StateError:
                    self._open(self._app.store.get_attempt(self.id))
                    raise
            return receipt

    def rewind(self, to_s: float) -> dict[str, Any]:
        """Go back to `to_s` and forget own actions from then on. Practice only; the number of rewinds is kept.

        Raises:
            InputError: not a time between the start and now.
            StateError: not a practice attempt.
        """
        with self._lock:
            if self._row.kind != "practice":
                raise StateError("only a practice attempt can be rewound")
            self._follow()
            w = self._session.world
            if (
                not isinstance(to_s, int | float)
                or isinstance(to_s, bool)
                or not w.start_s <= to_s <= w.now_s
            ):
                raise InputError(f"cannot rewind to {to_s!r} s", [f"to_s: from {w.start_s:g} to {w.now_s:g}"])
            at_s = round(to_s * 1000) / 1000.0
            self._app.store.withdraw_actions(self.id, math.nextafter(at_s, 0.0))
            self._app.store.set_clock(self.id, at_s)
            self._open(self._app.store.get_attempt(self.id))
            return self.clock()

    # ------------------------------------------------------------------ reading
    def query(self, sql: str) -> dict[str, Any]:
        """One SELECT over the rows visible now. The lock is held only while the rows are gathered."""
        from gradatim.lab.sqlbox import run_query

        with self._lock:
            tables = self._session.tables(sql if isinstance(sql, str) else None)
        return dict(run_query(sql, tables))

    def log(
        self,
        *,
        match: str | None = None,
        level: str | None = None,
        component: str | None = None,
        before_s: float | None = None,
        limit: int = 200,
    ) -> dict[str, Any]:
        """Log lines before `before_s`, newest last."""
        with self._lock:
            lines = self._logs.lines(
                0.0,
                before_s,
                match=match or None,
                level=level or None,
                component=component or None,
                limit=max(1, min(int(limit), 2000)),
                newest_first=True,
            )
            return {"lines": [_line(x) for x in reversed(lines)], "total": self._logs.count(before_s)}

    def notes(self) -> str:
        """The learner's notes; never graded."""
        return self._app.store.get_note(self.id)

    def set_notes(self, text: str) -> None:
        """Keep the notes.

        Raises:
            InputError: longer than 100,000 characters, or not text.
        """
        if not isinstance(text, str) or len(text) > 100_000:
            raise InputError("notes are text of at most 100,000 characters")
        try:
            text.encode()
        except UnicodeEncodeError as e:
            raise InputError("notes are text", [f"character {e.start}: half of a surrogate pair"]) from None
        self._app.store.set_note(self.id, text)

    # ------------------------------------------------------------------ ending
    def submission(self) -> dict[str, Any]:
        """The log so far."""
        with self._lock:
            return self._session.submission().as_dict()

    def finish(self, close: Callable[[Submission, Outcome, float], Attempt]) -> Attempt:
        """Run to the horizon, judge, and `close` the attempt on disk, before anyone else may touch it.

        Raises:
            StateError: another process has ended the attempt.
        """
        with self._lock:
            self._follow()
            submission, outcome = self._session.submission(), self._session.finish()
            # Judging takes a second; what another process did in it is judged too.
            while self._follow():
                submission, outcome = self._session.submission(), self._session.finish()
            return close(submission, outcome, self._session.world.now_s)


def _forms(*, days: bool) -> list[dict[str, Any]]:
    """The actions with their forms. On a shift of days nobody promises the next update within half an hour."""
    forms = catalogue()
    if days:
        update = next(f for f in forms if f["kind"] == "status_update")
        update["schema"]["properties"]["next_update_min"]["default"] = LONG_UPDATE_MIN
    return forms


def _start_queries() -> None:
    from gradatim.lab.sqlbox import shared_box

    shared_box().start()


def _line(x: Any) -> dict[str, Any]:
    return {"t_s": x.t_s, "level": x.level, "component": x.component, "message": x.message, "text": x.message}

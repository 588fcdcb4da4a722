"""The ledger of attempts: issue, find, move the clock, close."""

from __future__ import annotations

import difflib
import json
import math
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from gradatim.core.canonical import canonical_json
from gradatim.core.errors import StateError, UnknownName

from .database import Database
from .rows import Attempt, NewAttempt, utc_now
from .schema import action as action_table
from .schema import attempt as table

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_COLUMNS = [c for c in table.c if c.name != "number"]


class Attempts(Database):
    """The `attempt` table."""

    def create_attempt(self, new: NewAttempt) -> Attempt:
        """Issue an attempt, with the actions it begins with, in one transaction.

        Raises:
            UnknownName: there is no attempt `new.parent_id`.
            ValueError: the seed is out of range, or times are not finite, negative or out of order.
        """
        if not 0 <= new.seed < 1 << 128:
            raise ValueError(f"seed {new.seed} is outside 0 .. 2**128 - 1")
        times = [t for t, _ in new.actions]
        for t in [new.t_s, *times, *([] if new.fork_at_s is None else [new.fork_at_s])]:
            check_time(t)
        if times != sorted(times):
            raise ValueError("the actions an attempt begins with are not in order of time")
        now = utc_now()
        row = {
            "lab_id": new.lab_id,
            "lab_version": new.lab_version,
            "lab_digest": new.lab_digest,
            "seed": str(new.seed),
            "family": new.family,
            "kind": new.kind,
            "status": "open",
            "parent_id": new.parent_id,
            "fork_at_s": new.fork_at_s,
            "created_at": now,
            "updated_at": now,
            "t_s": max([new.t_s, *times[-1:]]),
            "player": new.player,
            "assistance": new.assistance,
            "rewinds": 0,
            "hints_taken": 0,
        }
        log = [
            {"ordinal": i, "t_s": t, "action": canonical_json(a).decode(), "recorded_at": now}
            for i, (t, a) in enumerate(new.actions)
        ]
        with self.writing() as conn:
            if new.parent_id is not None:
                row_of(conn, new.parent_id)
            attempt_id = _free_id(conn)
            conn.execute(insert(table).values(id=attempt_id, **row))
            if log:
                conn.execute(insert(action_table), [{"attempt_id": attempt_id, **a} for a in log])
            return as_attempt(row_of(conn, attempt_id))

    def get_attempt(self, attempt_id: str) -> Attempt:
        """The attempt of that id.

        Raises:
            UnknownName: there is none; says the nearest id.
        """
        with self.reading() as conn:
            return as_attempt(row_of(conn, attempt_id))

    def list_attempts(
        self, lab_id: str | None = None, *, status: str | None = None, limit: int | None = None
    ) -> list[Attempt]:
        """Attempts, newest first; of one lab, of one status, at most `limit` of them."""
        query = select(*_COLUMNS).order_by(table.c.number.desc()).limit(limit)
        if lab_id is not None:
            query = query.where(table.c.lab_id == lab_id)
        if status is not None:
            query = query.where(table.c.status == status)
        with self.reading() as conn:
            return [as_attempt(row) for row in conn.execute(query)]

    def set_clock(self, attempt_id: str, t_s: float, *, rewinds: int | None = None) -> bool:
        """Move the simulated clock of an open attempt forward; cheap enough for every frame of play.

        An earlier time changes nothing (a slower tab), nor does one that a caller with another number
        of `rewinds` reports (a tab that has not seen the rewind). It may be lost in a power cut; the
        time of the last action is not.

        Returns:
            Whether the clock moved.
        """
        check_time(t_s)
        change = update(table).where(table.c.id == attempt_id, table.c.t_s < t_s, table.c.status == "open")
        if rewinds is not None:
            change = change.where(table.c.rewinds == rewinds)
        with self.writing(durable=False) as conn:
            moved = conn.execute(change.values(t_s=t_s, updated_at=utc_now())).rowcount == 1
            if not moved:
                row_of(conn, attempt_id)
            return moved

    def take_hint(self, attempt_id: str) -> int:
        """Write down that one more hint was shown; returns how many by now."""
        with self.writing() as conn:
            taken = int(open_row(conn, attempt_id).hints_taken) + 1
            change = update(table).where(table.c.id == attempt_id)
            conn.execute(change.values(hints_taken=taken, updated_at=utc_now()))
            return taken

    def finish_attempt(
        self,
        attempt_id: str,
        *,
        status: Literal["finished", "abandoned", "error", "invalid"] = "finished",
        submission: Any = None,
        outcome: Mapping[str, Any] | None = None,
        loss_micro: int | None = None,
        outcome_hash: str | None = None,
        t_s: float | None = None,
    ) -> Attempt:
        """Close an open attempt with its verdict. Closing it again with the same verdict changes nothing.

        Args:
            submission: A JSON value; kept as canonical JSON.
            t_s: Where the clock ends, simulated seconds; None leaves it.

        Raises:
            UnknownName: there is no such attempt.
            StateError: it was closed before, with another status or outcome.
        """
        if t_s is not None:
            check_time(t_s)
        values: dict[str, Any] = {
            "status": status,
            "submission": None if submission is None else canonical_json(submission).decode(),
            "outcome": None if outcome is None else canonical_json(outcome).decode(),
            "loss_micro": loss_micro,
            "outcome_hash": outcome_hash,
        }
        with self.writing() as conn:
            before = row_of(conn, attempt_id)
            if before.status != "open":
                if (before.status, before.outcome_hash) != (status, outcome_hash):
                    raise closed(attempt_id, before.status)
                return as_attempt(before)
            if t_s is not None:
                values["t_s"] = max(t_s, before.t_s)
            conn.execute(update(table).where(table.c.id == attempt_id).values(updated_at=utc_now(), **values))
            return as_attempt(row_of(conn, attempt_id))


def check_time(t_s: float) -> None:
    """Refuse what cannot be a simulated time."""
    if not math.isfinite(t_s) or t_s < 0:
        raise ValueError(f"{t_s} is not a simulated time in seconds")


def row_of(conn: Connection, attempt_id: str) -> Row[Any]:
    """The row of an attempt, or `UnknownName`."""
    row = conn.execute(select(*_COLUMNS).where(table.c.id == attempt_id)).one_or_none()
    if row is None:
        ids = list(conn.execute(select(table.c.id).order_by(table.c.number.desc())).scalars())
        # With nothing near, the newest few say more than a list of hundreds.
        near = difflib.get_close_matches(attempt_id, ids, n=1, cutoff=0.5)
        raise UnknownName("attempt", attempt_id, near or ids[:5], next="gradatim lab list")
    return row


def open_row(conn: Connection, attempt_id: str) -> Row[Any]:
    """The row of an attempt that is still open, or `UnknownName`, or `StateError`."""
    row = row_of(conn, attempt_id)
    if row.status != "open":
        raise closed(attempt_id, row.status)
    return row


def closed(attempt_id: str, status: str) -> StateError:
    """The attempt takes nothing more."""
    return StateError(
        f"attempt {attempt_id} is {status}",
        where=attempt_id,
        why="an attempt that is closed takes no more actions and keeps its verdict",
        next="start another one, or fork this one",
    )


def as_attempt(row: Row[Any]) -> Attempt:
    """A typed attempt from its row."""
    fields = dict(row._mapping)
    outcome = fields.pop("outcome")
    try:
        seed = int(fields.pop("seed"))
        return Attempt(seed=seed, outcome=None if outcome is None else json.loads(outcome), **fields)
    except ValueError as error:
        raise unreadable(fields["id"], str(error)) from error


def unreadable(attempt_id: str, detail: str) -> StateError:
    """Something outside this program has edited a row."""
    return StateError(
        f"attempt {attempt_id} cannot be read",
        where=attempt_id,
        why=f"its row was changed by something else than gradatim: {detail}",
        next="start another attempt; this one cannot count as evidence",
    )


def _free_id(conn: Connection) -> str:
    while True:
        attempt_id = "a-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
        if conn.execute(select(table.c.id).where(table.c.id == attempt_id)).one_or_none() is None:
            return attempt_id

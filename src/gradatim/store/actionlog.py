"""The log of actions: append-only, each action on the disk before it is acknowledged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from gradatim.core.canonical import canonical_json
from gradatim.core.errors import StateError

from .attempts import check_time, open_row, row_of, unreadable
from .database import Database
from .rows import Action, utc_now
from .schema import action as table
from .schema import attempt as attempt_table


class ActionLog(Database):
    """The `action` table. Standing actions of an attempt have the ordinals 0, 1, 2 … in order of time."""

    def append_action(
        self,
        attempt_id: str,
        ordinal: int,
        t_s: float,
        action: Mapping[str, Any],
        *,
        rewinds: int | None = None,
    ) -> Action:
        """Add an action at the end of the log; on return it is on the disk.

        Args:
            ordinal: How many standing actions the caller knows of.
            t_s: Simulated second at which it is taken; also moves the clock there if it is behind.
            action: A JSON object.
            rewinds: `Attempt.rewinds` as the caller knows it. Without it, a caller that has missed a
                rewind followed by as many actions is not noticed.

        Raises:
            UnknownName: there is no such attempt.
            StateError: the attempt is closed, or another tab or process has acted or rewound meanwhile.
                Nothing is written; the caller loads the log again.
        """
        check_time(t_s)
        text = canonical_json(action).decode()
        now = utc_now()
        with self.writing() as conn:
            head = open_row(conn, attempt_id)
            standing = (table.c.attempt_id == attempt_id) & table.c.withdrawn_at.is_(None)
            count, last_s = conn.execute(
                select(func.count(), func.max(table.c.t_s)).select_from(table).where(standing)
            ).one()
            if ordinal != count:
                raise _stale(attempt_id, f"the log has {count} actions, this one expected {ordinal}")
            if rewinds is not None and rewinds != head.rewinds:
                raise _stale(attempt_id, "the log was rewound")
            if last_s is not None and t_s < last_s:
                raise _stale(attempt_id, f"the last action was at {last_s} s, this one is at {t_s} s")
            conn.execute(
                insert(table).values(
                    attempt_id=attempt_id, ordinal=ordinal, t_s=t_s, action=text, recorded_at=now
                )
            )
            conn.execute(
                update(attempt_table)
                .where(attempt_table.c.id == attempt_id)
                .values(t_s=max(t_s, head.t_s), updated_at=now)
            )
        return Action(ordinal, float(t_s), json.loads(text), now)

    def actions(self, attempt_id: str) -> list[Action]:
        """The standing actions of an attempt, in order.

        Raises:
            UnknownName: there is no such attempt.
            StateError: a row was edited by something else and cannot be read.
        """
        with self.reading() as conn:
            row_of(conn, attempt_id)
            query = select(table).where(table.c.attempt_id == attempt_id, table.c.withdrawn_at.is_(None))
            return [_as_action(row) for row in conn.execute(query.order_by(table.c.ordinal))]

    def withdrawn_actions(self, attempt_id: str) -> list[Action]:
        """What was rewound, in the order in which it was recorded."""
        with self.reading() as conn:
            row_of(conn, attempt_id)
            query = select(table).where(table.c.attempt_id == attempt_id, table.c.withdrawn_at.is_not(None))
            return [_as_action(row) for row in conn.execute(query.order_by(table.c.number))]

    def withdraw_actions(self, attempt_id: str, after_s: float) -> int:
        """Rewind: mark the standing actions later than `after_s` as withdrawn, set the clock back to it.

        An action at exactly `after_s` stands. The rows are kept; the attempt counts one rewind more.

        Returns:
            How many actions were withdrawn.

        Raises:
            UnknownName: there is no such attempt.
            StateError: the attempt is closed.
        """
        check_time(after_s)
        now = utc_now()
        with self.writing() as conn:
            head = open_row(conn, attempt_id)
            gone = conn.execute(
                update(table)
                .where(
                    table.c.attempt_id == attempt_id, table.c.withdrawn_at.is_(None), table.c.t_s > after_s
                )
                .values(withdrawn_at=now)
            ).rowcount
            conn.execute(
                update(attempt_table)
                .where(attempt_table.c.id == attempt_id)
                .values(t_s=min(after_s, head.t_s), rewinds=head.rewinds + 1, updated_at=now)
            )
        return gone


def _stale(attempt_id: str, detail: str) -> StateError:
    return StateError(
        "another tab or process has changed this attempt meanwhile",
        where=attempt_id,
        why=f"{detail}; your action was not taken",
        next="reload, look, and act again",
    )


def _as_action(row: Row[Any]) -> Action:
    try:
        return Action(row.ordinal, float(row.t_s), json.loads(row.action), row.recorded_at)
    except ValueError as error:
        raise unreadable(row.attempt_id, str(error)) from error

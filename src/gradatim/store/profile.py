"""What the learner said about themselves, and the plans they kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from gradatim.core.canonical import canonical_json
from gradatim.core.errors import StateError

from .database import Database
from .rows import utc_now
from .schema import answer, kept_plan


class KeptPlan(NamedTuple):
    """A plan as it was on the day it was kept: per item, {end, hours}; dates are ISO days."""

    number: int
    kept_on: str
    weekly_hours: float
    items: dict[str, dict[str, Any]]


class Profile(Database):
    """The `answer` and `kept_plan` tables."""

    def answers(self) -> dict[str, Any]:
        """The answers that were given, by question.

        Raises:
            StateError: one was edited by something else and cannot be read.
        """
        with self.reading() as conn:
            rows = conn.execute(select(answer.c.question, answer.c.value).order_by(answer.c.question))
            return {question: _json(value, f"the answer to {question}") for question, value in rows}

    def set_answers(self, said: Mapping[str, Any]) -> None:
        """Keep JSON values by question, all or none; None takes an answer back."""
        now = utc_now()
        with self.writing() as conn:
            for question, value in said.items():
                if value is None:
                    conn.execute(delete(answer).where(answer.c.question == question))
                    continue
                values = {"value": canonical_json(value).decode(), "updated_at": now}
                new = upsert(answer).values(question=question, **values)
                conn.execute(new.on_conflict_do_update(index_elements=[answer.c.question], set_=values))

    def keep_plan(self, kept_on: str, weekly_hours: float, items: Mapping[str, Mapping[str, Any]]) -> int:
        """Keep a plan to compare later ones with.

        Args:
            kept_on: The day where the learner is, ISO.
            weekly_hours: By which it was laid out.
            items: Per item, {end, hours}.

        Returns:
            Its number.
        """
        text = canonical_json({key: dict(value) for key, value in items.items()}).decode()
        with self.writing() as conn:
            done = conn.execute(
                insert(kept_plan).values(
                    kept_on=kept_on, weekly_hours=weekly_hours, items=text, made_at=utc_now()
                )
            )
            assert done.inserted_primary_key is not None
            return int(done.inserted_primary_key[0])

    def newest_plan(self) -> KeptPlan | None:
        """The plan that was kept last, or None."""
        query = select(kept_plan).order_by(kept_plan.c.number.desc()).limit(1)
        with self.reading() as conn:
            row = conn.execute(query).one_or_none()
        if row is None:
            return None
        return KeptPlan(row.number, row.kept_on, row.weekly_hours, _json(row.items, "the kept plan"))


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise StateError(
            f"{what} cannot be read",
            why="something other than gradatim has edited the database",
            next="gradatim plan set --help",
        ) from error

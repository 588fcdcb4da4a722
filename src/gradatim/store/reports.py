"""Reports of the work commands that were kept: their JSON, their page, and the evidence made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from gradatim.core.errors import StateError

from .database import Database
from .rows import utc_now
from .schema import work_report as table


class KeptReport(NamedTuple):
    """One kept report, without its page. `made_at` is UTC; `evidence` the id of an item, or None."""

    number: int
    made_at: str
    facts: dict[str, Any]
    evidence: str | None


class Reports(Database):
    """The `work_report` table."""

    def keep_report(self, facts: Mapping[str, Any], page: str) -> int:
        """Keep a report and its page; returns its number.

        Raises:
            ValueError: `facts` hold what JSON cannot.
        """
        text = json.dumps(facts, ensure_ascii=False, allow_nan=False)
        with self.writing() as conn:
            done = conn.execute(insert(table).values(made_at=utc_now(), facts=text, page=page))
            assert done.inserted_primary_key is not None
            return int(done.inserted_primary_key[0])

    def kept_reports(self) -> list[KeptReport]:
        """Every report, newest first.

        Raises:
            StateError: one was edited by something else and cannot be read.
        """
        columns = (table.c.number, table.c.made_at, table.c.facts, table.c.evidence)
        with self.reading() as conn:
            rows = conn.execute(select(*columns).order_by(table.c.number.desc())).all()
        return [KeptReport(n, at, _facts(text, n), evidence) for n, at, text, evidence in rows]

    def kept_page(self, number: int) -> str | None:
        """The page of a report as it was made, or None where there is no such report."""
        with self.reading() as conn:
            page: str | None = conn.execute(select(table.c.page).where(table.c.number == number)).scalar()
            return page

    def set_report_evidence(self, number: int, item: str) -> None:
        """Note which item of evidence was recorded from a report."""
        with self.writing() as conn:
            conn.execute(update(table).where(table.c.number == number).values(evidence=item))

    def drop_report(self, number: int) -> bool:
        """Delete a report for good; False where there is none. Evidence recorded from it stays."""
        with self.writing() as conn:
            return bool(conn.execute(delete(table).where(table.c.number == number)).rowcount)


def _facts(text: str, number: int) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
        return found
    except ValueError as error:
        raise StateError(
            f"the kept report R-{number:03d} cannot be read",
            why="something other than gradatim has edited the database",
            next=f"gradatim work reports R-{number:03d} --delete",
        ) from error

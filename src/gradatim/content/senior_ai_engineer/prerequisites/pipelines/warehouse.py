"""The store behind the job: tables of rows, counted calls, and a call before which the job is killed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Rows = list[dict[str, Any]]
MOST_ROWS = 5_000


class Warehouse:
    """Tables on the judge's side; learner code reaches them by three calls and nothing else.

    Args:
        tables: name -> rows.
        kill_at: the call, from 1, before which the job is killed; every later call is refused too.
    """

    def __init__(self, tables: Mapping[str, Rows], kill_at: int | None = None) -> None:
        self.tables: dict[str, Rows] = {name: list(rows) for name, rows in tables.items()}
        self.kill_at = kill_at
        self.calls = 0

    def copy(self) -> Warehouse:
        """A store with the same rows, nothing called yet."""
        return Warehouse(self.tables)

    def rows(self, table: str) -> Rows:
        """The rows of a table."""
        return self.tables.get(table, [])

    def asked(self, port: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one call of the job's."""
        self.calls += 1
        if self.kill_at is not None and self.calls >= self.kill_at:
            return {"raise": "Killed", "message": "the job was killed here"}
        try:
            return {"result": self._do(method, *args, **kwargs)}
        except (TypeError, ValueError) as error:
            return {"raise": "TypeError", "message": str(error).replace("Warehouse._", "store.")[:200]}

    def _do(self, method: str, table: Any, *rest: Any, **named: Any) -> Any:
        if not isinstance(table, str) or not table:
            raise TypeError("a table is named by a text")
        if method == "read":
            return self._read(table, *rest, **named)
        return (self._append if method == "append" else self._replace)(table, *rest, **named)

    def _read(self, table: str) -> Rows:
        return self.rows(table)

    def _append(self, table: str, rows: Any) -> None:
        self.tables[table] = _bounded([*self.rows(table), *_checked(rows)])

    def _replace(self, table: str, where: Any, rows: Any) -> None:
        if not isinstance(where, dict):
            raise TypeError("where is a dict of columns and values")
        kept = [r for r in self.rows(table) if any(r.get(c) != v for c, v in where.items())]
        self.tables[table] = _bounded([*kept, *_checked(rows)])


def same(left: Rows, right: Rows) -> bool:
    """The same rows in any order; numbers are compared to nine digits."""
    return len(left) == len(right) and sorted(map(_plain, left)) == sorted(map(_plain, right))


def _plain(row: Mapping[str, Any]) -> str:
    return json.dumps({c: _number(v) for c, v in row.items()}, sort_keys=True)


def _number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return f"{float(value) + 0.0:.9g}"
    return value


def _checked(rows: Any) -> Rows:
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise TypeError("rows are a list of dicts")
    return rows


def _bounded(rows: Rows) -> Rows:
    if len(rows) > MOST_ROWS:
        raise ValueError(f"more than {MOST_ROWS} rows in one table")
    return rows

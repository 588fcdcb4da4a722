"""Reading what can still be read in a damaged database.

python -m gradatim.store.salvage DAMAGED.db OUT.jsonl
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from gradatim.core.errors import GradatimError, StateError

# Spelled out, not taken from the schema: this must run on what an earlier version left behind.
TABLES = (
    "attempt",
    "action",
    "note",
    "reference_result",
    "setting",
    "ledger",
    "ledger_head",
    "exam",
    "exam_sitting",
    "answer",
    "kept_plan",
)


def salvage(damaged: Path, out: Path) -> dict[str, int]:
    """Write the readable rows of a damaged database, in the format of an export.

    Each table is read from both ends until the damage, so one bad page costs its own rows only.

    Returns:
        Rows written, by table.

    Raises:
        StateError: there is no such file, nothing in it can be read, or `out` exists.
    """
    if not damaged.is_file():
        raise StateError(
            "there is no such database", where=str(damaged), next="give the path of the damaged file"
        )
    if out.exists():
        raise StateError("the export would write over a file", where=str(out), next="give another name")
    with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        found = {table: _rows(db, table) for table in TABLES}
    counts = {table: len(rows) for table, rows in found.items()}
    if not any(counts.values()):
        raise StateError(
            "nothing in this file can be read", where=str(damaged), next="restore it from a backup"
        )
    with out.open("x", encoding="utf-8") as file:
        file.write(json.dumps({"format": "gradatim-export", "revision": "salvaged"}) + "\n")
        for table, rows in found.items():
            for row in rows:
                file.write(json.dumps({"table": table, "row": row}, ensure_ascii=False) + "\n")
    return counts


def _rows(db: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    by_number: dict[int, dict[str, Any]] = {}
    for direction in ("ASC", "DESC"):
        try:
            for row in db.execute(f"SELECT rowid AS _number, * FROM {table} ORDER BY rowid {direction}"):
                fields = dict(row)
                number = fields.pop("_number")
                if number in by_number:
                    break
                by_number[number] = fields
        except (sqlite3.Error, UnicodeDecodeError):
            continue  # the damage is reached; the other end may still be readable
    return [by_number[number] for number in sorted(by_number)]


def main(arguments: list[str]) -> int:
    """The command. Exit code 2 where the user can mend it."""
    if len(arguments) != 2:
        print("usage: python -m gradatim.store.salvage DAMAGED.db OUT.jsonl", file=sys.stderr)
        return 2
    try:
        counts = salvage(Path(arguments[0]), Path(arguments[1]))
    except GradatimError as error:
        print(error.describe(), file=sys.stderr)
        return 2
    print(", ".join(f"{table}: {count}" for table, count in counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

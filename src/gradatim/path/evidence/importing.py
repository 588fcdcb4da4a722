"""Evidence from elsewhere: JSON Lines, a JSON list, or CSV. Nothing is recorded unless all of it can be."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError

from .text import file_name

LARGEST = 4_000_000
MOST_ITEMS = 500
_FIELDS = ("kind", "title", "context", "action", "result", "started", "ended", "project", "assistance")
COLUMNS = (*_FIELDS, "own_share", "co_authors", "links")
"""Columns of the CSV form; `co_authors` is written `M. Sato=0.4; R. Okoye=0.1`, `links` `D8:4; D1:3`."""
# What only the ledger itself may say; it is left out of what is read back.
_OURS = ("id", "number", "recorded_at", "hash", "withheld", "attestations", "withdrawn", "replaced_by", "stands",
         "subject_confirmed", "grade", "source", "replaces")  # fmt: skip


def read(path: Path) -> list[dict[str, Any]]:
    """The items of a file, as `parse`. Raises InputError."""
    try:
        if path.stat().st_size > LARGEST:
            raise _refused(path.name, [f"larger than {LARGEST:,} bytes"])
        data = path.read_bytes()
    except OSError as error:
        raise _refused(path.name, [str(error)[:160]]) from None
    return parse(data, path.name)


def parse(data: bytes, name: str) -> list[dict[str, Any]]:
    """The items of a file's bytes, in their order, as `parse_item` takes them.

    Items that gradatim printed itself (`evidence list --json`) can be read back: what the other ledger said of them
    (number, hash, grade, attestations) is left out, and the source says where they come from.

    Args:
        name: what the file is called; one that ends in .csv is read as CSV.

    Raises:
        InputError: not readable, not one of the three forms, or malformed; all problems at once.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(name, [str(error)[:160]]) from None
    if len(data) > LARGEST:
        raise _refused(name, [f"larger than {LARGEST:,} bytes"])
    rows, problems = _csv(text) if name.lower().endswith(".csv") else _json(text)
    if not rows and not problems:
        problems = ["there is no item in it"]
    if len(rows) > MOST_ITEMS:
        problems = [f"{len(rows)} items; at most {MOST_ITEMS} at once"]
    if problems:
        raise _refused(name, problems)
    source = {"type": "import", "file": file_name(name)}
    return [{**{k: v for k, v in row.items() if k not in _OURS}, "source": source} for row in rows]


def _json(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    problems: list[str] = []
    rows: list[Any] = []
    if text.lstrip().startswith("["):
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            return [], [f"not JSON: {str(error)[:120]}"]
    else:
        for i, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    rows.append(json.loads(line))
                except (ValueError, RecursionError) as error:
                    problems.append(f"line {i}: not JSON: {str(error)[:80]}")
    problems += [f"item {i}: not an object" for i, row in enumerate(rows, 1) if not isinstance(row, dict)]
    return [row for row in rows if isinstance(row, dict)], problems


def _csv(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    reader = csv.DictReader(io.StringIO(text))
    problems = [
        f"column {c!r} is not one of {', '.join(COLUMNS)}"
        for c in reader.fieldnames or ()
        if c not in COLUMNS
    ]
    if "title" not in (reader.fieldnames or ()):
        problems.append("column 'title' is missing")
    if problems:
        return [], problems
    rows = []
    for i, cells in enumerate(reader, 2):
        if None in cells:
            problems.append(f"line {i}: more cells than columns")
            continue
        row: dict[str, Any] = {
            name: cells[name].strip() for name in _FIELDS if (cells.get(name) or "").strip()
        }
        try:
            row |= _parsed(cells)
        except ValueError as error:
            problems.append(f"line {i}: {error}")
        rows.append(row)
    return rows, problems


def _parsed(cells: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if share := (cells.get("own_share") or "").strip():
        found["own_share"] = float(share)
    if others := (cells.get("co_authors") or "").strip():
        pairs = [part.rpartition("=") for part in others.split(";") if part.strip()]
        found["co_authors"] = [{"name": name.strip(), "share": float(part)} for name, _, part in pairs]
    if links := (cells.get("links") or "").strip():
        parts = [part.strip().split(":") for part in links.split(";") if part.strip()]
        if any(len(part) != 2 for part in parts):
            raise ValueError("links are written like D8:4; D1:3")
        found["links"] = [{"dimension": d, "level": int(level)} for d, level in parts]
    return found


def _refused(name: str, problems: list[str]) -> InputError:
    return InputError(
        "this file cannot be taken as evidence", problems[:40], where=file_name(name),
        next="gradatim evidence import --help",
    )  # fmt: skip

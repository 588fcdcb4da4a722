"""The follow-up ledger: one JSON line per change of an action, only ever appended."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError
from gradatim.instruments.incident.actions import Action
from gradatim.instruments.incident.records import first

SCHEMA = "gradatim.followup/1"


@dataclass(frozen=True, slots=True)
class Entry:
    """An action as the ledger last knows it.

    Args:
        incident: which incident it comes from.
        action: its last state.
        opened: the day on which it was first written down.
        moved: how often its date was changed.
    """

    incident: str
    action: Action
    opened: datetime.date
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a ledger file says: the lines' number and the last state of every action, by incident and id."""

    lines: int
    entries: dict[tuple[str, str], Entry]

    def overdue(self, today: datetime.date) -> list[Entry]:
        """Open actions past their date, the longest overdue first."""
        late = [e for e in self.entries.values() if e.action.overdue(today)]
        return sorted(late, key=lambda e: e.action.due)


def read_ledger(path: Path) -> Ledger:
    """Read a ledger; a file that does not exist is an empty one.

    Raises:
        InputError: a line cannot be read; all of them are named, and nothing is changed.
    """
    if not path.exists():
        return Ledger(0, {})
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    problems = []
    lines = raw.split(b"\n")
    if raw and lines[-1]:
        problems.append(
            f"line {len(lines)}: it has no end: a write was cut off, or the file was edited by hand"
        )
    entries: dict[tuple[str, str], Entry] = {}
    for i, line in enumerate(lines[:-1], 1):
        try:
            _fold(entries, json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            problems.append(
                f"line {i}: not a line of a follow-up ledger ({str(error)[:80] or 'nested too deeply'})"
            )
    if problems:
        raise InputError(
            f"{path} cannot be used as a ledger",
            first(problems),
            why="it is only ever appended to, so nothing was changed",
            next=f"remove or mend those lines in {path}",
        )
    return Ledger(len(lines) - 1, entries)


def changes(ledger: Ledger, incident: str, actions: Iterable[Action]) -> list[Action]:
    """The actions that the ledger does not have, or has otherwise."""
    return [
        action
        for action in actions
        if (known := ledger.entries.get((incident, action.id))) is None or known.action != action
    ]


def append(path: Path, incident: str, actions: Sequence[Action], today: datetime.date) -> None:
    """Append one line per action and return when they are on disk; one write, so a crash leaves no half line.

    Raises:
        InputError: the file cannot be written.
    """
    if not actions:
        return
    text = "".join(
        json.dumps(_line(incident, action, today), ensure_ascii=False) + "\n" for action in actions
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, text.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(f"{path} cannot be written", why=error.strerror or str(error)) from None


def _line(incident: str, action: Action, today: datetime.date) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "on": today.isoformat(),
        "incident": incident,
        "id": action.id,
        "title": action.title,
        "owner": action.owner,
        "due": action.due.isoformat(),
        "removes": action.removes,
        "status": action.status,
        "closed": action.closed.isoformat() if action.closed else None,
    }


def _fold(entries: dict[tuple[str, str], Entry], line: Any) -> None:
    if not isinstance(line, dict) or line.get("schema") != SCHEMA:
        raise ValueError(f'its schema is not "{SCHEMA}"')
    if line["removes"] not in ("category", "symptom") or line["status"] not in ("open", "done", "dropped"):
        raise ValueError("removes or status is none of the known words")
    date = datetime.date.fromisoformat
    closed = date(line["closed"]) if line["closed"] else None
    action = Action(
        str(line["id"]),
        str(line["title"]),
        str(line["owner"]),
        date(line["due"]),
        line["removes"],
        line["status"],
        closed,
    )
    key = (str(line["incident"]), action.id)
    known = entries.get(key)
    moved = known.moved + (known.action.due != action.due) if known else 0
    entries[key] = Entry(key[0], action, known.opened if known else date(line["on"]), moved)

"""Actions of a review: who, until when, and whether each removes a category of incidents or a symptom."""

from __future__ import annotations

import csv
import datetime
import difflib
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gradatim.core.errors import InputError
from gradatim.instruments.incident.records import first, read_text
from gradatim.instruments.slo.document import read_documents

Removes = Literal["category", "symptom"]
Status = Literal["open", "done", "dropped"]
FIELDS = ("id", "title", "owner", "due", "removes", "status", "closed")
MAX_BYTES = 4 << 20
MAX_ACTIONS = 10_000
MAX_TEXT = 500
EXAMPLE = (
    "- {title: Validate the feature file before it ships, owner: ana, due: 2026-12-04, removes: category}"
)


@dataclass(frozen=True, slots=True)
class Action:
    """One follow-up.

    Args:
        id: as written, or eight digits over the title.
        title: what will be done.
        owner: who answers for it.
        due: until when.
        removes: "category" (this kind of incident can no longer happen) or "symptom" (it hurts less, or is seen
            sooner). The writer says which; it is never guessed.
        status: open, done or dropped.
        closed: when it was done or dropped; None while it is open, or where the writer gives no date.
    """

    id: str
    title: str
    owner: str
    due: datetime.date
    removes: Removes
    status: Status = "open"
    closed: datetime.date | None = None

    def overdue(self, today: datetime.date) -> int:
        """Days past its date; 0 if it is not overdue. The day itself is in time."""
        return max((today - self.due).days, 0) if self.status == "open" else 0


def read_actions(path: Path) -> list[Action]:
    """Actions of a YAML, JSON or CSV file: a list, or an object with `actions`.

    Raises:
        InputError: the file cannot be read, or an action lacks a field; all problems at once.
    """
    text = read_text(path, max_bytes=MAX_BYTES)
    problems: list[str] = []
    found: list[Action] = []
    for place, value in _entries(path, text):
        if (action := _action(place, value, problems)) is not None:
            found.append(action)
    ids = [a.id for a in found]
    problems += [f'the id "{i}" occurs {ids.count(i)} times' for i in dict.fromkeys(ids) if ids.count(i) > 1]
    if not found and not problems:
        problems.append("there is no action in it")
    if len(found) > MAX_ACTIONS:
        problems.append(f"{len(found):,} actions; at most {MAX_ACTIONS:,} are read")
    if problems:
        raise InputError(f"{path} cannot be used", first(problems), why=f"an action reads {EXAMPLE}")
    return found


def _entries(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    if path.suffix.lower() == ".csv":
        rows = csv.DictReader(io.StringIO(text, newline=""), restkey="too many fields", restval="")
        try:
            for row in rows:
                yield (
                    f"line {rows.line_num}",
                    {(k or "").strip().lower(): v for k, v in row.items() if v not in ("", None)},
                )
        except csv.Error as error:
            raise InputError(f"{path} is not CSV", [f"line {rows.line_num}: {error}"]) from None
        return
    value = _document(path, text)
    if isinstance(value, dict) and "actions" in value:
        value = value["actions"]
    if not isinstance(value, list):
        raise InputError(f"{path} is not a list of actions", why=f"an action reads {EXAMPLE}")
    yield from ((f"action {i}", entry) for i, entry in enumerate(value, 1))


def _document(path: Path, text: str) -> Any:
    if text.lstrip()[0] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # a flow sequence of YAML begins like that too
    documents = read_documents(path)
    if len(documents) > 1:
        raise InputError(f"{path} holds several YAML documents", ["actions are one list"])
    return documents[0].value


def _action(place: str, value: Any, problems: list[str]) -> Action | None:
    if not isinstance(value, dict):
        problems.append(f"{place}: not an object with title, owner, due and removes")
        return None
    mine: list[str] = []
    for name in value:
        if str(name) not in FIELDS:
            near = difflib.get_close_matches(str(name), FIELDS, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; known: {', '.join(FIELDS)}"
            mine.append(f'{place}: no field "{str(name)[:40]}"{hint}')
    title, owner = (_text(value, name, place, mine) for name in ("title", "owner"))
    due = _date(value.get("due"), "due", place, mine)
    removes, status = value.get("removes"), value.get("status", "open")
    if removes not in ("category", "symptom"):
        said = f"is {str(removes)[:40]!r}" if removes is not None else "is missing"
        mine.append(f"{place}: removes {said}; say category or symptom, it is not guessed")
    if status not in ("open", "done", "dropped"):
        mine.append(f"{place}: status {str(status)[:40]!r}: one of open, done, dropped")
    closed = _date(value["closed"], "closed", place, mine) if value.get("closed") is not None else None
    if closed and status == "open":
        mine.append(f"{place}: closed on {closed} but its status is open")
    problems += mine
    if mine or due is None or removes not in ("category", "symptom"):
        return None
    made = hashlib.blake2b(title.lower().encode(), digest_size=4).hexdigest()
    return Action(str(value.get("id") or made).strip()[:80], title, owner, due, removes, status, closed)


def _text(value: dict[str, Any], name: str, place: str, problems: list[str]) -> str:
    text = value.get(name)
    if text is None or isinstance(text, dict | list) or not str(text).strip():
        problems.append(f"{place}: {name} is missing")
        return ""
    if len(str(text)) > MAX_TEXT:
        problems.append(f"{place}: {name} has {len(str(text)):,} characters; at most {MAX_TEXT}")
    return re.sub(r"\s+", " ", str(text)).strip()


def _date(value: Any, name: str, place: str, problems: list[str]) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value).strip())
    except ValueError:
        said = "is missing" if value is None else f"{str(value)[:40]!r} is no date"
        problems.append(f"{place}: {name} {said}; write 2026-12-04")
        return None

"""A log file as records: JSON, JSON lines or CSV, told by the content."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gradatim.core.errors import InputError

MAX_BYTES = 64 << 20
MAX_PROBLEMS = 20
DELIMITERS = (",", ";", "\t", "|")


class Record(NamedTuple):
    """A record and where it stands in its file."""

    place: str
    value: dict[str, Any]


def read_text(path: Path, encoding: str | None = None, *, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file.

    Raises:
        InputError: it cannot be read, is empty, too large, not text, or not in that encoding.
    """
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= max_bytes else b""
    except OSError as error:
        raise InputError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    if size > max_bytes:
        raise InputError(f"{path} is too large", [f"{size:,} bytes; at most {max_bytes:,} are read"])
    if not raw.strip():
        raise InputError(f"{path} is empty", [f"{size} bytes and no event in it"], next=f"ls -l {path}")
    if encoding is None and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    if raw[:2] == b"\x1f\x8b" or raw[:4] in (b"PK\x03\x04", b"PAR1"):
        raise InputError(f"{path} is not text", ["packed or binary: give JSON, JSON lines or CSV"])
    try:
        text = raw.decode(encoding or "utf-8-sig")
    except LookupError:
        raise InputError(
            f'no encoding named "{encoding}"', next="--encoding utf-8, cp1252, latin-1 or utf-16"
        ) from None
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = raw[:start].count(b"\n") + 1
        raise InputError(
            f"{path} is not {encoding or 'UTF-8'}",
            [f"line {line}: byte 0x{raw[start]:02x} at offset {start}"],
            next="name its encoding, for instance --encoding cp1252",
        ) from None
    if "\x00" in text:
        raise InputError(
            f"{path} is not text", ["it holds zero bytes: a binary file, or UTF-16 without a mark"]
        )
    return text


def load(path: Path, encoding: str | None = None) -> tuple[str, list[Record]]:
    """Records of a file.

    Returns:
        "json", "jsonl" or "csv", and the records.

    Raises:
        InputError: not one of them, damaged, or without records.
    """
    text = read_text(path, encoding)
    if text.lstrip()[0] in "[{":
        form, records = _json(path, text)
    else:
        form, records = "csv", list(_csv(path, text))
    if not records:
        raise InputError(f"{path} holds no events", ["it is a list or table without entries"])
    return form, records


def _json(path: Path, text: str) -> tuple[str, list[Record]]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and text.count("\n") and _looks_like_lines(text):
            return "jsonl", _lines(path, text)
        raise InputError(f"{path} is not JSON", [_where(error)], why=_cut(text)) from None
    return "json", list(_unfold(path, whole))


def _looks_like_lines(text: str) -> bool:
    try:
        return isinstance(json.loads(text.lstrip().split("\n", 1)[0]), dict)
    except (ValueError, RecursionError):
        return False


def _lines(path: Path, text: str) -> list[Record]:
    found, problems = [], []
    for i, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            problems.append(f"line {i}: not JSON")
            continue
        if isinstance(value, dict):
            found.append(Record(f"line {i}", value))
        else:
            problems.append(f"line {i}: not an object")
    if problems:
        raise InputError(f"{path} has lines that cannot be read", first(problems))
    return found


def _unfold(path: Path, whole: Any) -> Iterator[Record]:
    """The records of a document: a list, or an object that holds one list of them."""
    if isinstance(whole, dict):
        if "alerts" in whole:
            yield Record("payload 1", whole)
            return
        if set(whole) == {"incident"} and isinstance(whole["incident"], dict):
            yield Record("the incident", whole["incident"])
            return
        lists = {name: v for name, v in whole.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
        named = [
            n
            for n in ("events", "messages", "timeline", "items", "data", "log_entries", "incidents")
            if n in lists
        ]
        if not named and len(lists) != 1:
            yield Record("the object", whole)
            return
        whole = lists[named[0] if named else next(iter(lists))]
    problems = []
    for i, value in enumerate(whole if isinstance(whole, list) else [whole], 1):
        if isinstance(value, dict):
            yield Record(f"entry {i}", value)
        else:
            problems.append(f"entry {i}: {type(value).__name__}, not an object")
    if problems:
        raise InputError(f"{path} is not a list of events", first(problems))


def _csv(path: Path, text: str) -> Iterator[Record]:
    lines = text.splitlines()[:50]
    head = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names: list[str] = []
    problems = []
    found = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = [cell.strip() for cell in row]
                twice = sorted((n, k) for n, k in Counter(names).items() if n and k > 1)
                problems += [f'column name "{n}" occurs {k} times' for n, k in twice]
                if len(names) == 1:
                    problems.append(f'one column, "{names[0][:60]}": is this a table with a header?')
            elif len(row) > len(names):
                problems.append(f"line {reader.line_num}: {len(row)} fields, the header has {len(names)}")
            else:
                found.append(Record(f"line {reader.line_num}", dict(zip(names, row, strict=False))))
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}")
    if problems:
        raise InputError(f"{path} cannot be used", first(problems), next=f"head -3 {path}")
    yield from found


def first(problems: list[str]) -> list[str]:
    """The problems, or the first of very many and how many more there are."""
    more = len(problems) - MAX_PROBLEMS
    return problems if more <= 0 else [*problems[:MAX_PROBLEMS], f"and {more:,} more of that kind"]


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _cut(text: str) -> str:
    return "the file ends in the middle: was it cut?" if text.rstrip()[-1] not in "]}" else ""

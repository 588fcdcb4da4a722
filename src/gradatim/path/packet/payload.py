"""What a packet holds: the chosen entries opened, every other entry as digests only, and what follows from them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradatim.core import chain
from gradatim.core.chain import Entry
from gradatim.core.errors import InputError, VersionMismatch
from gradatim.path.evidence.record import ATTESTATION, EVIDENCE, TASK_ISSUED, WITHDRAWAL, Record, records

FORMAT, VERSION = "gradatim-packet", 1
RATING, SAMPLE = "rating", "sample"
LARGEST = 40_000_000
# Without these an item could be shown while what was said of it later is kept back.
ALWAYS_OPEN = {
    EVIDENCE: ("replaces",),
    WITHDRAWAL: ("entry",),
    ATTESTATION: ("entry", "stance", "by_owner"),
    RATING: ("key",),
    "redaction": ("entry", "names"),
}
HONEST = ("assistance", "grade")
"""Every item that a packet shows says these. A packet made before that was so may withhold them, and says so."""
_KEYS = {
    "format", "version", "made_by", "made_at", "owner", "key", "committee", "rubric", "chain", "head", "items", "cover",
    "ledger_problems", "ratings", "verdict", "panel", "fragile", "not_proved", "opportunities", "withheld",
}  # fmt: skip
_INSIDE = {"head": {"count", "hash"}, "cover": {"standing", "shown", "smallest", "exact"}}
_JSON_IN_PAGE = re.compile(r'<script type="application/json" id="packet">(.*?)</script>', re.S)


@dataclass(frozen=True)
class Opening:
    """What is opened of a ledger for one packet.

    Attributes:
        items: numbers of the chosen entries.
        hidden: (number, field) that this packet withholds though the ledger has them.
    """

    items: tuple[int, ...]
    hidden: frozenset[tuple[int, str]] = frozenset()


def open_chain(entries: Sequence[Entry], opening: Opening) -> list[Entry]:
    """The whole chain, with the fields open that the packet is to show."""
    exams = {
        str(source.get("exam"))
        for e in entries
        if e.number in opening.items and (source := e.value("source") or {}).get("type") == "exam"
    }
    tasks = {
        str(source.get("attempt"))
        for e in entries
        if e.number in opening.items and (source := e.value("source") or {}).get("type") == "task"
    }
    last = {rated.number for rated in last_ratings(entries).values()}
    return [_opened(e, opening, exams, tasks, last) for e in entries]


def last_ratings(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The last `rating` entry of each reviewer, by the key that its file is said to be signed with.

    A ledger made before entries named that key has it in the file only; a packet then opens the file.
    """
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.kind == RATING and (key := rated_by(entry)) is not None:
            found[key] = entry
    return found


def rated_by(entry: Entry) -> str | None:
    """The key that a `rating` entry names; None where it cannot be seen."""
    file = entry.value("file")
    key = entry.value("key", file.get("key") if isinstance(file, Mapping) else None)
    return key if isinstance(key, str) else None


def _opened(
    entry: Entry, opening: Opening, exams: Collection[str], tasks: Collection[str], rated: Collection[int]
) -> Entry:
    chosen = (
        (entry.kind == EVIDENCE and entry.number in opening.items)
        or (entry.kind == ATTESTATION and entry.value("entry") in opening.items)
        or (entry.kind.startswith("exam-") and entry.value("exam") in exams)
        or (entry.kind == TASK_ISSUED and entry.value("attempt") in tasks)
    )
    always = ALWAYS_OPEN.get(entry.kind, ())
    if entry.kind == RATING and (entry.number in rated or "key" not in entry.fields):
        always = (*always, "file")
    if entry.kind == TASK_ISSUED and tasks:
        # How many forms of a task were issued before the one that passed can be counted by this only.
        always = (*always, "lab")
    closed = [
        name
        for name, field in entry.fields.items()
        if not field.withheld
        and name not in always
        and (not chosen or (entry.number, name) in opening.hidden)
    ]
    return chain.redact(entry, closed)


def shared(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """What a packet gives away, entry by entry: names of the open fields with their sizes, and of the withheld ones."""
    rows = []
    for entry in entries:
        sizes = {
            n: len(json.dumps(f.value, ensure_ascii=False)) for n, f in entry.fields.items() if not f.withheld
        }
        withheld = sorted(n for n, f in entry.fields.items() if f.withheld)
        fixed = [n for n in sizes if not can_be_withheld(entry, n)]
        rows.append(
            {
                "number": entry.number,
                "kind": entry.kind,
                "at": entry.at,
                "open": sizes,
                "withheld": withheld,
                "fixed": fixed,
            }
        )
    return rows


def can_be_withheld(entry: Entry, name: str) -> bool:
    """Whether one packet may leave a field out: never what others said of an item, nor that it is an example."""
    fixed = (SAMPLE, *ALWAYS_OPEN.get(entry.kind, ()), *(HONEST if entry.kind == EVIDENCE else ()))
    return entry.kind not in (RATING, TASK_ISSUED) and name not in fixed


def as_text(payload: Mapping[str, Any]) -> str:
    """The payload as it stands in a file."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(data: bytes, *, where: str = "") -> dict[str, Any]:
    """The payload of a packet file, HTML or JSON, with its form checked.

    Raises:
        InputError: not a packet, or malformed; all problems at once.
        VersionMismatch: a newer version of gradatim wrote it.
    """
    if len(data) > LARGEST:
        raise InputError("this is not a packet", [f"larger than {LARGEST:,} bytes"], where=where)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_one(f"not UTF-8 at byte {error.start}", where) from None
    found = _JSON_IN_PAGE.findall(text)
    if len(found) > 1:
        raise _not_one("it holds more than one payload", where)
    try:
        whole = json.loads(found[0] if found else text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _not_one(f"no readable payload: {str(error)[:120]}", where) from None
    payload = whole if found else whole.get("packet") if isinstance(whole, dict) else None
    if not isinstance(payload, dict) or payload.get("format") != FORMAT:
        raise _not_one("its payload is not one of a packet", where)
    version = payload.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise VersionMismatch(
            f"this packet was made by a newer gradatim (format {version}, this one reads {VERSION})",
            where=where, why=f"made by {str(payload.get('made_by'))[:40]}", next="install the newest gradatim",
        )  # fmt: skip
    problems = [f"version: {VERSION} is expected"] if version != VERSION or type(version) is not int else []
    problems += _form(payload)
    if problems:
        raise InputError("this packet cannot be read", problems, where=where)
    return payload


def opened_records(payload: Mapping[str, Any]) -> tuple[list[Entry], list[Record]]:
    """The chain of a packet and the items in it that it shows, in order.

    Raises:
        InputError: an item is not of the form of one. Whoever sealed the file may have put anything in there.
    """
    entries = [chain.parse(raw) for raw in payload["chain"]]
    chosen = set(payload["items"])
    if problems := [f"entry {e.number}: {p}" for e in entries if e.kind == EVIDENCE for p in _malformed(e)]:
        raise InputError("this packet cannot be read", problems[:40])
    return entries, [r for r in records(entries) if r.entry.number in chosen]


def _malformed(entry: Entry) -> list[str]:
    links, source = entry.value("links") or [], entry.value("source") or {}
    good = isinstance(links, list) and all(
        isinstance(x, Mapping) and isinstance(x.get("dimension"), str) and type(x.get("level")) is int
        for x in links
    )
    problems = [] if good else ["links: not dimensions with levels"]
    if not isinstance(source, Mapping) or not isinstance(source.get("type"), str | None):
        problems.append("source: not an object with a type")
    return problems


def _form(payload: Mapping[str, Any]) -> list[str]:
    problems = [f"{name}: missing" for name in sorted(_KEYS - set(payload))]
    problems += [f"{name}: unknown" for name in sorted(set(payload) - _KEYS)]
    text, many, things = str, list, dict
    kinds: dict[str, Any] = {
        **dict.fromkeys(("made_by", "made_at", "owner", "key"), text),
        **dict.fromkeys(("rubric", "head", "cover", "verdict"), things),
        **dict.fromkeys(("chain", "items", "ledger_problems", "ratings", "fragile", "not_proved"), many),
        **dict.fromkeys(("opportunities", "withheld"), many),
        "committee": (str, type(None)),
        "panel": (dict, type(None)),
    }
    problems += [
        f"{n}: of another type" for n, t in kinds.items() if n in payload and not isinstance(payload[n], t)
    ]
    for name, keys in _INSIDE.items():
        if isinstance(inside := payload.get(name), dict) and set(inside) != keys:
            problems.append(f"{name}: has exactly {', '.join(sorted(keys))}")
    if not problems:
        if not all(isinstance(n, int) and not isinstance(n, bool) for n in payload["items"]):
            problems.append("items: not numbers of entries")
        for i, raw in enumerate(payload["chain"], 1):
            try:
                chain.parse(raw)
            except ValueError as error:
                problems.append(f"chain: entry {i}: {error}")
    return problems[:40]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand there once; readers differ about the second of two."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)


def _not_one(why: str, where: str) -> InputError:
    return InputError("this is not a packet", [why], where=where, next="gradatim packet verify --help")

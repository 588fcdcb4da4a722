"""Reading a ladder file: every problem at once, nothing half read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from gradatim.core.errors import InputError
from gradatim.path.evidence.item import KINDS
from gradatim.path.evidence.text import file_name, visible

from .ladder import LONGEST, MOST_DIMENSIONS, MOST_LEVELS, Ladder, Rung, Side, dimension_ids, place, slug
from .table import rows_of
from .tree import tree_of

_ID = re.compile(r"[A-Z][A-Z0-9]*")
Placed = tuple[str, Mapping[str, Any]]
"""Where in the file a row stands, and the row."""
NEXT = "gradatim path ladder import --help"


def read(data: bytes, name: str, *, mid: str | None = None, senior: str | None = None) -> Ladder:
    """A ladder from a file.

    Args:
        data: the file, UTF-8 (or UTF-16 with its mark, as spreadsheets write it).
        name: its name; `.yaml`, `.yml` and `.json` are read as YAML, anything else as a table.
        mid: the ladder's own name of the level that is mid.
        senior: the one that is senior.

    Raises:
        InputError: what is wrong, all of it.
    """
    label = file_name(name)
    text = _text(data, label)
    head: dict[str, Any] = {}
    if PurePath(name).suffix.lower() in (".yaml", ".yml", ".json"):
        raw, head, problems = tree_of(text)
    else:
        found = rows_of(text)
        head["levels"], problems = found.levels, found.problems
        raw = [(f"line {number}", dict(row)) for number, row in found.rows]
    if not raw and not problems:
        problems = ["there is no statement in it"]
    if problems:
        raise _refused(label, problems)
    rows = [(where, row, _checked(where, row, problems)) for where, row in raw]
    if problems:
        raise _refused(label, problems)
    levels = tuple(dict.fromkeys([*head.get("levels", ()), *(r["level"] for _, _, r in rows)]))
    dimensions = tuple(dict.fromkeys(r["dimension"] for _, _, r in rows))
    for what, some, most in (("levels", levels, MOST_LEVELS), ("dimensions", dimensions, MOST_DIMENSIONS)):
        if len(some) > most:
            problems.append(f"{len(some)} {what}; at most {most}")
    placed, left_out, wrong = _placed(levels, head, mid, senior)
    problems += wrong
    sides = _sides(dimensions, [(where, r) for where, _, r in rows], placed, problems)
    if problems:
        raise _refused(label, problems)
    title = visible(" ".join(head.get("title", "").split()), lines=False)[:120]
    return Ladder(
        slug(title or PurePath(label).stem),
        title or PurePath(label).stem,
        levels,
        placed,
        tuple(sides),
        left_out,
    )


def _text(data: bytes, label: str) -> str:
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(label, [f"not UTF-8 at byte {error.start}: save it as UTF-8"]) from None


def _placed(
    levels: Sequence[str], head: Mapping[str, Any], mid: str | None, senior: str | None
) -> tuple[dict[str, int], tuple[str, ...], list[str]]:
    said: dict[str, int] = head.get("placed", {})
    if not said or mid is not None or senior is not None:
        return place(levels, mid, senior)
    wrong = [
        f"levels: {name} is placed at {n}, not from 1 to 5" for name, n in said.items() if not 1 <= n <= 5
    ]
    wrong += [
        f"levels: two are placed at {n}"
        for n in sorted({n for n in said.values() if list(said.values()).count(n) > 1})
    ]
    wrong += [f"levels: none is placed at {n} ({word})" for n, word in ((2, "mid"), (4, "senior"))
              if n not in said.values()]  # fmt: skip
    wrong += [f"levels: {name} has no place" for name in levels if name not in said]
    return dict(said), (), wrong


def _checked(where: str, row: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """One row with its values as texts, figures and lists."""
    made: dict[str, Any] = {}
    for name in ("dimension", "level", "statement"):
        made[name] = _line(where, name, row.get(name), problems, lines=name == "statement")
    for name in ("title", "question", "example", "counter_signal"):
        if row.get(name) not in (None, ""):
            made[name] = _line(where, name, row[name], problems)
    for name in ("signals", "evidence", "covers"):
        if row.get(name) not in (None, "", []):
            made[name] = _list(where, name, row[name], problems)
    problems += [f"{where}: evidence: {kind} is none of {', '.join(KINDS)}" for kind in made.get("evidence", ())
                 if kind not in KINDS]  # fmt: skip
    if isinstance(row.get("contrast"), Mapping):
        made["contrast"] = {
            str(k): _line(where, f"contrast.{k}", v, problems) for k, v in row["contrast"].items()
        }
    if row.get("weight") not in (None, ""):
        try:
            made["weight"] = float(str(row["weight"]).replace(",", "."))
        except ValueError:
            problems.append(f"{where}: weight: {str(row['weight'])[:40]!r} is not a number")
        else:
            if not 0 < made["weight"] <= 100:
                problems.append(f"{where}: weight: {made['weight']:g} is not above 0 and at most 100")
    return made


def _line(where: str, name: str, value: Any, problems: list[str], *, lines: bool = False) -> str:
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        problems.append(f"{where}: {name}: {'missing' if value is None else 'not a text'}")
        return ""
    text = str(value).replace("\r\n", "\n").strip()
    text = visible(text) if lines else visible(" ".join(text.split()), lines=False)
    if not text:
        problems.append(f"{where}: {name}: empty")
    if len(text) > LONGEST:
        problems.append(f"{where}: {name}: longer than {LONGEST} characters")
    return text


def _list(where: str, name: str, value: Any, problems: list[str]) -> tuple[str, ...]:
    parts = (
        value
        if isinstance(value, list)
        else re.split(r"\n|\s\|\s" if name == "signals" else r"[\s,;|]+", str(value))
    )
    found = [_line(where, name, part, problems) for part in parts if part not in (None, "")]
    return tuple(part for part in found if part)


def _sides(
    dimensions: Sequence[str], rows: Sequence[Placed], placed: Mapping[str, int], problems: list[str]
) -> list[Side]:
    """The dimensions with their rungs; rows for one place are bullets of it, the same text twice is a mistake."""
    plain = [name if _ID.fullmatch(name) else "" for name in dimensions]
    titles = [_first(rows, name, "title") or name for name in dimensions]
    guessed = dimension_ids(plain[i] or titles[i] for i in range(len(titles)))
    sides = []
    for name, fixed, made, title in zip(dimensions, plain, guessed, titles, strict=True):
        rungs: dict[str, Rung] = {}
        for where, row in rows:
            if row["dimension"] != name:
                continue
            before = rungs.get(row["level"])
            if before is not None and row["statement"] in before.statement.split("\n"):
                problems.append(f"{where}: {name} at {row['level']} says the same as a line before")
            rungs[row["level"]] = _rung(row, before)
        problems += [
            f"{name}: nothing is said at {level}, which is {word}"
            for number, word in ((2, "mid"), (4, "senior"))
            for level, at in placed.items()
            if at == number and level not in rungs
        ]
        covers = _first(rows, name, "covers") or ()
        weight = _first(rows, name, "weight")
        sides.append(
            Side(fixed or made, title, rungs, _first(rows, name, "question") or "", 1.0 if weight is None else weight,
                 tuple(covers), _first(rows, name, "contrast") or {})
        )  # fmt: skip
    return sides


def _rung(row: Mapping[str, Any], before: Rung | None) -> Rung:
    told = Rung(row["statement"], tuple(row.get("signals", ())), row.get("example", ""), row.get("counter_signal", ""),
                tuple(row.get("evidence", ())))  # fmt: skip
    if before is None:
        return told
    return Rung(
        f"{before.statement}\n{told.statement}", (*before.signals, *told.signals), before.example or told.example,
        before.counter_signal or told.counter_signal, tuple(dict.fromkeys((*before.evidence, *told.evidence))),
    )  # fmt: skip


def _first(rows: Sequence[Placed], dimension: str, name: str) -> Any:
    return next((r[name] for _, r in rows if r["dimension"] == dimension and name in r), None)


def _refused(label: str, problems: Sequence[str]) -> InputError:
    shown = list(dict.fromkeys(problems))
    more = [f"… and {len(shown) - 60} more"] if len(shown) > 60 else []
    return InputError("this file is no ladder that can be read", [*shown[:60], *more], where=label, next=NEXT)

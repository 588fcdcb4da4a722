"""A ladder in a table: one row a statement, one column a level, or one column a dimension."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

COLUMNS = {
    "level": ("level", "grade", "band", "stage", "rung", "seniority"),
    "dimension": ("dimension", "competency", "competence", "area", "category", "pillar", "theme", "attribute", "skill",
                  "axis"),
    "statement": ("statement", "description", "expectation", "expectations", "behaviour", "behavior", "behaviours",
                  "behaviors", "text", "criteria", "criterion"),
    "title": ("title", "dimension title", "name"),
    "question": ("question",),
    "signals": ("signals", "signal"),
    "example": ("example", "examples"),
    "counter_signal": ("counter signal", "counter signals", "not yet", "anti pattern"),
    "evidence": ("evidence", "proof"),
    "weight": ("weight",),
    "covers": ("covers",),
}  # fmt: skip
_ABOUT_DIMENSION = ("title", "question", "weight", "covers")
_DELIMITERS = ",;\t|"


class Table(NamedTuple):
    """Statements as (line, {level, dimension, statement, …}), the levels that the head names, and what is wrong."""

    rows: list[tuple[int, dict[str, str]]]
    levels: tuple[str, ...]
    problems: list[str]


def rows_of(text: str) -> Table:
    """The statements of a CSV text.

    Comma, semicolon, tab and bar separate cells, whichever the first line has most of.
    """
    lines = text.splitlines()
    head = next((line for line in lines if line.strip()), "")
    delimiter = max(_DELIMITERS, key=lambda d: (head.count(d), -_DELIMITERS.index(d)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table: list[tuple[int, list[str]]] = []
    try:
        table += [
            (reader.line_num, [c.strip() for c in cells]) for cells in reader if any(c.strip() for c in cells)
        ]
    except csv.Error as error:
        return Table([], (), [f"line {reader.line_num}: {error}"])
    if len(table) < 2:
        return Table([], (), ["a line of column names and one line at least are needed"])
    names, body = table[0][1], table[1:]
    problems = [
        f"line {number}: {len(cells)} cells under {len(names)} columns"
        for number, cells in body
        if len(cells) > len(names) and any(cells[len(names) :])
    ]
    problems += [
        f"column {i}: has no name" for i, n in enumerate(names, 1) if i > 1 and not n and _filled(body, i - 1)
    ]
    twice = sorted({n for n in names if n and [_norm(m) for m in names].count(_norm(n)) > 1})
    problems += [f"column {name!r} stands there twice" for name in twice]
    if problems:
        return Table([], (), problems)
    known = {i: field for i, name in enumerate(names) if (field := _field(name)) is not None}
    fields = {field: i for i, field in reversed(list(known.items()))}
    full = [(number, cells + [""] * (len(names) - len(cells))) for number, cells in body]
    if {"level", "dimension", "statement"} <= set(fields):
        return Table(_long(full, fields), (), [])
    others = [i for i, name in enumerate(names) if i not in known and name]
    if "level" in fields and "dimension" not in fields:
        at, rows_are, what, about = fields["level"], "level", "the dimensions", {}
    else:
        at, rows_are, what = fields.get("dimension", fields.get("title", 0)), "dimension", "the levels"
        others = [i for i in others if i != at]
        about = {f: i for f, i in fields.items() if f in _ABOUT_DIMENSION and i != at}
    problems = _none(others, what)
    problems += [
        f"line {number}: nothing is said of {cells[at] or 'it'}"
        for number, cells in full
        if others and not any(cells[i] for i in others)
    ]
    levels = tuple(names[i] for i in others) if rows_are == "dimension" else ()
    return Table(_wide(full, names, at, others, rows_are, about), levels, problems)


def _none(others: Sequence[int], what: str) -> list[str]:
    if others:
        return []
    wanted = f"the columns level, dimension and statement, or one column for each of {what}"
    return [f"these columns are no ladder: it has {wanted}"]


def _long(
    body: Sequence[tuple[int, list[str]]], fields: Mapping[str, int]
) -> list[tuple[int, dict[str, str]]]:
    return [(number, {field: cells[i] for field, i in fields.items()}) for number, cells in body]


def _wide(
    body: Sequence[tuple[int, list[str]]], names: Sequence[str], at: int, others: Sequence[int], rows_are: str,
    about: Mapping[str, int],
) -> list[tuple[int, dict[str, str]]]:  # fmt: skip
    """One row for each cell that says something; `rows_are` names what the first column holds."""
    other = "dimension" if rows_are == "level" else "level"
    return [
        (
            number,
            {
                rows_are: cells[at],
                other: names[i],
                "statement": cells[i],
                **{f: cells[j] for f, j in about.items()},
            },
        )
        for number, cells in body
        for i in others
        if cells[i]
    ]


def _filled(body: Sequence[tuple[int, list[str]]], column: int) -> bool:
    return any(len(cells) > column and cells[column] for _, cells in body)


def _norm(name: str) -> str:
    return " ".join(re.sub(r"[_\-]+", " ", name).casefold().split())


def _field(name: str) -> str | None:
    return next((field for field, names in COLUMNS.items() if _norm(name) in names), None)


def normal(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of another form (YAML) with its keys as the columns are called here."""
    return {_field(str(key)) or str(key): value for key, value in row.items()}

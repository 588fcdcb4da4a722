"""The needed columns of a person's file, typed, with every defect of all of them collected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.tables import Table, as_epoch_s, as_numbers, as_text, infer, open_table, time_hint

if TYPE_CHECKING:
    import polars as pl

MAX_ROWS = 50_000_000
LARGEST = 1e120
"""Of a value. Squares of sums of many of them must still be numbers."""


class Rows(NamedTuple):
    """The columns that were asked for.

    Args:
        frame: numbers as Float64 (null where missing), texts as String, the time as seconds in column `time`.
        notes: what was assumed in reading the file.
    """

    frame: pl.DataFrame
    notes: list[str]


class Wanted(NamedTuple):
    """Which columns are read as what."""

    numbers: Sequence[str] = ()
    texts: Sequence[str] = ()
    time: str | None = None

    @property
    def columns(self) -> list[str]:
        time = [] if self.time is None else [self.time]
        return list(dict.fromkeys([*self.texts, *time, *self.numbers]))


NUMBER, TEXT, TIME = "n:", "t:", "time"
"""Prefixes of the frame's columns: one column of a file may be wanted both as a number and as a text."""


def numeric_columns(table: Table, besides: Sequence[str]) -> list[str]:
    """The columns that look like numbers, without those named in `besides`."""
    left = set(besides)
    return [
        name
        for name in table.columns
        if name not in left and infer(table.sample(name)) in ("number", "boolean")
    ]


def open_data(path: Path, delimiter: str | None = None, encoding: str | None = None) -> Table:
    """Open a file; `open_table` with the command's options."""
    return open_table(path, delimiter=delimiter, encoding=encoding)


def read_rows(table: Table, wanted: Wanted) -> Rows:
    """Read the wanted columns of the whole file.

    Raises:
        InputError: columns that are missing, no rows, values that are not numbers or not finite, times that cannot
            be read; all problems at once.
    """
    polars = load("polars", "work", "Reading tables")
    absent = [name for name in wanted.columns if name not in table.columns]
    if absent:
        known = ", ".join(f'"{n}"' for n in table.columns[:20])
        raise InputError(
            f"{table.path.name} lacks columns",
            [f'no column "{name}"' for name in absent],
            why=f"it has {known}" + (" ..." if len(table.columns) > 20 else ""),
        )
    parts: list[pl.DataFrame] = []
    faults = _Faults()
    rows = 0
    for block in table.blocks(wanted.columns):
        data = {}
        for name in wanted.numbers:
            data[NUMBER + name] = faults.numbers(name, block.column(name), rows)
        for name in wanted.texts:
            data[TEXT + name] = polars.Series(as_text(block.column(name))).cast(polars.String)
        if wanted.time is not None:
            data[TIME] = faults.times(wanted.time, block.column(wanted.time), rows)
        parts.append(polars.DataFrame(data))
        rows += block.rows
        if rows > MAX_ROWS:
            raise InputError(
                f"{table.path.name} has more than {MAX_ROWS:,} rows", ["aggregate it per unit first"]
            )
    if rows == 0:
        raise InputError(f"{table.path.name} has a header and no rows", ["there is nothing to compare"])
    if problems := faults.problems():
        raise InputError(f"{table.path.name} cannot be used", problems)
    return Rows(polars.concat(parts), list(table.notes))


class _Faults:
    """Values that cannot be used, counted by column, with the first of each."""

    def __init__(self) -> None:
        self.bad: dict[str, tuple[int, int, str]] = {}

    def numbers(self, name: str, column: object, before: int) -> pl.Series:
        polars = load("polars", "work", "Reading tables")
        parsed = as_numbers(column)
        series: pl.Series = polars.Series(parsed.values).fill_nan(None)
        if parsed.unparsed:
            text = polars.Series(as_text(column))
            if (truth := _truth(text)) is not None:
                return truth
            at = (series.is_null() & text.is_not_null()).arg_true()
            first = next((i for i in at if text[i].strip() and as_numbers(_one(text, i)).unparsed), at[0])
            self._add(name, "not numbers", parsed.unparsed, before + first, repr(text[first][:40]))
        infinite = series.is_infinite().fill_null(False).arg_true()
        if len(infinite):
            self._add(name, "infinite", len(infinite), before + infinite[0], "inf")
        huge = (series.is_finite() & (series.abs() > LARGEST)).fill_null(False).arg_true()
        if len(huge):
            what = f"beyond {LARGEST:g}, and cannot be squared"
            self._add(name, what, len(huge), before + huge[0], f"{series[huge[0]]:g}")
        return series

    def times(self, name: str, column: object, before: int) -> pl.Series:
        polars = load("polars", "work", "Reading tables")
        parsed = as_epoch_s(column)
        series: pl.Series = polars.Series(parsed.values).fill_nan(None)
        if parsed.unparsed:
            text = polars.Series(as_text(column))
            at = (series.is_null() & text.is_not_null()).arg_true()
            example = repr(text[at[0]][:40]) + time_hint(column)
            self._add(name, "not times", parsed.unparsed, before + at[0], example)
        return series

    def _add(self, name: str, what: str, count: int, row: int, value: str) -> None:
        key = f'column "{name}": {{}} values are {what}'
        known, at, example = self.bad.get(key, (0, row + 1, value))
        self.bad[key] = (known + count, at, example)

    def problems(self) -> list[str]:
        return [
            f"{key.format(f'{count:,}')}, the first is {value} in data row {row:,}"
            for key, (count, row, value) in self.bad.items()
        ]


def _truth(text: pl.Series) -> pl.Series | None:
    """A column of the words true and false as 1 and 0; None where there is any other word."""
    polars = load("polars", "work", "Reading tables")
    words = text.str.strip_chars().str.to_lowercase()
    number: pl.Series = words.replace_strict(
        {"true": 1.0, "false": 0.0}, default=None, return_dtype=polars.Float64
    )
    other = number.is_null() & text.is_not_null() & ~words.is_in(["", "nan", "null", "none", "na", "n/a"])
    return None if other.any() else number


def _one(text: pl.Series, i: int) -> object:
    return text[i : i + 1].to_arrow()

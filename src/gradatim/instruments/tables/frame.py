"""A whole table in memory, typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.tables.table import open_table
from gradatim.instruments.tables.values import as_epoch_s, as_numbers, infer

if TYPE_CHECKING:
    import polars as pl


def read(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    max_rows: int = 50_000_000,
    allow_empty: bool = False,
) -> pl.DataFrame:
    """Read a CSV or Parquet file whole. Numbers become Float64 or keep their type, ISO times Datetime (UTC).

    Args:
        path: the file.
        columns: only these; None reads all.
        delimiter: of a CSV; None finds it.
        encoding: of a CSV; None takes UTF-8.
        max_rows: more rows are refused, so that memory stays bounded.
        allow_empty: give a table without rows instead of an error.

    Raises:
        InputError: the file cannot be read, lacks columns, has no rows or too many; all problems at once.
        MissingGroup: polars or pyarrow is not installed.
    """
    polars = load("polars", "work", "Reading tables")
    table = open_table(path, delimiter=delimiter, encoding=encoding)
    wanted = list(columns) if columns is not None else list(table.columns)
    absent = [name for name in wanted if name not in table.columns]
    if absent:
        raise InputError(
            f"{path} lacks columns",
            [f'no column "{name}"' for name in absent],
            why=f"it has: {', '.join(table.columns[:20])}{' …' if len(table.columns) > 20 else ''}",
        )
    parts, rows = [], 0
    for block in table.blocks(wanted):
        rows += block.rows
        if rows > max_rows:
            raise InputError(f"{path} has more than {max_rows:,} rows", next="take a part of it")
        parts.append(polars.DataFrame({name: polars.from_arrow(block.column(name)) for name in wanted}))
    if not rows and not allow_empty:
        raise InputError(f"{path} has a header and no rows", next=f"head -3 {path}")
    frame: pl.DataFrame = polars.concat(parts) if parts else polars.DataFrame({name: [] for name in wanted})
    if table.format == "csv":
        frame = frame.with_columns(_typed(frame.get_column(name)) for name in wanted)
    return frame


def _typed(text: Any) -> Any:
    """A column of strings as what all of its values are; a column with a single other value stays text."""
    polars = load("polars", "work", "Reading tables")
    arrow = text.to_arrow()
    kind = infer(arrow)
    if kind == "number" and not (numbers := as_numbers(arrow)).unparsed:
        return polars.Series(text.name, numbers.values).fill_nan(None)
    if kind == "time" and not (times := as_epoch_s(arrow)).unparsed:
        stamps = polars.Series(text.name, times.values).fill_nan(None)
        return (stamps * 1e6).round().cast(polars.Int64).cast(polars.Datetime("us", "UTC"))
    if kind == "boolean":
        return text.str.to_lowercase() == "true"
    return text

"""Parquet: one column of one row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.tables.table import Block, Table, check_names

if TYPE_CHECKING:
    import pyarrow as pa

# A row group larger than this is read in slices, so that memory stays bounded whoever wrote the file.
LARGE_GROUP = 4_000_000
SLICE = 1_000_000
SAMPLE_GROUPS, SAMPLE_ROWS = 16, 65_536


class GroupBlock(Block):
    """One row group; a column is decoded when it is asked for."""

    def __init__(self, table: ParquetTable, group: int, rows: int) -> None:
        self.table, self.group, self.rows = table, group, rows

    def column(self, name: str) -> pa.Array:
        return self.table.decode(self.group, name)


class SliceBlock(Block):
    """Rows of a large row group that are in memory."""

    def __init__(self, batch: Any) -> None:
        self.batch, self.rows = batch, batch.num_rows

    def column(self, name: str) -> pa.Array:
        return self.batch.column(self.batch.schema.get_field_index(name))


class ParquetTable(Table):
    """A Parquet file whose footer is sound. `rows` is known before anything is decoded."""

    format = "parquet"

    def __init__(self, path: Path, file: Any, columns: Sequence[str], notes: Sequence[str]) -> None:
        super().__init__(path, columns, notes)
        self.file = file
        self._last: tuple[int, str, pa.Array] | None = None
        self.rows = file.metadata.num_rows

    def decode(self, group: int, name: str) -> pa.Array:
        """One column of one row group.

        Raises:
            InputError: the pages are damaged.
        """
        pyarrow = load("pyarrow", "work", "Reading Parquet")
        if self._last is not None and self._last[:2] == (group, name):
            return self._last[2]
        try:
            column = self.file.read_row_group(group, columns=[name], use_threads=False).column(0)
            whole = column.chunk(0) if column.num_chunks == 1 else pyarrow.concat_arrays(column.chunks)
            # A column is sampled just before it is read: it is decoded once.
            self._last = (group, name, whole)
            return whole
        except (pyarrow.ArrowException, OSError) as error:
            raise _damaged(self.path, error, f'row group {group}, column "{name}"') from None

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        pyarrow = load("pyarrow", "work", "Reading Parquet")
        metadata = self.file.metadata
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group).num_rows
            if rows == 0:
                continue
            if rows <= LARGE_GROUP:
                yield GroupBlock(self, group, rows)
                continue
            try:
                yield from map(
                    SliceBlock,
                    self.file.iter_batches(
                        SLICE, row_groups=[group], columns=list(columns or self.columns), use_threads=False
                    ),
                )
            except (pyarrow.ArrowException, OSError) as error:
                raise _damaged(self.path, error, f"row group {group}") from None

    def sample(self, column: str) -> pa.Array:
        pyarrow = load("pyarrow", "work", "Reading Parquet")
        import numpy as np

        metadata = self.file.metadata
        groups = [g for g in range(metadata.num_row_groups) if metadata.row_group(g).num_rows]
        if not groups:
            return pyarrow.nulls(0, self.file.schema_arrow.field(column).type)
        chosen = sorted(
            {groups[round(i * (len(groups) - 1) / (SAMPLE_GROUPS - 1))] for i in range(SAMPLE_GROUPS)}
        )
        each = SAMPLE_ROWS // len(chosen)
        parts = []
        first = metadata.row_group(chosen[0]).num_rows
        if first <= LARGE_GROUP and len(chosen) <= 4:
            # A few large groups: the whole of the first one, spread, which is read next anyway.
            whole = self.decode(chosen[0], column)
            spread = np.arange(0, len(whole), max(1, len(whole) // each))
            # `pyarrow.array` would import pandas, which costs more than everything else here.
            at = pyarrow.Array.from_buffers(pyarrow.int64(), len(spread), [None, pyarrow.py_buffer(spread)])
            parts.append(whole.take(at))
            chosen = chosen[1:]
        try:
            for group in chosen:
                batches = self.file.iter_batches(
                    each, row_groups=[group], columns=[column], use_threads=False
                )
                parts += [batch.column(0) for batch in [next(batches, None)] if batch is not None]
        except (pyarrow.ArrowException, OSError) as error:
            raise _damaged(self.path, error, f'column "{column}"') from None
        return pyarrow.concat_arrays(parts)


def open_parquet(path: Path) -> ParquetTable:
    """Open a Parquet file.

    Raises:
        InputError: truncated or damaged, no columns, a name that occurs twice.
    """
    pyarrow = load("pyarrow", "work", "Reading Parquet")
    parquet = load("pyarrow.parquet", "work", "Reading Parquet")
    try:
        file = parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path, error, "the footer") from None
    schema = file.schema_arrow
    problems = check_names(path, schema.names)
    if not schema.names:
        problems.append("no columns")
    if problems:
        raise InputError(f"{path} cannot be used", problems)
    types = pyarrow.types
    nested = [f.name for f in schema if types.is_nested(f.type) and not types.is_dictionary(f.type)]
    notes = [f"{len(nested)} nested columns are not read: {', '.join(nested[:8])}"] if nested else []
    left = set(nested)
    return ParquetTable(path, file, [name for name in schema.names if name not in left], notes)


def _damaged(path: Path, error: Exception, where: str) -> InputError:
    return InputError(
        f"{path} is not a whole Parquet file",
        [f"{where}: {str(error).splitlines()[0].rstrip('.')[:200]}"],
        why="it was cut off, is still being written, or is damaged",
        next="write or copy the file again",
    )

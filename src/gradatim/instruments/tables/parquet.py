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
# Small row groups make one block together, and are still decoded one by one.
BLOCK_ROWS = 1 << 20
# Where rows are few, many columns are decoded in one call: each call goes through the whole schema.
CALL_CELLS = 1 << 17
BUFFER_BYTES = 1 << 18
SAMPLE_GROUPS, SAMPLE_ROWS = 16, 65_536


class GroupBlock(Block):
    """Row groups; a column is decoded when it is asked for.

    Args:
        table: the file.
        groups: numbers of the row groups.
        rows: of them together.
        order: place of each column in the order in which they will be asked for.
    """

    def __init__(self, table: ParquetTable, groups: Sequence[int], rows: int, order: dict[str, int]) -> None:
        self.table, self.groups, self.rows = table, groups, rows
        self.order, self.names = order, list(order)

    def column(self, name: str) -> pa.Array:
        return _joined(list(self.pieces(name)))

    def pieces(self, name: str) -> Iterator[pa.Array]:
        for group in self.groups:
            at_once = max(1, CALL_CELLS // self.table.groups[group])
            first = self.order[name]
            yield self.table.decode(group, name, self.names[first : first + at_once])


class SliceBlock(Block):
    """Rows of a large row group that are in memory."""

    def __init__(self, batch: Any) -> None:
        self.batch, self.rows = batch, batch.num_rows

    def column(self, name: str) -> pa.Array:
        return self.batch.column(self.batch.schema.get_field_index(name))


class ParquetTable(Table):
    """A Parquet file whose footer is sound. `rows` is known before anything is decoded.

    Attributes:
        groups: rows of each row group.
    """

    format = "parquet"

    def __init__(self, path: Path, file: Any, columns: Sequence[str], notes: Sequence[str]) -> None:
        super().__init__(path, columns, notes)
        self.file = file
        metadata = file.metadata
        self.rows = metadata.num_rows
        self.groups = [metadata.row_group(g).num_rows for g in range(metadata.num_row_groups)]
        self._first = self._together()[:1]
        # Columns that were decoded before they were asked for: for a sample, or with others of few rows.
        self._kept: dict[tuple[int, str], pa.Array] = {}

    def decode(self, group: int, name: str, names: Sequence[str]) -> pa.Array:
        """One column of one row group, decoded together with `names`, which will be asked for next.

        Raises:
            InputError: the pages are damaged.
        """
        if (group, name) not in self._kept:
            if len(names) > 1:
                self._kept.clear()
            self._keep(group, names)
        return self._kept.pop((group, name))

    def _keep(self, group: int, names: Sequence[str]) -> None:
        pyarrow = load("pyarrow", "work", "Reading Parquet")
        try:
            read = self.file.read_row_group(group, columns=list(names), use_threads=False)
        except (pyarrow.ArrowException, OSError) as error:
            where = f'column "{names[0]}"' if len(names) == 1 else f'columns "{names[0]}" to "{names[-1]}"'
            raise _damaged(self.path, error, f"row group {group}, {where}") from None
        for name, column in zip(read.column_names, read.columns, strict=True):
            self._kept[group, name] = _joined(column.chunks)

    def _together(self) -> list[list[int]]:
        """Consecutive row groups that make a block: at most BLOCK_ROWS rows, or one group."""
        blocks: list[list[int]] = []
        rows = 0
        for group, more in enumerate(self.groups):
            if more and blocks and rows + more <= BLOCK_ROWS:
                blocks[-1].append(group)
                rows += more
            elif more:
                blocks.append([group])
                rows = more
        return blocks

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        pyarrow = load("pyarrow", "work", "Reading Parquet")
        order = {
            name: i for i, name in enumerate(dict.fromkeys(self.columns if columns is None else columns))
        }
        for groups in self._together():
            rows = sum(self.groups[group] for group in groups)
            if rows <= LARGE_GROUP:
                yield GroupBlock(self, groups, rows, order)
                continue
            try:
                yield from map(
                    SliceBlock,
                    self.file.iter_batches(SLICE, row_groups=groups, columns=list(order), use_threads=False),
                )
            except (pyarrow.ArrowException, OSError) as error:
                raise _damaged(self.path, error, f"row group {groups[0]}") from None

    def sample(self, column: str) -> pa.Array:
        pyarrow = load("pyarrow", "work", "Reading Parquet")
        import numpy as np

        groups = [group for group, rows in enumerate(self.groups) if rows]
        if not groups:
            return pyarrow.nulls(0, self.file.schema_arrow.field(column).type)
        last = len(groups) - 1
        chosen = sorted({groups[round(i * last / (SAMPLE_GROUPS - 1))] for i in range(SAMPLE_GROUPS)})
        each = SAMPLE_ROWS // len(chosen)
        parts = []
        for group in chosen:
            if group in self._first[0] and self.groups[group] <= LARGE_GROUP:
                # The first block is read next anyway: its rows are spread, and what was decoded is kept.
                if (group, column) not in self._kept:
                    self._keep(group, [column])
                whole = self._kept[group, column]
                spread = np.arange(0, len(whole), max(1, len(whole) // each))
                # `pyarrow.array` would import pandas, which costs more than everything else here.
                at = pyarrow.Array.from_buffers(
                    pyarrow.int64(), len(spread), [None, pyarrow.py_buffer(spread)]
                )
                parts.append(whole.take(at))
                continue
            try:
                batches = self.file.iter_batches(
                    each, row_groups=[group], columns=[column], use_threads=False
                )
                parts += [batch.column(0) for batch in [next(batches, None)] if batch is not None]
            except (pyarrow.ArrowException, OSError) as error:
                raise _damaged(self.path, error, f'column "{column}"') from None
        return pyarrow.concat_arrays(parts)


def _joined(pieces: Sequence[pa.Array]) -> pa.Array:
    pyarrow = load("pyarrow", "work", "Reading Parquet")
    return pieces[0] if len(pieces) == 1 else pyarrow.concat_arrays(pieces)


def open_parquet(path: Path) -> ParquetTable:
    """Open a Parquet file.

    Raises:
        InputError: truncated or damaged, no columns, a name that occurs twice.
    """
    pyarrow = load("pyarrow", "work", "Reading Parquet")
    parquet = load("pyarrow.parquet", "work", "Reading Parquet")
    try:
        # Else a whole column of a row group would be in memory at once, however large it is.
        file = parquet.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
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

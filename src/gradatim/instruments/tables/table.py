"""A table on disk whose columns are read in blocks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gradatim.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

MAX_COLUMNS = 200_000


class Block(ABC):
    """Some consecutive rows of a table; columns are read when asked for."""

    rows: int

    @abstractmethod
    def column(self, name: str) -> pa.Array:
        """The values of one column, `rows` long. Text columns of a CSV come as strings."""

    def pieces(self, name: str) -> Iterator[pa.Array]:
        """The same values in order, in pieces as the file holds them, so that not all are in memory at once."""
        yield self.column(name)


class Table(ABC):
    """A CSV or Parquet file that was opened and whose header is sound.

    Attributes:
        path: the file.
        format: "csv" or "parquet".
        columns: names, unique, in the order of the file.
        notes: what had to be assumed in reading it, one sentence each.
    """

    format: str

    def __init__(self, path: Path, columns: Sequence[str], notes: Sequence[str] = ()) -> None:
        self.path, self.columns, self.notes = path, tuple(columns), list(notes)

    @abstractmethod
    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """The whole table once, in order; only `columns` can be asked of the blocks.

        Raises:
            InputError: the file turns out to be damaged further on.
        """

    @abstractmethod
    def sample(self, column: str) -> pa.Array:
        """Some tens of thousands of values of a column, spread over the file; all of them where there are few."""


def open_table(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Table:
    """Open a CSV or Parquet file; the content decides which, not the name.

    Args:
        path: the file.
        delimiter: of a CSV; None finds it among comma, semicolon, tab and bar.
        encoding: of a CSV; None takes UTF-8, or UTF-16 where its mark says so.

    Raises:
        InputError: not a table, damaged, no header, names that are missing or occur twice; all problems at once.
        MissingGroup: pyarrow or polars is not installed.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise InputError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    if size == 0:
        raise InputError(f"{path} is empty", ["0 bytes: there is not even a header"], next=f"ls -l {path}")
    for magic, what in (
        (b"\x1f\x8b", "gzip: unpack it first, gunzip --keep FILE"),
        (b"PK\x03\x04", "a zip archive or a spreadsheet: export the sheet as CSV"),
        (b"\xfd7zXZ", "xz: unpack it first, unxz --keep FILE"),
        (b"(\xb5/\xfd", "zstd: unpack it first, unzstd FILE"),
        (b"SQLite f", "an SQLite database: export the table as CSV"),
        (b"ARROW1", "an Arrow IPC file: write it as Parquet"),
    ):
        if head.startswith(magic):
            raise InputError(f"{path} is neither CSV nor Parquet", [what])
    if head.startswith(b"PAR1") or path.suffix == ".parquet":
        from gradatim.instruments.tables.parquet import open_parquet

        return open_parquet(path)
    from gradatim.instruments.tables.csv import open_csv

    return open_csv(path, delimiter=delimiter, encoding=encoding)


def check_names(path: Path, names: Sequence[str]) -> list[str]:
    """What is wrong with the names of the columns."""
    problems = []
    if len(names) > MAX_COLUMNS:
        problems.append(f"{len(names):,} columns; at most {MAX_COLUMNS:,} are read")
    seen: dict[str, list[int]] = {}
    for i, name in enumerate(names, 1):
        seen.setdefault(name, []).append(i)
    twice = {name: at for name, at in seen.items() if len(at) > 1}
    for name, at in list(twice.items())[:20]:
        problems.append(f'column name "{name}" occurs {len(at)} times, at {", ".join(map(str, at[:8]))}')
    if len(twice) > 20:
        problems.append(f"and {len(twice) - 20} more names that occur more than once")
    return problems

"""CSV: delimiter and encoding found or told, every value as text, in blocks."""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.tables.habits import Habits, habits
from gradatim.instruments.tables.table import Block, Table, check_names

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 1 << 20
MAX_HEAD_BYTES = 64 << 20  # a header of 10^5 columns is some megabytes
BLOCK_ROWS = 65_536
BLOCK_CELLS = 8_000_000
WIDE = 2000  # columns, beyond which a sample of all of them would take more memory than it is worth
SAMPLE_PIECES, PIECE_BYTES, SMALL_BYTES = 16, 256 << 10, 8 << 20


class FrameBlock(Block):
    """Rows in memory, every column a string."""

    def __init__(self, frame: Any) -> None:
        self.frame, self.rows = frame, frame.height

    def column(self, name: str) -> pa.Array:
        return self.frame.get_column(name).to_arrow()


class CsvTable(Table):
    """A CSV file whose header is sound; values are strings, empty fields null."""

    format = "csv"

    def __init__(
        self,
        path: Path,
        content: Path,
        names: Sequence[str],
        delimiter: str,
        notes: Sequence[str],
        skip_lines: int = 0,
    ) -> None:
        super().__init__(path, names, notes)
        self.content, self.delimiter, self.skip_lines = content, delimiter, skip_lines
        self._sample: Any = None
        self._habits: Habits | None = None

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        polars = load("polars", "work", "Reading CSV")
        rows = max(1, min(BLOCK_ROWS, BLOCK_CELLS // len(self.columns)))
        scan = polars.scan_csv(self.content, **self._how())
        if columns is not None:
            scan = scan.select(list(dict.fromkeys(columns)))
        try:
            for frame in scan.collect_batches(chunk_size=rows, maintain_order=True):
                if frame.height:
                    yield FrameBlock(self._plain(frame))
        except (polars.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from None

    def sample(self, column: str) -> pa.Array:
        if len(self.columns) > WIDE:
            return self._plain(self._pieces(column)).to_series(0).to_arrow()
        if self._sample is None:
            self._sample = self._plain(self._pieces())
        return self._sample.get_column(column).to_arrow()

    def _plain(self, frame: Any) -> Any:
        """The values with the file's habits taken out: decimal commas, slashed dates."""
        if len(self.columns) > WIDE:
            return frame
        if self._habits is None:
            self._habits = habits(self._pieces(), self.delimiter)
            self.notes += self._habits.notes
        return self._habits.taken_out(frame)

    def _how(self) -> dict[str, Any]:
        return {
            "separator": self.delimiter,
            "infer_schema": False,
            "new_columns": list(self.columns),
            "raise_if_empty": False,
            "glob": False,
            "skip_lines": self.skip_lines,
        }

    def _pieces(self, only: str | None = None) -> Any:
        """Pieces from all over the file; they only place edges, so a field cut in two does no harm."""
        how = {k: v for k, v in self._how().items() if k != "glob"}
        if only is not None:
            how["columns"] = [self.columns.index(only)]
            del how["new_columns"]
        polars = load("polars", "work", "Reading CSV")
        size = self.content.stat().st_size
        try:
            if size <= SMALL_BYTES:
                return polars.read_csv(self.content, **how)
            with self.content.open("rb") as file:
                for _ in range(self.skip_lines):
                    file.readline()
                header = file.readline()
                how["skip_lines"] = 0
                start = file.tell()
                # A line is about as long as the second one; a piece holds some lines.
                piece = min(size - start, max(PIECE_BYTES, 4 * len(file.readline())))
                frames = []
                for i in range(SAMPLE_PIECES):
                    file.seek(start + i * (size - start - piece) // (SAMPLE_PIECES - 1))
                    raw = file.read(piece)
                    first = 0 if i == 0 else raw.find(b"\n") + 1
                    body = raw[first : raw.rfind(b"\n") + 1]
                    if body:
                        frames.append(
                            polars.read_csv(
                                io.BytesIO(header + body),
                                **how,
                                truncate_ragged_lines=True,
                                ignore_errors=True,
                            )
                        )
            if not frames:
                raise InputError(
                    f"{self.path} has lines too long to be sampled",
                    [f"no whole line in any of {SAMPLE_PIECES} pieces of {piece:,} bytes"],
                    next="write it as Parquet",
                )
            return polars.concat(frames)
        except (polars.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> InputError:
        problems = self._ragged()
        said = str(error).splitlines()[0][:200]
        if "utf-8" in said.lower() or "utf8" in said.lower():
            problems.append("not UTF-8 further on: name the encoding, for instance --encoding cp1252")
        return InputError(f"{self.path} cannot be read as CSV", problems or [said])

    def _ragged(self) -> list[str]:
        """Lines that have another number of fields than the header, the first few of them."""
        found = []
        with self.content.open(encoding="utf-8", errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            for _ in range(self.skip_lines + 1):
                next(reader, None)
            try:
                for row in reader:
                    if row and len(row) > len(self.columns):
                        found.append(
                            f"line {reader.line_num}: {len(row)} fields, the header has {len(self.columns)}"
                        )
                    if len(found) == 5:
                        break
            except csv.Error as error:
                found.append(f"line {reader.line_num}: {error}")
        return found


def open_csv(path: Path, *, delimiter: str | None, encoding: str | None) -> CsvTable:
    """Find encoding, delimiter and header.

    Raises:
        InputError: binary, not in that encoding, no header, names that occur twice.
    """
    load("polars", "work", "Reading CSV")
    if delimiter is not None and len(delimiter.encode()) != 1:
        raise InputError(f'delimiter "{delimiter}" is not one character', next="--delimiter ';'")
    content, notes, head = _as_utf8(path, encoding)
    problems = []
    skip_lines = 0
    if told := re.match(r"sep=(.)\r?\n", head):
        # Written for a spreadsheet, and no header: Grafana's "Download for Excel" begins so.
        delimiter, head, skip_lines = delimiter or told[1], head[told.end() :], 1
    used = delimiter or _delimiter(head)
    names = next(csv.reader(io.StringIO(head), delimiter=used), [])
    if len(names) == 1 and head.startswith("#"):
        problems.append("the first line is a comment: the header must come first (tail -n +2 drops one line)")
    elif len(names) == 1 and delimiter is None and (even := _even(head)):
        problems.append(
            f"one column was found, but {even!r} splits every line alike: name it with --delimiter"
        )
    elif len(names) == 1 and delimiter is None and any(d in names[0] for d in ":^~"):
        notes.append(
            f"one column was found: is the delimiter another one? The header reads {names[0][:60]!r}"
        )
    if len(names) == 1 and delimiter is not None and (other := [d for d in DELIMITERS if d in names[0]]):
        problems.append(f"{delimiter!r} does not split the header {names[0][:60]!r}: is it {other[0]!r}?")
    if not any(name.strip() for name in names):
        problems.append("the first line is blank: a header with the names of the columns is needed")
    elif len(names) > 1 and all(_is_number(name) for name in names if name.strip()):
        problems.append("the first line is all numbers: a header with the names of the columns is needed")
    unnamed = [i for i, name in enumerate(names, 1) if not name.strip()]
    if unnamed and len(unnamed) < len(names):
        notes.append(f"columns without a name are called column_N: {', '.join(map(str, unnamed[:8]))}")
    names = [name if name.strip() else f"column_{i}" for i, name in enumerate(names, 1)]
    problems += check_names(path, names)
    if problems:
        if content != path:
            content.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be used", problems)
    table = CsvTable(path, content, names, used, notes, skip_lines)
    if content != path:
        weakref.finalize(table, content.unlink, missing_ok=True)
    return table


def _even(head: str) -> str:
    """A character that is no usual delimiter and splits header and first lines into as many parts; "" if none."""
    lines = head.splitlines()[:6]
    for one in " :^~":
        parts = {len(line.split(one)) for line in lines}
        if len(lines) >= 3 and len(parts) == 1 and max(parts) >= 3:
            return one
    return ""


def _as_utf8(path: Path, encoding: str | None) -> tuple[Path, list[str], str]:
    """A path to the same text in UTF-8, notes, and the beginning of it."""
    with path.open("rb") as file:
        raw = file.read(HEAD_BYTES)
        while b"\n" not in raw and len(raw) < MAX_HEAD_BYTES and (more := file.read(HEAD_BYTES)):
            raw += more
        # The whole header, however many columns it has.
    notes: list[str] = []
    if encoding is None and raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16"
        notes.append("read as UTF-16, as the mark at its beginning says")
    if encoding is not None:
        try:
            name = codecs.lookup(encoding).name
        except LookupError:
            raise InputError(
                f'no encoding named "{encoding}"', next="--encoding utf-8, cp1252, latin-1 or utf-16"
            ) from None
        if name not in {"utf-8", "ascii"}:
            return _transcoded(path, encoding, notes)
    if b"\x00" in raw:
        raise InputError(
            f"{path} is not text", ["it holds zero bytes: a binary file, or UTF-16 without a mark"]
        )
    try:
        # The cut may be inside a character: an incremental decoder does not mind.
        head = codecs.getincrementaldecoder("utf-8-sig")().decode(raw)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path} is not UTF-8",
            [f"line {line}: byte 0x{raw[error.start]:02x} at offset {error.start}"],
            next="name its encoding, for instance --encoding cp1252",
        ) from None
    return path, notes, head


def _transcoded(path: Path, encoding: str, notes: list[str]) -> tuple[Path, list[str], str]:
    """The file in UTF-8 under the machine's temporary folder, gone when the table is."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv", delete=False) as copy:
        made = Path(copy.name)
        try:
            with path.open(encoding=encoding, newline="") as source:
                head = ""
                while piece := source.read(HEAD_BYTES):
                    piece = piece.removeprefix("\ufeff") if not head else piece
                    head = head or piece
                    copy.write(piece)
        except (UnicodeError, OSError) as error:
            made.unlink(missing_ok=True)
            raise InputError(f"{path} is not {encoding}", [str(error)[:200]]) from None
    return made, notes, head


def _delimiter(head: str) -> str:
    """The candidate that splits the first lines into the same number of fields, more than one."""
    lines = head.splitlines()[:50]
    whole = lines if len(head) < HEAD_BYTES else lines[:-1] or lines
    best, most = ",", 1.0
    for candidate in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(whole, delimiter=candidate) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        agree = sum(w == widths[0] for w in widths) / len(widths)
        score = agree * 1e6 + widths[0]
        if score > most:
            best, most = candidate, score
    return best


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True

"""Files of metrics to one history: whatever the format, the content decides which it is."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.promql import Series, SeriesSet, show
from gradatim.instruments.promql.series import Floats, Labels, Millis

MAX_TEXT_BYTES = 1_500_000_000


@dataclass(frozen=True)
class EventTable:
    """Counts of events, one row an interval that begins at the row's time.

    Args:
        start_ms: strictly rising.
        bad: failed events of the interval.
        total: all events of the interval.
        step_ms: the usual length of an interval.
    """

    start_ms: Millis
    bad: Floats
    total: Floats
    step_ms: int


@dataclass
class Reading:
    """What one file held.

    Args:
        path: the file.
        format: for people, for instance "OpenMetrics".
        rows: samples or table rows.
        series: the series of the file.
        events: a table of counts instead.
        notes: what was assumed or passed over, one sentence each.
    """

    path: Path
    format: str
    rows: int
    series: list[Series] = field(default_factory=list)
    events: EventTable | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    """Everything that was read: series, or one table of counts."""

    readings: tuple[Reading, ...]
    series: SeriesSet
    events: EventTable | None

    @property
    def notes(self) -> list[str]:
        """The notes of all files."""
        return [f"{r.path.name}: {note}" for r in self.readings for note in r.notes]


def read_histories(
    paths: Sequence[Path],
    *,
    zone: str | None = None,
    values: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> History:
    """Read every file and put series of the same labels together.

    Args:
        paths: files of any of the formats; several may hold several stretches of time.
        zone: IANA name, for times without a zone in tables; without it they are UTC.
        values: "counts" or "counters", for tables of good, bad and total; None tells by their shape.
        encoding: of CSV files.
        columns: of a table of counts, role (good, bad, total) to column; usual names are found without.

    Raises:
        InputError: a file cannot be read, or two disagree; every problem at once.
    """
    readings, problems = [], []
    for path in paths:
        try:
            readings.append(read_history(path, zone=zone, values=values, encoding=encoding, columns=columns))
        except InputError as error:
            told = [f"{path}: {problem}" for problem in error.problems]
            head = error.what if not told else f"{error.what}:"
            problems += [f"{path}: {head}" if str(path) not in head else head, *told]
            if error.why:
                problems.append(f"{path}: {error.why}")
            if len(paths) == 1:
                raise
    if problems:
        raise InputError("metrics that cannot be used", dict.fromkeys(problems))
    tables = [r for r in readings if r.events is not None]
    if tables and len(readings) > 1:
        raise InputError(
            "a table of counts stands alone",
            [f"{r.path}: {r.format}" for r in readings],
            why="give one table of good, bad and total, or files of series",
        )
    events = tables[0].events if tables else None
    return History(tuple(readings), _together(readings), events)


def is_export(path: Path) -> bool:
    """Whether a file is an export of Prometheus (a range query, or text with `name{labels} value`), no table."""
    try:
        with path.open("rb") as file:
            start = file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    except OSError:
        return False
    if path.suffix in (".om", ".prom", ".openmetrics") or start[:1] in (b"{", b"["):
        return True
    if start.startswith((b"# HELP", b"# TYPE", b"# EOF", b"# UNIT")):
        return True
    first = start.split(b"\n")[0].strip()
    return _is_exposition(first) and all(_is_number(word) for word in first.split(b"}")[-1].split()[-1:])


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def read_history(
    path: Path,
    *,
    zone: str | None = None,
    values: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    empty: bool = False,
) -> Reading:
    """One file; the first bytes say what it is.

    Args:
        empty: take an answer without any sample (a range query that matched nothing) as a reading without series,
            for those to whom that is a finding; without it, it is an error.

    Raises:
        InputError: empty, not one of the formats, or damaged.
    """
    from gradatim.instruments.metrics_files.openmetrics import read_openmetrics
    from gradatim.instruments.metrics_files.range_json import read_range_json
    from gradatim.instruments.metrics_files.table import read_table

    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise InputError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    if not head.strip():
        raise InputError(f"{path} is empty", [f"{size} bytes: no sample in it"], next=f"ls -l {path}")
    if head.startswith(b"PAR1") or path.suffix == ".parquet":
        return read_table(path, zone=zone, values=values, encoding=encoding, columns=columns)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start[:1] in (b"{", b"["):
        # `{__name__=...} 1 2` is a line of `promtool tsdb dump`, not JSON.
        if start[:1] == b"[" or start[1:].lstrip()[:1] in (b'"', b"}", b""):
            return read_range_json(path, _text(path, size), empty=empty)
        return read_openmetrics(path, _text(path, size), empty=empty)
    if path.suffix in (".om", ".prom", ".openmetrics") or _is_exposition(start):
        return read_openmetrics(path, _text(path, size), empty=empty)
    return read_table(path, zone=zone, values=values, encoding=encoding, columns=columns)


def _is_exposition(start: bytes) -> bool:
    """A comment of the format, or a first line `name{labels} value`."""
    first = start.split(b"\n")[0].strip()
    if first.startswith((b"# HELP", b"# TYPE", b"# EOF", b"# UNIT")):
        return True
    return (
        b"," not in first.split(b"}")[-1]
        and b";" not in first
        and len(first.split(b"}")[-1].split()) in (2, 3)
    )


def _text(path: Path, size: int) -> str:
    if size > MAX_TEXT_BYTES:
        raise InputError(
            f"{path} is too large",
            [f"{size:,} bytes; at most {MAX_TEXT_BYTES:,} of text"],
            next="write Parquet",
        )
    raw = path.read_bytes()
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InputError(f"{path} is not UTF-8", ["it is UTF-16"], next=f"iconv -f UTF-16 -t UTF-8 {path}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{path} is not UTF-8", [f"line {line}: byte 0x{raw[error.start]:02x}"]) from None


def make_series(path: Path, samples: dict[Labels, tuple[list[int], list[float]]]) -> list[Series]:
    """Series from samples in any order; the same sample twice is one, two values at one time are an error.

    Raises:
        InputError: a series has two values at one time.
    """
    problems = []
    found = []
    for labels, (times, numbers) in samples.items():
        t, v = np.array(times, dtype=np.int64), np.array(numbers, dtype=np.float64)
        series, clash = _ordered(labels, t, v)
        if clash is not None:
            at = np.datetime64(clash, "ms")
            problems.append(f"{show(labels)} has two values at {at}Z")
        elif series is not None:
            found.append(series)
    if problems:
        raise InputError(f"{path} contradicts itself", _few(problems))
    return found


def _few(problems: list[str]) -> list[str]:
    return problems if len(problems) <= 10 else [*problems[:10], f"and {len(problems) - 10} more"]


def _ordered(labels: Labels, t: Millis, v: Floats) -> tuple[Series | None, int | None]:
    if not len(t):
        return None, None
    if np.any(np.diff(t) <= 0):
        order = np.argsort(t, kind="stable")
        t, v = t[order], v[order]
        same = np.flatnonzero(np.diff(t) == 0)
        differs = [i for i in same if not np.array_equal(v[i : i + 1], v[i + 1 : i + 2], equal_nan=True)]
        if differs:
            return None, int(t[differs[0]])
        keep = np.append(True, np.diff(t) > 0)
        t, v = t[keep], v[keep]
    return Series(labels, t, v), None


def _together(readings: Sequence[Reading]) -> SeriesSet:
    """Series of several files; pieces of one are joined where they agree."""
    parts: dict[Labels, list[Series]] = {}
    for reading in readings:
        for one in reading.series:
            parts.setdefault(one.labels, []).append(one)
    problems, found = [], []
    for labels, pieces in parts.items():
        t = np.concatenate([p.times_ms for p in pieces])
        v = np.concatenate([p.values for p in pieces])
        series, clash = _ordered(labels, t, v)
        if clash is not None:
            problems.append(f"{show(labels)} has two values at {np.datetime64(clash, 'ms')}Z")
        elif series is not None:
            found.append(series)
    if problems:
        raise InputError("the files contradict each other", _few(problems))
    return SeriesSet(found)

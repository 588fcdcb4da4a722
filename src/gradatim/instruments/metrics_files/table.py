"""CSV and Parquet: counts of events by interval, or samples of series."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.metrics_files.history import EventTable, Reading, make_series
from gradatim.instruments.metrics_files.times import epoch_ms, stamp
from gradatim.instruments.promql import labels_of, parse
from gradatim.instruments.promql.series import Floats, Labels, Millis
from gradatim.instruments.promql.syntax import NAME, Selector
from gradatim.instruments.tables import Table, as_numbers, as_text, infer, open_table

if TYPE_CHECKING:
    import pyarrow as pa

TIME_NAMES = ("timestamp", "time", "ts", "at", "datetime", "date", "start", "interval_start", "bucket")
GOOD_NAMES = ("good", "success", "successes", "ok", "good_events")
BAD_NAMES = ("bad", "error", "errors", "failed", "failures", "bad_events")
TOTAL_NAMES = ("total", "all", "requests", "count", "events", "total_events")
METRIC_NAMES = ("__name__", "metric", "name", "metric_name")
VALUE_NAMES = ("value", "val", "v")
_MOST_SEARCHED = 50
_MOST_SERIES = 5_000
_MOST_ROWS = 20_000_000


def read_table(
    path: Path,
    *,
    zone: str | None,
    values: str | None,
    encoding: str | None,
    columns: Mapping[str, str] | None = None,
) -> Reading:
    """A table whose columns say what it holds.

    With `total` and `good` or `bad` columns it is counts of events; with `metric` and `value`, samples in
    rows; otherwise each column whose heading is a selector, such as `up{job="a"}`, is a series. `columns` names the
    column of good, bad or total where it has no usual name.

    Raises:
        InputError: no time column, times that repeat or go back, counts that are no counts, no rows.
    """
    table = open_table(path, encoding=encoding)
    by_name = {name.strip().lower(): name for name in table.columns}
    time = next((by_name[name] for name in TIME_NAMES if name in by_name), None)
    if time is None and len(table.columns) <= _MOST_SEARCHED:
        dated = [name for name in table.columns if infer(table.sample(name)) == "time"]
        time = dated[0] if len(dated) == 1 else None
    if time is None:
        raise InputError(
            f"{path} has no column of times",
            [f"columns: {', '.join(table.columns[:12])}"],
            why=f"one is called {', '.join(TIME_NAMES[:5])}",
        )
    roles = {
        role: next((by_name[name] for name in names if name in by_name), None)
        for role, names in (("good", GOOD_NAMES), ("bad", BAD_NAMES), ("total", TOTAL_NAMES))
    }
    named = columns or {}
    if absent := [
        f'no column "{name}" for --{role}' for role, name in named.items() if name not in table.columns
    ]:
        raise InputError(f"{path} lacks columns", absent, why=f"it has: {', '.join(table.columns[:12])}")
    if named:
        roles = {role: named.get(role) for role in roles}
    if named and len(set(named.values())) < 2:
        raise InputError(
            f"{path} is not a table of counts that can be used",
            ["two columns are needed: --total and one of --good and --bad, or --good and --bad"],
        )
    metric = next((by_name[name] for name in METRIC_NAMES if name in by_name), None)
    value = next((by_name[name] for name in VALUE_NAMES if name in by_name), None)
    if metric and value and not named:
        return _long(table, time, metric, value, zone)
    if sum(column is not None for column in roles.values()) >= 2:
        return _events(table, time, roles, zone, values)
    return _wide(table, time, zone)


def _columns(table: Table, names: list[str]) -> dict[str, pa.Array]:
    """Whole columns, and an error for a table without rows."""
    pa = load("pyarrow", "work", "Reading tables")
    parts: dict[str, list[Any]] = {name: [] for name in names}
    rows = 0
    for block in table.blocks(names):
        rows += block.rows
        if rows > _MOST_ROWS:
            raise InputError(f"{table.path} has more than {_MOST_ROWS:,} rows", next="take a part of it")
        for name in names:
            parts[name].append(block.column(name))
    if not rows:
        raise InputError(
            f"{table.path} has a header and no rows", ["no sample in it"], why="no data is not a pass"
        )
    return {
        name: pa.concat_arrays([c for p in pieces for c in (p.chunks if hasattr(p, "chunks") else [p])])
        for name, pieces in parts.items()
    }


def _events(
    table: Table, time: str, roles: dict[str, str | None], zone: str | None, values: str | None
) -> Reading:
    used = [name for name in (time, *roles.values()) if name]
    columns = _columns(table, used)
    problems: list[str] = []
    times, notes = epoch_ms(columns[time], time, zone, problems)
    found = {role: _counts(columns[name], name, problems) for role, name in roles.items() if name}
    if not problems and np.any(np.diff(times) <= 0):
        problems += _backwards(times, time, zone)
    if problems:
        raise InputError(f"{table.path} is not a table of counts that can be used", problems)
    shape = values or _shape(list(found.values()))
    if values is None:
        notes.append(
            f"The columns {'rise like counters' if shape == 'counters' else 'are taken as counts of each interval'}"
            "; --values says it otherwise."
        )
    if shape == "counters":
        found = {role: _increases(column) for role, column in found.items()}
    if "total" not in found:
        found["total"] = found["good"] + found["bad"]
    bad = found["bad"] if "bad" in found else found["total"] - found["good"]
    excess = np.flatnonzero((bad > found["total"]) | (bad < 0))
    if len(excess):
        raise InputError(
            f"{table.path} counts more {'failed' if 'bad' in found else 'good'} events than there were",
            [f"in {len(excess)} of {len(bad)} rows, first at {stamp(times[excess[0]])}"],
        )
    step_ms = int(np.median(np.diff(times))) if len(times) > 1 else 60_000
    events = EventTable(times, bad, found["total"], step_ms)
    return Reading(
        table.path, f"{table.format} of counts", len(times), events=events, notes=table.notes + notes
    )


def _counts(column: pa.Array, name: str, problems: list[str]) -> Floats:
    numbers = as_numbers(column)
    if numbers.unparsed:
        problems.append(f'column "{name}": {numbers.unparsed} values are not numbers')
    missing = int(np.isnan(numbers.values).sum()) - numbers.unparsed
    if missing > 0:
        problems.append(
            f'column "{name}": {missing} values are missing; leave the row out where nothing is known'
        )
    if (negative := np.flatnonzero(numbers.values < 0)).size:
        problems.append(f'column "{name}": {negative.size} negative counts, first in row {negative[0] + 1}')
    if (endless := np.flatnonzero(np.isinf(numbers.values))).size:
        problems.append(f'column "{name}": {endless.size} infinite counts, first in row {endless[0] + 1}')
    return numbers.values


def _shape(columns: list[Floats]) -> str:
    """Counters rise nearly always; counts of intervals go up and down, or stay."""
    longest = max(columns, key=lambda c: float(np.nanmax(c, initial=0.0)))
    steps = np.diff(longest)
    if len(steps) < 20:
        return "counts"
    return "counters" if np.mean(steps < 0) <= 0.02 and np.mean(steps > 0) >= 0.5 else "counts"


def _increases(column: Floats) -> Floats:
    """What a counter counted since the row before; a fall is a reset to zero. The first row counts nothing."""
    steps = np.diff(column, prepend=column[0])
    return np.where(steps < 0, column, steps)


def _backwards(times: Millis, name: str, zone: str | None) -> list[str]:
    """Times that do not rise: what a clock change leaves, or rows in disorder."""
    at = np.flatnonzero(np.diff(times) <= 0)
    twice = int(len(times) - len(np.unique(times)))
    problem = f'column "{name}": {stamp(times[at[0] + 1])} comes after {stamp(times[at[0]])}'
    hint = (
        "" if zone else "; where clocks are set back an hour comes twice: name the --timezone, or write UTC"
    )
    return [f"{problem} ({len(at)} steps back, {twice} times twice){hint}"]


def _long(table: Table, time: str, metric: str, value: str, zone: str | None) -> Reading:
    columns = _columns(table, list(table.columns))
    problems: list[str] = []
    times, notes = epoch_ms(columns[time], time, zone, problems)
    numbers = as_numbers(columns[value])
    if numbers.unparsed:
        problems.append(f'column "{value}": {numbers.unparsed} values are not numbers')
    names = [name for name in table.columns if name not in (time, metric, value)]
    if wrong := [n for n in names if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", n)]:
        problems.append(f"columns that are no label names: {', '.join(wrong[:8])}")
    if problems:
        raise InputError(f"{table.path} is not a table of samples that can be used", problems)
    texts = [as_text(columns[name]).to_pylist() for name in (metric, *names)]
    samples: dict[Labels, tuple[list[int], list[float]]] = {}
    cache: dict[tuple[str | None, ...], tuple[list[int], list[float]]] = {}
    for at, number, *words in zip(times.tolist(), numbers.values.tolist(), *texts, strict=True):
        key = tuple(words)
        place = cache.get(key)
        if place is None:
            labels = labels_of({k: v or "" for k, v in zip((NAME, *names), key, strict=True)})
            place = cache[key] = samples.setdefault(labels, ([], []))
        place[0].append(at)
        place[1].append(number)
    rows = len(times)
    return Reading(
        table.path,
        f"{table.format} of samples",
        rows,
        make_series(table.path, samples),
        notes=table.notes + notes,
    )


def _wide(table: Table, time: str, zone: str | None) -> Reading:
    if len(table.columns) > _MOST_SERIES:
        raise InputError(
            f"{table.path} holds too many columns",
            [f"{len(table.columns):,}; at most {_MOST_SERIES:,} series are read from a table"],
            next="keep the series that the queries ask for",
        )
    chosen: dict[str, Labels] = {}
    for name in table.columns:
        labels = _as_labels(name) if name != time else None
        if labels is not None:
            chosen[name] = labels
    if not chosen:
        raise InputError(
            f"{table.path} holds nothing that is known",
            [f"columns: {', '.join(table.columns[:12])}"],
            why="needed beside the time: total and good or bad; or metric and value; or headings such as "
            'http_requests_total{code="500"}',
            next="name columns of counts: --total COLUMN and --good COLUMN or --bad COLUMN",
        )
    columns = _columns(table, [time, *chosen])
    problems: list[str] = []
    times, notes = epoch_ms(columns[time], time, zone, problems)
    samples: dict[Labels, tuple[list[int], list[float]]] = {}
    for name, labels in chosen.items():
        numbers = as_numbers(columns[name])
        if numbers.unparsed:
            problems.append(f'column "{name}": {numbers.unparsed} values are not numbers')
        if labels in samples:
            problems.append(f'column "{name}": these labels stand in another column too')
        there: NDArray[np.bool_] = ~np.isnan(numbers.values)
        samples[labels] = (times[there].tolist(), numbers.values[there].tolist())
    if problems:
        raise InputError(f"{table.path} is not a table of series that can be used", problems)
    return Reading(
        table.path,
        f"{table.format} of series",
        len(times),
        make_series(table.path, samples),
        notes=table.notes + notes,
    )


def _as_labels(heading: str) -> Labels | None:
    """A heading such as `up{job="a"}` as labels; None for anything else."""
    try:
        found = parse(heading)
    except InputError:
        return None
    if not isinstance(found, Selector) or any(m.op != "=" for m in found.matchers) or not found.name:
        return None
    return labels_of({m.label: m.value for m in found.matchers})

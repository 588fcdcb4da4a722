"""A history of traffic as a regular hourly series of rates, and how it bursts within the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from gradatim.core.errors import InputError
from gradatim.core.groups import load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradatim.instruments.tables import Table

HOUR_S = 3600.0
MIN_HOURS = 72
MAX_HOURS = 26_304  # three years
MOST_MISSING = 0.2
LEAST_PER_S, MOST_PER_S = 1 / HOUR_S, 1e9
TIME_NAMES = ("time", "timestamp", "ts", "datetime", "date", "hour", "minute", "at")
RATE_NAMES = ("rps", "qps", "requests_per_s", "requests_per_second", "per_second", "rate", "req_s")
COUNT_NAMES = ("requests", "count", "hits", "calls", "total", "volume")
MOST_SEARCHED, SHOWN = 50, 8
Values = Literal["rate", "count"]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Traffic by the hour.

    Args:
        start_s: seconds since 1970 of the first hour.
        rate: mean requests per second of each hour; missing hours are filled, see `missing`.
        missing: hours without a row, filled from a week (or a day) before, else with their neighbours.
        step_s: of the rows in the file.
        burst: 99th percentile over the hours of (busiest step / mean of the hour); 1 where a row is an hour.
        ramp_per_s: 99th percentile of the relative growth from one step to the next, per second.
        rows: in the file.
        notes: what was assumed.
    """

    start_s: float
    rate: NDArray[np.float64]
    missing: int
    step_s: float
    burst: float
    ramp_per_s: float
    rows: int
    notes: list[str] = field(default_factory=list)


def read(
    path: Path,
    *,
    time: str | None = None,
    value: str | None = None,
    values: Values | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Traffic:
    """Read a CSV or Parquet file with one row per step, or an export of Prometheus.

    Args:
        path: the file.
        time, value: the columns; None finds them by usual names. Of an export, `value` is a selector of series,
            such as `http_requests_total{job="api"}`, and their rates are added up.
        values: "rate" (requests per second) or "count" (requests in the step); None tells by the column's name.
        delimiter, encoding: of a CSV.

    Raises:
        InputError: no such column, times or values that are none, negative values, too short, too many gaps; all
            problems at once.
    """
    from gradatim.instruments.metrics_files import is_export
    from gradatim.instruments.tables import as_epoch_s, as_numbers, infer, open_table, time_hint, unit

    if is_export(path):
        from gradatim.instruments.capacity.exported import rates

        if given := [n for n, v in (("time", time), ("delimiter", delimiter), ("encoding", encoding)) if v]:
            raise InputError(
                f"{path} is an export of Prometheus", [f"--{name} is for tables" for name in given]
            )
        at_s, per_s, name, notes = rates(path, value, values)
        return series(at_s, per_s, "rate", ("time", name), path, notes)
    table = open_table(path, delimiter=delimiter, encoding=encoding)
    problems: list[str] = []
    time = _column(table, time, TIME_NAMES, "time", "--time", problems)
    value = _column(table, value, (*RATE_NAMES, *COUNT_NAMES), "traffic", "--value", problems, besides=time)
    told = unit(table.sample(value)) if value else ""
    kind = values or ("rate" if told == "per second" else _kind(value))
    if value and told not in ("", "per second"):
        problems.append(f'"{value}" is {told}: a rate or a count of requests is needed')
    elif value and kind is None:
        problems.append(
            f'"{value}" does not say whether it is a rate or a count: say --values rate or --values count'
        )
    if problems or time is None or value is None:
        raise InputError(f"{path} cannot be used", problems, why=f"it has: {', '.join(table.columns[:20])}")
    at, amount = [], []
    wrong = 0
    hint = ""
    for block in table.blocks([time, value]):
        column = block.column(time)
        if infer(column) == "number":
            # Seconds since 1970 in a CSV come as text.
            column = load("pyarrow", "work", "Reading tables").array(as_numbers(column).values)
        stamps = as_epoch_s(column)
        hint = hint or (time_hint(column) if stamps.unparsed else "")
        at.append(stamps.values)
        numbers = as_numbers(block.column(value))
        wrong += numbers.unparsed
        amount.append(numbers.values)
    if wrong:
        raise InputError(f"{path} cannot be used", [f'column "{value}": {wrong} values are not numbers'])
    if not at or not sum(len(a) for a in at):
        raise InputError(f"{path} has a header and no rows", next=f"head -3 {path}")
    if hint:
        raise InputError(f"{path} cannot be used", [f'column "{time}": values are no times{hint}'])
    whole = np.concatenate(at), np.concatenate(amount)
    return series(*whole, kind or "rate", (time, value), path, table.notes)


def series(
    at_s: NDArray[np.float64],
    amount: NDArray[np.float64],
    kind: Values,
    names: tuple[str, str],
    path: Path,
    assumed: Sequence[str] = (),
) -> Traffic:
    """The hourly series of rows in any order. Raises InputError, all problems at once."""
    problems = []
    if lost := int(np.isnan(at_s).sum()):
        problems.append(
            f'column "{names[0]}": {lost} of {len(at_s)} values are no times (ISO 8601 or since 1970)'
        )
    if infinite := int(np.isinf(amount).sum()):
        problems.append(f'column "{names[1]}": {infinite} values are infinite')
    if negative := int((amount < 0).sum()):
        problems.append(f'column "{names[1]}": {negative} values are negative')
    known = np.isfinite(at_s) & np.isfinite(amount)
    if not problems and known.sum() < 2:
        problems.append(f'column "{names[1]}": {int(known.sum())} numbers; a history is needed')
    if problems:
        raise InputError(f"{path} cannot be used", problems)
    rows = len(at_s)
    order = np.argsort(at_s[known], kind="stable")
    at_s, amount = at_s[known][order], amount[known][order]
    gaps = np.diff(at_s)
    if twice := int((gaps == 0).sum()):
        problems.append(f'column "{names[0]}": {twice} times occur twice: give one row per step')
    step = float(np.median(gaps))
    if step > HOUR_S * 1.01:
        problems.append(
            f"a row is {step / HOUR_S:.3g} hours: at most one hour is needed to see the daily peak"
        )
    hours = int(at_s[-1] // HOUR_S - at_s[0] // HOUR_S) + 1
    if hours < MIN_HOURS:
        problems.append(
            f"{hours} hours of history: at least {MIN_HOURS} are needed, and three weeks are better"
        )
    if hours > MAX_HOURS:
        problems.append(f"{hours:,} hours from first to last: at most {MAX_HOURS:,} are read")
    if problems:
        raise InputError(f"{path} cannot be used", problems)
    rate = amount / step if kind == "count" else amount
    notes = list(assumed)
    if lacking := rows - len(at_s):
        notes.append(f"{lacking} rows without a number count as missing")
    return _hourly(at_s, rate, step, hours, rows, notes, path)


def _hourly(
    at_s: NDArray[np.float64],
    rate: NDArray[np.float64],
    step: float,
    hours: int,
    rows: int,
    notes: list[str],
    path: Path,
) -> Traffic:
    first = float(at_s[0] // HOUR_S)
    index = (at_s // HOUR_S - first).astype(np.int64)
    n = np.bincount(index, minlength=hours)
    total = np.bincount(index, weights=rate, minlength=hours)
    per_hour = max(round(HOUR_S / step), 1)
    # An hour of which less than half was seen is missing: at the ends of the file, or in a gap.
    seen = n * 2 >= per_hour
    mean = np.where(seen, total / np.maximum(n, 1), np.nan)
    while len(mean) and not np.isfinite(mean[-1]):
        mean = mean[:-1]
    missing = int(np.isnan(mean).sum())
    if not len(mean) or missing > MOST_MISSING * len(mean):
        raise InputError(
            f"{path} cannot be used",
            [f"{missing} of {len(mean)} hours are missing: missing traffic is not no traffic"],
        )
    if not np.nansum(mean) > 0:
        raise InputError(f"{path} cannot be used", ["there is no traffic in it: every value is 0"])
    peak = float(np.nanmax(mean))
    if not LEAST_PER_S <= peak <= MOST_PER_S:
        raise InputError(
            f"{path} cannot be used",
            [f"its busiest hour has {peak:.3g} requests per second: is the unit right?"],
            why=f"from one an hour to {MOST_PER_S:g} per second can be sized",
        )
    if missing:
        notes.append(
            f"{missing} of {len(mean)} hours are missing and were filled from a week or a day before"
        )
    burst = 1.0
    if per_hour >= 4:
        busiest = np.zeros(hours)
        np.maximum.at(busiest, index, rate)
        busy = seen & (total / np.maximum(n, 1) > np.nanmedian(mean) * 0.5)
        burst = float(np.quantile(busiest[busy] / (total[busy] / n[busy]), 0.99))
    near = np.diff(at_s) <= 1.5 * step
    low = np.maximum(rate[:-1], np.nanmedian(mean) * 0.25)
    growth = np.maximum((rate[1:] - rate[:-1]) / low, 0.0)[near]
    ramp = float(np.quantile(growth, 0.99)) / step if len(growth) else 0.0
    return Traffic(first * HOUR_S, _filled(mean), missing, step, max(burst, 1.0), ramp, rows, notes)


def _filled(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    filled = mean.copy()
    for i in np.flatnonzero(np.isnan(filled)):
        before = [filled[i - lag] for lag in (168, 24) if i >= lag and np.isfinite(filled[i - lag])]
        filled[i] = before[0] if before else np.nan
    bad = np.isnan(filled)
    filled[bad] = np.interp(np.flatnonzero(bad), np.flatnonzero(~bad), filled[~bad])
    return filled


def _column(
    table: Table,
    given: str | None,
    usual: tuple[str, ...],
    what: str,
    flag: str,
    problems: list[str],
    besides: str | None = None,
) -> str | None:
    """The column that was named, else the first of a usual name, else the only one that holds such values."""
    from gradatim.instruments.tables import infer

    names = table.columns
    if given is not None:
        if given not in names:
            problems.append(f'no column "{given}"')
            return None
        return given
    plain = {name.strip().lower().replace(" ", "_"): name for name in names}
    hits = [plain[word] for word in usual if word in plain]
    if not hits and len(names) <= MOST_SEARCHED:
        wanted = "time" if what == "time" else "number"
        hits = [name for name in names if name != besides and infer(table.sample(name)) == wanted]
        if len(hits) > 1:
            listed = ", ".join(f'"{name}"' for name in hits[:SHOWN])
            problems.append(f"{len(hits)} columns could be the {what}, {listed}: name one with {flag} COLUMN")
            return None
    if not hits:
        problems.append(f"no column of {what} is found: name it with {flag} COLUMN")
        return None
    return hits[0]


def _kind(name: str | None) -> Values | None:
    plain = (name or "").strip().lower()
    if any(word in plain for word in ("rps", "qps", "per_s", "/s", "rate", "req_s")):
        return "rate"
    # What Datadog and CloudWatch write above a column of counts.
    counted = plain in COUNT_NAMES or plain.endswith(("as_count()", "requestcount", "request_count"))
    return "count" if counted else None


def service_times(path: Path, column: str | None) -> tuple[float, float, int]:
    """Mean in seconds, coefficient of variation and number of the service times (ms) in a file.

    Raises:
        InputError: no such column, fewer than 30 values, or values that are not positive.
    """
    from gradatim.instruments.tables import as_numbers, open_table, unit

    load("polars", "work", "Reading tables")
    table = open_table(path)
    problems: list[str] = []
    name = _column(
        table, column, ("service_ms", "latency_ms", "duration_ms", "ms"), "service times", "--service-column",
        problems,
    )  # fmt: skip
    if name is None:
        raise InputError(f"{path} cannot be used", problems, why=f"it has: {', '.join(table.columns[:20])}")
    parts = [as_numbers(block.column(name)).values for block in table.blocks([name])]
    ms = np.concatenate(parts) if parts else np.zeros(0)
    if (told := unit(table.sample(name))) == "seconds":
        ms = ms * 1000  # "850 ms" and "1.2 s" are both read in seconds
    elif told:
        problems.append(f'column "{name}" is {told}: times are needed')
    ms = ms[~np.isnan(ms)]
    if len(ms) < 30:
        problems.append(f'column "{name}": {len(ms)} numbers; at least 30 are needed')
    if bad := int(((ms <= 0) | np.isinf(ms)).sum()):
        problems.append(f'column "{name}": {bad} values are not positive and finite')
    if problems:
        raise InputError(f"{path} cannot be used", problems)
    return float(ms.mean()) / 1000, float(ms.std() / ms.mean()), len(ms)

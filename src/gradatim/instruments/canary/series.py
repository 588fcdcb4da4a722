"""Both sides from exports of Prometheus: two files, or one file whose label tells the sides apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.canary.compare import MOST_COLUMNS, Comparison, Request, Side, judge_sides
from gradatim.instruments.canary.metric import CanaryMetric, parse_metric
from gradatim.instruments.experiment.rows import LARGEST, NUMBER, TEXT, TIME
from gradatim.instruments.metrics_files import is_counter, per_second, read_history
from gradatim.instruments.promql import Series
from gradatim.instruments.promql.syntax import NAME, quote

if TYPE_CHECKING:
    import polars as pl

    from gradatim.instruments.promql.series import Labels

UNNAMED = "value"


class By(NamedTuple):
    """A label and its values on either side."""

    label: str
    baseline: str
    canary: str


def parse_by(text: str) -> By:
    """`track=stable,canary`.

    Raises:
        InputError: it is not of that form.
    """
    label, _, values = text.partition("=")
    sides = [value.strip() for value in values.split(",")]
    if not label.strip() or len(sides) != 2 or not all(sides) or sides[0] == sides[1]:
        raise InputError(
            f"--by {text} is not clear", ["it is LABEL=BASELINE,CANARY, for instance track=stable,canary"]
        )
    return By(label.strip(), sides[0], sides[1])


def compare_series(baseline: Path, canary: Path | None, by: By | None, request: Request) -> Comparison:
    """Read the exports and judge; every sample is a point, a counter's points are its increases per second.

    A column is a metric's name and those labels that tell several of its series apart on both sides alike; series
    that only one side can have (instances, versions) are points of one column.

    Raises:
        InputError: a file cannot be used, or the question does not fit; all problems at once.
    """
    parts = _sides(baseline, canary, by)
    telling = _telling(parts, request.slice)
    notes: list[str] = []
    tables = [_table(side, telling, request.slice, notes) for side in parts]
    known = list(dict.fromkeys(name for table in tables for name in table))
    metrics = _metrics(known, request, parts)
    if len(known) > MOST_COLUMNS:
        raise InputError(
            "these files hold too many series", [f"{len(known):,} kinds of series; at most {MOST_COLUMNS}"],
            next="query less, or name some with --metric",
        )  # fmt: skip
    sides = [_side(table, metrics, request, notes, tuple(known)) for table in tables]
    return judge_sides(sides[0], sides[1], metrics, request._replace(time=TIME))


def _sides(baseline: Path, canary: Path | None, by: By | None) -> list[list[Series]]:
    problems: list[str] = []
    mend = ""
    read: list[list[Series]] = []
    for path in (baseline, canary):
        if path is None:
            continue
        try:
            read.append(read_history(path, empty=True).series)
        except InputError as error:
            problems += [f"{error.what}: {p}" for p in error.problems] or [error.what]
            mend = mend or error.next
    if problems:
        raise InputError("metrics that cannot be used", dict.fromkeys(problems), next=mend)
    if by is None:
        found = read
    else:
        every = [series for one in read for series in one]
        values = [dict(series.labels).get(by.label, "") for series in every]
        found = [
            [s for s, v in zip(every, values, strict=True) if v == side] for side in (by.baseline, by.canary)
        ]
        if every and not any(found):
            there = ", ".join(sorted({v for v in values if v})[:12]) or "no such label"
            raise InputError(
                f"no series has {by.label}={by.baseline} or {by.label}={by.canary}", [f"there is: {there}"]
            )
    for side in found:
        for series in side:
            name = dict(series.labels).get(NAME, UNNAMED)
            values_ = series.living[1]
            if endless := int(np.isinf(values_).sum()):
                problems.append(f"{name}: {endless} values are infinite")
            elif huge := int((np.abs(values_) > LARGEST).sum()):
                problems.append(f"{name}: {huge} values are beyond {LARGEST:g}, and cannot be squared")
            if is_counter(series) and (below := int((values_ < 0).sum())):
                problems.append(f"{name}: {below} values of a counter are negative")
    if problems:
        raise InputError("metrics that cannot be used", dict.fromkeys(problems))
    return found


def _telling(parts: Sequence[Sequence[Series]], slice_: str | None) -> dict[str, list[str]]:
    """By metric, the labels that tell series apart on each side and have common values on both."""
    found: dict[str, list[str]] = {}
    for name in sorted({_name(series.labels) for side in parts for series in side}):
        groups = [[dict(s.labels) for s in side if _name(s.labels) == name] for side in parts]
        labels = sorted({label for group in groups for one in group for label in one} - {NAME, slice_})
        for label in labels:
            values = [{one.get(label, "") for one in group} for group in groups if group]
            if max(len(v) for v in values) > 1 and (len(values) < 2 or values[0] & values[1]):
                found.setdefault(name, []).append(label)
    return found


def _name(labels: Labels) -> str:
    return dict(labels).get(NAME, UNNAMED)


def _column(labels: Labels, telling: Iterable[str]) -> str:
    mapping = dict(labels)
    inside = ",".join(f"{label}={quote(mapping[label])}" for label in telling if label in mapping)
    return f"{_name(labels)}{{{inside}}}" if inside else _name(labels)


def _table(
    side: Sequence[Series], telling: dict[str, list[str]], slice_: str | None, notes: list[str]
) -> dict[str, list[tuple[object, object, str]]]:
    """By column, the pieces (times, values, slice) of its series."""
    table: dict[str, list[tuple[object, object, str]]] = {}
    for series in side:
        name = _name(series.labels)
        if name.endswith("_bucket"):
            note = f"{name}: buckets of a histogram are left out; export a histogram_quantile of them"
            if note not in notes:
                notes.append(note)
            continue
        counts = is_counter(series)
        if counts and (note := f"{name} is a counter: its increase per second is compared") not in notes:
            notes.append(note)
        times, values = per_second(series) if counts else series.living
        column = _column(series.labels, telling.get(name, ()))
        part = dict(series.labels).get(slice_ or "", "")
        table.setdefault(column, []).append((times, values, part))
    return table


def _metrics(known: list[str], request: Request, parts: Sequence[Sequence[Series]]) -> list[CanaryMetric]:
    problems: list[str] = []
    if request.slice is not None:
        there = {label for side in parts for series in side for label, _ in series.labels}
        if there and request.slice not in there:
            problems.append(f"--slice {request.slice}: no series has that label")
    found = []
    for text in request.metrics:
        try:
            found.append(parse_metric(text, known, request.tolerance))
        except ValueError as error:
            if not known:
                # Neither side has any series: there is nothing to be unknown among, and no data is a finding.
                found.append(CanaryMetric(text.split(":")[0], "either", request.tolerance))
            else:
                problems.append(str(error))
    names = [metric.column for metric in found]
    problems += [
        f'metric "{n}" is named {names.count(n)} times' for n in sorted({*names}) if names.count(n) > 1
    ]
    if problems:
        raise InputError(
            "these files do not answer that question", problems, why="series: " + ", ".join(known[:20])
        )
    return found or [CanaryMetric(name, "either", request.tolerance) for name in known]


def _side(
    table: dict[str, list[tuple[object, object, str]]],
    metrics: Sequence[CanaryMetric],
    request: Request,
    notes: list[str],
    known: tuple[str, ...],
) -> Side:
    """One row a time and slice, as many as series have samples there; a column of numbers a metric."""
    polars = load("polars", "work", "Reading metrics")
    keys = [TIME, *([TEXT + request.slice] if request.slice else []), "copy"]
    whole: pl.DataFrame | None = None
    for metric in metrics:
        pieces = []
        for copy, (times, values, part) in enumerate(table.get(metric.column, [])):
            columns = {TIME: np.asarray(times) / 1000.0, NUMBER + metric.column: np.asarray(values, float)}
            piece = polars.DataFrame(columns).with_columns(polars.lit(copy).alias("copy"))
            if request.slice:
                piece = piece.with_columns(
                    polars.lit(part or None, polars.String).alias(TEXT + request.slice)
                )
            pieces.append(piece)
        if not pieces:
            continue
        column = polars.concat(pieces).with_columns(polars.col(NUMBER + metric.column).fill_nan(None))
        whole = column if whole is None else whole.join(
            column, on=keys, how="full", coalesce=True, nulls_equal=True
        )  # fmt: skip
    if whole is None:
        schema = {TIME: polars.Float64} | ({TEXT + request.slice: polars.String} if request.slice else {})
        return Side(polars.DataFrame(schema=schema), 0, list(notes), known)
    frame = whole.drop("copy").sort(TIME, maintain_order=True)
    return Side(frame, frame.height, list(notes), known)

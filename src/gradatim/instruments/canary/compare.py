"""Two files compared: every metric, in all points and in every slice, and what follows for the canary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.canary.judge import LEAST_FOR_MEAN, Judgement, Rule, change_text, look, settle
from gradatim.instruments.canary.metric import CanaryMetric, Tolerance, parse_metric
from gradatim.instruments.canary.points import Points
from gradatim.instruments.experiment.multiple import adjust
from gradatim.instruments.experiment.rows import (
    NUMBER,
    TEXT,
    TIME,
    Wanted,
    numeric_columns,
    open_data,
    read_rows,
)

if TYPE_CHECKING:
    import polars as pl

    from gradatim.instruments.tables import Table

Action = Literal["promote", "roll back", "inconclusive"]
SLICE_MATTERS = 0.05
MOST_SLICES = 50
MOST_COLUMNS = 500
PAIRED_SHARE = 0.8


class Side(NamedTuple):
    """One file: its rows (columns `n:METRIC`, `t:SLICE`, `time`), how many, and what was assumed."""

    frame: pl.DataFrame
    rows: int
    notes: list[str]
    columns: tuple[str, ...]


class Request(NamedTuple):
    """What is asked.

    Args:
        metrics: as `parse_metric` reads them; empty takes every numeric column of the baseline.
        slice, time: columns, in both files.
        tolerance: of metrics that name none.
        rule: how points are judged.
    """

    metrics: Sequence[str] = ()
    slice: str | None = None
    time: str | None = None
    tolerance: Tolerance = Tolerance(0.10, True)
    rule: Rule = Rule()


@dataclass(slots=True)
class Comparison:
    """The answer.

    Args:
        whole: one judgement per metric.
        slices: judgements per metric and slice that had enough points.
        thin: slices with too few points, with (baseline, canary) rows.
        action, headline, why: what to do.
    """

    request: Request
    baseline: Side
    canary: Side
    whole: list[Judgement]
    slices: list[Judgement] = field(default_factory=list)
    thin: dict[str, tuple[int, int]] = field(default_factory=dict)
    action: Action = "inconclusive"
    headline: str = ""
    why: list[str] = field(default_factory=list)

    @property
    def rows(self) -> tuple[int, int]:
        return self.baseline.rows, self.canary.rows


def compare(
    baseline: Path, canary: Path, request: Request, delimiter: str | None, encoding: str | None
) -> Comparison:
    """Read both files and judge.

    Raises:
        InputError: a file cannot be used, or the question does not fit; all problems at once.
    """
    tables = [open_data(path, delimiter, encoding) for path in (baseline, canary)]
    metrics = chosen_metrics(tables, request)
    sides = [read_side(table, metrics, request) for table in tables]
    return judge_sides(sides[0], sides[1], metrics, request)


def chosen_metrics(tables: Sequence[Table], request: Request) -> list[CanaryMetric]:
    """The metrics that were named, or every numeric column of the baseline (or of the canary, if it has none).

    Raises:
        InputError: unknown columns, none at all, no slice or time column; all problems at once.
    """
    known = dict.fromkeys(c for t in tables for c in t.columns)
    problems: list[str] = []
    roles = [c for c in (request.slice, request.time) if c is not None]
    for role, column in (("--slice", request.slice), ("--time", request.time)):
        if column is not None:
            problems += [
                f'{role} {column}: {t.path.name} has no column "{column}"'
                for t in tables
                if column not in t.columns
            ]
    found: list[CanaryMetric] = []
    for text in request.metrics:
        try:
            found.append(parse_metric(text, known, request.tolerance))
        except ValueError as error:
            problems.append(str(error))
    if not request.metrics and (most := max(len(t.columns) for t in tables)) > MOST_COLUMNS:
        problems.append(
            f"{most:,} columns, and no metric is named: at most {MOST_COLUMNS} are judged at once"
        )
    elif not request.metrics:
        both = dict.fromkeys(c for t in tables for c in numeric_columns(t, roles))
        found = [CanaryMetric(c, "either", request.tolerance) for c in both]
        if not found and not problems:
            empty = all(not t.columns or _no_rows(t) for t in tables)
            if not empty:
                problems.append("no column looks like a number: name one with --metric COLUMN")
            found = (
                [CanaryMetric(c, "either", request.tolerance) for c in known if c not in roles]
                if empty
                else []
            )
    for m in found:
        if not m.tolerance.relative and (told := _unit(tables, m.column)):
            problems.append(
                f'"{m.column}" has units beside its values, read {told}: give its tolerance as a share, such as 5%'
            )
    names = [m.column for m in found]
    problems += [
        f'metric "{n}" is named {names.count(n)} times' for n in sorted({*names}) if names.count(n) > 1
    ]
    if problems:
        raise InputError(
            "these files do not answer that question", problems, why="columns: " + ", ".join(list(known)[:30])
        )
    return found


def _unit(tables: Sequence[Table], column: str) -> str:
    """The unit of a column on either side, such as "in seconds"; "" for plain numbers."""
    from gradatim.instruments.tables import unit

    found = [unit(t.sample(column)) for t in tables if column in t.columns and not _no_rows(t)]
    return next((f"in {one}".replace("in in ", "in ") for one in found if one), "")


def judge_sides(
    baseline: Side, canary: Side, metrics: Sequence[CanaryMetric], request: Request
) -> Comparison:
    """Every metric in all points and in slices; Holm's correction over all of them; then the rule."""
    rule = request.rule
    whole = [look(m, "", points_of(baseline.frame, canary.frame, m, request), rule) for m in metrics]
    found = Comparison(request, baseline, canary, whole)
    if request.slice is not None:
        _slices(found, metrics)
    every = [*whole, *found.slices]
    for judgement, p in zip(every, adjust([j.p_harm for j in every]), strict=True):
        judgement.p_harm_adjusted = p
    for judgement, p in zip(every, adjust([j.mixed.p for j in every]), strict=True):
        judgement.p_mixed_adjusted = p
    for judgement in every:
        settle(judgement, rule)
    _decide(found)
    return found


def points_of(baseline: pl.DataFrame, canary: pl.DataFrame, metric: CanaryMetric, request: Request) -> Points:
    """The metric's points on both sides, in order of time, paired where most times are on both sides."""
    import numpy as np

    name = NUMBER + metric.column
    timed = request.time is not None
    frames, missing = [], []
    for frame in (baseline, canary):
        if name not in frame.columns:
            frames.append(frame.clear().with_columns(_empty(name)))
            missing.append(frame.height)
            continue
        kept = frame.drop_nulls(name)
        missing.append(frame.height - kept.height)
        frames.append(kept.sort(TIME, maintain_order=True) if timed else kept)
    values = [f[name].to_numpy() for f in frames]
    pairs = None
    if timed:
        times = [f[TIME].to_numpy() for f in frames]
        if all(len(np.unique(t)) == len(t) for t in times):
            _, old, new = np.intersect1d(times[0], times[1], assume_unique=True, return_indices=True)
            if len(old) >= PAIRED_SHARE * max(len(t) for t in times) and len(old) > 2:
                pairs = (old, new)
    return Points(values[0], values[1], (missing[0], missing[1]), pairs, timed)


def _slices(found: Comparison, metrics: Sequence[CanaryMetric]) -> None:
    polars = load("polars", "work", "The slices")
    request = found.request
    column = TEXT + (request.slice or "")
    counts: list[Mapping[str, int]] = []
    for side in (found.baseline, found.canary):
        named = side.frame.drop_nulls(column) if column in side.frame.columns else side.frame.clear()
        counts.append(dict(named.group_by(column).len().iter_rows()) if named.height else {})
    old, new = counts
    names = sorted({*old, *new}, key=lambda s: (-max(old.get(s, 0), new.get(s, 0)), s))
    for k, name in enumerate(names):
        size = (old.get(name, 0), new.get(name, 0))
        if min(size) < LEAST_FOR_MEAN or k >= MOST_SLICES:
            found.thin[str(name)] = size
            continue
        parts = [s.frame.filter(polars.col(column) == name) for s in (found.baseline, found.canary)]
        for metric in metrics:
            found.slices.append(
                look(metric, str(name), points_of(parts[0], parts[1], metric, request), request.rule)
            )


def _decide(found: Comparison) -> None:
    failed = [j for j in [*found.whole, *found.slices] if j.state == "fail"]
    if failed:
        reasons = [r for j in failed for r in j.reasons]
        found.action, found.headline, found.why = "roll back", f"Roll back: {reasons[0]}", reasons[1:]
        return
    open_ = [r for j in found.whole if j.state == "unknown" for r in j.reasons]
    open_ += _slice_gaps(found)
    if not found.whole:
        open_.append("there is no metric to compare, and no data is no pass")
    elif not open_ and all(j.constant for j in found.whole):
        open_.append("every metric has one and the same value everywhere: a frozen series looks like that")
    if open_:
        found.headline, found.why = f"Inconclusive: {open_[0]}", open_[1:]
        return
    found.action = "promote"
    metrics = f"all {len(found.whole)} metrics are" if len(found.whole) > 1 else "the metric is"
    found.headline = f"Promote: {metrics} within tolerance, with {found.rows[1]:,} canary points"
    found.why = [_passed(j, found.request.rule) for j in found.whole]


def _slice_gaps(found: Comparison) -> list[str]:
    """Slices that matter to the baseline and that the canary has not seen enough of."""
    gaps = []
    for name, (old, new) in found.thin.items():
        if old >= SLICE_MATTERS * max(found.baseline.rows, 1) and new < LEAST_FOR_MEAN:
            share = 100 * old / found.baseline.rows
            gaps.append(f"slice {name} is {share:.0f} % of the baseline and has {new} canary points")
    return gaps


def _passed(judgement: Judgement, rule: Rule) -> str:
    if judgement.constant:
        n = judgement.points.least
        value = f"{judgement.points.baseline[0]:g}"
        return (
            f"{judgement.metric.column} is {value} at every point; up to {100 * (1 - 0.05 ** (1 / n)):.2g} % of the "
            f"canary's points may still differ (95 %, none seen in {n:,})"
        )
    return f"{judgement.metric.column}: {change_text(judgement, rule)}, tolerance {judgement.metric.tolerance.text}"


def read_side(table: Table, metrics: Sequence[CanaryMetric], request: Request) -> Side:
    """The needed columns of one file; a file with a header and no rows is a side without points, not an error.

    Raises:
        InputError: values that are not numbers or not finite, times that are missing; all problems at once.
    """
    polars = load("polars", "work", "Reading tables")
    numbers = [m.column for m in metrics if m.column in table.columns]
    texts = [] if request.slice is None else [request.slice]
    wanted = Wanted(numbers, texts, request.time)
    if not wanted.columns or _no_rows(table):
        schema = {NUMBER + n: polars.Float64 for n in numbers} | {TEXT + t: polars.String for t in texts}
        if request.time is not None:
            schema[TIME] = polars.Float64
        rows = 0 if _no_rows(table) else sum(b.rows for b in table.blocks(list(table.columns)[:1]))
        return Side(polars.DataFrame(schema=schema), rows, list(table.notes), table.columns)
    read = read_rows(table, wanted)
    if request.time is not None and (gone := read.frame[TIME].null_count()):
        raise InputError(
            f"{table.path.name} cannot be used", [f'column "{request.time}": {gone:,} rows have no time']
        )
    return Side(read.frame, read.frame.height, read.notes, table.columns)


def _no_rows(table: Table) -> bool:
    return not any(block.rows for block in table.blocks(list(table.columns)[:1]))


def _empty(name: str) -> pl.Series:
    polars = load("polars", "work", "Reading tables")
    series: pl.Series = polars.Series(name, [], dtype=polars.Float64)
    return series

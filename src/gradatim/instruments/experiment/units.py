"""From rows to randomisation units: which arm each is in, and one value per unit and metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.experiment.metric import Metric
from gradatim.instruments.experiment.rows import NUMBER, TEXT, TIME, Wanted
from gradatim.instruments.experiment.sample import Sample

if TYPE_CHECKING:
    import polars as pl

    from gradatim.instruments.experiment.sample import Values

ARM, UNIT = "arm", "unit"
MOST_ARMS = 20


class Layout(NamedTuple):
    """Where things stand in the person's file."""

    arm: str
    unit: str | None = None
    time: str | None = None
    segments: Sequence[str] = ()

    def wanted(self, metrics: Sequence[Metric]) -> Wanted:
        """The columns that have to be read."""
        numbers = dict.fromkeys(c for m in metrics for c in m.columns)
        unit = [] if self.unit is None else [self.unit]
        return Wanted(list(numbers), [self.arm, *unit, *self.segments], self.time)


@dataclass(frozen=True, slots=True)
class Units:
    """One row per unit.

    Args:
        frame: columns arm, time (the unit's first), `t:SEGMENT`, and for metric i `num:i`, `den:i`, `cov:i`.
        metrics: in the order of i.
        counts: units per arm, those in two arms left out.
        rows: rows read.
        crossed: units that were seen in more than one arm; they are left out.
        repeated: some unit has more than one row.
        notes: what was done to the data, one sentence each.
    """

    frame: pl.DataFrame
    metrics: tuple[Metric, ...]
    counts: dict[str, int]
    rows: int
    crossed: int
    repeated: bool
    notes: list[str] = field(default_factory=list)

    def sample(self, i: int, arm: str, frame: pl.DataFrame | None = None) -> Sample:
        """Metric i in one arm; units without a value of it are left out."""
        polars = load("polars", "work", "Reading tables")
        rows = self.frame if frame is None else frame
        rows = rows.filter((polars.col(ARM) == arm) & polars.col(f"num:{i}").is_not_null())
        has = rows.columns
        return Sample(
            rows[f"num:{i}"].to_numpy(),
            rows[f"den:{i}"].to_numpy() if f"den:{i}" in has else None,
            rows[f"cov:{i}"].to_numpy() if f"cov:{i}" in has else None,
        )

    def times(self, i: int, arm: str) -> Values:
        """First times (seconds) of the units in `sample`, in the same order."""
        polars = load("polars", "work", "Reading tables")
        rows = self.frame.filter((polars.col(ARM) == arm) & polars.col(f"num:{i}").is_not_null())
        times: Values = rows[TIME].to_numpy()
        return times

    def missing(self, i: int, arm: str) -> int:
        """Units of an arm without any value of metric i."""
        polars = load("polars", "work", "Reading tables")
        return int(self.frame.filter(polars.col(ARM) == arm)[f"num:{i}"].null_count())


def collect(frame: pl.DataFrame, layout: Layout, metrics: Sequence[Metric]) -> Units:
    """Aggregate rows to units.

    Args:
        frame: as `read_rows` gives it.
        layout: the columns' roles.
        metrics: what is measured.

    Raises:
        InputError: rows without arm or unit, fewer than two arms, negative denominators; all problems at once.
    """
    polars = load("polars", "work", "Reading tables")
    problems = _problems(frame, layout, metrics)
    if problems:
        raise InputError("the experiment cannot be read", problems)
    rows = frame.height
    notes: list[str] = []
    keyed = frame.with_columns(polars.col(TEXT + layout.arm).str.strip_chars().alias(ARM))
    crossed, repeated = 0, False
    if layout.unit is not None:
        keyed = keyed.with_columns(polars.col(TEXT + layout.unit).alias(UNIT))
        arms_of = keyed.group_by(UNIT).agg(polars.col(ARM).n_unique().alias("arms"))
        both = arms_of.filter(polars.col("arms") > 1).select(UNIT)
        crossed = both.height
        keyed = keyed.join(both, on=UNIT, how="anti") if crossed else keyed
        repeated = bool(arms_of.height < rows)
    missing_covariate = 0
    columns = _roles(layout, repeated)
    for i, metric in enumerate(metrics):
        columns += _grouped(i, metric) if repeated else _single(i, metric)
    grouped = keyed.group_by(UNIT, maintain_order=True) if repeated else None
    units = keyed.select(columns) if grouped is None else grouped.agg(columns)
    for i, metric in enumerate(metrics):
        if metric.covariate is not None:
            # A unit without a history says nothing about its level: the mean leaves it unadjusted.
            missing_covariate = max(missing_covariate, units[f"cov:{i}"].null_count())
            mean = units[f"cov:{i}"].mean() or 0.0
            units = units.with_columns(polars.col(f"cov:{i}").fill_null(mean))
    if missing_covariate:
        notes.append(f"{missing_covariate:,} units have no value before the experiment; they stay unadjusted")
    if repeated:
        notes.append(
            f"{rows:,} rows belong to {units.height:,} units: rows are added up per unit, and every interval "
            "is of the variance between units"
        )
    counts = {str(arm): int(n) for arm, n in units.group_by(ARM).len().sort(ARM).iter_rows()}
    return Units(units, tuple(metrics), counts, rows, crossed, repeated, notes)


def _roles(layout: Layout, repeated: bool) -> list[pl.Expr]:
    """Expressions of a unit's arm, first time and segments."""
    polars = load("polars", "work", "Reading tables")
    segments = [polars.col(TEXT + s) for s in layout.segments]
    time = [] if layout.time is None else [polars.col(TIME)]
    if not repeated:
        unit = [] if layout.unit is None else [polars.col(UNIT)]
        return [polars.col(ARM), *unit, *time, *segments]
    first = [s.drop_nulls().first() for s in segments]
    return [polars.first(ARM), *(t.min() for t in time), *first]


def _single(i: int, metric: Metric) -> list[pl.Expr]:
    """Expressions of metric i where every row is a unit."""
    polars = load("polars", "work", "Reading tables")
    value = polars.col(NUMBER + metric.numerator)
    found = [value.alias(f"num:{i}")]
    if metric.denominator is not None:
        below = polars.col(NUMBER + metric.denominator)
        known = value.is_not_null() & below.is_not_null()
        found = [
            polars.when(known).then(value).alias(f"num:{i}"),
            polars.when(known).then(below).alias(f"den:{i}"),
        ]
    if metric.covariate is not None:
        found.append(polars.col(NUMBER + metric.covariate).alias(f"cov:{i}"))
    return found


def _grouped(i: int, metric: Metric) -> list[pl.Expr]:
    """Expressions of metric i's value per unit; null where the unit has none."""
    polars = load("polars", "work", "Reading tables")
    value = polars.col(NUMBER + metric.numerator)
    some = value.is_not_null().any()
    if metric.denominator is not None:
        below = polars.col(NUMBER + metric.denominator)
        known = value.is_not_null() & below.is_not_null()
        found = [
            polars.when(known.any()).then(value.filter(known).sum()).alias(f"num:{i}"),
            below.filter(known).sum().alias(f"den:{i}"),
        ]
    elif metric.aggregate:
        found = [polars.when(some).then(getattr(value, metric.aggregate)()).alias(f"num:{i}")]
    else:
        # The mean over rows stays the mean over rows; only its variance is between units.
        found = [
            polars.when(some).then(value.sum()).alias(f"num:{i}"),
            value.count().cast(polars.Float64).alias(f"den:{i}"),
        ]
    if metric.covariate is not None:
        found.append(polars.col(NUMBER + metric.covariate).mean().alias(f"cov:{i}"))
    return found


def _problems(frame: pl.DataFrame, layout: Layout, metrics: Sequence[Metric]) -> list[str]:
    polars = load("polars", "work", "Reading tables")
    problems = []
    arm = frame[TEXT + layout.arm].str.strip_chars()
    nameless = int((arm.is_null() | (arm == "")).sum())
    if nameless:
        problems.append(f'column "{layout.arm}": {nameless:,} rows have no arm')
    arms = sorted(a for a in arm.unique().to_list() if a)
    if len(arms) < 2:
        only = f'only "{arms[0]}"' if arms else "no value"
        problems.append(f'column "{layout.arm}" has {only}: an experiment needs two arms')
    elif len(arms) > MOST_ARMS:
        some = ", ".join(f'"{a}"' for a in arms[:5])
        problems.append(
            f'column "{layout.arm}" has {len(arms):,} different values ({some} ...): is it the arm?'
        )
    if layout.unit is not None and (gone := frame[TEXT + layout.unit].null_count()):
        problems.append(f'column "{layout.unit}": {gone:,} rows have no unit')
    if layout.time is not None and (gone := frame[TIME].null_count()):
        problems.append(f'column "{layout.time}": {gone:,} rows have no time')
    for metric in metrics:
        for column in (metric.numerator, metric.denominator):
            if metric.denominator is not None and column is not None:
                values = frame[NUMBER + column]
                negative = int((values < 0).sum())
                if negative and column == metric.denominator:
                    problems.append(f'column "{column}": {negative:,} negative values below a fraction')
                elif negative:
                    problems.append(f'column "{column}": {negative:,} negative counts above a fraction')
        if frame[NUMBER + metric.numerator].null_count() == frame.height:
            problems.append(f'column "{metric.numerator}" has no value at all')
        below = metric.denominator
        if below is not None and not (frame.select(polars.col(NUMBER + below).sum()).item() or 0) > 0:
            problems.append(f'column "{below}": adds up to zero, so "{metric.name}" is not defined')
    return list(dict.fromkeys(problems))

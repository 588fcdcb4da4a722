"""One pass over a table that fills the counts of its columns; memory does not grow with the rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.drift.grid import Grid, Seen, choose
from gradatim.instruments.drift.merging import bucket_of
from gradatim.instruments.drift.profile import KEPT_SPIKES, NAMED_CATEGORIES, ColumnProfile
from gradatim.instruments.tables import as_epoch_s, as_numbers, as_text, floats, infer

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from gradatim.instruments.drift.calibration import Scores
    from gradatim.instruments.drift.windows import Windows
    from gradatim.instruments.tables import Table

    Floats = NDArray[np.float64]

# Text with more distinct values than this in a sample, most of them once, is looked at by its length.
DISTINCT_TEXT, DISTINCT_SHARE = 50, 0.5
SPIKE_SHARE = 0.01
NOTED = 65_536


@dataclass
class Side:
    """One side of the comparison, filled: its columns, its windows, its scores.

    Attributes:
        frozen: categories in which no further value gets a name.
        undecided: columns whose kind and bins are chosen when they are first read: a table then decodes them once.
    """

    columns: dict[str, ColumnProfile]
    rows: int = 0
    windows: Windows | None = None
    scores: Scores | None = None
    frozen: set[str] = field(default_factory=set)
    undecided: dict[str, Callable[[], ColumnProfile]] = field(default_factory=dict)


def blank_column(
    table: Table, name: str, *, categorical: Collection[str] = (), text: Collection[str] = ()
) -> ColumnProfile:
    """Decide the kind of a column from a sample, and the bins of a numeric one.

    Args:
        table: the reference.
        name: the column.
        categorical: columns whose values are names although they look like numbers.
        text: columns of which only the length is looked at.
    """
    import numpy as np

    sample = table.sample(name)
    kind = infer(sample)
    column = ColumnProfile(name, "empty")
    if name in text or (kind == "text" and name not in categorical and _is_free_text(sample)):
        column.kind = "text"
        values = _lengths(sample)
    elif kind == "boolean" or kind == "text" or (name in categorical and kind != "empty"):
        column.kind = "category"
        return column
    elif kind == "time":
        column.kind = "time"
        return column
    elif kind == "number":
        column.kind = "number"
        values = as_numbers(sample).values
    else:
        return column
    values = values[np.isfinite(values)]
    if not len(values):
        column.kind = "empty"
        return column
    column.grid = choose(values)
    column.counts, column.sums = np.zeros(column.grid.bins, np.int64), np.zeros(column.grid.bins)
    return column


def blank_current(reference: dict[str, ColumnProfile]) -> dict[str, ColumnProfile]:
    """The same columns with the same bins, nothing counted."""
    import numpy as np

    columns = {}
    for name, known in reference.items():
        column = columns[name] = ColumnProfile(name, known.kind, grid=known.grid)
        if known.grid is not None:
            column.counts, column.sums = np.zeros(known.grid.bins, np.int64), np.zeros(known.grid.bins)
    return columns


def fill(
    side: Side,
    table: Table,
    *,
    known: dict[str, ColumnProfile] | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Read the table once and count.

    Args:
        side: columns with bins; windows and scores where they are asked for.
        table: what is read.
        known: the reference, when this is the current side: its categories are counted by name.
        progress: told the rows so far after each block.

    Raises:
        InputError: the file is damaged, a score is no probability, or there are too many windows.
    """
    there = set(table.columns)
    present = [name for name in side.columns if name in there]
    extra = list(side.windows.needs if side.windows else ()) + list(side.scores.needs if side.scores else ())
    # Without any of the columns the rows are still counted: that they are gone is the finding.
    for block in table.blocks([*present, *extra] or table.columns[:1]):
        rows = _Rows(
            side.windows.index(block) if side.windows is not None else None,
            side.scores.score(block) if side.scores is not None else None,
        )
        for name in present:
            if name in side.undecided:
                side.columns[name] = side.undecided.pop(name)()
            column = side.columns[name]
            reference = known.get(name) if known is not None else None
            start = 0
            for values in block.pieces(name):
                _add(column, values, rows.part(start, start + len(values)), reference, side)
                start += len(values)
        if side.scores is not None:
            side.scores.add(block, rows.window)
        side.rows += block.rows
        if progress is not None:
            progress(side.rows)
    if not side.rows:
        raise InputError(
            f"{table.path} has a header and no rows", ["no rows: nothing can be said, and nothing is no pass"]
        )


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is common to all columns of some rows: their windows and their scores."""

    window: NDArray[np.int64] | None
    score: Floats | None

    @property
    def plain(self) -> bool:
        """Rows need not be told apart: counting them is enough."""
        return self.window is None and self.score is None

    def part(self, start: int, stop: int) -> _Rows:
        """The rows from start to stop."""
        if self.plain:
            return self
        return _Rows(
            None if self.window is None else self.window[start:stop],
            None if self.score is None else self.score[start:stop],
        )

    def note(self, side: Side, column: ColumnProfile, group: NDArray[np.int64], used: Any) -> None:
        """Add a column's coarse groups to its windows and to the mean score of each group."""
        if side.windows is not None and self.window is not None:
            side.windows.add(column.name, self.window, group, used)
        if side.scores is not None and self.score is not None:
            side.scores.note(column.name, group, used, self.score)


def _add(
    column: ColumnProfile, values: pa.Array, rows: _Rows, reference: ColumnProfile | None, side: Side
) -> None:
    import numpy as np

    column.rows += len(values)
    if column.kind == "number":
        numbers = as_numbers(values)
        column.missing += numbers.missing
        column.unparsed += numbers.unparsed
        _add_numbers(column, numbers.values, rows, side)
    elif column.kind == "text":
        lengths = _lengths(values)
        column.missing += values.null_count
        _add_numbers(column, lengths, rows, side)
    elif column.kind == "time":
        _add_times(column, values)
    elif column.kind == "category":
        _add_categories(column, values, rows, reference, side)
    else:
        column.missing += values.null_count
        if infer(values) == "number":
            # Infinite throughout, or without a value in the sample: both are told by their shares.
            told = as_numbers(values).values
            column.infinite += int(np.isinf(told).sum())
            column.missing += int(np.isnan(told).sum()) - values.null_count


def _add_numbers(column: ColumnProfile, values: Floats, rows: _Rows, side: Side) -> None:
    """Count numbers; NaN are missing or unreadable, and counted as such."""
    assert column.grid is not None and column.counts is not None and column.sums is not None
    before = column.counts.copy()
    if rows.plain:
        seen = column.grid.add(values, column.counts, column.sums, _seen(column))
        _widen(column, seen)
    else:
        for start in range(0, len(values), NOTED):
            piece = values[start : start + NOTED]
            _add_noted(column, column.grid, piece, rows.part(start, start + len(piece)), side)
    # NaN that the file does not call null is missing all the same.
    column.missing += (
        column.rows - column.missing - column.unparsed - column.infinite - int(column.counts.sum())
    )
    # A value that makes a hundredth of these rows makes its bin at least that heavy.
    if int((column.counts - before).max()) > SPIKE_SHARE / 2 * len(values):
        _add_spikes(column, values)


def _add_noted(column: ColumnProfile, grid: Grid, piece: Floats, rows: _Rows, side: Side) -> None:
    """Count numbers whose rows have a window or a score."""
    import numpy as np

    assert column.counts is not None and column.sums is not None
    finite = np.isfinite(piece)
    infinite = int(np.isinf(piece).sum())
    piece = piece[finite]
    where = grid.index(piece)
    column.counts += np.bincount(where, minlength=grid.bins)
    with np.errstate(over="ignore", invalid="ignore"):
        column.sums += np.bincount(where, weights=piece, minlength=grid.bins)
    _widen(column, _seen(column).wider(piece)._replace(infinite=infinite))
    rows.note(side, column, grid.group_of[where], finite)


def _seen(column: ColumnProfile) -> Seen:
    """The extremes of a column so far."""
    return Seen(
        math.inf if column.minimum is None else column.minimum,
        -math.inf if column.maximum is None else column.maximum,
    )


def _widen(column: ColumnProfile, seen: Seen) -> None:
    column.infinite += seen.infinite
    if seen.minimum <= seen.maximum:
        column.minimum, column.maximum = seen.minimum, seen.maximum


def _add_spikes(column: ColumnProfile, values: Floats) -> None:
    """Note values that alone make a hundredth of a block or more, seen from a sorted sample of it.

    Only which values they are: how often each occurs is the count of its bin, on both sides.
    """
    import numpy as np

    if len(column.spikes) >= KEPT_SPIKES:
        return
    ordered = np.sort(values[:: max(1, len(values) // 4096)])
    ordered = ordered[np.isfinite(ordered)]
    if len(ordered) < 2:
        return
    run = max(2, int(len(ordered) * SPIKE_SHARE / 2))
    marks = ordered[::run]
    repeated = np.unique(marks[:-1][marks[:-1] == marks[1:]])
    column.spikes.update(repeated[: KEPT_SPIKES - len(column.spikes)].tolist())


def _add_times(column: ColumnProfile, values: pa.Array) -> None:
    import numpy as np

    times = as_epoch_s(values)
    column.missing += times.missing
    column.unparsed += times.unparsed
    seconds = times.values[np.isfinite(times.values)]
    if not len(seconds):
        return
    least, most = float(seconds.min()), float(seconds.max())
    column.minimum = least if column.minimum is None else min(column.minimum, least)
    column.maximum = most if column.maximum is None else max(column.maximum, most)
    hours = np.bincount((seconds // 3600).astype(np.int64) % 24, minlength=24)
    days = np.bincount(((seconds // 86400).astype(np.int64) + 3) % 7, minlength=7)
    column.hours = [a + int(b) for a, b in zip(column.hours, hours, strict=True)]
    column.weekdays = [a + int(b) for a, b in zip(column.weekdays, days, strict=True)]


def _add_categories(
    column: ColumnProfile, values: pa.Array, rows: _Rows, reference: ColumnProfile | None, side: Side
) -> None:
    import numpy as np

    compute = load("pyarrow.compute", "work", "The drift report")
    text = as_text(values)
    column.missing += text.null_count
    coded = compute.dictionary_encode(text)
    pyarrow = load("pyarrow", "work", "The drift report")
    places = floats(coded.indices.cast(pyarrow.float64()))
    names = coded.dictionary.to_pylist()
    used: Any = slice(None)
    if coded.null_count:
        used = np.flatnonzero(np.isfinite(places))
    codes = places[used].astype(np.int64)
    counts = np.bincount(codes, minlength=len(names)).tolist() if len(names) else []
    known: Collection[str] = reference.categories if reference is not None else ()
    bucketed = reference is not None and not reference.all_named
    frozen = column.name in side.frozen
    for name, count in zip(names, counts, strict=True):
        if name in column.categories or name in known or not (frozen or bucketed):
            column.categories[name] += count
        else:
            column.buckets[bucket_of(name)] += count
    if not frozen and len(column.categories) > NAMED_CATEGORIES + len(known):
        _freeze(column, known)
        side.frozen.add(column.name)
    if not rows.plain:
        group = np.array([bucket_of(name) for name in names], np.int64)
        rows.note(side, column, group[codes] if len(names) else codes.astype(np.int64), used)


def _freeze(column: ColumnProfile, known: Collection[str]) -> None:
    """From here on no further value gets a name; the rarest lose theirs."""
    kept = {value for value, _ in column.categories.most_common(NAMED_CATEGORIES // 2)} | set(known)
    left = Counter[str]()
    for value, count in column.categories.items():
        if value in kept:
            left[value] = count
        else:
            column.buckets[bucket_of(value)] += count
    column.categories = left


def _is_free_text(sample: pa.Array) -> bool:
    compute = load("pyarrow.compute", "work", "The drift report")
    text = as_text(sample)
    distinct = compute.count_distinct(text).as_py()
    known = len(text) - text.null_count
    return bool(distinct > DISTINCT_TEXT and distinct > DISTINCT_SHARE * known)


def _lengths(values: pa.Array) -> Floats:
    """Characters of each text; NaN where there is none."""
    compute = load("pyarrow.compute", "work", "The drift report")
    pyarrow = load("pyarrow", "work", "The drift report")
    lengths = compute.utf8_length(as_text(values)).cast(pyarrow.float64())
    return floats(lengths)

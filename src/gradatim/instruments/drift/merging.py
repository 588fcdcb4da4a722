"""Adding up what two or more profiles know of one column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradatim.instruments.drift.profile import BUCKETS, NAMED_CATEGORIES, ColumnProfile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradatim.instruments.drift.grid import Grid


def add(parts: Sequence[ColumnProfile]) -> ColumnProfile:
    """One column of several profiles. The bins are those of the part with most rows."""
    told = [part for part in parts if part.kind != "empty"] or list(parts)
    widest = max(told, key=lambda part: part.known)
    column = ColumnProfile(widest.name, widest.kind)
    for name in ("rows", "missing", "unparsed", "infinite"):
        setattr(column, name, sum(getattr(part, name) for part in parts))
    least = [part.minimum for part in parts if part.minimum is not None]
    most = [part.maximum for part in parts if part.maximum is not None]
    column.minimum, column.maximum = min(least, default=None), max(most, default=None)
    known = sum(part.known for part in parts) or 1
    column.inflation = sum(part.inflation * part.known for part in parts) / known if known else 1.0
    column.inflation = max(1.0, column.inflation)
    if widest.grid is not None:
        _add_counts(column, widest.grid, parts)
    spread = [0] * BUCKETS
    values: Counter[str] = Counter()
    for part in parts:
        values.update(part.categories)
        spread = [a + b for a, b in zip(spread, part.buckets, strict=True)]
        column.hours = [a + b for a, b in zip(column.hours, part.hours, strict=True)]
        column.weekdays = [a + b for a, b in zip(column.weekdays, part.weekdays, strict=True)]
    # Where a part counts some values in buckets, only what it names too is known whole.
    named = [set(part.categories) for part in parts if not part.all_named]
    if len(values) > NAMED_CATEGORIES:
        named.append({value for value, _ in values.most_common(NAMED_CATEGORIES // 2)})
    if named:
        whole = set.intersection(*named)
        for value in [value for value in values if value not in whole]:
            spread[bucket_of(value)] += values.pop(value)
    column.categories, column.buckets = values, spread
    return column


def bucket_of(value: str) -> int:
    """The bucket of a value that is not kept by name; the same in every process."""
    import zlib

    return zlib.crc32(value.encode("utf-8", "surrogatepass")) % BUCKETS


def _add_counts(column: ColumnProfile, grid: Grid, parts: Sequence[ColumnProfile]) -> None:
    import numpy as np

    column.grid = grid
    column.counts, column.sums = np.zeros(grid.bins, np.int64), np.zeros(grid.bins)
    for part in parts:
        if part.grid is None or part.counts is None or part.sums is None:
            continue
        column.slack += part.slack
        if grid.same(part.grid):
            column.counts += part.counts
            column.sums += part.sums
        else:
            moved, lost = rebinned(part, grid)
            column.counts += moved
            column.slack += lost
            # The mean of a bin is no longer known: its middle is taken.
            column.sums += np.where(moved > 0, np.nan, 0.0)
    column.sums[~np.isfinite(column.sums)] = 0.0
    at = grid.positions(np.zeros_like(column.counts), column.sums)
    blank = (column.counts > 0) & (column.sums == 0)
    column.sums[blank] = column.counts[blank] * at[blank]
    column.spikes = set().union(*(part.spikes for part in parts))


def rebinned(part: ColumnProfile, grid: Grid) -> tuple[NDArray[np.int64], int]:
    """Counts of a part on another grid, and how many rows may stand on the wrong side of an edge.

    Between its own edges a part's distribution is taken as even; at each edge of `grid` the error is at most
    the rows of the one bin that the edge cuts.
    """
    import numpy as np

    assert part.grid is not None and part.counts is not None and part.sums is not None
    own = part.grid.edges
    low = min(own[0], part.minimum if part.minimum is not None else own[0])
    high = max(own[-1], part.maximum if part.maximum is not None else own[-1])
    cumulated = np.concatenate([[0], np.cumsum(part.counts)])
    points = np.concatenate([[low], own, [max(high, np.nextafter(own[-1], np.inf))]])
    keep = np.concatenate([[True], np.diff(points) > 0])
    below = np.interp(grid.edges, points[keep], cumulated[keep])
    whole = np.round(np.concatenate([[0], below, [cumulated[-1]]])).astype(np.int64)
    cut_bins = np.searchsorted(own, grid.edges, side="right")
    on_edge = np.isin(grid.edges, own)
    cut = np.where(on_edge, 0, part.counts[cut_bins])
    return np.diff(whole), int(cut.max(initial=0))

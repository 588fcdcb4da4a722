"""Rows of the current file that show a change: only made when a person asks for them, never part of the aggregates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradatim.instruments.tables import as_numbers, as_text

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from gradatim.instruments.drift.analysis import Analysis
    from gradatim.instruments.drift.profile import ColumnProfile
    from gradatim.instruments.tables import Table

    Mask = Callable[[pa.Array], NDArray[np.bool_]]

MOST_COLUMNS = 8
LONGEST = 40


@dataclass(frozen=True)
class Examples:
    """Rows as text, and why these.

    Attributes:
        why: what they have in common, or why there are none.
        columns: of the rows, the one that decided first.
        numbers: of each row in the file, from 1, the header not counted.
        rows: values; what is missing is None, what is long is cut.
    """

    why: str
    columns: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"why": self.why, "row_numbers": list(self.numbers), "rows": rows}


def examples(analysis: Analysis, table: Table, most: int) -> Examples:
    """The first rows of the segment that changed most, else of the column that did.

    Args:
        analysis: what was found.
        table: the current file, read again up to the last row that is shown.
        most: rows.

    Raises:
        InputError: the file is damaged.
    """
    import numpy as np

    chosen = _segment(analysis) or _column(analysis)
    if chosen is None:
        return Examples("nothing changed that single rows could show")
    name, why, mask = chosen
    request = analysis.request
    wanted = [name, request.time, request.prediction, request.label, *request.segments, *table.columns]
    there = set(table.columns)
    columns = tuple(dict.fromkeys(one for one in wanted if one in there))[:MOST_COLUMNS]
    numbers: list[int] = []
    rows: list[tuple[str | None, ...]] = []
    seen = 0
    for block in table.blocks(columns):
        places = np.flatnonzero(mask(block.column(name)))[: most - len(rows)].tolist()
        if places:
            values = [
                [as_text(column.slice(i, 1))[0].as_py() for i in places]
                for column in map(block.column, columns)
            ]
            rows += [tuple(map(_cut, row)) for row in zip(*values, strict=True)]
            numbers += [seen + i + 1 for i in places]
        seen += block.rows
        if len(rows) >= most:
            break
    return Examples(why, columns, tuple(numbers), tuple(rows))


def _segment(analysis: Analysis) -> tuple[str, str, Mask] | None:
    changed = next((g for g in analysis.groups if g.changed and g.segment), None)
    if changed is None:
        return None
    value = changed.value
    return changed.segment, f"{changed.segment} = {value}: its performance changed", _equal({value})


def _column(analysis: Analysis) -> tuple[str, str, Mask] | None:
    """The column that changed most, and which of its rows show the largest finding that rows can show."""
    for result in analysis.in_state("drift", "episode"):
        reference = analysis.reference.columns[result.name]
        current = analysis.current.columns.get(result.name)
        for finding in result.real(analysis.settings.alpha) if current is not None else ():
            assert current is not None
            mask = _mask(finding.what, reference, current) if finding.large else None
            if mask is not None:
                return result.name, f"{result.name}: {finding.what}; {finding.text}", mask
    return None


def _mask(what: str, reference: ColumnProfile, current: ColumnProfile) -> Mask | None:
    """Which values of the column show a finding; None where no single one does."""
    import numpy as np

    if what == "new category":
        return _equal(set(current.categories) - set(reference.categories))
    if what == "categories" and current.categories:
        share = {v: c / current.known for v, c in current.categories.items()}
        rise = max(share, key=lambda v: share[v] - reference.categories.get(v, 0) / reference.known)
        return _equal({rise})
    if what == "missing":
        return lambda values: ~np.isfinite(_numbers(values)) if current.kind == "number" else _null(values)
    if current.kind != "number":
        return None
    if what == "infinite":
        return lambda values: np.isinf(_numbers(values))
    if what == "unreadable":
        return lambda values: np.isnan(_numbers(values)) & ~_null(values)
    if what == "above range" and reference.maximum is not None:
        most = reference.maximum
        return lambda values: np.isfinite(_numbers(values)) & (_numbers(values) > most)
    if what == "below range" and reference.minimum is not None:
        least = reference.minimum
        return lambda values: np.isfinite(_numbers(values)) & (_numbers(values) < least)
    if what in {"distribution", "one value"} and reference.grid is not None:
        return _risen(reference, current)
    return None


def _risen(reference: ColumnProfile, current: ColumnProfile) -> Mask | None:
    """Values of the coarse group whose share of the rows rose most."""
    import numpy as np

    grid, before, after = reference.grid, reference.counts, current.counts
    if grid is None or before is None or after is None:
        return None
    shares = [np.bincount(grid.group_of, weights=counts / counts.sum()) for counts in (before, after)]
    risen = int(np.argmax(shares[1] - shares[0]))

    def mask(values: pa.Array) -> NDArray[np.bool_]:
        numbers = _numbers(values)
        known = np.isfinite(numbers)
        found: NDArray[np.bool_] = known & (grid.group_of[grid.index(np.where(known, numbers, 0.0))] == risen)
        return found

    return mask


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    return as_numbers(values).values


def _null(values: pa.Array) -> NDArray[np.bool_]:
    import numpy as np

    return np.array([value is None for value in values.to_pylist()], bool)


def _equal(wanted: set[str]) -> Mask:
    def mask(values: pa.Array) -> NDArray[np.bool_]:
        import numpy as np

        return np.array([value in wanted for value in as_text(values).to_pylist()], bool)

    return mask


def _cut(value: str | None) -> str | None:
    return value if value is None or len(value) <= LONGEST else value[: LONGEST - 1] + "…"

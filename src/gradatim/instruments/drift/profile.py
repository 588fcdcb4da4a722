"""The saved reference: counts of every column, which can be added to those of another profile."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gradatim.core.errors import InputError
from gradatim.instruments.drift.grid import Grid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = "gradatim.drift-profile/1"
MAX_BYTES = 1 << 30

ColumnKind = Literal["number", "category", "text", "time", "empty"]
# More values than this are counted in buckets by hash instead of by name.
NAMED_CATEGORIES = 50_000
BUCKETS = 64
KEPT_SPIKES = 32


@dataclass
class ColumnProfile:
    """What is kept of one column: counts, never rows.

    Attributes:
        name: of the column.
        kind: number (also booleans as 0 and 1), category, text (its length is what is counted), time, empty.
        rows: all rows.
        missing: null, NaN, or a spelling of it.
        unparsed: not a number or a time although the column is one.
        infinite: plus or minus infinity.
        minimum, maximum: of the finite values; seconds since 1970 for times, characters for texts.
        grid, counts, sums: the distribution of a number or a length.
        spikes: values that alone make at least about one in a hundred.
        categories: value to count, the named ones.
        buckets: counts of further values by hash.
        hours, weekdays: of a time, in UTC.
        slack: rows that may stand on the wrong side of an edge, after profiles with other edges were merged.
        inflation: variance of this column between time windows over that of independent rows, at least 1.
    """

    name: str
    kind: ColumnKind
    rows: int = 0
    missing: int = 0
    unparsed: int = 0
    infinite: int = 0
    minimum: float | None = None
    maximum: float | None = None
    grid: Grid | None = None
    counts: NDArray[np.int64] | None = None
    sums: NDArray[np.float64] | None = None
    spikes: set[float] = field(default_factory=set)
    categories: Counter[str] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    weekdays: list[int] = field(default_factory=lambda: [0] * 7)
    slack: int = 0
    inflation: float = 1.0

    @property
    def known(self) -> int:
        """Rows whose value takes part in the comparison of distributions."""
        return self.rows - self.missing - self.unparsed - self.infinite

    @property
    def all_named(self) -> bool:
        """Every value of a category is known by name, so a new one can be told."""
        return not any(self.buckets)

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        data: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("name", "kind", "rows", "missing", "unparsed", "infinite", "minimum", "maximum")
        }
        if self.grid is not None and self.counts is not None and self.sums is not None:
            data |= {"grid": self.grid.as_dict(), "counts": self.counts.tolist()}
            data["sums"] = {str(int(i)): float(self.sums[i]) for i in self.sums.nonzero()[0]}
            data["spikes"] = sorted(self.spikes)
        if self.kind == "category":
            data |= {"categories": dict(self.categories), "buckets": self.buckets}
        if self.kind == "time":
            data |= {"hours": self.hours, "weekdays": self.weekdays}
        return data | {"slack": self.slack, "inflation": self.inflation}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ColumnProfile:
        """The column of `as_dict`.

        Raises:
            ValueError, KeyError, TypeError: it is not one.
        """
        import numpy as np

        column = cls(str(data["name"]), data["kind"])
        if column.kind not in {"number", "category", "text", "time", "empty"}:
            raise ValueError(f"kind {column.kind!r}")
        for name in ("rows", "missing", "unparsed", "infinite", "slack"):
            value = data[name]
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} is {value!r}")
            setattr(column, name, value)
        for name in ("minimum", "maximum"):
            setattr(column, name, None if data[name] is None else float(data[name]))
        column.inflation = max(1.0, float(data["inflation"]))
        if "grid" in data:
            column.grid = Grid.from_dict(data["grid"])
            column.counts = np.asarray(data["counts"], np.int64)
            if column.counts.shape != (column.grid.bins,) or (column.counts < 0).any():
                raise ValueError("counts do not fit the grid")
            column.sums = np.zeros(column.grid.bins)
            for i, value in data["sums"].items():
                column.sums[int(i)] = float(value)
            column.spikes = {float(value) for value in data["spikes"]}
        if column.kind == "category":
            column.categories = Counter({str(k): int(v) for k, v in data["categories"].items()})
            column.buckets = [int(v) for v in data["buckets"]]
            if len(column.buckets) != BUCKETS:
                raise ValueError("buckets")
        if column.kind == "time":
            column.hours, column.weekdays = list(map(int, data["hours"])), list(map(int, data["weekdays"]))
        counted = (
            int(column.counts.sum())
            if column.counts is not None
            else sum(column.categories.values()) + sum(column.buckets)
            if column.kind == "category"
            else column.known
        )
        if counted != column.known:
            raise ValueError(f"{counted:,} values are counted, {column.known:,} rows are said to have one")
        return column


@dataclass
class Profile:
    """A reference, ready to be compared with.

    Attributes:
        rows: of all its files.
        columns: by name, in the order of the first file.
        files: name and digest of each file it was made from.
        calibration: what `estimate` needs of predictions and labels; None where there were none.
        windows: time windows that the inflation factors rest on.
    """

    rows: int
    columns: dict[str, ColumnProfile]
    files: list[dict[str, Any]] = field(default_factory=list)
    calibration: dict[str, Any] | None = None
    windows: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with the format's name."""
        return {
            "format": FORMAT,
            "rows": self.rows,
            "windows": self.windows,
            "files": self.files,
            "calibration": self.calibration,
            "columns": [column.as_dict() for column in self.columns.values()],
        }


def save(profile: Profile, path: Path) -> None:
    """Write a profile beside its place and move it there.

    Raises:
        InputError: the folder cannot be written.
    """
    from gradatim.instruments.report.page import replace

    replace(path, json.dumps(profile.as_dict(), separators=(",", ":"), allow_nan=False).encode())


def load(path: Path) -> Profile:
    """Read a saved profile.

    Raises:
        InputError: it is not one, of another format, or damaged.
    """
    again = f"gradatim work drift REF CUR --save-profile {path.name}"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is too large for a profile", next=again)
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not a drift profile", ["not JSON, or cut off"], next=again) from None
    told = data.get("format") if isinstance(data, dict) else None
    if told != FORMAT:
        raise InputError(
            f"{path} is not a drift profile of this version",
            [f"its format is {told!r}, this version reads {FORMAT!r}"],
            next=again,
        )
    problems, columns = [], {}
    for i, one in enumerate(data.get("columns", [])):
        try:
            column = ColumnProfile.from_dict(one)
            columns[column.name] = column
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            name = one.get("name", i) if isinstance(one, dict) else i
            problems.append(f"column {name!r}: {error}")
    if problems or not columns:
        raise InputError(f"{path} is damaged", problems[:20] or ["no columns"], next=again)
    return Profile(
        int(data["rows"]), columns, list(data.get("files", [])), data.get("calibration"), int(data["windows"])
    )


def merge(profiles: Sequence[Profile], names: Sequence[str]) -> Profile:
    """Add profiles up. Exact where the columns have the same bins; else with an error that is kept as `slack`.

    Args:
        profiles: at least one.
        names: what each is called in a message.

    Raises:
        InputError: columns differ in name or kind, or the same file is in two of them; all problems at once.
    """
    first, problems = profiles[0], []
    seen: dict[str, int] = {}
    for i, (profile, name) in enumerate(zip(profiles, names, strict=True)):
        for file in profile.files:
            other = seen.setdefault(str(file.get("digest")), i)
            if other != i:
                problems.append(f"{name} and {names[other]} were both made from {file.get('name')}")
        problems += [
            f'column "{column}" is not in both {names[0]} and {name}'
            for column in sorted(set(profile.columns) ^ set(first.columns))
        ]
        for column in set(profile.columns) & set(first.columns):
            kinds = {profile.columns[column].kind, first.columns[column].kind} - {"empty"}
            if len(kinds) > 1:
                problems.append(f'column "{column}" is {" and ".join(sorted(kinds))}')
    if problems:
        raise InputError("these profiles cannot be merged", problems[:40])
    from gradatim.instruments.drift.merging import add

    columns = {name: add([p.columns[name] for p in profiles]) for name in first.columns}
    calibrations = [p.calibration for p in profiles if p.calibration is not None]
    merged = None
    if calibrations and len(calibrations) == len(profiles):
        from gradatim.instruments.drift.calibration import add_calibrations

        merged = add_calibrations(calibrations)
    return Profile(
        sum(p.rows for p in profiles),
        columns,
        [file for p in profiles for file in p.files],
        merged,
        sum(p.windows for p in profiles),
    )

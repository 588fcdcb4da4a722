"""Counts by time window, for persistence and for the natural variation of the reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError
from gradatim.instruments.tables import as_epoch_s, time_hint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradatim.instruments.tables import Block

MAX_WINDOWS = 3000
GROUPS = 64
UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_window(text: str) -> float:
    """The length of a window in seconds: a number and s, m, h, d or w.

    Raises:
        InputError: it is something else.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)\s*", text)
    size_s = float(found[1]) * UNITS_S[found[2]] if found else 0.0
    if size_s <= 0:
        raise InputError(
            f'"{text}" is not a length of time', ["a number and s, m, h, d or w"], next="--window 1d"
        )
    return size_s


class Windows:
    """Coarse counts of every column in every window of a time column.

    Args:
        column: the column of times.
        size_s: length of a window; windows begin at multiples of it since 1970 UTC (weeks on Thursday).
    """

    def __init__(self, column: str, size_s: float) -> None:
        self.column, self.size_s = column, size_s
        self.needs = (column,)
        self.numbers: dict[int, int] = {}
        self.rows: list[int] = []
        self.without_time = 0
        self._counts: dict[str, NDArray[np.int64]] = {}

    def index(self, block: Block) -> NDArray[np.int64]:
        """The place of each row's window in the order of first sight; -1 without a time.

        Raises:
            InputError: more windows than can be held; the column holds no times.
        """
        import numpy as np

        times = as_epoch_s(block.column(self.column))
        if times.unparsed > len(times.values) / 2:
            raise InputError(
                f'column "{self.column}" holds no times',
                [
                    f"{times.unparsed:,} of {len(times.values):,} values are no time"
                    + time_hint(block.column(self.column))
                ],
            )
        told = np.isfinite(times.values)
        number = np.floor(np.where(told, times.values, 0.0) / self.size_s).astype(np.int64)
        seen, where = np.unique(number, return_inverse=True)
        present = np.bincount(where[told], minlength=len(seen))
        places = np.full(len(seen), -1, np.int64)
        for i, one in enumerate(seen.tolist()):
            if present[i]:
                places[i] = self.numbers.setdefault(one, len(self.numbers))
        if len(self.numbers) > MAX_WINDOWS:
            raise InputError(
                f'more than {MAX_WINDOWS:,} windows in column "{self.column}"',
                next="choose longer windows: --window 1d or --window 1w",
            )
        self.rows += [0] * (len(self.numbers) - len(self.rows))
        for i, place in enumerate(places.tolist()):
            if place >= 0:
                self.rows[place] += int(present[i])
        self.without_time += int(len(told) - told.sum())
        return np.where(told, places[where], -1)

    def add(self, name: str, window: NDArray[np.int64], group: NDArray[np.int64], used: Any) -> None:
        """Count the groups of one column's values."""
        import numpy as np

        places = window[used]
        if len(places) and places.min() < 0:
            group, places = group[places >= 0], places[places >= 0]
        wide = len(self.numbers)
        counts = self._counts.get(name)
        if counts is None or len(counts) < wide:
            grown = np.zeros((max(wide, 2 * len(counts) if counts is not None else 16), GROUPS), np.int64)
            if counts is not None:
                grown[: len(counts)] = counts
            counts = self._counts[name] = grown
        flat = np.bincount(places * GROUPS + group, minlength=len(counts) * GROUPS)
        counts += flat.reshape(-1, GROUPS)

    def table(self, name: str) -> tuple[list[int], NDArray[np.int64]]:
        """Window numbers in order of time, and the counts of a column: windows by groups."""
        import numpy as np

        order = sorted(self.numbers)
        counts = self._counts.get(name)
        if counts is None:
            return order, np.zeros((len(order), GROUPS), np.int64)
        places = [self.numbers[number] for number in order]
        padded = np.zeros((len(self.numbers), GROUPS), np.int64)
        padded[: min(len(counts), len(padded))] = counts[: len(padded)]
        return order, padded[places]

    def rows_in_order(self) -> list[int]:
        """Rows of each window in order of time."""
        return [self.rows[self.numbers[number]] for number in sorted(self.numbers)]

    def start_s(self, number: int) -> float:
        """When a window begins, seconds since 1970 UTC."""
        return number * self.size_s


def inflation(counts: NDArray[np.int64]) -> float:
    """How much more a column varies between windows than independent rows would: Rao and Scott's factor.

    The statistic of homogeneity over windows by groups, divided by its degrees of freedom (Rao & Scott 1981);
    at least 1. Rows that cluster by day, user or batch are worth fewer than they are many.
    """
    import numpy as np

    from gradatim.instruments.drift.distances import equal_mass, grouped

    counts = counts[counts.sum(axis=1) >= 50]
    if len(counts) < 8:
        return 1.0
    together = counts.sum(axis=0)
    deciles = np.asarray(grouped(counts.T, equal_mass(together, 10)), float).T
    deciles = deciles[:, deciles.sum(axis=0) >= 5 * len(deciles)]
    if deciles.shape[1] < 2:
        return 1.0
    expected = np.outer(deciles.sum(axis=1), deciles.sum(axis=0)) / deciles.sum()
    statistic = float(np.sum((deciles - expected) ** 2 / expected))
    return max(1.0, statistic / float((len(deciles) - 1) * (deciles.shape[1] - 1)))

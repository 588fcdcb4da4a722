"""An instant vector at many times at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gradatim.core.errors import InputError
from gradatim.instruments.promql.series import Floats, Labels, show
from gradatim.instruments.promql.syntax import NAME

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Frame:
    """Series by steps. A value that is not present is no sample at all; NaN is a sample like another.

    Args:
        labels: one entry a series.
        values: float64 of shape (series, steps).
        present: bool of the same shape.
    """

    labels: list[Labels]
    values: Floats
    present: Mask

    @classmethod
    def empty(cls, steps: int) -> Frame:
        """No series."""
        return cls([], np.empty((0, steps)), np.empty((0, steps), dtype=bool))

    @classmethod
    def stack(cls, labels: list[Labels], rows: Sequence[tuple[Floats, Mask]], steps: int) -> Frame:
        """From one row a series; series without any sample are left out."""
        kept = [i for i, (_, present) in enumerate(rows) if present.any()]
        if not kept:
            return cls.empty(steps)
        return cls(
            [labels[i] for i in kept],
            np.stack([rows[i][0] for i in kept]),
            np.stack([rows[i][1] for i in kept]),
        )

    @property
    def steps(self) -> int:
        """How many times."""
        return int(self.values.shape[1])

    def living(self) -> Frame:
        """Without the series that have no sample at any step."""
        kept: Mask = np.any(self.present, axis=1, keepdims=True)[:, 0]
        if kept.all():
            return self
        labels = [one for one, keep in zip(self.labels, kept, strict=True) if keep]
        return Frame(labels, self.values[kept], self.present[kept])

    def relabel(self, change: Callable[[Labels], Labels]) -> Frame:
        """The same samples under other labels; series that become one are merged.

        Raises:
            InputError: two of them have a sample at the same time.
        """
        return merged([change(one) for one in self.labels], self.values, self.present)


def merged(labels: list[Labels], values: Floats, present: Mask) -> Frame:
    """A frame in which each labelset occurs once.

    Raises:
        InputError: one labelset would have two samples at one time.
    """
    first: dict[Labels, int] = {}
    rows = [first.setdefault(one, len(first)) for one in labels]
    if len(first) == len(labels):
        return Frame(labels, values, present)
    out = np.zeros((len(first), values.shape[1]))
    there = np.zeros(out.shape, dtype=bool)
    for row, one, value, mask in zip(rows, labels, values, present, strict=True):
        if np.any(there[row] & mask):
            raise InputError("two series have the same labels at one time", [show(one)])
        out[row] = np.where(mask, value, out[row])
        there[row] |= mask
    return Frame(list(first), out, there)


def without_name(labels: Labels) -> Labels:
    """Labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)

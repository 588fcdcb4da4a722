"""The bins of a numeric column: chosen once from a sample of the reference, the same for everything compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64] | NDArray[np.float64]

# Cells of a linear grid: the first number of them that is fine enough.
CELLS = (2048, 8192)
QUANTILES = 512
COARSE = 64
TAIL = 0.0005
# Values are handled in pieces that stay in the processor's cache.
PIECE = 16_384


class Seen(NamedTuple):
    """What `Grid.add` saw beside the counts: extremes of the finite values, and how many were infinite."""

    minimum: float = math.inf
    maximum: float = -math.inf
    infinite: int = 0

    def with_ends(self, least: float, most: float) -> Seen:
        """These extremes too."""
        if least >= self.minimum and most <= self.maximum:
            return self
        return Seen(min(self.minimum, least), max(self.maximum, most), self.infinite)

    def wider(self, values: Floats) -> Seen:
        """The extremes of the finite ones of `values` too."""
        import numpy as np

        if not len(values):
            return self
        least, most = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
        if not (math.isfinite(least) and math.isfinite(most)):
            values = values[np.isfinite(values)]
            if not len(values):
                return self
            least, most = float(values.min()), float(values.max())
        return self.with_ends(least, most)


@dataclass(frozen=True)
class Grid:
    """An ordered partition of the real line.

    Linear: `cells` cells of one width from `low`, and finer edges for the tails. Quantile: `edges` alone, where
    equal widths would put too much into one cell (heavy tails, far outliers). Both are monotone functions of the
    value, so a distribution function on them is exact at every border, whatever the rounding.

    Attributes:
        edges: every border, ascending; bin i holds edges[i - 1] <= x < edges[i].
        low: left end of the linear part.
        scale: cells per unit; 0 for a quantile grid.
        cells: number of linear cells.
        first: index of `low` among the edges.
        coarse: first bin of each of at most 64 groups of about equal mass, for windows and hints.
    """

    edges: Floats
    low: float
    scale: float
    cells: int
    first: int
    coarse: NDArray[np.int64]

    @property
    def bins(self) -> int:
        return len(self.edges) + 1

    @cached_property
    def group_of(self) -> NDArray[np.int64]:
        """The coarse group of each bin."""
        import numpy as np

        return np.searchsorted(self.coarse, np.arange(self.bins), side="right") - 1

    def count(self, values: Floats) -> tuple[NDArray[np.int64], Floats]:
        """How many finite values fall into each bin, and their sum there; see `add`."""
        import numpy as np

        counts, sums = np.zeros(self.bins, np.int64), np.zeros(self.bins)
        self.add(values, counts, sums)
        return counts, sums

    def add(self, values: Floats, counts: NDArray[np.int64], sums: Floats, known: Seen | None = None) -> Seen:
        """Count the finite values among `values`.

        In the linear cells the sum is left at 0: they are so narrow that `positions` takes their middle.

        Args:
            values: any; NaN and infinite ones are passed over.
            counts, sums: of each bin, added to.
            known: what was seen of the column so far: an extreme beyond the linear cells need not be looked for
                inside them again.

        Returns:
            The least and greatest finite value, `known` included, and how many of `values` are infinite.
        """
        seen = known or Seen()
        infinite = 0
        if self.scale:
            half = 0.5 / self.scale
            if not (
                seen.minimum < self.low - half and seen.maximum > self.edges[self.first + self.cells] + half
            ):
                seen = seen.wider(values)
            seen, infinite = self._count_linear(values, counts, sums, seen)
        else:
            for start in range(0, len(values), PIECE):
                seen, more = self._count_sorted(values[start : start + PIECE], counts, sums, seen)
                infinite += more
        return Seen(seen.minimum, seen.maximum, infinite)

    def _count_sorted(
        self, piece: Floats, counts: NDArray[np.int64], sums: Floats, seen: Seen
    ) -> tuple[Seen, int]:
        import numpy as np

        ordered = np.sort(piece)
        # NaN stand at the end, infinite values at the ends of the rest.
        first, last, known = (
            int(i) for i in np.searchsorted(ordered, (-np.finfo(float).max, np.inf, np.nan))
        )
        ordered = ordered[first:last]
        if not len(ordered):
            return seen, known
        below = np.searchsorted(ordered, self.edges, side="left")
        counts += np.diff(below, prepend=0, append=len(ordered))
        with np.errstate(over="ignore", invalid="ignore"):
            # A sum that overflows is not used, see `positions`.
            cumulated = np.append(0.0, np.cumsum(ordered))
            sums += np.diff(cumulated[below], prepend=0.0, append=cumulated[-1])
        return seen.with_ends(float(ordered[0]), float(ordered[-1])), known - len(ordered)

    def _count_linear(
        self, values: Floats, counts: NDArray[np.int64], sums: Floats, seen: Seen
    ) -> tuple[Seen, int]:
        """Every pass over the values is one over a piece that stays in the processor's cache."""
        import numpy as np

        wide = min(PIECE, len(values))
        scaled, cells = np.empty(wide), np.empty(wide, np.int32)
        top, last = self.cells + 1, self.first + self.cells
        found = np.zeros(top + 1, np.int64)
        outside = []
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(values), PIECE):
                piece = values[start : start + PIECE]
                where, cell = scaled[: len(piece)], cells[: len(piece)]
                np.subtract(piece, self.low, out=where)
                where *= self.scale
                where += 1.0
                np.clip(where, 0.0, float(top), out=where)
                np.copyto(cell, where, casting="unsafe")
                if cell.min() < 0:
                    # NaN as a whole number is the least there is, or 0, depending on the processor.
                    np.maximum(cell, 0, out=cell)
                here = np.bincount(cell, minlength=top + 1)
                found += here
                if here[0] or here[top]:
                    beyond = cell == 0
                    beyond |= cell == top
                    outside.append(piece[beyond])
        counts[self.first + 1 : last + 1] += found[1:-1]
        if not outside:
            return seen, 0
        tails = np.concatenate(outside)
        finite = tails[np.isfinite(tails)]
        infinite = int(np.isinf(tails).sum()) if len(finite) < len(tails) else 0
        if len(finite):
            at = self.index(finite)
            counts += np.bincount(at, minlength=self.bins)
            sums += np.bincount(at, weights=finite, minlength=self.bins)
            seen = seen.with_ends(float(finite.min()), float(finite.max()))
        return seen, infinite

    def index(self, values: Floats) -> NDArray[np.int64]:
        """The bin of each finite value, the same one that `count` puts it into."""
        import numpy as np

        if not self.scale:
            return np.searchsorted(self.edges, values, side="right")
        with np.errstate(over="ignore"):
            where = np.clip((values - self.low) * self.scale + 1.0, 0.0, self.cells + 1.0).astype(np.int64)
        found = where + self.first
        last = self.first + self.cells
        low, high = where == 0, where == self.cells + 1
        if low.any():
            found[low] = np.searchsorted(self.edges[: self.first], values[low], side="right")
        if high.any():
            found[high] = last + 1 + np.searchsorted(self.edges[last + 1 :], values[high], side="right")
        return found

    def positions(self, counts: Counts, sums: Floats) -> Floats:
        """Where the mass of each bin stands: the mean of its values, the middle of a linear cell."""
        import numpy as np

        ends = np.concatenate([self.edges[:1], self.edges, self.edges[-1:]])
        at = (
            ends[:-1] / 2 + ends[1:] / 2
        )  # halves first: near the limit of a float the sum would not be finite
        told = (counts > 0) & np.isfinite(sums)
        told[self.first + 1 : self.first + self.cells + 1] = False
        at[told] = sums[told] / counts[told]
        return at

    def as_dict(self) -> dict[str, Any]:
        """Plain values; the edges of the linear part are not written, they follow."""
        last = self.first + self.cells
        return {
            "low": self.low,
            "scale": self.scale,
            "cells": self.cells,
            "left": self.edges[: self.first].tolist(),
            "right": self.edges[last + 1 :].tolist() if self.scale else self.edges.tolist(),
            "coarse": self.coarse.tolist(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Grid:
        """The grid of `as_dict`.

        Raises:
            ValueError: the edges do not ascend or are not finite.
        """
        import numpy as np

        left = np.asarray(data["left"], float)
        right = np.asarray(data["right"], float)
        scale, low, cells = float(data["scale"]), float(data["low"]), int(data["cells"])
        if scale < 0 or not 0 <= cells <= 1_000_000:
            raise ValueError("a grid needs a scale and a number of cells")
        body = low + np.arange(cells + 1) / scale if scale else np.empty(0)
        edges = np.concatenate([left, body, right])
        coarse = np.asarray(data["coarse"], np.int64)
        if not len(edges) or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
            raise ValueError("the edges of a grid must ascend")
        if not len(coarse) or coarse[0] != 0 or (np.diff(coarse) <= 0).any() or coarse[-1] > len(edges):
            raise ValueError("the groups of a grid must ascend from 0")
        return cls(edges, low, scale, cells, len(left), coarse)

    def same(self, other: Grid) -> bool:
        """Counts on both can be added."""
        import numpy as np

        return len(self.edges) == len(other.edges) and bool(np.all(self.edges == other.edges))


def choose(sample: Floats) -> Grid:
    """Choose the bins for a column from finite values of its reference; at least one."""
    import numpy as np

    ordered = np.sort(sample)
    for cells in CELLS:
        grid = _linear(ordered, cells)
        if grid is not None and _fine(counts := grid.count(ordered)[0], ordered):
            break
    else:
        grid = _quantile(ordered)
        counts = grid.count(ordered)[0]
    from gradatim.instruments.drift.distances import equal_mass

    groups = equal_mass(counts, COARSE)
    return Grid(grid.edges, grid.low, grid.scale, grid.cells, grid.first, groups)


def _linear(ordered: Floats, most: int) -> Grid | None:
    import numpy as np

    n = len(ordered)
    cut = int(n * TAIL)
    low, high = float(ordered[cut]), float(ordered[n - 1 - cut])
    width = high - low
    if not np.isfinite(width) or width <= 0:
        return None
    if width <= most - 1 and bool(np.all(ordered == np.floor(ordered))):
        # Whole numbers stand in the middle of a cell, with cells between them for values that are not whole.
        scale = 4.0 if 4 * width < most else 1.0
        low, cells = low - 0.5 / scale, int(width * scale) + 1
    else:
        cells, scale = most, most / (width * (1 + 1e-9))
    if not np.isfinite(scale) or scale <= 0 or not np.isfinite(low + cells / scale):
        return None
    body = low + np.arange(cells + 1) / scale
    if (np.diff(body) <= 0).any():
        return None  # the values differ by less than floating point can tell apart
    left = np.unique(ordered[:cut][:: max(1, cut // 16)]) if cut else ordered[:0]
    right = np.unique(ordered[n - cut :][:: max(1, cut // 16)]) if cut else ordered[:0]
    first, last = float(ordered[0]), float(ordered[-1])
    # Beyond the whole sample is a bin of its own on each side.
    left = np.unique(np.append(left, first))
    right = np.unique(np.append(right, np.nextafter(last, np.inf)))
    left, right = left[left < body[0]], right[right > body[-1]]
    edges = np.concatenate([left, body, right])
    return Grid(edges, low, scale, cells, len(left), np.zeros(1, np.int64))


def _fine(counts: NDArray[np.int64], ordered: Floats) -> bool:
    """No cell holds much of the mass, unless it is one and the same value."""
    import numpy as np

    heavy = np.flatnonzero(counts > max(0.01 * len(ordered), 2))
    ends = np.cumsum(counts)
    for i in heavy:
        inside = ordered[ends[i] - counts[i] : ends[i]]
        if inside[0] != inside[-1]:
            return False
    return True


def _quantile(ordered: Floats) -> Grid:
    import numpy as np

    n = len(ordered)
    levels = np.unique(np.round(np.linspace(0, n - 1, min(n, QUANTILES))).astype(np.int64))
    picked = ordered[levels]
    values, times = np.unique(picked, return_counts=True)
    heavy = values[times > 1]
    # A value that fills whole bins gets one of its own: an edge at it and one just after.
    edges = np.unique(
        np.concatenate([values, np.nextafter(heavy, np.inf), np.nextafter(values[-1:], np.inf)])
    )
    edges = edges[np.isfinite(edges)]
    return Grid(edges, 0.0, 0.0, 0, 0, np.zeros(1, np.int64))

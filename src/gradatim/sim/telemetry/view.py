"""The ticks being computed, and exact trailing windows over the record."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gradatim.sim.telemetry.record import FloatArray, IntArray, Record


class View:
    """Ticks `lo` to `hi` (excluded) of a record. Windows reach back before `lo`, never after a tick."""

    __slots__ = ("hi", "lo", "record", "tick")

    def __init__(self, record: Record, lo: int, hi: int) -> None:
        self.record, self.lo, self.hi = record, lo, hi
        self.tick = np.arange(lo, hi, dtype=np.int64)

    def count(self, name: str) -> IntArray:
        """A counter or gauge of the kernel."""
        return self.record.ticks[name][self.lo : self.hi]

    def gauge(self, name: str) -> FloatArray:
        """A gauge as float."""
        return self.count(name).astype(np.float64)

    def per_s(self, name: str) -> FloatArray:
        """A counter as a rate."""
        return self.count(name) / self.record.tick_s

    def ticks_of(self, seconds: float) -> int:
        """Seconds as a whole number of ticks, at least one."""
        return max(1, round(seconds / self.record.tick_s))

    def trailing(self, array: npt.NDArray[Any], ticks: int) -> npt.NDArray[Any]:
        """Sum over the last `ticks` ticks at each tick, as far as data go; exact for integers."""
        first = max(0, self.lo - ticks)
        part = array[first : self.hi]
        total = np.zeros((len(part) + 1, *part.shape[1:]), dtype=np.int64)
        np.cumsum(part, axis=0, out=total[1:])
        end = self.tick + 1 - first
        return np.asarray(total[end] - total[np.maximum(end - ticks, 0)])

    def trailing_count(self, name: str, seconds: float) -> IntArray:
        """`trailing` of a counter by name, window in seconds."""
        return self.trailing(self.record.ticks[name], self.ticks_of(seconds))

    def control(self, name: str) -> FloatArray | None:
        """What the control plane reported, or None where this world has no such control."""
        values = self.record.control.get(name)
        return None if values is None else np.asarray(values[self.lo : self.hi], dtype=np.float64)


def ratio(top: npt.NDArray[Any], bottom: npt.NDArray[Any]) -> FloatArray:
    """Element-wise quotient; nothing over nothing is missing, not zero."""
    bottom = np.asarray(bottom, dtype=np.float64)
    out = np.full(bottom.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out

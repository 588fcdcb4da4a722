"""The dashboards' side of a platform: every series, computed once per tick, shown only when visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gradatim.core.errors import UnknownName
from gradatim.sim.telemetry import series_gateway, series_model, series_predict, series_slo
from gradatim.sim.telemetry.background import BACKGROUND, BackgroundState
from gradatim.sim.telemetry.catalogue import DAYS_PANELS, PANELS, Panel, Series
from gradatim.sim.telemetry.record import FloatArray, Record
from gradatim.sim.telemetry.series_data import DataSeries
from gradatim.sim.telemetry.series_data import series as data_series
from gradatim.sim.telemetry.view import View


def catalogue(record: Record) -> tuple[Series, ...]:
    """Every series of a record, in a stable order. Observed names (callers, airports, versions) are in it."""
    measured = {s.id for s in series_model.series(record)}
    found = [
        *series_gateway.series(record),
        *series_predict.series(record),
        *data_series(record),
        *(b.series for b in BACKGROUND if b.series.id not in measured),
        *series_slo.series(record),
        *series_model.series(record),
    ]
    if record.monitors is not None:
        shown = {p.id for p in DAYS_PANELS}
        found = [s if s.panel in shown else replace(s, panel=None) for s in found]
    return tuple(found)


def panels(record: Record) -> tuple[Panel, ...]:
    """The eight charts that are always there."""
    return PANELS if record.monitors is None else DAYS_PANELS


class Telemetry:
    """Series of one world. Hand it each newer `Record` of the same world with `update`.

    A tick is computed once and kept. Computing in portions gives what computing at once gives.
    After a rewind call `rewind(to_s)` before `update`: what was computed after `to_s` is forgotten.
    `kept` holds what is derived from this telemetry and wants to live as long.

    Args:
        record: the world as it stands.
        untouched: the telemetry of the same world with nobody acting, computed to its horizon. Until `touched`
            is called the two show the same, so its values are read and nothing is computed twice.
    """

    def __init__(self, record: Record, untouched: Telemetry | None = None) -> None:
        self.record = record
        self.catalogue = catalogue(record)
        self.by_id = {s.id: s for s in self.catalogue}
        self._row = {s.id: i for i, s in enumerate(self.catalogue)}
        self._lags = np.array([s.lag_s for s in self.catalogue])
        self._background = BackgroundState(record)
        self._data = DataSeries(record)
        self._values = np.full((len(self.catalogue), max(64, record.n_horizon)), np.nan)
        self._done = 0
        self._untouched = untouched
        self._rewinds: list[float] = []
        self.kept: dict[str, object] = {}
        self._hold = self._groups(lambda s: round(s.resolution_s / record.tick_s), at_least=2)
        self._rounding = self._groups(lambda s: s.decimals, at_least=0)

    @property
    def now_s(self) -> float:
        """The record's present."""
        return self.record.now_s

    def update(self, record: Record) -> None:
        """Take a newer (or rewound) record of the same world."""
        self.record = record
        if record.n_ticks < self._done:
            self.rewind(record.now_s)

    @property
    def untouched(self) -> Telemetry | None:
        """The telemetry that this one still reads from; None when it is computed for itself."""
        return self._untouched

    def touched(self) -> None:
        """Somebody acts on the service now: from here on this world is computed for itself, from its start."""
        if self._untouched is not None:
            self._untouched = None
            self._done = 0

    def rewind(self, to_s: float) -> None:
        """Forget every tick that ends after `to_s`. Alerts, logs and tables of this telemetry follow."""
        self._done = min(self._done, int(to_s / self.record.tick_s + 1e-9))
        self._rewinds.append(to_s)

    def rewound(self, seen: int) -> tuple[int, float | None]:
        """How often it was rewound, and the earliest time since the `seen`-th; for its followers."""
        new = self._rewinds[seen:]
        return len(self._rewinds), min(new) if new else None

    def visible_ticks(self, series_id: str, upto_s: float | None = None) -> int:
        """How many ticks of a series can be seen at `upto_s` (default: now).

        Raises:
            UnknownName: no such series.
        """
        series = self.by_id.get(series_id)
        if series is None:
            raise UnknownName("series", series_id, self.by_id)
        r = self.record
        upto = r.now_s if upto_s is None else min(upto_s, r.now_s)
        # Time may stand before the first tick has ended, or before a long lag has passed.
        seen = int((max(upto, 0.0) - series.lag_s) / r.tick_s + 1e-9)
        return max(0, min(seen, r.n_ticks))

    def values(self, ids: Iterable[str] | None = None, upto_s: float | None = None) -> dict[str, FloatArray]:
        """What can be seen: id -> float64, one value per tick from t = 0, NaN where a value is missing.

        The arrays are read-only views; series with a longer lag are shorter.
        """
        self._advance()
        return {i: self._view(i, self.visible_ticks(i, upto_s)) for i in (self._row if ids is None else ids)}

    def since(
        self, after_s: float, ids: Iterable[str] | None = None, upto_s: float | None = None
    ) -> dict[str, tuple[int, FloatArray]]:
        """Values that became visible after `after_s`: id -> (first tick, values). Others are left out."""
        self._advance()
        result = {}
        for i in self._row if ids is None else ids:
            first, end = self.visible_ticks(i, after_s), self.visible_ticks(i, upto_s)
            if end > first:
                result[i] = (first, self._view(i, end)[first:])
        return result

    def latest(
        self, ids: Iterable[str] | None = None, upto_s: float | None = None
    ) -> dict[str, float | None]:
        """The newest visible value of each series, None where it is missing."""
        self._advance()
        names = list(self._row) if ids is None else list(ids)
        if unknown := [i for i in names if i not in self._row]:
            raise UnknownName("series", unknown[0], self.by_id)
        rows = np.array([self._row[i] for i in names], dtype=np.intp)
        r = self.record
        upto = r.now_s if upto_s is None else min(upto_s, r.now_s)
        # As `visible_ticks`, for all series at once: this is what a policy asks for at every step.
        seen = ((max(upto, 0.0) - self._lags[rows]) / r.tick_s + 1e-9).astype(np.int64)
        seen = np.clip(seen, 0, r.n_ticks)
        values = np.where(seen > 0, self._values[rows, np.maximum(seen - 1, 0)], np.nan).tolist()
        return {i: v if v == v and abs(v) != np.inf else None for i, v in zip(names, values, strict=True)}

    def full_values(self, ids: Iterable[str]) -> dict[str, FloatArray]:
        """Series at every complete tick, lag or not: for loggers, which stand beside what they log."""
        self._advance()
        return {i: self._view(i, self.record.n_ticks) for i in ids}

    def tick_ends_s(self, n_ticks: int | None = None) -> FloatArray:
        """The end of each tick in simulated seconds: the time axis of every chart."""
        n = self.record.n_ticks if n_ticks is None else n_ticks
        return np.arange(1, n + 1, dtype=np.float64) * self.record.tick_s

    def _view(self, series_id: str, n: int) -> FloatArray:
        v = self._values[self._row[series_id], :n]
        v.flags.writeable = False
        return v

    def _advance(self) -> None:
        lo, hi = self._done, self.record.n_ticks
        if hi <= lo:
            return
        if hi > self._values.shape[1]:
            grown = np.full((len(self.catalogue), 2 * hi), np.nan)
            grown[:, :lo] = self._values[:, :lo]
            self._values = grown
        if self._untouched is not None:
            self._values[:, lo:hi] = self._untouched.block(lo, hi)
            self._done = hi
            return
        view = View(self.record, lo, hi)
        groups = (
            series_gateway.compute(view),
            series_predict.compute(view),
            self._data.compute(view),
            self._background.compute(view.tick),
            series_slo.compute(view),
            series_model.compute(view),
        )
        # Where models are monitored, the replicas' own counters of what they answered are no background.
        for name, values in series_model.replaced(view).items():
            groups[3][name] = np.where(np.isnan(values), groups[3][name], values)
        steal = view.control("host_steal_pct")
        if steal is not None:
            groups[3]["hosts.cpu_steal_pct"] = groups[3]["hosts.cpu_steal_pct"] + steal
        block = np.full((len(self.catalogue), hi - lo), np.nan)
        for group in groups:
            for name, values in group.items():
                block[self._row[name]] = values
        for decimals, rows in self._rounding:
            self._values[rows, lo:hi] = np.round(block[rows], decimals)
        for step, rows in self._hold:
            published = ((view.tick + 1) // step) * step - 1
            source = np.where(published >= lo, published, lo - 1)
            held = self._values[np.ix_(rows, source)]
            held[:, published < 0] = np.nan
            self._values[rows, lo:hi] = held
        self._done = hi

    def block(self, lo: int, hi: int) -> FloatArray:
        """All series at the ticks `lo` to `hi`, in the order of the catalogue."""
        self._advance()
        return self._values[:, lo:hi]

    def _groups(self, key: Callable[[Series], int], at_least: int) -> list[tuple[int, npt.NDArray[np.intp]]]:
        found: dict[int, list[int]] = {}
        for i, s in enumerate(self.catalogue):
            if key(s) >= at_least:
                found.setdefault(key(s), []).append(i)
        return [(k, np.array(rows, dtype=np.intp)) for k, rows in sorted(found.items())]

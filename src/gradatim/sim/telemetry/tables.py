"""The tables of the SQL box: columns of what can be seen now, as numpy arrays that DuckDB registers.

Text columns are object arrays of `str`; those with few different values share the string objects. Times come
twice: `t` is the time of day as text ("09:37:20", which sorts and compares within a day), `t_s` the simulated
second. Rows in the future do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.logs import DatedChange, Logs
from gradatim.sim.telemetry.record import CLIENT_COLUMNS, REPLICA_STATES
from gradatim.sim.telemetry.series_model import AREAS, HOUR_S, METRICS
from gradatim.sim.telemetry.tableschema import CLIENT_TABLE, SCHEMA, Column
from gradatim.sim.telemetry.telemetry import Telemetry

Columns = dict[str, npt.NDArray[Any]]
SAMPLE_LAG_S = 20.0
_STATES = np.array(REPLICA_STATES, dtype=object)


def schema() -> dict[str, tuple[Column, ...]]:
    """Table name -> columns with type, unit and meaning, for the help beside the SQL box."""
    return SCHEMA


def visible(
    telemetry: Telemetry,
    alerts: Sequence[dict[str, Any]],
    changes: Sequence[DatedChange],
    only: Iterable[str] | None = None,
) -> dict[str, Columns]:
    """The rows visible now, from one telemetry: `Tables` kept beside it."""
    tables = telemetry.kept.get("tables")
    if not isinstance(tables, Tables):
        tables = Tables(telemetry, AlertBook(telemetry), Logs(telemetry, changes), changes)
        telemetry.kept["tables"] = tables
    return tables.tables(only, alerts)


@dataclass(eq=False)
class Tables:
    """The visible rows of one world. What grows is kept and extended, so a query pays for new ticks only."""

    telemetry: Telemetry
    alerts: AlertBook
    logs: Logs
    changes: Sequence[DatedChange] = ()

    def __post_init__(self) -> None:
        self._log: Columns = _empty("log")
        self._log_ticks = 0
        self._seen = 0
        self._clock: list[str] = []

    def tables(
        self, only: Iterable[str] | None = None, alerts: Sequence[dict[str, Any]] | None = None
    ) -> dict[str, Columns]:
        """The tables, or those named in `only`, with the rows visible at the record's `now_s`.

        Args:
            only: table names; a query that names two tables need not pay for eight.
            alerts: alerts as already evaluated; by default they are evaluated here.

        Raises:
            KeyError: a name in `only` that is no table.
        """
        make = {
            "metrics": self._metrics,
            "series": self._series,
            "request_sample": self._request_sample,
            "log": self._log_table,
            "changes": self._changes,
            "alerts": lambda: self._alerts(self.alerts.evaluate() if alerts is None else alerts),
            "replicas": self._replicas,
            "clients": self._clients,
            "model_quality": self._model_quality,
        }
        return {name: make[name]() for name in (make if only is None else only)}

    def _tick_clock(self, n: int) -> npt.NDArray[Any]:
        """Clock time at the end of each of the first `n` ticks."""
        r = self.telemetry.record
        self._clock.extend(r.clock((i + 1) * r.tick_s) for i in range(len(self._clock), n))
        return np.array(self._clock[:n], dtype=object)

    def _metrics(self) -> Columns:
        t = self.telemetry
        tick_s = t.record.tick_s
        clock = self._tick_clock(t.record.n_ticks)
        end_s = t.tick_ends_s()
        values = t.values()
        step = {s.id: max(1, round(s.resolution_s / tick_s)) for s in t.catalogue}
        # Only ticks at which a series publishes; missing values are no rows, as in a scrape that failed.
        index = {i: np.arange(step[i] - 1, len(v), step[i]) for i, v in values.items()}
        index = {i: k[np.isfinite(values[i][k])] for i, k in index.items()}
        n = [len(index[i]) for i in values]
        where = np.concatenate(list(index.values())) if values else np.zeros(0, dtype=np.int64)
        names = np.array(list(values), dtype=object)
        components = np.array([t.by_id[i].component for i in values], dtype=object)
        return {
            "t": clock[where],
            "t_s": end_s[where],
            "component": np.repeat(components, n),
            "name": np.repeat(names, n),
            "value": np.concatenate([values[i][k] for i, k in index.items()]),
        }

    def _series(self) -> Columns:
        rows = self.telemetry.catalogue
        return {
            "name": _text(s.id for s in rows),
            "component": _text(s.component for s in rows),
            "label": _text(s.label for s in rows),
            "unit": _text(s.unit for s in rows),
            "lag_s": np.array([s.lag_s for s in rows]),
            "resolution_s": np.array([max(s.resolution_s, self.telemetry.record.tick_s) for s in rows]),
        }

    def _request_sample(self) -> Columns:
        r = self.telemetry.record
        finished = np.ascontiguousarray(r.samples["finished_s"])
        s = r.samples[: np.searchsorted(finished, r.now_s - SAMPLE_LAG_S, side="right")]
        finished = finished[: len(s)]
        outcomes = _text(r.outcome_names)
        good = (s["outcome"] == 0) & (finished - s["arrived_s"] <= r.fact("good_s"))
        replica = np.where(s["outcome"] == 0, s["replica"], -1)
        return {
            "t": _text(map(r.clock, finished.tolist())),
            "t_s": finished,
            "arrived_s": np.ascontiguousarray(s["arrived_s"]),
            "request": _text(f"s{k:07d}" for k in s["request"].tolist()),
            "client": _named(r.client_names, s["client"]),
            "version": _named(r.version_names, s["version"]),
            "replica": replica.astype(np.int32),
            "attempts": s["attempts"].astype(np.int32),
            "outcome": _named(outcomes, s["outcome"]),
            "ok": (s["outcome"] == 0).astype(np.int32),
            "good": good.astype(np.int32),
            "latency_ms": np.round(1000.0 * (finished - s["arrived_s"]), 1),
        }

    def _log_table(self) -> Columns:
        r = self.telemetry.record
        self._seen, to_s = self.telemetry.rewound(self._seen)
        if to_s is not None and to_s < self._log_ticks * r.tick_s:
            self._log, self._log_ticks = _empty("log"), 0
        if r.n_ticks > self._log_ticks:
            lines = self.logs.tick_lines(self._log_ticks, r.n_ticks)
            new = {
                "t": _text(r.clock(line.t_s) for line in lines),
                "t_s": np.array([line.t_s for line in lines], dtype=np.float64),
                "level": _text(line.level for line in lines),
                "component": _text(line.component for line in lines),
                "message": _text(line.message for line in lines),
            }
            self._log = {k: np.concatenate((self._log[k], v)) for k, v in new.items()}
            self._log_ticks = r.n_ticks
        return dict(self._log)

    def _changes(self) -> Columns:
        r = self.telemetry.record
        rows = [(c.at_s, c.id, c.component, c.kind, c.who, c.text) for c in self.changes if c.at_s <= r.now_s]
        rows += [
            (e.t_s, "", e.component, e.kind, str(e.data.get("who", "operator")), e.text)
            for e in r.journal
            if e.kind in ("deploy", "config", "restart", "own") and e.t_s <= r.now_s
        ]
        rows.sort(key=lambda x: x[0])
        columns = list(zip(*rows, strict=True)) or [()] * 6
        return {
            "t": _text(r.when(a).strftime("%Y-%m-%d %H:%M:%S") for a in columns[0]),
            "t_s": np.array(columns[0], dtype=np.float64),
            "id": _text(columns[1]),
            "component": _text(columns[2]),
            "kind": _text(columns[3]),
            "who": _text(columns[4]),
            "text": _text(columns[5]),
        }

    def _alerts(self, rows: Sequence[dict[str, Any]]) -> Columns:
        r = self.telemetry.record
        rows = sorted(rows, key=lambda a: (a["since_s"], a["id"]))
        ends = [a["until_s"] for a in rows]
        return {
            "t": _text(r.clock(a["since_s"]) for a in rows),
            "t_s": np.array([a["since_s"] for a in rows], dtype=np.float64),
            "until_s": np.array([np.nan if e is None else e for e in ends], dtype=np.float64),
            "id": _text(a["id"] for a in rows),
            "name": _text(a["name"] for a in rows),
            "severity": _text(a["severity"] for a in rows),
            "component": _text(a["component"] for a in rows),
            "state": _text(a["state"] for a in rows),
            "value": np.array([np.nan if a["value"] is None else a["value"] for a in rows], dtype=np.float64),
            "unit": _text(a["unit"] for a in rows),
            "expression": _text(a["expression"] for a in rows),
        }

    def _replicas(self) -> Columns:
        r = self.telemetry.record
        n = self.telemetry.visible_ticks("predict.replica_completed_max_per_s")
        ticks, m = r.replica_ticks[:n], r.replica_ticks.shape[1]
        flat = ticks.reshape(n * m, ticks.shape[2])
        keep = flat[:, 4] > 0
        return {
            "t": np.repeat(self._tick_clock(n), m)[keep],
            "t_s": np.repeat(self.telemetry.tick_ends_s(n), m)[keep],
            "replica": np.tile(np.arange(m, dtype=np.int32), n)[keep],
            "completed": flat[keep, 0],
            "timeouts": flat[keep, 1],
            "queue_depth": flat[keep, 2],
            "memory_mb": flat[keep, 3],
            "state": _STATES[np.minimum(flat[keep, 4], len(_STATES) - 1)],
        }

    def _model_quality(self) -> Columns:
        r = self.telemetry.record
        if r.monitors is None:
            return _empty("model_quality")
        monitors = r.monitors()
        hours = min(len(monitors), int(r.now_s // HOUR_S))
        rows = monitors[:hours].reshape(hours * len(AREAS), len(METRICS))
        ends = np.repeat((np.arange(hours) + 1.0) * HOUR_S, len(AREAS))
        return {
            "t": _text(map(r.clock, ends.tolist())),
            "t_s": ends,
            "area": np.tile(_text(AREAS), hours),
            **{name: np.round(rows[:, i], 4) for i, name in enumerate(METRICS)},
        }

    def _clients(self) -> Columns:
        r = self.telemetry.record
        n = self.telemetry.visible_ticks("gateway.requests_per_s")
        ticks, m = r.client_ticks[:n], len(r.client_names)
        flat = ticks.reshape(n * m, ticks.shape[2])
        return {
            "t": np.repeat(self._tick_clock(n), m),
            "t_s": np.repeat(self.telemetry.tick_ends_s(n), m),
            "client": np.tile(_text(r.client_names), n),
            **{name: flat[:, CLIENT_COLUMNS.index(name)] for name in CLIENT_TABLE},
        }


def _text(values: Iterable[Any]) -> npt.NDArray[Any]:
    return np.array([str(v) for v in values], dtype=object)


def _named(names: Sequence[str] | npt.NDArray[Any], codes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    table = np.array([*names, ""], dtype=object)
    inside = (codes >= 0) & (codes < len(names))
    return np.asarray(table[np.where(inside, codes, len(names)).astype(np.intp)])


def _empty(table: str) -> Columns:
    return {c.name: np.zeros(0, dtype=np.float64 if c.type == "DOUBLE" else object) for c in SCHEMA[table]}

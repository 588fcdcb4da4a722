"""What telemetry may look at: the recorded outputs of a platform, up to now, and nothing else.

A `Record` is a bundle of views. It is built after every advance of the clock for the price of a few
attribute look-ups, and holds no truth about causes: counters, gauges, a sample of requests, what the
control plane set, and a journal of what people and machines did to the platform.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gradatim.core.clock import ShiftClock

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

CLIENT_COLUMNS = ("arrivals", "attempts", "ok", "good", "timeouts", "failed")
REPLICA_COLUMNS = ("completed", "timeouts", "queue_depth", "memory_mb", "state")
SEGMENT_COLUMNS = ("arrivals", "ok", "failed", "money_micro")
VERSION_COLUMNS = ("answers", "good", "money_micro")
OUTCOMES = ("ok", "failed", "fallback", "default", "shed")
REPLICA_STATES = ("off", "starting", "ready", "restarting", "draining")

USUAL_FACTS: Mapping[str, float] = {
    "good_s": 0.25,
    "client_timeout_s": 0.4,
    "max_attempts": 3.0,
    "slo_target": 0.995,
    "slo_window_s": 28 * 86_400.0,
    "usual_requests_per_s": 115.0,
    "usual_bad_share": 0.0015,
    "budget_left_share": 0.78,
    "slots_per_replica": 1.0,
    "queue_limit": 64.0,
    "value_good_usd": 0.04,
    "value_failed_usd": -0.06,
    "value_fallback_usd": 0.015,
    "replica_usd_per_h": 0.90,
    "log_sample_requests": 100.0,
}
"""Numbers an operator knows from configuration, SLO file and price sheet; a record may override any."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing done to the platform that leaves a trace an operator can read.

    `kind` is one of deploy, config, restart, page, ack, silence, own, message, or any other word;
    `component` is a component of the catalogue; `text` is what a change log would say. `data` carries
    who, ticket, the alert concerned (`alert`, `until_s`), and must not carry any truth about causes.
    """

    t_s: float
    kind: str
    component: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Record:
    """A platform's recorded outputs up to `now_s`.

    Args:
        seed: the instance's seed; keys every noise draw.
        epoch: the wall date and time at t = 0 (fictional).
        start_s: when the learner's clock starts; what came before is history they can see.
        horizon_s: the end of the instance. Only the placing of background noise depends on it.
        tick_s: length of a tick.
        now_s: the present. Nothing after it may be shown.
        ticks: counter or gauge name -> int64[n_ticks], as the serving kernel names them.
        client_ticks: int64[n_ticks, n_clients, 6], columns `CLIENT_COLUMNS`.
        replica_ticks: int64[n_ticks, n_replicas, 5], columns `REPLICA_COLUMNS`.
        segment_ticks: int64[n_ticks, n_segments, 4], columns `SEGMENT_COLUMNS`.
        version_ticks: int64[n_ticks, n_versions, 3], columns `VERSION_COLUMNS`.
        latency_hist: int[n_ticks, n_bins] of latencies of answers given in time.
        latency_edges_s: n_bins + 1 bin edges, or the n_bins - 1 inner ones, or n_bins upper ones.
        samples: structured array of sampled requests in order of finishing.
        control: name -> float[n_ticks] from the control plane; see docs/design/telemetry.md for names.
        journal: events in order of time.
        facts: what an operator knows beforehand; missing ones come from `USUAL_FACTS`.
        monitors: gives float[hours, areas, metrics] of the hourly model monitors, where there are any.
        outcome_names: what the codes in `samples["outcome"]` mean.
    """

    seed: int
    epoch: dt.datetime
    start_s: float
    horizon_s: float
    tick_s: float
    now_s: float
    ticks: Mapping[str, IntArray]
    client_names: Sequence[str]
    client_ticks: IntArray
    replica_ticks: IntArray
    segment_names: Sequence[str]
    segment_ticks: IntArray
    version_names: Sequence[str]
    version_ticks: IntArray
    latency_hist: npt.NDArray[Any]
    latency_edges_s: FloatArray
    samples: npt.NDArray[Any]
    control: Mapping[str, FloatArray] = field(default_factory=dict)
    journal: Sequence[Event] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    outcome_names: Sequence[str] = OUTCOMES
    monitors: Callable[[], FloatArray] | None = None

    @property
    def n_ticks(self) -> int:
        """Complete ticks whose end is not after `now_s`."""
        return min(len(self.ticks["arrivals"]), int(self.now_s / self.tick_s + 1e-9))

    @property
    def n_horizon(self) -> int:
        """Ticks of the whole instance."""
        return max(1, round(self.horizon_s / self.tick_s))

    def fact(self, name: str) -> float:
        """A configured number by name.

        Raises:
            KeyError: neither the record nor `USUAL_FACTS` knows it.
        """
        return float(self.facts[name]) if name in self.facts else USUAL_FACTS[name]

    def when(self, t_s: float) -> dt.datetime:
        """The fictional date and time at simulated second `t_s`."""
        return self.epoch + dt.timedelta(seconds=float(t_s))

    def clock(self, t_s: float) -> str:
        """The moment `t_s` on this shift's clock, as "09:37:20" or "day 2 09:37:20"."""
        return self._clock.text(t_s, seconds=True)

    @cached_property
    def _clock(self) -> ShiftClock:
        e = self.epoch
        shift = ShiftClock.of(self.start_s, self.horizon_s)
        return shift._replace(origin_s=e.hour * 3600 + e.minute * 60 + e.second)

"""Series that live their own life: hosts, network, upstreams, senders; keyed noise with rare excursions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradatim.sim.telemetry.catalogue import Series
from gradatim.sim.telemetry.noise import Excursion, Unquiet, draw_excursions, keys, wander
from gradatim.sim.telemetry.record import FloatArray, Record

_AHEAD = 128


@dataclass(frozen=True, slots=True)
class Background:
    """A series around `base` with deviation `sigma`, held inside `low` to `high`.

    `base` is multiplied by a factor drawn per instance in 1 ± `spread`. `unquiet` None means that the
    series never leaves its band (it stands in for a control this world may not have).
    """

    series: Series
    base: float
    sigma: float
    low: float = 0.0
    high: float = np.inf
    spread: float = 0.1
    sign: int = 1
    alert_at: float | None = None
    shape: str = "bump"
    calm: bool = False

    def unquiet(self, base: float) -> Unquiet:
        """Its excursions for the drawn base: high enough to reach `alert_at` where there is one."""
        sigmas = 0.0 if self.alert_at is None else abs(self.alert_at - base) / self.sigma * 1.45 + 3.0
        return Unquiet(self.series.id, self.sign, sigmas, self.shape)


def _b(
    id: str, label: str, unit: str, base: float, sigma: float, *,
    lag: float = 20, res: float = 0, dec: int = 2,
    high: float = np.inf, spread: float = 0.1, sign: int = 1, alert_at: float | None = None,
    shape: str = "bump", calm: bool = False, panel: str | None = None, component: str | None = None,
) -> Background:  # fmt: skip
    s = Series(id, component or id.split(".")[0], label, unit, panel, lag, res, dec)
    return Background(s, base, sigma, 0.0, high, spread, sign, alert_at, shape, calm)


BACKGROUND = (
    _b("hosts.cpu_steal_pct", "CPU steal, worst host", "%", 1.2, 0.35, alert_at=6.0, spread=0.3, high=40),
    _b("hosts.disk_used_pct", "disk used, fullest host", "%", 71, 0.25, lag=60, res=60, alert_at=85,
        high=96, shape="ramp", spread=0.05),
    _b("hosts.disk_await_ms", "disk await", "ms", 1.8, 0.25),
    _b("hosts.load1", "load, mean of hosts", "", 5.2, 0.4),
    _b("hosts.context_switches_k_per_s", "context switches", "thousand per s", 38, 2.2),
    _b("hosts.tcp_retransmits_per_s", "TCP retransmits", "per s", 3.1, 0.7),
    _b("hosts.open_files", "open files, worst host", "files", 4100, 95, dec=0, res=60),
    _b("hosts.ntp_offset_ms", "clock offset, worst host", "ms", 0.9, 0.15, res=60),
    _b("hosts.dns_ms", "DNS lookup, p99", "ms", 6.5, 0.9, alert_at=25.0, high=400),
    _b("hosts.conntrack_pct", "connection table used", "%", 23, 1.1, high=100),
    _b("hosts.temperature_c", "warmest host", "°C", 58, 1.0, res=60, lag=60, dec=1, spread=0.04),
    _b("hosts.page_faults_per_s", "major page faults", "per s", 0.8, 0.25),
    _b("gateway.tls_handshake_ms", "TLS handshake, p99", "ms", 21, 1.4),
    _b("gateway.certificate_days", "certificate valid, least", "days", 41, 0.03, lag=300, res=300,
        alert_at=14.0, sign=-1, shape="step", dec=1, spread=0.3),
    _b("gateway.bot_requests_per_s", "requests marked as bots", "per s", 2.4, 0.4),
    _b("gateway.body_bytes", "request body, mean", "bytes", 612, 9.0, dec=0, spread=0.04),
    _b("gateway.probe_ms", "outside probe, three cities", "ms", 84, 4.0, lag=60, res=60, spread=0.06),
    _b("predict.gc_pause_ms", "longest pause of the collector", "ms", 7.0, 1.1),
    _b("predict.page_cache_mb", "page cache", "MB", 910, 14, dec=0, res=60, spread=0.05),
    _b("predict.score_mean", "mean score", "share", 0.216, 0.004, dec=4, panel="health", spread=0.06,
        calm=True),
    _b("predict.score_late_share", "answered late", "share", 0.171, 0.005, dec=4, panel="health",
        spread=0.06, calm=True),
    _b("predict.score_nan_per_min", "scores not a number", "per min", 0.3, 0.12, res=60),
    _b("features.null_share", "features null", "share", 0.012, 0.0008, dec=4, spread=0.2),
    _b("features.evictions_per_s", "evictions", "per s", 14, 1.3),
    _b("features.cache_memory_mb", "cache memory", "MB", 5230, 22, dec=0, res=60, spread=0.04),
    _b("features.replication_lag_ms", "replication lag of the store", "ms", 42, 6.0),
    _b("features.snapshot_age_min", "batch features", "min", 31, 1.6, lag=60, res=60, dec=1,
        panel="data_age", spread=0.25),
    _b("weather.fetch_ms", "time to fetch a file", "ms", 640, 45, lag=60, res=60, dec=0),
    _b("weather.rows", "rows in the last file", "rows", 2880, 11, lag=120, res=300, dec=0, spread=0.02,
        sign=-1),
    _b("weather.parse_errors", "lines refused", "per file", 3.0, 0.8, lag=120, res=300, dec=0, spread=0.3),
    _b("bookings.requests_per_s", "calls to bookings", "per s", 18, 0.9),
    _b("bookings.latency_p99_ms", "bookings p99", "ms", 118, 7.0, spread=0.15),
    _b("bookings.error_pct", "bookings errors", "%", 0.18, 0.06, alert_at=2.0, high=30, spread=0.3),
    _b("bookings.feed_age_min", "bookings feed", "min", 2.1, 0.3, lag=60, res=60, panel="data_age",
        spread=0.2),
    _b("bookings.schedule_changes_per_min", "schedule changes", "per min", 9.0, 1.4, res=60),
    _b("labels.lag_h", "newest joined arrival", "h", 6.2, 0.18, lag=300, res=300, alert_at=9.0,
        shape="ramp", high=48),
    _b("labels.joined_pct", "predictions joined, 24 h", "%", 96.4, 0.16, lag=300, res=300, high=100,
        spread=0.005, sign=-1),
    _b("labels.backlog_rows", "rows waiting to be joined", "rows", 14200, 420, lag=300, res=300, dec=0,
        spread=0.15),
    _b("labels.duplicates_per_min", "duplicate arrivals", "per min", 1.6, 0.4, lag=120, res=60),
    _b("scaler.loop_ms", "decision loop", "ms", 46, 4.0, lag=60, res=60),
    _b("deployer.registry_latency_ms", "registry p99", "ms", 33, 2.5, lag=60, res=60),
    _b("deployer.artefact_cache_gb", "artefacts on hosts", "GB", 18.4, 0.06, lag=300, res=300, spread=0.1),
    _b("deployer.ci_queue", "builds waiting", "builds", 2.6, 0.7, lag=60, res=60, dec=0, spread=0.3),
    _b("notify.lag_msgs", "messages waiting", "messages", 310, 60, alert_at=2500, dec=0, high=60000,
        spread=0.2, shape="ramp"),
    _b("notify.published_per_s", "offers published", "per s", 11, 0.8),
    _b("notify.dead_letters_per_min", "dead letters", "per min", 0.5, 0.18, res=60),
    _b("notify.email_ms", "mail accepted, p99", "ms", 410, 28, res=60, dec=0),
    _b("notify.consumer_rebalances_per_h", "consumer rebalances", "per h", 0.6, 0.2, lag=60, res=60),
)  # fmt: skip


@dataclass(eq=False)
class BackgroundState:
    """One instance's background: keys, drawn bases and excursions. Cheap to hold, nothing mutable."""

    record: Record
    rows: tuple[Background, ...] = BACKGROUND
    excursions: list[Excursion] = field(init=False)

    def __post_init__(self) -> None:
        r = self.record
        names = [b.series.id for b in self.rows]
        self._index = {name: i for i, name in enumerate(names)}
        self._keys = keys(r.seed, [f"telemetry/{n}" for n in names])[:, None]
        base_keys = keys(r.seed, [f"telemetry/base/{n}" for n in names])
        factor = 2.0 * (base_keys >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 1.0
        base = np.array([b.base for b in self.rows])
        base = base * (1.0 + np.array([b.spread for b in self.rows]) * factor)
        self._sigma = np.array([b.sigma for b in self.rows])[:, None]
        self._base = base[:, None]
        self._low = np.array([b.low for b in self.rows])[:, None]
        self._high = np.array([b.high for b in self.rows])[:, None]
        restless = [b.unquiet(float(base[i])) for i, b in enumerate(self.rows) if not b.calm]
        first = int(r.start_s / r.tick_s)
        self._ahead: tuple[int, FloatArray] = (0, np.empty((len(self.rows), 0)))
        self.excursions = draw_excursions(r.seed, restless, first, r.n_horizon)

    def compute(self, tick: npt.NDArray[np.int64]) -> dict[str, FloatArray]:
        """All background series at the given ticks. Computed ahead in portions: they wait for nobody."""
        lo, hi = int(tick[0]), int(tick[-1]) + 1
        first, ahead = self._ahead
        if lo < first or hi > first + ahead.shape[1]:
            first, ahead = self._ahead = lo, self._at(np.arange(lo, max(hi, lo + _AHEAD), dtype=np.int64))
        part = ahead[:, lo - first : hi - first]
        return {name: part[i] for name, i in self._index.items()}

    def _at(self, tick: npt.NDArray[np.int64]) -> FloatArray:
        deviation = wander(self._keys, tick[None, :])
        for e in self.excursions:
            if e.first <= tick[-1] and e.first + e.length > tick[0]:
                deviation[self._index[e.name]] += e.at(tick)
        return np.asarray(np.clip(self._base + self._sigma * deviation, self._low, self._high))

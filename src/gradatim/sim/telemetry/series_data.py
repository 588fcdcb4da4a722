"""Series of what the model is fed: feature cache and store, weather, label joins; traffic forecast."""

from __future__ import annotations

import numpy as np

from gradatim.core.streams import Stream
from gradatim.sim.telemetry.catalogue import Series
from gradatim.sim.telemetry.noise import bell, keys, smooth
from gradatim.sim.telemetry.record import FloatArray, Record
from gradatim.sim.telemetry.view import View, ratio

_HOUR_S = 3600.0
_PUBLISHED_AFTER_S = 240.0
HIT_MS = 3.0
"""What a look-up takes that finds its features in the cache."""
LATE_FILE_SHARE = 0.1
"""Share of hourly weather files that come a quarter to three quarters of an hour late."""


def series(record: Record) -> list[Series]:
    """The series of this group."""
    return [
        Series("features.hit_share", "features", "cache hits", "share", "health", 10, decimals=4),
        Series("features.lookup_ms", "features", "lookup, mean", "ms", lag_s=20),
        Series("features.lookups_per_s", "features", "lookups", "per s"),
        Series("features.store_reads_per_s", "features", "reads of the store", "per s"),
        Series("features.store_answered_pct", "features", "reads the store answered in time", "%", lag_s=20),
        Series("features.store_ms", "features", "read of the store, mean", "ms", lag_s=20),
        Series("features.store_connections", "features", "store connections", "", lag_s=20, decimals=0),
        Series("weather.file_age_min", "weather", "weather", "min", "data_age", 60, 60, 1),
        Series("gateway.traffic_vs_usual_pct", "gateway", "requests against the last half hour", "%"),
        Series("gateway.bytes_out_mb_per_s", "gateway", "bytes out", "MB per s", lag_s=20, decimals=3),
        Series("hosts.net_in_mb_per_s", "hosts", "network in, fleet", "MB per s", lag_s=20),
        Series("hosts.cpu_all_pct", "hosts", "CPU, all hosts", "%", None, 20, 60, 1),
    ]


class DataSeries:
    """The group for one instance: keys and the arrival times of weather files."""

    def __init__(self, record: Record) -> None:
        purposes = ("features", "store", "net", "cpu")
        self._keys = keys(record.seed, [f"telemetry/data/{p}" for p in purposes])
        self.weather_files = weather_files(record)

    def compute(self, v: View) -> dict[str, FloatArray]:
        """Values of the group over the view's ticks."""
        r = v.record
        t = v.tick
        k = self._keys
        jitter = 0.5 * bell(k[0], t) + 0.8 * smooth(k[0] ^ np.uint64(1), t / 9.0)
        hit = v.control("feature_hit_rate")
        hit_share = 0.962 + 0.004 * jitter if hit is None else hit * (1.0 + 0.002 * jitter)
        hit_share = np.clip(hit_share, 0.0, 1.0)
        lookups = v.per_s("batch_items")
        reads = v.control("feature_store_misses_per_s")
        reads = lookups * (1.0 - hit_share) if reads is None else reads
        answered = v.control("feature_store_answered_share")
        answered = np.ones(len(t)) if answered is None else answered
        lookup = v.control("feature_lookup_ms")
        lookup = HIT_MS + 18.0 * (1.0 - hit_share) if lookup is None else lookup * (1.0 + 0.003 * jitter)
        # What the mean look-up takes beyond a hit is the store's.
        store = np.maximum(ratio(lookup - HIT_MS, 1.0 - hit_share), 5.0) + 0.6 * bell(k[1], t)
        # Little's law on the store, above a pool of eight.
        connections = 8.0 + reads * np.nan_to_num(store) * 1e-3 + 0.7 * bell(k[1] ^ np.uint64(2), t)
        age = v.control("weather_age_s")
        weather_s = self.weather_age((t + 1) * np.float64(r.tick_s)) if age is None else age
        recent = v.trailing_count("arrivals", 120.0) / np.minimum(t + 1, v.ticks_of(120.0))
        half_hour = v.ticks_of(1800.0)
        usual = v.trailing_count("arrivals", 1800.0) / np.minimum(t + 1, half_hour)
        # Ten minutes of data before anything is called usual.
        traffic = np.where(t + 1 >= half_hour // 3, 100 * (ratio(recent, usual) - 1.0), np.nan)
        answers = v.per_s("batch_items") + v.per_s("rejected") + v.per_s("shed")
        ready = np.maximum(v.gauge("ready"), 1.0)
        busy = v.trailing_count("busy_us", 60.0) / (1e6 * np.minimum(t + 1, v.ticks_of(60.0)) * r.tick_s)
        busy = busy / r.fact("slots_per_replica")
        return {
            "features.hit_share": hit_share,
            "features.lookup_ms": lookup,
            "features.lookups_per_s": lookups,
            "features.store_reads_per_s": reads,
            "features.store_answered_pct": 100 * answered,
            "features.store_ms": store,
            "features.store_connections": connections,
            "weather.file_age_min": weather_s / 60.0,
            "gateway.traffic_vs_usual_pct": traffic,
            "gateway.bytes_out_mb_per_s": answers * 1.42e-3 * (1.0 + 0.01 * bell(k[2], t)),
            "hosts.net_in_mb_per_s": 2.0 + v.per_s("attempts") * 0.9e-3 + 0.06 * bell(k[2] ^ np.uint64(3), t),
            "hosts.cpu_all_pct": np.clip(9.0 + 78.0 * busy / ready + 0.8 * bell(k[3], t), 0.0, 100.0),
        }

    def weather_age(self, t_s: FloatArray) -> FloatArray:
        """Seconds since the observation in the newest weather file, at each time."""
        arrived, observed = self.weather_files
        return t_s - observed[np.searchsorted(arrived, t_s, side="right") - 1]


def weather_files(record: Record) -> tuple[FloatArray, FloatArray]:
    """When each hourly file came, and the time it speaks of (the full hour), both in simulated seconds.

    A file comes four to six minutes after the hour; a share of them, drawn by hour, comes late.
    """
    draw = Stream(record.seed, "telemetry/weather-files")
    past_hour_s = record.epoch.minute * 60.0 + record.epoch.second
    first = -3
    hours = range(first, int(record.horizon_s / _HOUR_S) + 2)
    observed = np.array([h * _HOUR_S - past_hour_s for h in hours])
    delay = []
    for h in hours:
        late = draw.uniform(1, h - first) < LATE_FILE_SHARE
        late_s = draw.between(900.0, 2700.0, 2, h - first) if late else 0.0
        delay.append(_PUBLISHED_AFTER_S + draw.between(0.0, 120.0, 3, h - first) + late_s)
    arrived = np.maximum.accumulate(observed + np.array(delay))
    return arrived, observed

"""Series with everything that goes wrong in a scrape: resets, gaps, late starts, NaN, infinities, staleness."""

from __future__ import annotations

import numpy as np

from gradatim.instruments.promql import Series, SeriesSet, labels_of, stale_marker

START_MS = 1_700_000_000_000
MINUTES = 150


def made_series(seed: int = 7, *, stale: bool = False) -> SeriesSet:
    """Counters, gauges and histograms; the same for the same seed.

    Args:
        seed: of the generator.
        stale: end two series with the marker that a scrape leaves when its target goes away.
    """
    random = np.random.default_rng(seed)
    found = []
    for job in ("api", "web"):
        for instance in ("a:1", "b:2", "c:3"):
            for code in ("200", "404", "500", "503"):
                labels = {"__name__": "http_requests_total", "job": job, "instance": instance, "code": code}
                found.append(_counter(random, labels, scale=20 if code == "200" else 2))
            labels = {"__name__": "queue_length", "job": job, "instance": instance}
            found.append(_gauge(random, labels))
            labels = {"__name__": "build_info", "job": job, "instance": instance, "version": f"v{len(job)}"}
            found.append(_constant(random, labels))
            found += _histogram(random, {"job": job, "instance": instance})
    found.append(_odd({"__name__": "odd", "job": "api", "kind": "nan"}, [1, np.nan, 3, np.nan, np.nan, 2]))
    found.append(_odd({"__name__": "odd", "job": "api", "kind": "inf"}, [1, np.inf, 3, 4, -np.inf, 2]))
    found.append(_odd({"__name__": "odd", "job": "web", "kind": "negative"}, [-5, -2, 3, -1, -7, 0]))
    found.append(_odd({"__name__": "flat", "job": "api"}, [5, 5, 5, 5, 5, 5]))
    found.append(_odd({"__name__": "zero", "job": "api"}, [0, 0, 0, 0, 0, 0]))
    one = Series(labels_of({"__name__": "lonely"}), np.array([START_MS + 3_000_000]), np.array([42.0]))
    found.append(one)
    return SeriesSet([_ended(s, i) for i, s in enumerate(found)] if stale else found)


def _times(random: np.random.Generator) -> np.ndarray:
    """A scrape every 15 s with jitter, some missed, whole stretches missing, a late start or an early end."""
    t = START_MS + np.arange(0, MINUTES * 60_000, 15_000) + random.integers(0, 12_000)
    if random.random() < 0.5:
        t = t + random.integers(-400, 400, len(t))
    keep = random.random(len(t)) > 0.05
    for _ in range(int(random.integers(0, 3))):
        at, length = random.integers(0, len(t)), random.integers(5, 60)
        keep[at : at + length] = False
    if random.random() < 0.3:
        keep[: random.integers(0, len(t) // 2)] = False
    if random.random() < 0.3:
        keep[len(t) - random.integers(1, len(t) // 2) :] = False
    if not keep.any():
        keep[:3] = True
    return t[keep]


def _counter(random: np.random.Generator, labels: dict[str, str], scale: float) -> Series:
    t = _times(random)
    values = np.cumsum(random.poisson(scale, len(t))).astype(float)
    if random.random() < 0.4:
        values += random.integers(0, 100_000)
    for at in random.integers(1, max(2, len(t)), int(random.integers(0, 4))):
        values[at:] -= values[min(at, len(values) - 1)]
    return Series(labels_of(labels), t, np.maximum(values, 0))


def _gauge(random: np.random.Generator, labels: dict[str, str]) -> Series:
    t = _times(random)
    return Series(labels_of(labels), t, np.round(np.cumsum(random.normal(0, 3, len(t))), 3))


def _constant(random: np.random.Generator, labels: dict[str, str]) -> Series:
    t = _times(random)
    return Series(labels_of(labels), t, np.ones(len(t)))


def _histogram(random: np.random.Generator, labels: dict[str, str]) -> list[Series]:
    t = _times(random)
    steps = np.cumsum(random.poisson([[5, 9, 4, 2, 1]], (len(t), 5)), axis=0)
    counts = np.cumsum(steps, axis=1).astype(float)
    named = {"__name__": "latency_seconds_bucket", **labels}
    out = []
    for le, column in zip(("0.05", "0.1", "0.5", "2.5", "+Inf"), counts.T, strict=True):
        kept = np.ones(len(t), dtype=bool)
        if random.random() < 0.2:
            kept[: len(t) // 3] = False
        out.append(Series(labels_of({**named, "le": le}), t[kept], column[kept]))
    return out


def _odd(labels: dict[str, str], values: list[float]) -> Series:
    t = START_MS + np.arange(0, MINUTES * 60_000, 60_000)
    return Series(labels_of(labels), t, np.resize(np.array(values, dtype=float), len(t)))


def _ended(series: Series, number: int) -> Series:
    if number % 5 or len(series.times_ms) < 20:
        return series
    values = series.values.copy()
    values[len(values) // 2 :: 17] = stale_marker()
    return Series(series.labels, series.times_ms, values)

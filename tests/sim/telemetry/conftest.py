"""Records made from small arrays: a platform that never ran, for tests of what is shown of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradatim.sim.telemetry.record import Event, Record

CLIENTS = ("web", "ios", "android", "partner")
SEGMENTS = ("EWR", "JFK", "LGA")
VERSIONS = ("v41", "v42")
SAMPLE = np.dtype(
    [
        ("request", "i8"), ("arrived_s", "f8"), ("finished_s", "f8"), ("outcome", "i8"), ("attempts", "i8"),
        ("client", "i8"), ("item", "i8"), ("replica", "i8"), ("version", "i8"),
    ]
)  # fmt: skip


def make_record(
    seed: int = 1,
    *,
    n_ticks: int = 840,
    tick_s: float = 10.0,
    rate: float = 115.0,
    bad_from: int | None = None,
    bad_to: int | None = None,
    bad_share: float = 0.5,
    surge: float = 1.0,
    control: dict[str, Any] | None = None,
    journal: tuple[Event, ...] = (),
    now_s: float | None = None,
) -> Record:
    """A quiet platform; between ticks `bad_from` and `bad_to` a share of the answers is not good."""
    rng = np.random.default_rng(seed)
    bad = np.zeros(n_ticks, dtype=bool)
    if bad_from is not None:
        bad[bad_from:bad_to] = True
    mean = rate * tick_s * np.where(bad, surge, 1.0)
    by_client = np.stack([rng.poisson(mean * s) for s in (0.3, 0.35, 0.25, 0.1)], axis=1).astype(np.int64)
    arrivals = by_client.sum(axis=1)
    share = np.where(bad, bad_share, 0.0008)
    failed = rng.binomial(arrivals, share * 0.5)
    ok = arrivals - failed
    slow = rng.binomial(ok, share * 0.5)
    good = ok - slow
    timeouts = failed * 3 + np.where(bad, 40, rng.integers(0, 2, n_ticks))
    retries = np.minimum(timeouts, failed * 2 + rng.integers(0, 2, n_ticks))
    attempts = arrivals + retries
    items = ok + np.where(bad, failed * 2, 0)
    batches = np.maximum(items // 4, 1)
    ready = np.full(n_ticks, 16, dtype=np.int64)
    zero = np.zeros(n_ticks, dtype=np.int64)
    ticks = {
        "arrivals": arrivals, "attempts": attempts, "retries": retries, "retries_denied": zero, "ok": ok,
        "good": good, "timeouts": timeouts, "rejected": np.where(bad, 30, 0), "shed": zero, "failed": failed,
        "fallback": zero, "default": zero, "batches": batches, "batch_items": items, "zombies": items - ok,
        "busy_us": (items * 60_000).astype(np.int64), "queue_wait_us": items * np.where(bad, 300_000, 4_000),
        "latency_us": ok * np.where(bad, 320_000, 45_000), "crashes": zero, "money_micro": good * 40_000,
        "queue_depth": np.where(bad, 800, rng.integers(2, 12, n_ticks)),
        "queue_depth_max": np.where(bad, 63, 3),
        "in_flight": np.where(bad, 900, 8), "ready": ready, "starting": zero,
        "memory_mb_max": np.full(n_ticks, 900),
    }  # fmt: skip
    ticks = {k: np.asarray(a, dtype=np.int64) for k, a in ticks.items()}
    split = by_client / np.maximum(arrivals, 1)[:, None]
    client = np.zeros((n_ticks, 4, 6), dtype=np.int64)
    for j, name in enumerate(("arrivals", "attempts", "ok", "good", "timeouts", "failed")):
        client[:, :, j] = by_client if name == "arrivals" else (split * ticks[name][:, None]).astype(np.int64)
    replica = np.zeros((n_ticks, 20, 5), dtype=np.int64)
    replica[:, :16, 0] = items[:, None] // 16
    replica[:, :16, 1] = timeouts[:, None] // 16
    replica[:, :16, 2] = ticks["queue_depth"][:, None] // 16
    replica[:, :16, 3] = 880
    replica[:, :16, 4] = 2
    segment = np.stack([np.stack([arrivals // 3, ok // 3, failed // 3, good * 13_000], axis=1)] * 3, axis=1)
    version = np.zeros((n_ticks, 2, 3), dtype=np.int64)
    version[:, 1, 0], version[:, 1, 1] = ok, good
    edges = np.logspace(-3, 1, 97)
    hist = np.zeros((n_ticks, 96), dtype=np.int32)
    fast, late = np.searchsorted(edges, 0.045), np.searchsorted(edges, 0.32)
    hist[:, fast] = good * 6 // 10
    hist[:, fast + 3] = good - good * 6 // 10
    hist[:, late] = slow
    sampled = np.sort(rng.uniform(0, n_ticks * tick_s, int(arrivals.sum() // 100)))
    samples = np.zeros(len(sampled), dtype=SAMPLE)
    hit = bad[np.minimum((sampled / tick_s).astype(int), n_ticks - 1)]
    samples["request"] = np.cumsum(rng.integers(60, 140, len(sampled)))
    samples["arrived_s"] = sampled
    samples["attempts"] = np.where(hit, rng.integers(1, 4, len(sampled)), 1)
    samples["outcome"] = np.where(hit & (rng.uniform(size=len(sampled)) < bad_share), 1, 0)
    samples["finished_s"] = sampled + np.where(hit, 0.4 * samples["attempts"], 0.045)
    samples["client"] = rng.integers(0, 4, len(sampled))
    samples["replica"] = rng.integers(0, 16, len(sampled))
    samples["version"] = 1
    samples = samples[np.argsort(samples["finished_s"], kind="stable")]
    return Record(
        seed=seed,
        epoch=dt.datetime(2031, 7, 10, 8, 0),
        start_s=1200.0 * tick_s / 10.0,
        horizon_s=840 * tick_s,
        tick_s=tick_s,
        now_s=n_ticks * tick_s if now_s is None else now_s,
        ticks=ticks,
        client_names=CLIENTS,
        client_ticks=client,
        replica_ticks=replica,
        segment_names=SEGMENTS,
        segment_ticks=segment,
        version_names=VERSIONS,
        version_ticks=version,
        latency_hist=hist,
        latency_edges_s=edges,
        samples=samples,
        control=control or {},
        journal=journal,
        facts={},
    )


@pytest.fixture(scope="session")
def made() -> Callable[..., Record]:
    """`make_record`, which draws a record from small arrays."""
    return make_record


@pytest.fixture(scope="session")
def quiet() -> Record:
    """A shift in which nothing happens."""
    return make_record(seed=3)


@pytest.fixture(scope="session")
def harmed() -> Record:
    """A shift with a long stretch of bad answers from tick 300 to 500."""
    return make_record(seed=3, bad_from=300, bad_to=500)

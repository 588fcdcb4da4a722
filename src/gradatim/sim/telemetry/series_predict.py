"""Series of the replica fleet, its scaler, and the model versions."""

from __future__ import annotations

import numpy as np

from gradatim.sim.telemetry.catalogue import Series
from gradatim.sim.telemetry.record import REPLICA_COLUMNS, REPLICA_STATES, FloatArray, Record
from gradatim.sim.telemetry.view import View, ratio

_R = {name: i for i, name in enumerate(REPLICA_COLUMNS)}
_READY = REPLICA_STATES.index("ready")


def series(record: Record) -> list[Series]:
    """The series of this group for the record's model versions."""
    s = [
        Series("predict.answers_per_s", "predict", "items computed", "per s"),
        Series("predict.goodput_per_s", "predict", "goodput", "per s"),
        Series("predict.served_after_client_gone_per_s", "predict", "served, client gone", "per s"),
        Series("predict.served_after_client_gone_pct", "predict", "work for clients gone", "%"),
        Series("predict.batches_per_s", "predict", "batches", "per s"),
        Series("predict.batch_size", "predict", "mean batch size", "items"),
        Series("predict.batch_ms", "predict", "time per batch", "ms", lag_s=20, decimals=1),
        Series("predict.queue_depth", "predict", "waiting, mean", "per replica", "queue", decimals=1),
        Series("predict.queue_depth_max", "predict", "waiting, longest", "per replica", "queue", decimals=0),
        Series("predict.queue_wait_ms", "predict", "time in queue of answered", "ms", lag_s=20, decimals=1),
        Series("predict.queue_drain_ms", "predict", "queue over throughput", "ms", lag_s=20, decimals=1),
        Series("predict.ready", "predict", "ready", "replicas", "replicas", decimals=0),
        Series("scaler.desired", "scaler", "asked for", "replicas", "replicas", decimals=0),
        Series("predict.busy", "predict", "busy", "replicas", "replicas", lag_s=20),
        Series("predict.cpu_pct", "predict", "CPU of ready replicas", "%", lag_s=20, decimals=1),
        Series("predict.starting", "predict", "starting", "replicas", decimals=0),
        Series("predict.restarts", "predict", "restarts, out of memory", "per tick", lag_s=20, decimals=0),
        Series("predict.memory_max_mb", "predict", "memory, largest replica", "MB", None, 20, 60, 0),
        Series("predict.memory_mean_mb", "predict", "memory, mean", "MB", None, 20, 60, 0),
        Series("predict.replica_completed_max_per_s", "predict", "busiest replica", "per s", lag_s=20),
        Series("predict.replica_completed_min_per_s", "predict", "least busy replica", "per s", lag_s=20),
        Series("predict.replica_timeouts_max_per_s", "predict", "timeouts, worst replica", "per s", lag_s=20),
        Series("scaler.cpu_seen_pct", "scaler", "CPU the scaler saw", "%", None, 60, 60, 1),
    ]
    for name in record.version_names:
        s += [
            Series(f"predict.{name}.answers_per_s", "predict", f"{name} answers", "per s", lag_s=20),
            Series(f"predict.{name}.good_pct", "predict", f"{name} good", "%", None, 20, 60),
        ]
    return s


def compute(v: View) -> dict[str, FloatArray]:
    """Values of the group over the view's ticks."""
    r = v.record
    items, zombies, batches = v.count("batch_items"), v.count("zombies"), v.count("batches")
    ready = v.gauge("ready")
    # A batch is counted when it ends, so a tick may hold a little more than its own seconds.
    busy = np.minimum(v.gauge("busy_us") / (1e6 * r.tick_s * r.fact("slots_per_replica")), ready)
    desired = v.control("desired_replicas")
    alive = np.maximum(ready + v.count("starting"), 0.0)
    replicas = r.replica_ticks[v.lo : v.hi]
    serving = replicas[:, :, _R["state"]] == _READY
    completed = replicas[:, :, _R["completed"]].astype(np.float64) / r.tick_s
    any_serving = serving.any(axis=1)
    low = np.where(serving, completed, np.inf).min(axis=1, initial=np.inf)
    high = np.where(serving, completed, 0.0).max(axis=1, initial=0.0)
    memory = np.where(serving, replicas[:, :, _R["memory_mb"]], 0)
    late = replicas[:, :, _R["timeouts"]].max(axis=1, initial=0)
    minute_ticks = v.ticks_of(60.0)
    seen_busy = v.trailing(r.ticks["busy_us"], minute_ticks)
    seen_ready = v.trailing(r.ticks["ready"], minute_ticks)
    out: dict[str, FloatArray] = {
        "predict.answers_per_s": items / r.tick_s,
        "predict.goodput_per_s": v.per_s("good"),
        "predict.served_after_client_gone_per_s": zombies / r.tick_s,
        "predict.served_after_client_gone_pct": np.minimum(100 * ratio(zombies, items), 100.0),
        "predict.batches_per_s": batches / r.tick_s,
        "predict.batch_size": ratio(items, batches),
        "predict.batch_ms": ratio(v.count("busy_us"), batches) / 1e3,
        "predict.queue_depth": ratio(v.count("queue_depth"), ready),
        "predict.queue_depth_max": v.gauge("queue_depth_max"),
        "predict.queue_wait_ms": ratio(v.count("queue_wait_us"), items - zombies) / 1e3,
        # Little's law: how long what waits now would take at the pace of this tick.
        "predict.queue_drain_ms": 1e3 * r.tick_s * ratio(v.count("queue_depth"), items),
        "predict.ready": ready,
        "scaler.desired": alive if desired is None else desired,
        "predict.busy": busy,
        "predict.cpu_pct": np.minimum(100 * ratio(busy, ready), 100.0),
        "predict.starting": v.gauge("starting"),
        "predict.restarts": v.gauge("crashes"),
        "predict.memory_max_mb": v.gauge("memory_mb_max"),
        "predict.memory_mean_mb": ratio(memory.sum(axis=1), serving.sum(axis=1)),
        "predict.replica_completed_max_per_s": np.where(any_serving, high, np.nan),
        "predict.replica_completed_min_per_s": np.where(any_serving, low, np.nan),
        "predict.replica_timeouts_max_per_s": late / r.tick_s,
        "scaler.cpu_seen_pct": np.minimum(
            100 * ratio(seen_busy / (1e6 * r.tick_s * r.fact("slots_per_replica")), seen_ready), 100.0
        ),
    }
    versions = r.version_ticks[v.lo : v.hi]
    minute = v.trailing(r.version_ticks, v.ticks_of(60.0))
    for i, name in enumerate(r.version_names):
        out[f"predict.{name}.answers_per_s"] = versions[:, i, 0] / r.tick_s
        out[f"predict.{name}.good_pct"] = np.minimum(100 * ratio(minute[:, i, 1], minute[:, i, 0]), 100.0)
    return out

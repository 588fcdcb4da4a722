"""Memory layout of a running simulator: record types, codes, and the names of what is counted.

Every array has one constant dtype, is C-contiguous and writable, so that the kernel compiles once.
A *ticket* is `request << 3 | attempt`; an event key is `kind << 58 | entity << 3 | attempt`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

ATTEMPT_BITS = 3
KIND_SHIFT = 58

# Event kinds, in the order in which events of one instant happen.
TICK, DONE, TIMEOUT, RETRY, WAIT, BOOT, ARRIVAL = range(7)

OFF, STARTING, READY, RESTARTING, DRAINING = range(5)
REPLICA_STATES = ("off", "starting", "ready", "restarting", "draining")

ROUND_ROBIN, RANDOM, LEAST_OUTSTANDING, CHOICES = range(4)
ROUTINGS = ("round_robin", "random", "least_outstanding", "choices")

OK, FAILED, FALLBACK, DEFAULT, SHED = range(5)
OUTCOMES = ("ok", "failed", "fallback", "default", "shed")

# What the kernel is asked to do before it runs on.
NO_COMMAND, RECONCILE, RESTART, DRAIN = range(4)

# Why the kernel came back early; Python mends it and calls again.
FINISHED, GROW_SLOTS, GROW_LANES, GROW_HEAP, GROW_QUEUE, GROW_SAMPLES = range(6)

# Bits of the one word drawn per request: user, item, shed, sample (from the lowest).
USER_BITS, ITEM_BITS, SHED_BITS, SAMPLE_BITS = 22, 14, 14, 14
# Bits of the one word drawn per user: class, pool, fallback.
TRAIT_BITS = 21
# Bits of the one word drawn per attempt: two choices, then work.
CHOICE_BITS, WORK_BITS = 16, 32
ARRIVAL_DRAW_BITS = 52
PURPOSES = ("serving.arrival", "serving.request", "serving.user", "serving.attempt", "serving.jitter")

CLIENT_COLUMNS = ("arrivals", "attempts", "ok", "good", "timeouts", "failed")
C_ARRIVALS, C_ATTEMPTS, C_OK, C_GOOD, C_TIMEOUTS, C_FAILED = range(6)
CLIENT_STRIDE = 8

SEGMENT_COLUMNS = ("arrivals", "ok", "failed", "money_micro")
S_ARRIVALS, S_OK, S_FAILED, S_MONEY = range(4)
SEGMENT_STRIDE = 4

VERSION_COLUMNS = ("answers", "good", "money_micro")
V_ANSWERS, V_GOOD, V_MONEY = range(3)
VERSION_STRIDE = 4

REPLICA_COLUMNS = ("completed", "timeouts", "queue_depth", "memory_mb", "state")
REPLICA_WIDTH = len(REPLICA_COLUMNS)

# Counters kept directly, then those summed from the clients' and segments' at the tick, then gauges.
TICK_COLUMNS = (
    "retries", "retries_denied", "rejected", "shed", "fallback", "default", "batches", "batch_items",
    "zombies", "busy_us", "queue_wait_us", "latency_us", "crashes",
    "arrivals", "attempts", "ok", "good", "timeouts", "failed", "money_micro",
    "queue_depth", "queue_depth_max", "in_flight", "ready", "starting", "memory_mb_max",
)  # fmt: skip
(
    T_RETRIES, T_RETRIES_DENIED, T_REJECTED, T_SHED, T_FALLBACK, T_DEFAULT, T_BATCHES, T_BATCH_ITEMS,
    T_ZOMBIES, T_BUSY_US, T_QUEUE_WAIT_US, T_LATENCY_US, T_CRASHES,
    T_ARRIVALS, T_ATTEMPTS, T_OK, T_GOOD, T_TIMEOUTS, T_FAILED, T_MONEY,
    T_QUEUE_DEPTH, T_QUEUE_DEPTH_MAX, T_IN_FLIGHT, T_READY, T_STARTING, T_MEMORY_MB_MAX,
) = range(len(TICK_COLUMNS))  # fmt: skip
N_COUNTERS = T_MONEY + 1

# Latency bins: 8 to the octave over 12 octaves from 2**-8 s, read off the float's own bits.
HIST_BINS = 96
HIST_SHIFT = 52 - 3
HIST_FIRST = (1023 - 8) << 3
LATENCY_EDGES_S = np.array([2.0 ** (i // 8 - 8) * (1 + i % 8 / 8) for i in range(HIST_BINS + 1)])

CORE = np.dtype(
    [
        ("now", "f8"), ("next_arrival", "f8"), ("next_request", "i8"),
        ("bucket", "i8"), ("bucket_end", "f8"), ("bucket_s", "f8"), ("n_buckets", "i8"), ("traced", "i8"),
        ("block", "i8"), ("block_end", "f8"), ("block_s", "f8"), ("n_blocks", "i8"), ("block_size", "i8"),
        ("next_tick", "f8"), ("tick_s", "f8"), ("n_ticks", "i8"),
        ("lane_t", "f8"), ("lane_key", "i8"), ("lane", "i8"), ("n_lanes", "i8"),
        ("n_retry", "i8"), ("retry_limit", "i8"),
        ("n_samples", "i8"), ("sample_below", "i8"), ("need", "i8"),
        ("in_flight", "i8"), ("outstanding", "i8"), ("outstanding_limit", "i8"),
        ("on_failure", "i8"), ("good_s", "f8"), ("n_versions", "i8"),
        ("n_clients", "i8"), ("n_pools", "i8"), ("n_replicas", "i8"), ("n_segments", "i8"), ("n_users", "i8"),
        ("slots_per_replica", "i8"), ("batch_room", "i8"), ("queue_room", "i8"),
        ("key_arrival", "u8"), ("key_request", "u8"), ("key_user", "u8"), ("key_attempt", "u8"),
        ("key_jitter", "u8"),
        ("little", "i8"), ("area", "f8"), ("area_lost", "f8"), ("area_t", "f8"),
        ("sojourn", "f8"), ("sojourn_lost", "f8"),
    ],
    align=True,
)  # fmt: skip

CLIENT = np.dtype(
    [
        ("upto", "i8"), ("timeout_lane", "i8"), ("timeout_s", "f8"), ("max_attempts", "i8"),
        ("jitter", "i8"), ("budgeted", "i8"), ("ratio", "f8"), ("burst", "f8"), ("tokens", "f8"),
        ("admit_below", "i8"), ("fallback_below", "i8"),
        ("backoff_s", "f8", (8,)), ("retry_lane", "i8", (8,)),
    ],
    align=True,
)  # fmt: skip

POOL = np.dtype(
    [
        ("upto", "i8"), ("first", "i8"), ("room", "i8"), ("n_ready", "i8"), ("wanted", "i8"), ("next", "i8"),
        ("version", "i8"), ("slots", "i8"), ("max_batch", "i8"), ("queue_limit", "i8"),
        ("max_wait_s", "f8"), ("base_s", "f8"), ("per_item_s", "f8"), ("noise", "f8"), ("slow", "f8"),
        ("routing", "i8"), ("choices", "i8"), ("cancel", "i8"),
        ("leak_mb", "f8"), ("base_mb", "f8"), ("limit_mb", "f8"), ("restart_s", "f8"), ("cold_start_s", "f8"),
        ("wait_lane", "i8"), ("restart_lane", "i8"), ("cold_lane", "i8"),
        ("auto", "i8"), ("target", "f8"), ("min_replicas", "i8"), ("max_replicas", "i8"),
        ("interval_ticks", "i8"), ("cooldown_s", "f8"), ("scaled_at", "f8"),
        ("busy_us", "i8"), ("ticks", "i8"),
    ],
    align=True,
)  # fmt: skip

REPLICA = np.dtype(
    [
        ("armed", "f8"), ("memory_mb", "f8"), ("slow", "f8"), ("ready_at", "f8"),
        ("queued", "i4"), ("head", "i4"), ("busy", "i4"), ("pool", "i4"), ("state", "i4"),
        ("completed", "i4"), ("timeouts", "i4"), ("pad", "i4"),
    ],
    align=True,
)  # fmt: skip

SLOT = np.dtype(
    [
        ("ticket", "i8"), ("arrived", "f8"), ("sent", "f8"),
        ("item", "i4"), ("replica", "i2"), ("client", "i1"), ("sampled", "i1"),
    ],
    align=True,
)  # fmt: skip

SERVER = np.dtype([("done_at", "f8"), ("items", "i4"), ("replica", "i2"), ("version", "i2")], align=True)

LANE = np.dtype(
    [
        ("head_t", "f8"), ("head_key", "i8"), ("head", "i8"), ("tail", "i8"),
        ("base", "i8"), ("mask", "i8"), ("limit", "i8"),
    ],
    align=True,
)  # fmt: skip

EVENT = np.dtype([("t", "f8"), ("key", "i8")], align=True)

SAMPLE = np.dtype(
    [
        ("request", "i8"), ("arrived_s", "f8"), ("finished_s", "f8"), ("outcome", "i8"), ("attempts", "i8"),
        ("client", "i8"), ("item", "i8"), ("replica", "i8"), ("version", "i8"),
    ],
    align=True,
)  # fmt: skip


class World(NamedTuple):
    """Everything the kernel reads and writes.

    Unchanging: rates, inverse_rates, trace, item_pool, item_segment. Recorded (append only): the last
    seven. The rest is the state that a snapshot copies.
    """

    core: Any  # CORE[1]
    clients: Any  # CLIENT[n_clients]
    pools: Any  # POOL[n_pools]
    replicas: Any  # REPLICA[n_replicas]
    outstanding: Any  # int32[n_replicas], queued or running, kept apart for the routing
    members: Any  # int32[n_replicas], per pool (from its first on) the replicas that take traffic
    queue: Any  # int64[n_replicas * queue_room], tickets, one ring per replica
    servers: Any  # SERVER[n_replicas * slots_per_replica]
    idle: Any  # int32[n_replicas * slots_per_replica], per replica a stack of idle servers
    batches: Any  # int64[n_replicas * slots_per_replica * batch_room], tickets
    slots: Any  # SLOT[power of two], requests in flight by id & mask
    lanes: Any  # LANE[n]
    timers: Any  # EVENT[...], the lanes' rings
    done: Any  # EVENT[2 * power of two], tournament of the servers' next completions; key is the server
    retries: Any  # EVENT[...], heap of jittered retries (the oracle keeps every event here)
    failing: Any  # int64[...], scratch
    values: Any  # int64[n_items, n_versions + 3]
    counters: Any  # int64[N_COUNTERS]
    client_now: Any  # int64[n_clients * CLIENT_STRIDE]
    segment_now: Any  # int64[n_segments * SEGMENT_STRIDE]
    version_now: Any  # int64[n_versions * VERSION_STRIDE]
    hist_now: Any  # int32[HIST_BINS]
    rates: Any
    inverse_rates: Any
    trace: Any
    item_pool: Any  # int32[n_blocks * block_size]
    item_segment: Any
    ticks: Any  # int64[room, len(TICK_COLUMNS)]
    client_ticks: Any
    replica_ticks: Any
    segment_ticks: Any
    version_ticks: Any
    latency_hist: Any
    samples: Any


CONSTANT = ("rates", "inverse_rates", "trace", "item_pool", "item_segment")
RECORDED = (
    "ticks",
    "client_ticks",
    "replica_ticks",
    "segment_ticks",
    "version_ticks",
    "latency_hist",
    "samples",
)

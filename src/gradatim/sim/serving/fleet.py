"""The slow paths of the kernel: closing a tick, scaling a pool, losing a replica. Each runs rarely."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.sim.jit import entry
from gradatim.sim.serving.events import INF, set_timer, tree_set
from gradatim.sim.serving.layout import (
    BOOT,
    C_ARRIVALS,
    C_ATTEMPTS,
    C_FAILED,
    C_GOOD,
    C_OK,
    C_TIMEOUTS,
    CLIENT_STRIDE,
    DRAINING,
    HIST_BINS,
    KIND_SHIFT,
    N_COUNTERS,
    OFF,
    READY,
    RESTARTING,
    S_MONEY,
    SEGMENT_STRIDE,
    STARTING,
    T_ARRIVALS,
    T_ATTEMPTS,
    T_FAILED,
    T_GOOD,
    T_IN_FLIGHT,
    T_MEMORY_MB_MAX,
    T_MONEY,
    T_OK,
    T_QUEUE_DEPTH,
    T_QUEUE_DEPTH_MAX,
    T_READY,
    T_STARTING,
    T_TIMEOUTS,
    VERSION_STRIDE,
)

SECONDS_TO_US = 1e6
TOLERANCE = 0.1


@entry
def close_tick(w: Any) -> None:
    """Write the tick's row of every recorded table and start the next tick at zero."""
    core = w.core[0]
    n = core.n_ticks
    row = w.ticks[n]
    for i in range(N_COUNTERS):
        row[i] = w.counters[i]
        w.counters[i] = 0
    for c in range(core.n_clients):
        at = c * CLIENT_STRIDE
        row[T_ARRIVALS] += w.client_now[at + C_ARRIVALS]
        row[T_ATTEMPTS] += w.client_now[at + C_ATTEMPTS]
        row[T_OK] += w.client_now[at + C_OK]
        row[T_GOOD] += w.client_now[at + C_GOOD]
        row[T_TIMEOUTS] += w.client_now[at + C_TIMEOUTS]
        row[T_FAILED] += w.client_now[at + C_FAILED]
        for i in range(6):
            w.client_ticks[n, c, i] = w.client_now[at + i]
            w.client_now[at + i] = 0
    for s in range(core.n_segments):
        at = s * SEGMENT_STRIDE
        row[T_MONEY] += w.segment_now[at + S_MONEY]
        for i in range(4):
            w.segment_ticks[n, s, i] = w.segment_now[at + i]
            w.segment_now[at + i] = 0
    for v in range(core.n_versions):
        for i in range(3):
            w.version_ticks[n, v, i] = w.version_now[v * VERSION_STRIDE + i]
            w.version_now[v * VERSION_STRIDE + i] = 0
    for b in range(HIST_BINS):
        w.latency_hist[n, b] = w.hist_now[b]
        w.hist_now[b] = 0
    depth = 0
    deepest = 0
    memory = 0.0
    ready = 0
    starting = 0
    for r in range(core.n_replicas):
        replica = w.replicas[r]
        w.replica_ticks[n, r, 0] = replica.completed
        w.replica_ticks[n, r, 1] = replica.timeouts
        w.replica_ticks[n, r, 2] = replica.queued
        w.replica_ticks[n, r, 3] = 0
        w.replica_ticks[n, r, 4] = replica.state
        if replica.state == READY or replica.state == DRAINING:
            w.replica_ticks[n, r, 3] = np.int64(replica.memory_mb + 0.5)
            memory = max(memory, replica.memory_mb)
        depth += replica.queued
        deepest = max(deepest, replica.queued)
        ready += replica.state == READY
        starting += replica.state == STARTING or replica.state == RESTARTING
        replica.completed = 0
        replica.timeouts = 0
    row[T_QUEUE_DEPTH] = depth
    row[T_QUEUE_DEPTH_MAX] = deepest
    row[T_IN_FLIGHT] = core.in_flight
    row[T_READY] = ready
    row[T_STARTING] = starting
    row[T_MEMORY_MB_MAX] = np.int64(memory + 0.5)
    core.n_ticks = n + 1


@entry
def autoscale(w: Any, now: Any, tick_s: Any) -> Any:
    """Let every pool whose interval ends now choose its wanted number; True if one changed."""
    changed = False
    for p in range(w.core[0].n_pools):
        pool = w.pools[p]
        pool.ticks += 1
        if pool.auto == 0 or pool.ticks < pool.interval_ticks:
            continue
        capacity_us = pool.n_ready * pool.slots * pool.ticks * tick_s * SECONDS_TO_US
        busy = pool.busy_us
        pool.ticks = 0
        pool.busy_us = 0
        if capacity_us == 0.0 or now < pool.scaled_at + pool.cooldown_s:
            continue
        ratio = busy / capacity_us / pool.target
        if abs(ratio - 1.0) <= TOLERANCE:
            continue
        wanted = np.int64(np.ceil(pool.n_ready * ratio))
        wanted = min(max(wanted, pool.min_replicas), min(pool.max_replicas, pool.room))
        if wanted != pool.wanted:
            pool.wanted = wanted
            pool.scaled_at = now
            changed = True
    return changed


@entry
def reconcile(w: Any, oracle: Any, now: Any) -> None:
    """Start or retire replicas until every pool has the number it wants."""
    core = w.core[0]
    for p in range(core.n_pools):
        pool = w.pools[p]
        active = 0
        for r in range(pool.first, pool.first + pool.room):
            state = w.replicas[r].state
            active += state != OFF and state != DRAINING
        for state in (DRAINING, OFF):  # first take back what is only leaving
            for r in range(pool.first, pool.first + pool.room):
                if active >= pool.wanted or w.replicas[r].state != state:
                    continue
                active += 1
                if state == DRAINING:
                    w.replicas[r].state = READY
                else:
                    start(w, oracle, r, STARTING, now, pool.cold_start_s, pool.cold_lane)
        for state in (STARTING, RESTARTING, READY):  # what serves nothing yet goes first
            for k in range(pool.room):
                r = pool.first + pool.room - 1 - k
                if active <= pool.wanted or w.replicas[r].state != state:
                    continue
                active -= 1
                w.replicas[r].ready_at = INF
                w.replicas[r].state = DRAINING if w.outstanding[r] > 0 else OFF
    refresh_members(w)


@entry
def start(w: Any, oracle: Any, r: Any, state: Any, now: Any, delay: Any, lane: Any) -> None:
    """Replica r takes traffic after `delay`; until then it is in `state`."""
    replica = w.replicas[r]
    replica.memory_mb = w.pools[replica.pool].base_mb
    replica.ready_at = INF
    replica.state = READY
    if delay > 0.0:
        replica.state = state
        replica.ready_at = now + delay
        set_timer(
            oracle,
            w.core[0],
            w.lanes,
            w.timers,
            w.retries,
            lane,
            now + delay,
            (BOOT << KIND_SHIFT) | (r << 3),
        )


@entry
def refresh_members(w: Any) -> None:
    """List, per pool, the replicas that take traffic."""
    for p in range(w.core[0].n_pools):
        pool = w.pools[p]
        n = 0
        for r in range(pool.first, pool.first + pool.room):
            if w.replicas[r].state == READY:
                w.members[pool.first + n] = r
                n += 1
        pool.n_ready = n


@entry
def lose(w: Any, oracle: Any, r: Any, now: Any) -> Any:
    """Replica r dies with its queue and its batches, and restarts. Returns how many attempts fail."""
    core = w.core[0]
    replica = w.replicas[r]
    per = core.slots_per_replica
    mask = w.slots.size - 1
    n = 0
    for server in range(r * per, r * per + per):
        if w.servers[server].done_at < INF:
            for j in range(w.servers[server].items):
                ticket = w.batches[server * core.batch_room + j]
                if w.slots[(ticket >> 3) & mask].ticket == ticket:
                    w.failing[n] = ticket
                    n += 1
            w.servers[server].done_at = INF
            if oracle is None:
                tree_set(w.done, server, INF)
        w.idle[server] = server
    for k in range(replica.queued):
        ticket = w.queue[r * core.queue_room + ((replica.head + k) & (core.queue_room - 1))]
        if w.slots[(ticket >> 3) & mask].ticket == ticket:
            w.failing[n] = ticket
            n += 1
    core.outstanding -= w.outstanding[r]
    w.outstanding[r] = 0
    replica.queued = 0
    replica.busy = 0
    replica.armed = INF
    pool = w.pools[replica.pool]
    if replica.state == DRAINING:
        replica.state = OFF
    else:
        start(w, oracle, r, RESTARTING, now, pool.restart_s, pool.restart_lane)
    refresh_members(w)
    return n

"""Event structures of the kernel: FIFO lanes of timers, a tournament of servers, and a heap.

Timers with the same delay fire in the order in which they were set, so each (kind, delay) has a
ring of its own: setting one is a store, and a timer that died meanwhile is skipped when it reaches
the head. Each server finishes at most one batch next: a tournament tree holds the earliest, and has no
branch to mispredict. Jittered retries have no order at all and live in a small heap.

The oracle (`oracle` is not None) keeps every event in the one heap `retries` instead. Both give the
same order, which is total: by time, then by key.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.sim.jit import inlined
from gradatim.sim.serving.layout import BOOT, GROW_HEAP, GROW_LANES, KIND_SHIFT, TIMEOUT, WAIT

INF = np.inf
TICKET_MASK = (1 << KIND_SHIFT) - 1


@inlined
def heap_push(heap: Any, n: Any, t: Any, key: Any) -> Any:
    """Insert into a 4-ary heap of n events; returns n + 1. An empty heap has t = inf at its root."""
    k = n
    while k > 0:
        up = (k - 1) >> 2
        if heap[up].t < t or (heap[up].t == t and heap[up].key <= key):
            break
        heap[k].t = heap[up].t
        heap[k].key = heap[up].key
        k = up
    heap[k].t = t
    heap[k].key = key
    return n + 1


@inlined
def heap_pop(heap: Any, n: Any) -> Any:
    """Remove the root of a 4-ary heap of n events; returns n - 1."""
    n -= 1
    if n == 0:
        heap[0].t = INF
        return n
    t = heap[n].t
    key = heap[n].key
    k = 0
    while True:
        child = 4 * k + 1
        if child >= n:
            break
        best = child
        best_t = heap[child].t
        for j in range(child + 1, min(child + 4, n)):
            if heap[j].t < best_t or (heap[j].t == best_t and heap[j].key < heap[best].key):
                best = j
                best_t = heap[j].t
        if best_t > t or (best_t == t and heap[best].key >= key):
            break
        heap[k].t = best_t
        heap[k].key = heap[best].key
        k = best
    heap[k].t = t
    heap[k].key = key
    return n


@inlined
def tree_set(tree: Any, server: Any, t: Any) -> None:
    """Server finishes its batch at t (inf: it has none). tree[1] is the earliest of all servers.

    The tree has as many leaves as half its size; of two that finish together the lower wins.
    """
    k = (tree.size >> 1) + server
    key = server
    tree[k].t = t
    while k > 1:
        rival = tree[k ^ 1]
        if rival.t < t or (rival.t == t and rival.key < key):
            t = rival.t
            key = rival.key
        k >>= 1
        tree[k].t = t
        tree[k].key = key


@inlined
def alive(t: Any, key: Any, slots: Any, replicas: Any) -> Any:
    """Is this timer still meant? A dead one never comes back to life."""
    kind = key >> KIND_SHIFT
    entity = (key & TICKET_MASK) >> 3
    if kind == TIMEOUT:
        return slots[entity & (slots.size - 1)].ticket == (key & TICKET_MASK)
    if kind == WAIT:
        return replicas[entity].armed == t
    if kind == BOOT:
        return replicas[entity].ready_at == t
    return True


@inlined
def lane_push(core: Any, lanes: Any, timers: Any, i: Any, t: Any, key: Any) -> None:
    """Append a timer to lane i, behind those of the same instant with a smaller key."""
    lane = lanes[i]
    mask = lane.mask
    base = lane.base
    head = lane.head
    k = lane.tail
    while k > head:
        before = timers[base + ((k - 1) & mask)]
        if before.t < t or (before.t == t and before.key <= key):
            break
        timers[base + (k & mask)].t = before.t
        timers[base + (k & mask)].key = before.key
        k -= 1
    timers[base + (k & mask)].t = t
    timers[base + (k & mask)].key = key
    lane.tail += 1
    if lane.tail - head > lane.limit:
        core.need = GROW_LANES
    if k == head:
        lane.head_t = t
        lane.head_key = key
        if t < core.lane_t or (t == core.lane_t and key < core.lane_key):
            core.lane_t = t
            core.lane_key = key
            core.lane = i


@inlined
def lane_pop(core: Any, lanes: Any, timers: Any, slots: Any, replicas: Any) -> None:
    """Drop the earliest timer of all lanes and the dead ones behind it; find the next earliest."""
    lane = lanes[core.lane]
    head = lane.head + 1
    tail = lane.tail
    lane.head_t = INF
    while head < tail:
        event = timers[lane.base + (head & lane.mask)]
        if alive(event.t, event.key, slots, replicas):
            lane.head_t = event.t
            lane.head_key = event.key
            break
        head += 1
    lane.head = head
    best = 0
    best_t = INF
    best_key = 0
    for i in range(core.n_lanes):
        t = lanes[i].head_t
        if t < best_t or (t == best_t and t < INF and lanes[i].head_key < best_key):
            best = i
            best_t = t
            best_key = lanes[i].head_key
    core.lane = best
    core.lane_t = best_t
    core.lane_key = best_key


@inlined
def heap_schedule(core: Any, heap: Any, t: Any, key: Any) -> None:
    """Put an event into the heap `retries`."""
    core.n_retry = heap_push(heap, core.n_retry, t, key)
    if core.n_retry > core.retry_limit:
        core.need = GROW_HEAP


@inlined
def set_timer(oracle: Any, core: Any, lanes: Any, timers: Any, heap: Any, i: Any, t: Any, key: Any) -> None:
    """A timer with the constant delay of lane i, due at t."""
    if oracle is None:
        lane_push(core, lanes, timers, i, t, key)
    else:
        heap_schedule(core, heap, t, key)

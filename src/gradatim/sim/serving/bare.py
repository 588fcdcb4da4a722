"""The least that can be called the same simulation: the yardstick of `gradatim bench serving`.

One pool, power of two choices, dynamic batches, timeouts, jittered retries; random numbers taken in
sequence from one generator; no money, no telemetry, no user, no control, one heap and two lanes.
What the full kernel costs beyond this is the price of its features.

Source of the generator: Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47
(2021), xoshiro256++.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.core.streams import splitmix64
from gradatim.sim.jit import entry, inlined
from gradatim.sim.serving.events import INF, heap_pop, heap_push
from gradatim.sim.serving.layout import EVENT


@inlined
def _word(s: Any) -> Any:
    x = s[0] + s[3]
    out = ((x << np.uint64(23)) | (x >> np.uint64(41))) + s[0]
    t = s[1] << np.uint64(17)
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = (s[3] << np.uint64(45)) | (s[3] >> np.uint64(19))
    return out


@inlined
def _unit(s: Any) -> Any:
    return (np.float64(_word(s) >> np.uint64(11)) + 1.0) * 2.0**-53


@entry
def run_bare(
    n: Any, n_replicas: Any, max_batch: Any, max_wait_s: Any, queue_limit: Any, base_s: Any, per_item_s: Any,
    noise: Any, timeout_s: Any, max_attempts: Any, backoff_s: Any, rates: Any, bucket_s: Any, s: Any,
) -> Any:  # fmt: skip
    """Simulate n requests; returns (answered, failed, end of time)."""
    room = 1 << 15
    live = np.full(room, -1, np.int64)  # the live ticket of request & mask
    mask = room - 1
    queue = np.zeros(n_replicas * queue_limit, np.int64)
    head = np.zeros(n_replicas, np.int64)
    queued = np.zeros(n_replicas, np.int64)
    batch = np.zeros(n_replicas * max_batch, np.int64)
    items = np.zeros(n_replicas, np.int64)
    armed = np.full(n_replicas, INF)
    out = np.zeros(n_replicas, np.int64)
    done = np.zeros(n_replicas + 4, EVENT)
    done[0].t = INF
    n_done = 0
    retry = np.zeros(room, EVENT)
    retry[0].t = INF
    n_retry = 0
    timeout_t = np.zeros(room)
    timeout_of = np.zeros(room, np.int64)
    timeout_head = 0
    timeout_tail = 0
    wait_t = np.zeros(room)
    wait_of = np.zeros(room, np.int64)
    wait_head = 0
    wait_tail = 0
    arrival = 0.0
    bucket = 0
    request = -1
    finished = 0
    answered = 0
    fresh = True
    while finished < n:
        if fresh:  # the next arrival
            e = -np.log(_unit(s))
            while True:
                rate = rates[bucket % rates.size]
                end = (bucket + 1) * bucket_s
                if e <= rate * (end - arrival):
                    arrival += e / rate
                    break
                e -= rate * (end - arrival)
                arrival = end
                bucket += 1
            request += 1
            fresh = False
        while timeout_head < timeout_tail:
            ticket = timeout_of[timeout_head & mask]
            if live[(ticket >> 3) & mask] == ticket:
                break
            timeout_head += 1
        now = arrival if request < n else INF
        kind = 0
        if timeout_head < timeout_tail and timeout_t[timeout_head & mask] < now:
            now = timeout_t[timeout_head & mask]
            kind = 1
        if done[0].t < now:
            now = done[0].t
            kind = 2
        while wait_head < wait_tail and armed[wait_of[wait_head & mask]] != wait_t[wait_head & mask]:
            wait_head += 1
        if wait_head < wait_tail and wait_t[wait_head & mask] < now:
            now = wait_t[wait_head & mask]
            kind = 3
        if retry[0].t < now:
            now = retry[0].t
            kind = 4
        ticket = -1
        failing = -1
        r: Any = -1
        if kind == 0:
            ticket = request << 3
            fresh = True
        elif kind == 1:
            failing = timeout_of[timeout_head & mask]
            timeout_head += 1
        elif kind == 2:
            r = done[0].key
            n_done = heap_pop(done, n_done)
            for j in range(r * max_batch, r * max_batch + items[r]):
                if live[(batch[j] >> 3) & mask] == batch[j]:
                    live[(batch[j] >> 3) & mask] = -1
                    finished += 1
                    answered += 1
            out[r] -= items[r]
            items[r] = 0
        elif kind == 3:
            r = wait_of[wait_head & mask]
            wait_head += 1
        else:
            ticket = retry[0].key
            n_retry = heap_pop(retry, n_retry)
        if ticket >= 0:
            live[(ticket >> 3) & mask] = ticket
            word = _word(s)
            r = np.int64(((word & np.uint64(0xFFFFFFFF)) * np.uint64(n_replicas)) >> np.uint64(32))
            other = np.int64(((word >> np.uint64(32)) * np.uint64(n_replicas)) >> np.uint64(32))
            if out[other] < out[r]:
                r = other
            if queued[r] >= queue_limit:
                failing = ticket
                r = -1
            else:
                k = head[r] + queued[r]
                queue[r * queue_limit + (k if k < queue_limit else k - queue_limit)] = ticket
                queued[r] += 1
                out[r] += 1
                timeout_t[timeout_tail & mask] = now + timeout_s
                timeout_of[timeout_tail & mask] = ticket
                timeout_tail += 1
                if queued[r] == 1:
                    armed[r] = now + max_wait_s
                    wait_t[wait_tail & mask] = armed[r]
                    wait_of[wait_tail & mask] = r
                    wait_tail += 1
        if failing >= 0:
            attempt = failing & 7
            if attempt + 1 < max_attempts:
                live[(failing >> 3) & mask] = failing + 1
                n_retry = heap_push(retry, n_retry, now + backoff_s * (1 << attempt) * _unit(s), failing + 1)
            else:
                live[(failing >> 3) & mask] = -1
                finished += 1
        if r >= 0 and items[r] == 0 and queued[r] > 0 and (queued[r] >= max_batch or armed[r] <= now):
            m = 0
            work = 0.0
            while queued[r] > 0 and m < max_batch:
                ticket = queue[r * queue_limit + head[r]]
                head[r] = head[r] + 1 if head[r] + 1 < queue_limit else 0
                queued[r] -= 1
                if live[(ticket >> 3) & mask] != ticket:
                    out[r] -= 1
                    continue
                batch[r * max_batch + m] = ticket
                m += 1
                work += (1.0 - noise) - noise * np.log(_unit(s))
            items[r] = m
            armed[r] = INF
            if queued[r] > 0:
                armed[r] = now + max_wait_s
                wait_t[wait_tail & mask] = armed[r]
                wait_of[wait_tail & mask] = r
                wait_tail += 1
            if m > 0:
                n_done = heap_push(done, n_done, now + base_s + per_item_s * work, r)
    return answered, finished - answered, now


def sequential_state(seed: int) -> Any:
    """The generator's four words from a seed."""
    words = []
    x = seed
    for _ in range(4):
        x = splitmix64(x)
        words.append(x)
    return np.array(words, np.uint64)

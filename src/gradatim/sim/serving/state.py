"""Allocates, grows and copies the arrays of a simulator. No rule of the simulation lives here."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.core.streams import purpose_key
from gradatim.sim.serving import layout
from gradatim.sim.serving.layout import World
from gradatim.sim.serving.model import Setup

INF = np.inf
FIRST_SLOTS = 1024
FIRST_QUEUE = 64
FIRST_TICKS = 64


def power_of_two(n: int) -> int:
    """The smallest power of two that is at least n."""
    return 1 << max(n - 1, 0).bit_length()


def allocate(setup: Setup, seed: int) -> World:
    """All arrays of a simulator at time 0, before its settings are written in."""
    d = setup.demand
    n_replicas = sum(p.max_replicas for p in setup.pools)
    servers = max(p.slots for p in setup.pools)
    room = max(p.max_batch for p in setup.pools)
    queue_room = power_of_two(min(max(p.queue_limit for p in setup.pools), FIRST_QUEUE))
    n_clients, n_versions = len(setup.clients), setup.n_versions
    segments = np.array(d.item_segment, np.uint8)
    n_segments = int(segments.max()) + 1
    rates = np.array([0.0] if d.rate_per_s is None else d.rate_per_s, np.float64)
    inverse = np.full(rates.size, INF)
    np.divide(1.0, rates, out=inverse, where=rates > 0.0)
    items = np.array(d.item_pool, np.int32)
    scratch = queue_room + servers * room + 8

    core = np.zeros(1, layout.CORE)
    c = core[0]
    c["bucket_s"], c["bucket_end"], c["n_buckets"] = d.bucket_s, d.bucket_s, rates.size
    c["traced"] = d.times_s is not None
    c["block_s"], c["n_blocks"], c["block_size"] = d.item_block_s, items.shape[0], items.shape[1]
    c["block_end"] = d.item_block_s if items.shape[0] > 1 else INF
    c["lane_t"] = INF
    c["tick_s"] = setup.tick_s
    c["sample_below"] = round(setup.sample_share * (1 << layout.SAMPLE_BITS))
    c["n_clients"], c["n_pools"], c["n_replicas"] = n_clients, len(setup.pools), n_replicas
    c["n_segments"], c["n_versions"], c["n_users"] = n_segments, n_versions, d.n_users
    c["slots_per_replica"], c["batch_room"], c["queue_room"] = servers, room, queue_room
    names = ("key_arrival", "key_request", "key_user", "key_attempt", "key_jitter")
    for name, purpose in zip(names, layout.PURPOSES, strict=True):
        c[name] = purpose_key(seed, purpose)
    c["little"] = setup.check_little

    return _with_limits(
        World(
            core=core,
            clients=np.zeros(n_clients, layout.CLIENT),
            pools=np.zeros(len(setup.pools), layout.POOL),
            replicas=np.zeros(n_replicas, layout.REPLICA),
            outstanding=np.zeros(n_replicas, np.int32),
            members=np.zeros(n_replicas, np.int32),
            queue=np.zeros(n_replicas * queue_room, np.int64),
            servers=_servers(n_replicas, servers),
            idle=np.arange(n_replicas * servers, dtype=np.int32),
            batches=np.zeros(n_replicas * servers * room, np.int64),
            slots=_free_slots(FIRST_SLOTS),
            lanes=np.zeros(0, layout.LANE),
            timers=np.zeros(0, layout.EVENT),
            done=_tournament(_servers(n_replicas, servers)),
            retries=_empty_heap(power_of_two(2 * scratch)),
            failing=np.zeros(scratch, np.int64),
            values=np.array(setup.values, np.int64),
            counters=np.zeros(layout.N_COUNTERS, np.int64),
            client_now=np.zeros(n_clients * layout.CLIENT_STRIDE, np.int64),
            segment_now=np.zeros(n_segments * layout.SEGMENT_STRIDE, np.int64),
            version_now=np.zeros(n_versions * layout.VERSION_STRIDE, np.int64),
            hist_now=np.zeros(layout.HIST_BINS, np.int32),
            rates=rates,
            inverse_rates=inverse,
            trace=np.array([] if d.times_s is None else d.times_s, np.float64),
            item_pool=items.ravel(),
            item_segment=segments,
            ticks=np.zeros((FIRST_TICKS, len(layout.TICK_COLUMNS)), np.int64),
            client_ticks=np.zeros((FIRST_TICKS, n_clients, len(layout.CLIENT_COLUMNS)), np.int64),
            replica_ticks=np.zeros((FIRST_TICKS, n_replicas, layout.REPLICA_WIDTH), np.int64),
            segment_ticks=np.zeros((FIRST_TICKS, n_segments, len(layout.SEGMENT_COLUMNS)), np.int64),
            version_ticks=np.zeros((FIRST_TICKS, n_versions, len(layout.VERSION_COLUMNS)), np.int64),
            latency_hist=np.zeros((FIRST_TICKS, layout.HIST_BINS), np.int32),
            samples=np.zeros(2 * (scratch + room) + 64, layout.SAMPLE),
        )
    )


def with_ticks(w: World, rows: int) -> World:
    """Room for at least `rows` ticks."""
    have = len(w.ticks)
    if rows <= have:
        return w
    rows = max(rows, 2 * have)
    grown = {n: _lengthened(getattr(w, n), rows) for n in layout.RECORDED if n != "samples"}
    return w._replace(**grown)


def grown(w: World, status: int) -> World:
    """The world with twice the room where the kernel found too little."""
    if status == layout.GROW_SLOTS:
        return _with_slots(w, 2 * len(w.slots))
    if status == layout.GROW_LANES:
        return with_lanes(w, len(w.lanes), grow_full=True)
    if status == layout.GROW_HEAP:
        return _with_limits(w._replace(retries=_more_heap(w.retries)))
    if status == layout.GROW_QUEUE:
        return with_queue(w, 2 * int(w.core["queue_room"][0]))
    if status == layout.GROW_SAMPLES:
        return w._replace(samples=_lengthened(w.samples, 2 * len(w.samples)))
    raise AssertionError(f"the kernel returned an unknown status {status}")


def with_lanes(w: World, n: int, *, grow_full: bool = False) -> World:
    """Room for n lanes; with `grow_full`, the nearly full ones get twice theirs."""
    scratch = len(w.failing)
    least = power_of_two(2 * scratch)
    rooms = []
    for i in range(n):
        lane = w.lanes[i] if i < len(w.lanes) else None
        room = least if lane is None else max(int(lane["mask"]) + 1, least)
        if lane is not None and grow_full and lane["tail"] - lane["head"] > lane["limit"]:
            room *= 2
        rooms.append(room)
    lanes = np.zeros(n, layout.LANE)
    timers = np.zeros(sum(rooms), layout.EVENT)
    base = 0
    for i, room in enumerate(rooms):
        held = 0
        lanes[i]["head_t"] = INF
        if i < len(w.lanes):
            old = w.lanes[i]
            at = old["base"] + (np.arange(old["head"], old["tail"]) & old["mask"])
            held = len(at)
            timers[base : base + held] = w.timers[at]
            lanes[i]["head_t"], lanes[i]["head_key"] = old["head_t"], old["head_key"]
        lanes[i]["tail"] = held
        lanes[i]["base"], lanes[i]["mask"], lanes[i]["limit"] = base, room - 1, room - scratch - 2
        base += room
    w.core["n_lanes"] = n
    return w._replace(lanes=lanes, timers=timers)


def with_queue(w: World, room: int) -> World:
    """Queues of `room` places, a power of two."""
    old = int(w.core["queue_room"][0])
    n = len(w.replicas)
    queue = np.zeros((n, room), np.int64)
    before = w.queue.reshape(n, old)
    for r in range(n):
        head, held = int(w.replicas["head"][r]), int(w.replicas["queued"][r])
        queue[r, :held] = before[r, (head + np.arange(held)) & (old - 1)]
    w.replicas["head"] = 0
    w.core["queue_room"] = room
    return _with_scratch(w._replace(queue=queue.ravel()))


def with_servers(w: World, servers: int, room: int) -> World:
    """Room for `servers` batches at a time per replica, of `room` items each; never less than now."""
    core = w.core[0]
    old_servers, old_room = int(core["slots_per_replica"]), int(core["batch_room"])
    servers, room = max(servers, old_servers), max(room, old_room)
    if (servers, room) == (old_servers, old_room):
        return w
    n = len(w.replicas)
    table = _servers(n, servers).reshape(n, servers)
    table[:, :old_servers] = w.servers.reshape(n, old_servers)
    batches = np.zeros((n, servers, room), np.int64)
    batches[:, :old_servers, :old_room] = w.batches.reshape(n, old_servers, old_room)
    # The idle stack grows at its bottom; a server keeps its place within its replica.
    idle = np.empty((n, servers), np.int32)
    first = np.arange(n, dtype=np.int32)[:, None]
    idle[:, : servers - old_servers] = first * servers + np.arange(old_servers, servers, dtype=np.int32)
    old_idle = w.idle.reshape(n, old_servers)
    idle[:, servers - old_servers :] = old_idle - first * old_servers + first * servers
    keys = w.retries["key"]  # of the oracle: completions name their server
    is_done = (keys >> layout.KIND_SHIFT) == layout.DONE
    server = (keys & ((1 << layout.KIND_SHIFT) - 1)) >> layout.ATTEMPT_BITS
    server = server // old_servers * servers + server % old_servers
    renamed = (layout.DONE << layout.KIND_SHIFT) | (server << layout.ATTEMPT_BITS)
    w.retries["key"] = np.where(is_done, renamed, keys)
    w.core["slots_per_replica"], w.core["batch_room"] = servers, room
    return _with_scratch(
        w._replace(
            servers=table.ravel(), batches=batches.ravel(), idle=idle.ravel(), done=_tournament(table.ravel())
        )
    )


def copied(w: World, names: tuple[str, ...]) -> World:
    """The world with its own copies of the named arrays."""
    return w._replace(**{n: getattr(w, n).copy() for n in names})


def _with_scratch(w: World) -> World:
    """Scratch for the attempts that one lost replica fails, and room for them in every structure."""
    core = w.core[0]
    scratch = int(core["queue_room"] + core["slots_per_replica"] * core["batch_room"] + 8)
    w = w._replace(failing=np.zeros(scratch, np.int64))
    while len(w.samples) < 2 * (scratch + int(core["batch_room"])) + 64 + int(core["n_samples"]):
        w = w._replace(samples=_lengthened(w.samples, 2 * len(w.samples)))
    while len(w.retries) < scratch + int(core["n_retry"]) + 16:
        w = w._replace(retries=_more_heap(w.retries))
    return _with_limits(with_lanes(w, len(w.lanes), grow_full=True))


def _with_limits(w: World) -> World:
    w.core["retry_limit"] = len(w.retries) - len(w.failing) - 4
    return w


def _with_slots(w: World, n: int) -> World:
    slots = _free_slots(n)
    live = w.slots[w.slots["ticket"] >= 0]
    slots[(live["ticket"] >> layout.ATTEMPT_BITS) & (n - 1)] = live
    return w._replace(slots=slots)


def _free_slots(n: int) -> Any:
    slots = np.zeros(n, layout.SLOT)
    slots["ticket"] = -1
    return slots


def _servers(n_replicas: int, servers: int) -> Any:
    table = np.zeros(n_replicas * servers, layout.SERVER)
    table["done_at"] = INF
    table["replica"] = np.repeat(np.arange(n_replicas), servers)
    return table


def _empty_heap(n: int) -> Any:
    heap = np.zeros(n, layout.EVENT)
    heap[0]["t"] = INF
    return heap


def _tournament(servers: Any) -> Any:
    leaves = power_of_two(len(servers))
    tree = np.zeros(2 * leaves, layout.EVENT)
    tree["t"] = INF
    tree["t"][leaves : leaves + len(servers)] = servers["done_at"]
    tree["key"][leaves:] = np.arange(leaves)
    for k in range(leaves - 1, 0, -1):
        tree[k] = tree[2 * k + int(tree["t"][2 * k + 1] < tree["t"][2 * k])]
    return tree


def _more_heap(heap: Any) -> Any:
    out = np.zeros(2 * len(heap), layout.EVENT)
    out[: len(heap)] = heap
    return out


def _lengthened(array: Any, rows: int) -> Any:
    out = np.zeros((rows, *array.shape[1:]), array.dtype)
    out[: len(array)] = array
    return out

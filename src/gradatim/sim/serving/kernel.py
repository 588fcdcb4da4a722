"""The event loop: one resumable numba function over flat arrays.

Every pass takes the next event in the total order (time, kind, entity, attempt) and handles it. The
five parts at the end of the loop (route, fail, dispatch, reshape) are shared by all kinds of event:
there is one place where an attempt is sent, one where it fails, one where a batch starts.

`oracle` is None in production. Any other value compiles the same handlers over one plain heap; numba
prunes the branch that is not meant, so production pays nothing for its test oracle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.sim.jit import entry, inlined
from gradatim.sim.rng import below, bits, exponential, field
from gradatim.sim.serving.events import (
    INF,
    TICKET_MASK,
    heap_pop,
    heap_schedule,
    lane_pop,
    set_timer,
    tree_set,
)
from gradatim.sim.serving.fleet import autoscale, close_tick, lose, reconcile, refresh_members
from gradatim.sim.serving.layout import (
    ARRIVAL,
    ARRIVAL_DRAW_BITS,
    BOOT,
    C_ARRIVALS,
    C_ATTEMPTS,
    C_FAILED,
    C_GOOD,
    C_OK,
    C_TIMEOUTS,
    CHOICE_BITS,
    CHOICES,
    CLIENT_STRIDE,
    DEFAULT,
    DONE,
    DRAIN,
    DRAINING,
    FALLBACK,
    FINISHED,
    GROW_QUEUE,
    GROW_SAMPLES,
    GROW_SLOTS,
    HIST_BINS,
    HIST_FIRST,
    HIST_SHIFT,
    ITEM_BITS,
    KIND_SHIFT,
    LEAST_OUTSTANDING,
    NO_COMMAND,
    OFF,
    OK,
    READY,
    RECONCILE,
    RESTART,
    RETRY,
    ROUND_ROBIN,
    S_ARRIVALS,
    S_FAILED,
    S_MONEY,
    S_OK,
    SAMPLE_BITS,
    SEGMENT_STRIDE,
    SHED,
    SHED_BITS,
    T_BATCH_ITEMS,
    T_BATCHES,
    T_BUSY_US,
    T_CRASHES,
    T_DEFAULT,
    T_FALLBACK,
    T_LATENCY_US,
    T_QUEUE_WAIT_US,
    T_REJECTED,
    T_RETRIES,
    T_RETRIES_DENIED,
    T_SHED,
    T_ZOMBIES,
    TICK,
    TIMEOUT,
    TRAIT_BITS,
    USER_BITS,
    V_ANSWERS,
    V_GOOD,
    V_MONEY,
    VERSION_STRIDE,
    WAIT,
)

COMMAND = ARRIVAL + 1


@inlined
def next_arrival(core: Any, rates: Any, inverse_rates: Any, trace: Any, request: Any) -> Any:
    """When `request` arrives: its own unit exponential pushed through the cumulative rate."""
    if core.traced != 0:
        return trace[request] if request < trace.size else INF
    word = bits(core.key_arrival, request)
    e = exponential(field(word, 64 - ARRIVAL_DRAW_BITS, ARRIVAL_DRAW_BITS), ARRIVAL_DRAW_BITS)
    t = core.next_arrival
    while core.bucket < core.n_buckets:
        due = t + e * inverse_rates[core.bucket]
        if due <= core.bucket_end:
            return due
        e = max(e - rates[core.bucket] * (core.bucket_end - t), 0.0)
        t = core.bucket_end
        core.bucket += 1
        core.bucket_end = (core.bucket + 1) * core.bucket_s
    return INF


@inlined
def plus(total: Any, lost: Any, x: Any) -> Any:
    """Neumaier's compensated sum: the new total and the new lost part."""
    new = total + x
    if abs(total) >= abs(x):
        return new, lost + ((total - new) + x)
    return new, lost + ((x - new) + total)


@inlined
def count_area(core: Any, now: Any) -> None:
    """Little's law, left side: requests in the system, integrated over time. Call before a change."""
    core.area, core.area_lost = plus(core.area, core.area_lost, core.in_flight * (now - core.area_t))
    core.area_t = now


@inlined
def leave(
    core: Any, slot: Any, samples: Any, room: Any, now: Any, outcome: Any, replica: Any, version: Any
) -> None:
    """The request in `slot` is over; its slot is free."""
    if core.little != 0:
        count_area(core, now)
        core.sojourn, core.sojourn_lost = plus(core.sojourn, core.sojourn_lost, now - slot.arrived)
    core.in_flight -= 1
    if slot.sampled != 0:
        row = samples[core.n_samples]
        row.request = slot.ticket >> 3
        row.arrived_s = slot.arrived
        row.finished_s = now
        row.outcome = outcome
        row.attempts = (slot.ticket & 7) + 1
        row.client = slot.client
        row.item = slot.item
        row.replica = replica
        row.version = version
        core.n_samples += 1
        if core.n_samples > room:
            core.need = GROW_SAMPLES
    slot.ticket = -1


@inlined
def pick(pool: Any, members: Any, outstanding: Any, key: Any, ticket: Any) -> Any:
    """The replica that gets an attempt; the pool has at least one."""
    n = pool.n_ready
    first = pool.first
    if pool.routing == CHOICES:
        if n == 1:
            return members[first]
        word = bits(key, ticket)
        a = below(field(word, 0, CHOICE_BITS), CHOICE_BITS, n)
        b = below(field(word, CHOICE_BITS, CHOICE_BITS), CHOICE_BITS, n - 1)
        if b >= a:
            b += 1
        best = members[first + a]
        if pool.choices > 1:
            other = members[first + b]
            if outstanding[other] < outstanding[best]:
                best = other
            for k in range(2, pool.choices):
                other = members[first + below(field(bits(word, k), 0, 32), 32, n)]
                if outstanding[other] < outstanding[best]:
                    best = other
        return best
    if pool.routing == ROUND_ROBIN:
        pool.next = pool.next + 1 if pool.next + 1 < n else 0
        return members[first + pool.next]
    k = below(field(bits(key, ticket), 0, 2 * CHOICE_BITS), 2 * CHOICE_BITS, n)
    best = members[first + k]
    if pool.routing == LEAST_OUTSTANDING:  # from a random place on, so that ties do not favour replica 0
        for _ in range(n - 1):
            k = k + 1 if k + 1 < n else 0
            if outstanding[members[first + k]] < outstanding[best]:
                best = members[first + k]
    return best


@entry
def advance(w: Any, oracle: Any, until: Any, command: Any, argument: Any) -> Any:
    """Handle every event before `until` (ticks up to and including it), after one command.

    Args:
        w: the `World`; changed in place.
        oracle: None, or anything to run over the plain heap.
        until: simulated seconds.
        command: NO_COMMAND, or what to do first, at `core.now`.
        argument: the replica a command is about.

    Returns:
        FINISHED, or the GROW_* code of the array that is nearly full: double it and call again with
        NO_COMMAND (a command was done before anything else).
    """
    core = w.core[0]
    clients, pools, replicas, slots = w.clients, w.pools, w.replicas, w.slots
    outstanding, members, queue, servers = w.outstanding, w.members, w.queue, w.servers
    idle, batches, lanes, timers = w.idle, w.batches, w.lanes, w.timers
    done, retries, failing, values = w.done, w.retries, w.failing, w.values
    counters, client_now, segment_now = w.counters, w.client_now, w.segment_now
    version_now, hist_now, samples = w.version_now, w.hist_now, w.samples
    item_pool, item_segment = w.item_pool, w.item_segment
    rates, inverse_rates, trace = w.rates, w.inverse_rates, w.trace
    key_attempt, key_request, key_user = core.key_attempt, core.key_request, core.key_user
    n_users, good_s, block_size = core.n_users, core.good_s, core.block_size
    slot_mask = slots.size - 1
    queue_room = core.queue_room
    queue_mask = queue_room - 1
    per_replica = core.slots_per_replica
    batch_room = core.batch_room
    sample_room = samples.size - failing.size - batch_room - 2
    version_count = core.n_versions
    # Users differ in class, pool and fallback only; where there is no choice, their word is not needed.
    alike = core.n_clients == 1 and core.n_pools == 1 and clients[0].fallback_below == 0
    now = core.now
    status = FINISHED

    while True:
        # ------------------------------------------------------------------ the next event
        key = 0
        in_lane = False
        idle_server = -1  # has finished; the tournament is told once it is known what it does next
        if command != NO_COMMAND:
            kind = COMMAND
        elif core.need != 0:
            status = core.need
            break
        else:
            if oracle is None:
                t = core.next_arrival
                kind = ARRIVAL
                if core.lane_t <= t:
                    t = core.lane_t
                    key = core.lane_key
                    kind = key >> KIND_SHIFT
                    in_lane = True
                retry_t = retries[0].t
                if retry_t <= t and (retry_t < t or kind == ARRIVAL or retries[0].key < key):
                    t = retry_t
                    key = retries[0].key
                    kind = RETRY
                    in_lane = False
                if done[1].t <= t:
                    t = done[1].t
                    key = done[1].key << 3
                    kind = DONE
                if core.next_tick <= t:
                    t = core.next_tick
                    kind = TICK
                    in_lane = False
            else:
                t = retries[0].t
                key = retries[0].key
                kind = key >> KIND_SHIFT
            if t >= until and (kind != TICK or t > until):
                break
            if kind == ARRIVAL and slots[core.next_request & slot_mask].ticket >= 0:
                status = GROW_SLOTS
                break
            now = t
            if oracle is None:
                if kind == DONE:
                    idle_server = key >> 3
                elif in_lane:
                    lane_pop(core, lanes, timers, slots, replicas)
                elif kind == RETRY:
                    core.n_retry = heap_pop(retries, core.n_retry)
            else:
                core.n_retry = heap_pop(retries, core.n_retry)

        # ------------------------------------------------------------------ what it means
        ticket = 0  # an attempt to send
        pool_draw = 0  # its user's place among the pools
        send = False
        dispatch = -1  # a replica that may start a batch
        n_failing = 0  # attempts in failing[] that come to nothing
        outcome = -1  # or requests in failing[] that end with this, whatever their attempts left
        scale = False

        if kind == ARRIVAL:
            request = core.next_request
            core.next_request = request + 1
            core.next_arrival = next_arrival(core, rates, inverse_rates, trace, request + 1)
            if oracle is not None:
                heap_schedule(
                    core, retries, core.next_arrival, (ARRIVAL << KIND_SHIFT) | ((request + 1) << 3)
                )
            while now >= core.block_end:
                core.block += 1
                core.block_end = (core.block + 1) * core.block_s if core.block + 1 < core.n_blocks else INF
            word = bits(key_request, request)
            traits = np.uint64(0)
            user = below(field(word, 0, USER_BITS), USER_BITS, n_users)
            c = 0
            if not alike:
                traits = bits(key_user, user)
                draw = field(traits, 0, TRAIT_BITS)
                while draw >= clients[c].upto:
                    c += 1
            place = below(field(word, USER_BITS, ITEM_BITS), ITEM_BITS, block_size)
            item = item_pool[core.block * block_size + place]
            segment_now[item_segment[item] * SEGMENT_STRIDE + S_ARRIVALS] += 1
            client_now[c * CLIENT_STRIDE + C_ARRIVALS] += 1
            if core.little != 0:
                count_area(core, now)
            core.in_flight += 1
            ticket = request << 3
            slot = slots[request & slot_mask]
            slot.ticket = ticket
            slot.arrived = now
            slot.item = item
            slot.client = c
            slot.sampled = field(word, USER_BITS + ITEM_BITS + SHED_BITS, SAMPLE_BITS) < core.sample_below
            if field(traits, 2 * TRAIT_BITS, TRAIT_BITS) < clients[c].fallback_below:
                outcome = FALLBACK
            elif field(word, USER_BITS + ITEM_BITS, SHED_BITS) >= clients[c].admit_below:
                outcome = SHED
            if outcome >= 0:
                failing[0] = ticket
                n_failing = 1
            else:
                if clients[c].budgeted != 0:
                    clients[c].tokens = min(clients[c].tokens + clients[c].ratio, clients[c].burst)
                send = True
                pool_draw = field(traits, TRAIT_BITS, TRAIT_BITS)

        elif kind == DONE:
            server = (key & TICKET_MASK) >> 3
            if servers[server].done_at != now:  # its replica died meanwhile
                continue
            servers[server].done_at = INF
            n = servers[server].items
            r = int(servers[server].replica)
            version = int(servers[server].version)
            at = server * batch_room
            answers = 0
            good = 0
            money = 0
            latency_us = 0
            for j in range(at, at + n):
                ticket = batches[j]
                slot = slots[(ticket >> 3) & slot_mask]
                if slot.ticket != ticket:
                    continue
                answers += 1
                latency = now - slot.arrived
                latency_us += int(latency * 1e6 + 0.5)
                hist_now[
                    min(
                        max((np.float64(latency).view(np.int64) >> HIST_SHIFT) - HIST_FIRST, 0), HIST_BINS - 1
                    )
                ] += 1
                value = values[slot.item, version]
                money += value
                at_segment = item_segment[slot.item] * SEGMENT_STRIDE
                segment_now[at_segment + S_OK] += 1
                segment_now[at_segment + S_MONEY] += value
                at_client = slot.client * CLIENT_STRIDE
                client_now[at_client + C_OK] += 1
                if latency <= good_s:
                    good += 1
                    client_now[at_client + C_GOOD] += 1
                leave(core, slot, samples, sample_room, now, OK, r, version)
            version_now[version * VERSION_STRIDE + V_ANSWERS] += answers
            version_now[version * VERSION_STRIDE + V_GOOD] += good
            version_now[version * VERSION_STRIDE + V_MONEY] += money
            counters[T_LATENCY_US] += latency_us
            counters[T_ZOMBIES] += n - answers
            replica = replicas[r]
            replica.completed += answers
            outstanding[r] -= n
            core.outstanding -= n
            replica.busy -= 1
            idle[r * per_replica + per_replica - 1 - replica.busy] = server
            pool = pools[replica.pool]
            replica.memory_mb += pool.leak_mb * n
            if replica.memory_mb > pool.limit_mb:
                counters[T_CRASHES] += 1
                n_failing = lose(w, oracle, r, now)
            elif replica.state == DRAINING and outstanding[r] == 0:
                replica.state = OFF
            else:
                dispatch = r

        elif kind == TIMEOUT:
            ticket = key & TICKET_MASK
            slot = slots[(ticket >> 3) & slot_mask]
            if slot.ticket != ticket:
                continue
            client_now[slot.client * CLIENT_STRIDE + C_TIMEOUTS] += 1
            replicas[slot.replica].timeouts += 1
            failing[0] = ticket
            n_failing = 1

        elif kind == WAIT:
            r = (key & TICKET_MASK) >> 3
            if replicas[r].armed != now:
                continue
            dispatch = r

        elif kind == RETRY:
            ticket = key & TICKET_MASK
            counters[T_RETRIES] += 1
            word = bits(key_request, ticket >> 3)
            user = below(field(word, 0, USER_BITS), USER_BITS, n_users)
            pool_draw = field(bits(key_user, user), TRAIT_BITS, TRAIT_BITS)
            send = True

        elif kind == TICK:
            close_tick(w)
            core.next_tick = (core.n_ticks + 1) * core.tick_s
            if oracle is not None:
                heap_schedule(core, retries, core.next_tick, TICK << KIND_SHIFT)
            scale = autoscale(w, now, core.tick_s)

        elif kind == BOOT:
            r = (key & TICKET_MASK) >> 3
            if replicas[r].ready_at != now:
                continue
            replicas[r].ready_at = INF
            replicas[r].state = READY
            refresh_members(w)

        else:  # a command
            if command == RECONCILE:
                scale = True
            elif command == RESTART:
                n_failing = lose(w, oracle, argument, now)
            elif command == DRAIN:
                replicas[argument].state = DRAINING if outstanding[argument] > 0 else OFF
                refresh_members(w)
            command = NO_COMMAND

        # ------------------------------------------------------------------ send an attempt
        if send:
            p = 0
            while pool_draw >= pools[p].upto:
                p += 1
            pool = pools[p]
            slot = slots[(ticket >> 3) & slot_mask]
            c = int(slot.client)
            client_now[c * CLIENT_STRIDE + C_ATTEMPTS] += 1
            accepted = False
            r = 0
            if pool.n_ready > 0 and core.outstanding < core.outstanding_limit:
                r = int(pick(pool, members, outstanding, key_attempt, ticket))
                queued = replicas[r].queued
                accepted = queued < pool.queue_limit or (queued == 0 and replicas[r].busy < pool.slots)
            if accepted:
                replica = replicas[r]
                queue[r * queue_room + ((replica.head + queued) & queue_mask)] = ticket
                queued += 1
                replica.queued = queued
                if queued == queue_room and queued < pool.queue_limit:
                    core.need = GROW_QUEUE
                outstanding[r] += 1
                core.outstanding += 1
                slot.sent = now
                slot.replica = r
                if clients[c].timeout_s < INF:
                    set_timer(
                        oracle, core, lanes, timers, retries, clients[c].timeout_lane,
                        now + clients[c].timeout_s, (TIMEOUT << KIND_SHIFT) | ticket,
                    )  # fmt: skip
                if queued == 1:
                    replica.armed = now + pool.max_wait_s
                    if pool.max_wait_s > 0.0 and (pool.max_batch > 1 or replica.busy >= pool.slots):
                        set_timer(
                            oracle, core, lanes, timers, retries, pool.wait_lane,
                            replica.armed, (WAIT << KIND_SHIFT) | (r << 3),
                        )  # fmt: skip
                dispatch = r
            else:
                counters[T_REJECTED] += 1
                failing[0] = ticket
                n_failing = 1

        # ------------------------------------------------------------------ attempts that failed
        for k in range(n_failing):
            ticket = failing[k]
            slot = slots[(ticket >> 3) & slot_mask]
            c = int(slot.client)
            client = clients[c]
            end = outcome
            if end < 0:
                attempt = ticket & 7
                end = core.on_failure
                if attempt + 1 < client.max_attempts:
                    if client.budgeted != 0 and client.tokens < 1.0:
                        counters[T_RETRIES_DENIED] += 1
                    else:
                        client.tokens -= 1.0
                        slot.ticket = ticket + 1
                        delay = client.backoff_s[attempt]
                        retry_key = (RETRY << KIND_SHIFT) | (ticket + 1)
                        if client.jitter != 0:
                            share = np.float64(field(bits(core.key_jitter, ticket), 11, 53)) * 2.0**-53
                            heap_schedule(core, retries, now + delay * share, retry_key)
                        else:
                            set_timer(
                                oracle, core, lanes, timers, retries, client.retry_lane[attempt],
                                now + delay, retry_key,
                            )  # fmt: skip
                        continue
            answer = end
            if end == SHED:
                counters[T_SHED] += 1
                answer = core.on_failure
            column = version_count + 2
            at_segment = item_segment[slot.item] * SEGMENT_STRIDE
            if answer == FALLBACK:
                counters[T_FALLBACK] += 1
                column = version_count
            elif answer == DEFAULT:
                counters[T_DEFAULT] += 1
                column = version_count + 1
            else:
                client_now[c * CLIENT_STRIDE + C_FAILED] += 1
                segment_now[at_segment + S_FAILED] += 1
            segment_now[at_segment + S_MONEY] += values[slot.item, column]
            leave(core, slot, samples, sample_room, now, end, -1, -1)

        # ------------------------------------------------------------------ start batches
        if dispatch >= 0:
            r = dispatch
            replica = replicas[r]
            pool = pools[replica.pool]
            while (
                replica.queued > 0
                and replica.busy < pool.slots
                and (replica.queued >= pool.max_batch or replica.armed <= now)
            ):
                server = int(idle[r * per_replica + per_replica - 1 - replica.busy])
                at = server * batch_room
                head = int(replica.head)
                queued = int(replica.queued)
                n = 0
                work = 0.0
                waited = 0.0
                while queued > 0 and n < pool.max_batch:
                    ticket = queue[r * queue_room + head]
                    head = (head + 1) & queue_mask
                    queued -= 1
                    slot = slots[(ticket >> 3) & slot_mask]
                    if slot.ticket == ticket:
                        waited += now - slot.sent
                    elif pool.cancel != 0:
                        outstanding[r] -= 1
                        core.outstanding -= 1
                        continue
                    batches[at + n] = ticket
                    n += 1
                    if pool.noise > 0.0:
                        draw = field(bits(key_attempt, ticket), 32, 32)
                        work += (1.0 - pool.noise) + pool.noise * exponential(draw, 32)
                    else:
                        work += 1.0
                replica.head = head
                replica.queued = queued
                replica.armed = INF
                if queued > 0:
                    replica.armed = now + pool.max_wait_s
                    if pool.max_wait_s > 0.0:
                        set_timer(
                            oracle, core, lanes, timers, retries, pool.wait_lane,
                            replica.armed, (WAIT << KIND_SHIFT) | (r << 3),
                        )  # fmt: skip
                if n > 0:
                    service = (pool.base_s + pool.per_item_s * work) * (pool.slow * replica.slow)
                    busy_us = int(service * 1e6 + 0.5)
                    counters[T_BATCHES] += 1
                    counters[T_BATCH_ITEMS] += n
                    counters[T_BUSY_US] += busy_us
                    counters[T_QUEUE_WAIT_US] += int(waited * 1e6 + 0.5)
                    pool.busy_us += busy_us
                    replica.busy += 1
                    servers[server].done_at = now + service
                    servers[server].items = n
                    servers[server].version = pool.version
                    if oracle is None:
                        tree_set(done, server, now + service)
                        if server == idle_server:
                            idle_server = -1
                    else:
                        heap_schedule(core, retries, now + service, (DONE << KIND_SHIFT) | (server << 3))
                elif replica.state == DRAINING and outstanding[r] == 0:
                    replica.state = OFF

        if idle_server >= 0:
            tree_set(done, idle_server, INF)

        # ------------------------------------------------------------------ change the fleet
        if scale:
            reconcile(w, oracle, now)

    core.now = now
    if status == FINISHED:
        core.now = max(now, until)
    core.need = 0
    return status


@entry
def prime(w: Any, oracle: Any) -> None:
    """Make the first arrival and the first tick known."""
    core = w.core[0]
    core.next_arrival = next_arrival(core, w.rates, w.inverse_rates, w.trace, 0)
    core.next_tick = core.tick_s
    if oracle is not None:
        heap_schedule(core, w.retries, core.next_arrival, ARRIVAL << KIND_SHIFT)
        heap_schedule(core, w.retries, core.next_tick, TICK << KIND_SHIFT)

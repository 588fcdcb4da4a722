"""Log templates as data: who writes what, how loud, driven by what, how often.

`driver` names a count of the tick (see `logcontext.drivers`); `share` is lines per count, `cap` the most per
tick: loggers drop the rest, as real ones do. Fields in braces are filled by `logcontext.Context`.
"""

from __future__ import annotations

from typing import NamedTuple


class Template(NamedTuple):
    """One kind of line."""

    component: str
    level: str
    text: str
    driver: str
    share: float
    cap: float = 12.0


TEMPLATES = (
    # What requests do.
    Template("gateway", "I", "200 {ms_ok} ms {client} {airport} req {req}", "ok", 1 / 110, 16),
    Template("gateway", "I", "200 {ms_ok} ms {client} batch of {few} req {req}", "ok", 1 / 900, 4),
    Template("gateway", "W", "timeout, try {attempt} {client_late} req {req}", "timeouts", 1 / 200, 12),
    Template("gateway", "W", "504 {client_failed} req {req}, no try left", "failed", 1 / 180, 6),
    Template("gateway", "I", "retry {attempt_next} {client_again} req {req}", "retries", 1 / 250, 8),
    Template("gateway", "W", "retry refused by budget, {client_refused} req {req}", "refused", 1 / 150, 5),
    Template("gateway", "W", "shed {client} req {req}, 503", "shed", 1 / 70, 10),
    Template("gateway", "W", "upstream 503 from {rep}, queue full, req {req}", "rejected", 1 / 250, 6),
    Template("gateway", "I", "answered from late-rate table, {client} req {req}", "fallback", 1 / 90, 8),
    Template("gateway", "I", "answered 'no offer' by default, req {req}", "default", 1 / 90, 8),
    Template("gateway", "W", "{in_flight} requests in flight", "crowded", 1, 1),
    Template("gateway", "I", "{rate} first attempts/s, {attempt_rate} attempts/s", "minutes", 1),
    Template("gateway", "I", "TLS session cache {pct_mid} % used", "minutes", 0.25),
    Template("gateway", "I", "refused bot {ip}", "minutes", 2.0),
    Template("gateway", "I", "health check from {city} {ms_probe} ms", "minutes", 3.0),
    Template("gateway", "W", "client {client} sent unknown flight {flight}, 404", "arrivals", 1 / 4000, 3),
    Template("gateway", "I", "routes reloaded, {few} unchanged", "minutes", 0.12),
    Template("clients", "I", "{client} release mix: newest at {pct_mid} %", "minutes", 0.15),
    Template("clients", "W", "{client_failed} shows an error, user leaves the page", "failed", 1 / 400, 3),
    # What replicas do.
    Template("predict", "I", "{rep} batch of {batch} in {ms_batch} ms", "batches", 1 / 150, 5),
    Template("predict", "I", "{rep} served in {ms_late} ms, client gone", "zombies", 1 / 180, 10),
    Template("predict", "I", "{rep} queue {queue}, oldest {ms_wait} ms", "queues", 1, 6),
    Template("predict", "E", "{rep} queue full, 503 req {req}", "rejected", 1 / 300, 6),
    Template("predict", "E", "{rep} out of memory, restarts", "crashes", 1, 20),
    Template("predict", "I", "{rep} starts, loads model", "starting", 1, 4),
    Template("predict", "I", "{rep} ready after {few} warm-up batches", "became_ready", 1, 20),
    Template("predict", "I", "{rep} collector pause {ms_small} ms", "minutes", 1.6),
    Template("predict", "W", "{rep} collector pause {ms_long} ms", "minutes", 0.1),
    Template("predict", "I", "{rep} memory {memory} MB of 4096", "minutes", 1.5),
    Template("predict", "I", "{rep} mean score {score} over {count} items", "minutes", 1.2),
    Template("predict", "W", "{rep} score not a number for flight {flight}, default used", "minutes", 0.25),
    Template("predict", "I", "{rep} thread pool {few} of 16 idle", "minutes", 0.8),
    # What the model is fed.
    Template("features", "I", "hit share {hit} over {count} look-ups", "minutes", 1.5),
    Template("features", "I", "miss {key}, store answered in {ms_store} ms", "misses", 1 / 40, 5),
    Template("features", "W", "store read {key} timed out", "unanswered", 1 / 60, 8),
    Template("features", "I", "{few} keys expired in shard {shard}", "minutes", 2.0),
    Template("features", "I", "shard {shard} compacted, {mb} MB", "minutes", 0.4),
    Template("features", "I", "snapshot of batch features loaded, {count} rows", "minutes", 0.1),
    Template("features", "W", "{few} nulls in column wind_gust", "minutes", 0.3),
    Template("weather", "I", "file {hour} not there, wait 5 min", "weather_waits", 1, 1),
    Template("weather", "I", "file {hour} read, {rows} rows", "weather_reads", 1, 1),
    Template("weather", "W", "{few} lines refused in file {hour}", "weather_reads", 0.6, 1),
    Template("weather", "I", "station {airport} reports every 5 min", "minutes", 0.3),
    Template("bookings", "I", "polled {count} changes in {ms_probe} ms", "minutes", 2.0),
    Template("bookings", "W", "502 from upstream, try again in 2 s", "minutes", 0.35),
    Template("bookings", "I", "gate change {flight} at {airport}", "minutes", 3.0),
    Template("bookings", "I", "schedule change {flight}, {few} min", "minutes", 2.0),
    Template("labels", "I", "joined {count} arrivals, newest {hours} h old", "minutes", 0.5),
    Template("labels", "W", "{few} arrivals twice, kept the first", "minutes", 0.3),
    Template("labels", "I", "{flight} landed, delay {few} min", "minutes", 2.5),
    # What runs it.
    Template("scaler", "I", "{ready} of {desired} ready, CPU {cpu} %", "ticks", 0.5),
    Template("scaler", "I", "{ready} of {desired} ready, CPU {cpu} %, at quota", "at_quota", 0.5),
    Template("scaler", "I", "wants {desired}, was {desired_before}", "rescaled", 1, 1),
    Template("scaler", "I", "metrics of {few} replicas older than 30 s, last value used", "minutes", 0.2),
    Template("deployer", "I", "manifest of {rep} verified", "minutes", 0.5),
    Template("deployer", "I", "registry: {few} artefacts, none new", "minutes", 0.2),
    Template("deployer", "I", "build {count} waits for a runner", "minutes", 0.3),
    Template("hosts", "I", "host {host} clock offset {ms_small} us", "minutes", 0.5),
    Template("hosts", "W", "host {host} CPU steal {few} %", "minutes", 0.25),
    Template("hosts", "I", "host {host} log rotated, {mb} MB", "minutes", 0.3),
    Template("hosts", "W", "host {host} DNS answer took {ms_long} ms", "minutes", 0.3),
    Template("hosts", "I", "host {host} {few} TCP retransmits in 10 s", "minutes", 0.8),
    Template("notify", "I", "offer sent {client} {flight}", "ok", 1 / 600, 6),
    Template("notify", "I", "consumer group rebalanced in {ms_long} ms", "minutes", 0.1),
    Template("notify", "W", "mail server deferred {few} messages", "minutes", 0.3),
    Template("notify", "I", "digest of {count} offers queued", "minutes", 0.2),
)

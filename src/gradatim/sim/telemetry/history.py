"""The change calendar of the last fortnight: who deployed or configured what, when, under which number.

Changes that matter and changes that do not have one form. A world mixes its own into these, with numbers from
`change_id`, which counts up with time, so that a number says when and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from gradatim.core.streams import Stream

DAY_S = 86_400.0
PAST_DAYS = 14
_ID_STEP_S = 420.0
PEOPLE = ("m.osei", "k.lindqvist", "r.haddad", "t.nakamura", "s.ferreira", "j.novak", "a.bose", "l.moreau")

# (kind, component, text, what the diff says). {…} is filled by draws.
_TEMPLATES = (
    ("deploy", "clients", "{app} app {minor} at 100 % of users", "store build {minor}, 41 files"),
    ("deploy", "clients", "{app} app {minor} at 20 % of users",
     "staged roll-out, halted at 20 % over the weekend"),
    ("deploy", "clients", "web bundle {build} at 100 % of users",
     "bundle {build}: itinerary page, error copy"),
    ("config", "clients", "{app} backoff {back} ms to {back2} ms",
     "remote_config.retry.backoff_ms: {back} -> {back2}"),
    ("config", "clients", "partner key rotated", "keys/partner: version {small} -> {small2}"),
    ("deploy", "gateway", "gateway 5.{rise}.{tiny}: access log fields", "log.fields: +route, +bytes"),
    ("deploy", "gateway", "gateway 5.{rise}.{tiny}: HTTP/2 keep-alive", "keepalive_s: 60 -> 75"),
    ("config", "gateway", "rate limit of partner {rate} to {rate2} per s",
     "limits.partner.rps: {rate} -> {rate2}"),
    ("config", "gateway", "header size limit 8 kB to 16 kB", "http.max_header: 8192 -> 16384"),
    ("deploy", "predict", "predict image 3.{rise}.{tiny}: base image", "FROM python:3.11.{tiny}, no code"),
    ("config", "predict", "queue limit {queue} to {queue2} per replica: fewer 503 at peaks",
     "queue.limit: {queue} -> {queue2}"),
    ("config", "predict", "batch wait {wait} ms to {wait2} ms", "batching.max_wait_ms: {wait} -> {wait2}"),
    ("deploy", "predict", "predict image 3.{rise}.{tiny}: metric names", "metrics: rename 3, remove 1"),
    ("config", "features", "cache time to live {ttl} s to {ttl2} s", "cache.ttl_s: {ttl} -> {ttl2}"),
    ("deploy", "features", "feature set {rise}: gate distance added",
     "features.yaml: +1 column, read by no model yet"),
    ("deploy", "features", "cache client 1.{rise}.{tiny}", "connection pool: metrics only"),
    ("config", "features", "feature store maintenance window moved to Sunday",
     "maintenance.cron: 0 3 * * 6 -> 0 3 * * 0"),
    ("deploy", "weather", "weather ingest 2.{rise}.{tiny}: new station list", "stations: 112 -> 114"),
    ("config", "weather", "retry of a missing file every 5 min", "fetch.retry_s: 600 -> 300"),
    ("deploy", "bookings", "booking API 11.{rise}.0: seat map field", "schema: +seat_map (optional)"),
    ("config", "bookings", "timeout of schedule look-ups {ms} ms to {ms2} ms",
     "schedule.timeout_ms: {ms} -> {ms2}"),
    ("deploy", "labels", "label joiner 2.8.{rise}: late arrivals by block time",
     "join key: gate_in -> block_in"),
    ("config", "labels", "joiner parallelism {small} to {small2}", "workers: {small} -> {small2}"),
    ("config", "scaler", "scale-down cool-down {tiny} min to {tiny2} min",
     "cooldown.down_min: {tiny} -> {tiny2}"),
    ("config", "scaler", "CPU target {target} % to {target2} %", "target.cpu: {target} -> {target2}"),
    ("deploy", "deployer", "deployer 1.9.{rise}: signed manifests", "verify: warn -> enforce"),
    ("config", "hosts", "kernel update on one host in {tiny}", "kernel: 6.1.{build}"),
    ("config", "hosts", "DNS resolver list, one added", "resolvers: +1"),
    ("config", "notify", "digest e-mails every 15 min instead of 10", "digest.period_min: 10 -> 15"),
    ("deploy", "notify", "offer sender 4.{rise}.{tiny}: Portuguese text", "locale/pt: +61 strings"),
)  # fmt: skip
_DELICATE = (0, 2, 3, 10, 11, 13)
"""Templates that touch what serves: releases of callers, retries, queues, batching, caches."""


@dataclass(frozen=True, slots=True)
class PastChange:
    """One line of the calendar. `at_s` is simulated time and mostly negative: before the world's start."""

    id: str
    at_s: float
    kind: str
    component: str
    who: str
    text: str
    ticket: str
    diff: str


def change_id(seed: int, at_s: float) -> str:
    """The number of a change made at `at_s`: it counts up with time, one in seven minutes."""
    base = Stream(seed, "history/base").integer(1300, 3900)
    return f"C-{base + int((at_s + (PAST_DAYS + 1) * DAY_S) // _ID_STEP_S)}"


class Settings(NamedTuple):
    """What the history must end in: the queue limit, the batch wait in ms, and each app's backoff in ms."""

    queue_limit: int = 64
    max_wait_ms: int = 10
    backoff_ms: Mapping[str, int] = MappingProxyType({"ios": 100, "android": 100})


def incidental(seed: int, at_s: float, ordinal: int = 0) -> tuple[str, str, str]:
    """(kind, component, text) of a change that has nothing to do with what serves, as the calendar writes them."""
    s = Stream(seed, "history/incidental")
    apart = [t for t in _TEMPLATES if t[1] not in ("clients", "predict", "features")]
    kind, component, text, _ = s.choice(apart, 1, ordinal)
    return kind, component, text.format(**_fill(s, ordinal, at_s, Settings()))


def calendar(
    seed: int,
    *,
    horizon_s: float = 8400.0,
    epoch: dt.datetime | None = None,
    settings: Settings | None = None,
) -> tuple[PastChange, ...]:
    """Twenty-five or so changes of the fortnight, two or three of the last hours, one or two of the shift.

    None of them does anything. In order of time, during working hours; with `epoch`, fewer at weekends. Numbers of
    versions rise, and a change of a setting leads to what `settings` say.
    """
    s = Stream(seed, "history")
    start = dt.datetime(2000, 1, 3, 8) if epoch is None else epoch
    midnight_s = -(start.hour * 3600.0 + start.minute * 60.0 + start.second)
    times: list[float] = []
    ordinal = 0
    for day in range(PAST_DAYS, 0, -1):
        weekend = (start - dt.timedelta(days=day)).weekday() >= 5
        for _ in range(s.integer(0, 1, 1, day) if weekend else s.integer(2, 3, 2, day)):
            times.append(midnight_s - day * DAY_S + s.between(9.0, 18.0, 3, ordinal) * 3600.0)
            ordinal += 1
    recent = s.integer(2, 3, 4)
    times += [s.between(-7000.0, 900.0, 5, i) for i in range(recent)]
    times += [s.between(1300.0, 0.85 * horizon_s, 6, i) for i in range(s.integer(1, 2, 7))]
    order = s.shuffled(range(len(_TEMPLATES)), 8)
    found: dict[str, PastChange] = {}
    late = s.shuffled(_DELICATE, 22)
    for i, at_s in enumerate(sorted(float(int(t)) for t in times)):
        # The last hours always hold changes of the kind that one suspects first.
        fresh = at_s > -DAY_S / 3 and late
        kind, component, text, diff = _TEMPLATES[late.pop() if fresh else order[i % len(order)]]
        fill = _fill(s, i, at_s, settings or Settings())
        change = PastChange(
            change_id(seed, at_s), at_s, kind, component, s.choice(PEOPLE, 9, i), text.format(**fill),
            f"OPS-{s.integer(2100, 6900, 10, i)}", diff.format(**fill),
        )  # fmt: skip
        found.setdefault(change.id, change)
    return tuple(found.values())


def _fill(s: Stream, i: int, at_s: float, settings: Settings) -> dict[str, object]:
    small, tiny = s.integer(8, 21, 11, i), s.integer(2, 9, 12, i)
    ms, rate = s.choice((80, 100, 120, 150), 13, i), s.choice((15, 20, 25), 14, i)
    wait, ttl = s.choice((5, 8), 16, i), s.choice((300, 600, 900), 17, i)
    target, app = s.choice((55, 60), 18, i), s.choice(("ios", "android"), 19, i)
    return {
        "app": app,
        "rise": int((at_s + (PAST_DAYS + 1) * DAY_S) // (DAY_S / 3)),
        "back": settings.backoff_ms[app] - 50,
        "back2": settings.backoff_ms[app],
        "minor": f"3.{7 if at_s < -9 * DAY_S else 8 if at_s < -2 * DAY_S else 9}.{s.integer(0, 7, 21, i)}",
        "build": 240 + int(at_s // (DAY_S / 3)),
        "small": small,
        "small2": small + 1,
        "tiny": tiny,
        "tiny2": tiny + 5,
        "ms": ms,
        "ms2": ms + 50,
        "rate": rate,
        "rate2": rate + 5,
        "queue": settings.queue_limit - 16,
        "queue2": settings.queue_limit,
        "wait": wait,
        "wait2": settings.max_wait_ms,
        "ttl": ttl,
        "ttl2": 2 * ttl,
        "target": target,
        "target2": target + 5,
    }

"""What a tick's log lines are made of: counts that drive them and the values of their fields."""

from __future__ import annotations

import itertools

import numpy as np

from gradatim.sim.telemetry.record import CLIENT_COLUMNS, REPLICA_COLUMNS, REPLICA_STATES, Record
from gradatim.sim.telemetry.telemetry import Telemetry

_C = {name: i for i, name in enumerate(CLIENT_COLUMNS)}
_R = {name: i for i, name in enumerate(REPLICA_COLUMNS)}
_CITIES = ("Dublin", "Austin", "Osaka")
_CARRIERS = ("UA", "B6", "DL", "AA", "EV", "MQ", "WN", "US")
_FROM_TELEMETRY = (
    "features.hit_share", "features.store_reads_per_s", "features.store_answered_pct", "features.store_ms",
    "predict.score_mean", "predict.cpu_pct", "scaler.desired", "gateway.latency_mean_ms",
    "predict.queue_drain_ms", "predict.batch_ms", "predict.batch_size", "labels.lag_h",
    "weather.file_age_min",
)  # fmt: skip
READY = REPLICA_STATES.index("ready")


class Block:
    """What the contexts of several ticks share: columns as plain lists, samples already cut by tick."""

    def __init__(self, telemetry: Telemetry, lo: int, hi: int) -> None:
        r = telemetry.record
        first = max(lo - 1, 0)
        values = telemetry.full_values(_FROM_TELEMETRY)
        self.record, self.first = r, first
        self.values = {k: np.nan_to_num(v[first:hi]).tolist() for k, v in values.items()}
        self.ticks = {k: a[first:hi].tolist() for k, a in r.ticks.items()}
        ends = np.arange(lo, hi + 1) * r.tick_s
        finished = np.ascontiguousarray(r.samples["finished_s"])
        self.bounds = np.searchsorted(finished, ends).tolist()
        self.recent = np.searchsorted(finished, ends[1:] - 180.0).tolist()
        self.lo = lo
        self.sample_client = np.ascontiguousarray(r.samples["client"])
        self.sample_failed = r.samples["outcome"] == r.outcome_names.index("failed")
        self.sample_attempts = np.ascontiguousarray(r.samples["attempts"])


class Context:
    """One complete tick, seen by the loggers. Field functions map a uniform draw to text."""

    def __init__(self, block: Block, i: int) -> None:
        r, k = block.record, i - block.first
        self.record, self.i = r, i
        self.t = {name: a[k] for name, a in block.ticks.items()}
        self.v = {name: a[k] for name, a in block.values.items()}
        self.before = {name: a[max(k - 1, 0)] for name, a in block.values.items()}
        self.ready_before = block.ticks["ready"][max(k - 1, 0)]
        clients = r.client_ticks[i].tolist()
        self.arrived = _shares([c[_C["arrivals"]] for c in clients])
        self.late = _shares([c[_C["timeouts"]] for c in clients])
        self.failed = _shares([c[_C["failed"]] for c in clients])
        self.again = _shares([max(c[_C["attempts"]] - c[_C["arrivals"]], 0) for c in clients])
        self.samples = (block.bounds[i - block.lo], block.bounds[i - block.lo + 1])
        self._tries(block, slice(block.recent[i - block.lo], self.samples[1]), len(clients))
        replicas = r.replica_ticks[i]
        self.queues = replicas[:, _R["queue_depth"]].tolist()
        self.memory = replicas[:, _R["memory_mb"]].tolist()
        self.serving = [j for j, s in enumerate(replicas[:, _R["state"]].tolist()) if s == READY] or [0]
        self._client = 0
        self._replica = 0

    def _tries(self, block: Block, recent: slice, n_clients: int) -> None:
        """Who tried how often, from the sample of the last minutes: no line claims a try nobody made."""
        self.tries: list[list[int]] = [[] for _ in range(n_clients)]
        refused = [0] * n_clients
        most = [1] * n_clients
        rows = list(
            zip(
                block.sample_client[recent].tolist(),
                block.sample_attempts[recent].tolist(),
                block.sample_failed[recent].tolist(),
                strict=True,
            )
        )
        for c, attempts, _ in rows:
            self.tries[c] += range(1, attempts + 1)
            most[c] = max(most[c], attempts)
        for c, attempts, failed in rows:
            # Gave up below what others of its kind tried: somebody refused it the next try.
            refused[c] += failed and attempts < most[c]
        self.refused_seen = sum(refused)
        self.refused = _shares(refused)

    def field(self, name: str, u: float) -> str:
        """The text of a field for a uniform draw."""
        return str(getattr(self, "f_" + name)(u))

    def drivers(self) -> dict[str, float]:
        """Counts that templates are driven by. `minutes` is the length of the tick in minutes."""
        t, r = self.t, self.record
        longest = r.fact("queue_limit")
        waiting = t["queue_depth"] / max(t["ready"], 1)
        age = self.v["weather.file_age_min"]
        new_file = age < self.before["weather.file_age_min"]
        minute = r.when((self.i + 1) * r.tick_s).minute
        reads = self.v["features.store_reads_per_s"] * r.tick_s
        unanswered = reads * (1.0 - self.v["features.store_answered_pct"] / 100.0)
        desired = self.v["scaler.desired"]
        at_quota = "quota_replicas" in r.facts and desired >= r.fact("quota_replicas")
        return {
            **t,
            "ticks": 0.0 if at_quota else 1.0,
            # Loggers keep their volume: on a shift of days they sample what happens by the minute.
            "minutes": min(r.tick_s / 60.0, 0.5),
            "refused": float(t["retries_denied"] if self.refused_seen else 0),
            "misses": reads - unanswered,
            "unanswered": unanswered,
            "queues": min(6.0, waiting / 6.0)
            if waiting >= 2.0 or t["queue_depth_max"] > 0.5 * longest
            else 0.05,
            "crowded": float(t["in_flight"] > 4.0 * r.fact("usual_requests_per_s")) * 0.5,
            "became_ready": float(max(0, t["ready"] - self.ready_before)),
            "starting": float(t["starting"] > 0) * 0.4,
            "at_quota": float(at_quota),
            "rescaled": float(round(desired) != round(self.before["scaler.desired"])),
            "weather_reads": float(new_file),
            "weather_waits": float(age > 66.0 and minute % 5 == 0) * r.tick_s / 60.0,
        }

    # Fields. `client` and `rep` remember whom they named, so that one line speaks of one caller.
    def f_client(self, u: float) -> str:
        self._client = _pick(self.arrived, u)
        return self.record.client_names[self._client]

    def f_client_late(self, u: float) -> str:
        self._client = _pick(self.late, u)
        return self.record.client_names[self._client]

    def f_client_failed(self, u: float) -> str:
        self._client = _pick(self.failed, u)
        return self.record.client_names[self._client]

    def f_client_again(self, u: float) -> str:
        self._client = _pick(self.again, u)
        return self.record.client_names[self._client]

    def f_client_refused(self, u: float) -> str:
        self._client = _pick(self.refused, u)
        return self.record.client_names[self._client]

    def f_attempt(self, u: float) -> str:
        tries = self.tries[self._client] or [1]
        return str(tries[int(u * len(tries))])

    def f_attempt_next(self, u: float) -> str:
        tries = [k for k in self.tries[self._client] if k > 1] or [2]
        return str(tries[int(u * len(tries))])

    def f_rep(self, u: float) -> str:
        self._replica = int(self.serving[int(u * len(self.serving))])
        return f"{self._replica:02d}"

    def f_queue(self, u: float) -> str:
        known = self.record.control.get("queue_limit")
        limit = self.record.fact("queue_limit") if known is None else float(known[self.i])
        depth = self.queues[self._replica]
        return f"{depth}/{limit:.0f}" if depth <= limit else str(depth)

    def f_memory(self, u: float) -> str:
        return str(int(self.memory[self._replica]))

    def f_batch(self, u: float) -> str:
        return str(max(1, int(self.v["predict.batch_size"] + u)))

    def f_ms_batch(self, u: float) -> str:
        return str(max(1, round(self.v["predict.batch_ms"] * (0.8 + 0.4 * u))))

    def f_ms_ok(self, u: float) -> str:
        return str(max(1, round(self.v["gateway.latency_mean_ms"] * (0.4 + 1.2 * u))))

    def f_ms_wait(self, u: float) -> str:
        return str(round(self.v["predict.queue_drain_ms"] * (1.0 + 0.8 * u)))

    def f_ms_late(self, u: float) -> str:
        timeout_ms = 1000.0 * self.record.fact("client_timeout_s")
        return str(round(max(timeout_ms, self.v["predict.queue_drain_ms"]) * (1.01 + 0.5 * u * u)))

    def f_ms_store(self, u: float) -> str:
        return f"{self.v['features.store_ms'] * (0.5 + u):.1f}"

    def f_hit(self, u: float) -> str:
        return f"{self.v['features.hit_share']:.3f}"

    def f_score(self, u: float) -> str:
        return f"{self.v['predict.score_mean'] * (0.93 + 0.14 * u):.3f}"

    def f_hours(self, u: float) -> str:
        return f"{self.v['labels.lag_h']:.1f}"

    def f_cpu(self, u: float) -> str:
        return str(round(self.v["predict.cpu_pct"]))

    def f_ready(self, u: float) -> str:
        return str(self.t["ready"])

    def f_desired(self, u: float) -> str:
        return str(round(self.v["scaler.desired"]))

    def f_desired_before(self, u: float) -> str:
        return str(round(self.before["scaler.desired"]))

    def f_in_flight(self, u: float) -> str:
        return str(self.t["in_flight"])

    def f_rate(self, u: float) -> str:
        return f"{self.t['arrivals'] / self.record.tick_s:.0f}"

    def f_attempt_rate(self, u: float) -> str:
        return f"{self.t['attempts'] / self.record.tick_s:.0f}"

    def f_hour(self, u: float) -> str:
        return self.record.when((self.i + 1) * self.record.tick_s).strftime("%H:00")

    def f_airport(self, u: float) -> str:
        names = self.record.segment_names
        return names[int(u * len(names))]

    def f_req(self, u: float) -> str:
        return f"{int(u * 16**6):06x}"

    def f_key(self, u: float) -> str:
        return f"flight:{int(u * 16**5):05x}"

    def f_flight(self, u: float) -> str:
        return f"{_CARRIERS[int(u * 8)]} {100 + int(u * 8 % 1 * 2300)}"

    def f_ip(self, u: float) -> str:
        return f"203.0.113.{int(u * 256)}"

    def f_city(self, u: float) -> str:
        return _CITIES[int(u * len(_CITIES))]

    def f_host(self, u: float) -> str:
        return f"{1 + int(u * 12):02d}"

    def f_shard(self, u: float) -> str:
        return str(int(u * 16))

    def f_few(self, u: float) -> str:
        return str(1 + int(u * 9))

    def f_count(self, u: float) -> str:
        return str(40 + int(u * 900))

    def f_rows(self, u: float) -> str:
        return str(2840 + int(u * 80))

    def f_mb(self, u: float) -> str:
        return str(20 + int(u * 380))

    def f_pct_mid(self, u: float) -> str:
        return str(30 + int(u * 50))

    def f_ms_small(self, u: float) -> str:
        return str(3 + int(u * 12))

    def f_ms_long(self, u: float) -> str:
        return str(40 + int(u * 120))

    def f_ms_probe(self, u: float) -> str:
        return str(70 + int(u * 50))


def _shares(counts: list[int]) -> list[float]:
    total = sum(counts)
    if total == 0:
        return [(i + 1) / len(counts) for i in range(len(counts))]
    return [c / total for c in itertools.accumulate(counts)]


def _pick(cumulative: list[float], u: float) -> int:
    for i, edge in enumerate(cumulative):
        if u < edge:
            return i
    return len(cumulative) - 1


def outcome_name(record: Record, code: int) -> str:
    """What a sampled request's outcome code means."""
    return record.outcome_names[code] if 0 <= code < len(record.outcome_names) else str(code)

"""What a debrief teaches about one kind of cause: from when it could be known, by what, and what looks like it.

The first moment is computed from what the dashboards of that very shift showed when nobody acted, with their lags.
The price of a tempting move is a replay: the senior's words, and that move in place of the senior's changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradatim.core.money import usd
from gradatim.lab.replay import Timeline
from gradatim.lab.submission import Step
from gradatim.sim.actions import ACTIONS
from gradatim.sim.platform.vocabulary import CLIENTS
from gradatim.sim.telemetry.record import FloatArray
from gradatim.sim.telemetry.series_model import AREAS, HOUR_S, METRICS
from gradatim.sim.telemetry.telemetry import Telemetry

SETTLED_S = 120.0
"""Into the shift: what the series say before anything has happened."""

Values = dict[str, FloatArray]
TRIES = tuple(f"clients.{c}.attempts_per_request" for c in CLIENTS)
CALLERS = tuple(f"clients.{c}.good_pct" for c in CLIENTS)


class Lesson(NamedTuple):
    """About one mechanism.

    `series` are what to look at, `knows` says at which ticks they give it away, `tempting` are moves in words and
    as actions, `apart` says of each look-alike what differs.
    """

    sign: str
    series: tuple[str, ...]
    knows: Callable[[Values], Any]
    tempting: tuple[tuple[str, tuple[dict[str, Any], ...]], ...]
    apart: tuple[tuple[str, str], ...]
    held_ticks: int = 2
    """For how long a sign must stand to count: one tick alone is noise."""


def _tries(v: Values) -> FloatArray:
    return np.array([v[s] for s in TRIES])


def _slow(v: Values) -> Any:
    """Batches take half as long again as their size explains."""
    return v["predict.batch_ms"] > 1.5 * (20.0 + 55.0 * v["predict.batch_size"])


_BATCHES = ("predict.batch_ms", "predict.batch_size", "hosts.cpu_steal_pct")
_SCALE = ("scale to the quota", ({"kind": "scale", "replicas": 14},))
_TIMEOUT = (
    "let clients wait for 2.5 seconds",
    ({"kind": "set_timeout", "client": "all", "timeout_ms": 2500},),
)
_RESTART = ("restart every replica", ({"kind": "restart", "how": "all_at_once"},))
_TABLE = ("answer everybody from the table", ({"kind": "fall_back", "client": "all", "share": 1.0},))
_BUDGET = ("cap retries", ({"kind": "set_retry_budget", "client": "all", "ratio": 0.1},))
_SHED = ("shed six requests in ten", ({"kind": "shed", "client": "all", "share": 0.6},))

LESSONS: dict[str, Lesson] = {
    "retry_amplification": Lesson(
        "attempts rise against first attempts, and stay up",
        (*TRIES, "gateway.requests_per_s"),
        lambda v: _tries(v).max(axis=0) > 1.6,
        (_SCALE, _TIMEOUT, _RESTART),
        (
            ("a surge of demand", "first attempts rise too, and attempts per request stay near one"),
            ("a cold cache", "the hit share falls first; attempts stay within the retry budget"),
            ("one client's release", "one client's attempts rise far above the others'"),
        ),
    ),
    "cold_cache": Lesson(
        "the hit share falls and the store runs at its limit",
        ("features.hit_share", "features.store_answered_pct", "predict.batch_ms"),
        lambda v: v["features.hit_share"] < 0.75,
        (_BUDGET, _SCALE, _RESTART),
        (
            ("a retry storm", "the hit share is as usual; attempts per request are far above one"),
            ("a slow model", "batches are slow with a warm cache"),
        ),
    ),
    "abandoned_work": Lesson(
        "replicas finish work for clients that have gone",
        ("predict.served_after_client_gone_pct", "predict.queue_depth", "gateway.attempts_per_request"),
        lambda v: (v["predict.served_after_client_gone_pct"] > 50) & (v["predict.queue_depth"] > 160),
        (_BUDGET, _SCALE, _TIMEOUT),
        (
            ("a retry storm", "retries are denied by their budget and the queue is deep all the same"),
            ("a slow model", "batches take their usual time; it is the wait before them that is long"),
        ),
    ),
    "slow_model": Lesson(
        "batches take longer than their size explains, and no host is busy with others",
        _BATCHES,
        lambda v: _slow(v) & (v["hosts.cpu_steal_pct"] < 8),
        (_SCALE, _TIMEOUT, _SHED),
        (
            ("slow hosts", "CPU is taken by neighbours while it lasts, and it passes"),
            ("a cold cache", "the hit share is down"),
        ),
    ),
    "memory_leak": Lesson(
        "memory climbs on every replica alike",
        ("predict.memory_max_mb", "predict.memory_mean_mb", "predict.restarts"),
        lambda v: v["predict.memory_max_mb"] > 1400,
        (_RESTART, _SCALE),
        (
            ("a blip that passed", "good answers come back by themselves, but memory goes on climbing"),
            ("slow hosts", "time per batch and stolen CPU are as usual"),
        ),
    ),
    "batch_wait": Lesson(
        "batches are large, CPU is idle, and answers are slow",
        ("predict.batch_size", "predict.cpu_pct", "predict.queue_depth"),
        lambda v: (v["predict.batch_size"] > 8.5) & (v["predict.cpu_pct"] < 90),
        (_SCALE, _TIMEOUT, _TABLE),
        (
            ("an overload", "queues are short and CPU is idle"),
            ("a slow model", "the time per batch fits its size"),
        ),
    ),
    "slow_hardware": Lesson(
        "CPU is taken on one host, and the least busy replica finishes almost nothing",
        ("hosts.cpu_steal_pct", "predict.replica_completed_min_per_s", "predict.replica_completed_max_per_s"),
        lambda v: (
            (v["hosts.cpu_steal_pct"] > 8)
            & (v["predict.replica_completed_min_per_s"] < 0.4 * v["predict.replica_completed_max_per_s"])
        ),
        (_RESTART, _SCALE, _TIMEOUT),
        (
            ("a fleet that is slow for a while", "every replica is slow then, and it passes"),
            ("a slow model", "all replicas run the same model; only some are slow"),
        ),
    ),
    "telemetry_fault": Lesson(
        "the gateway says bad, callers and replicas say well",
        ("gateway.good_pct", *CALLERS, "predict.queue_depth"),
        lambda v: (
            (v["gateway.good_pct"] < 95)
            & (np.array([v[s] for s in CALLERS]).min(axis=0) > 97)
            & (v["predict.queue_depth"] < 5)
        ),
        (_TABLE, _SHED, _RESTART),
        (
            ("an overload", "callers' own good answers fall, queues fill, attempts time out"),
            ("a blip", "the gateway's figures come back when the service does"),
        ),
        held_ticks=8,  # callers report once a minute: until then both may be true
    ),
    "nothing_wrong": Lesson(
        "good answers come back while nobody acts",
        ("gateway.good_pct", "predict.queue_depth", "gateway.attempts_per_request"),
        lambda v: _back(v["gateway.good_pct"]),
        (_TABLE, _SCALE, _SHED),
        (
            ("a retry storm", "attempts per request stay far above one after the trigger"),
            ("a leak", "memory climbs, and the calm is between two waves"),
            ("broken counters", "callers never saw anything, or the gateway's figures never move again"),
        ),
    ),
}


_LAST_GOOD = (
    "serve yesterday's weather",
    ({"kind": "set_feature", "features": "weather", "mode": "last_good"},),
)
_RETRAIN = (
    "retrain on this week and deploy it",
    ({"kind": "retrain", "rows": "recent"}, {"kind": "deploy", "version": "r1"}),
)
_OFF = ("switch the weather off", ({"kind": "set_feature", "features": "weather", "mode": "missing"},))
_OLD_MODEL = ("deploy the model before", ({"kind": "deploy", "version": "v4"},))
HOURLY = 12

LESSONS |= {
    "error_code": Lesson(
        "one number where many should be: out of range, or arrivals exactly on the minute",
        ("features.weather_out_of_range_pct", "labels.zero_delay_pct", "model.offer_pct"),
        lambda v: (v["features.weather_out_of_range_pct"] > 20) | (v["labels.zero_delay_pct"] > 12),
        (_RETRAIN, _OFF, _TABLE),
        (
            ("another unit", "one column of nine is out of range, and hardly an answer turns over"),
            ("late labels", "arrivals that are joined have ordinary delays; there are only fewer of them"),
        ),
        HOURLY,
    ),
    "feature_skew": Lesson(
        "a distribution moved within an hour; no value is out of range, missing or old",
        (
            "features.clock_psi",
            "features.weather_psi",
            "features.weather_out_of_range_pct",
            "features.weather_age_h",
        ),
        lambda v: (
            ((v["features.clock_psi"] > 0.5) | (v["features.weather_psi"] > 6.5))
            & (v["features.weather_out_of_range_pct"] < 1)
            & (v["features.weather_age_h"] < 3)
        ),
        (_RETRAIN, _OLD_MODEL, _TABLE),
        (
            ("a harmless shift", "the differential test counts hardly an answer that turns over"),
            ("old features", "the age of the newest row grows hour by hour"),
        ),
        HOURLY,
    ),
    "stale_data": Lesson(
        "the newest weather grows an hour older every hour",
        ("features.weather_age_h", "features.weather_null_pct"),
        lambda v: v["features.weather_age_h"] > 3,
        (_RETRAIN, _OFF, _TABLE),
        (
            ("a skew", "the differential test finds nothing: what is old is old in the store too"),
            ("an error code", "every value is plausible"),
        ),
        HOURLY,
    ),
    "label_delay": Lesson(
        "arrivals that are due are not joined, and features are as ever",
        ("labels.overdue_pct", "labels.joined_pct", "model.fresh_gap_pp", "model.mature_gap_pp"),
        lambda v: v["labels.overdue_pct"] > 10,
        (_RETRAIN, _OLD_MODEL, _TABLE),
        (
            ("an error code in the labels", "arrivals exactly on the minute, and no fewer joined"),
            ("a worse model", "answers of a day before, with complete labels, would be worse too"),
        ),
        HOURLY,
    ),
    "harmless_shift": Lesson(
        "an input left its band, and the share of offers did not move with it",
        (
            "features.weather_out_of_range_pct",
            "features.aircraft_psi",
            "features.aircraft_out_of_range_pct",
            "model.offer_pct",
        ),
        lambda v: (
            (v["features.aircraft_psi"] > 0.5)
            | ((v["features.weather_out_of_range_pct"] > 1) & (v["features.weather_out_of_range_pct"] < 15))
        ),
        (_RETRAIN, _OFF, _LAST_GOOD),
        (
            ("an error code", "most columns would be out of range, and a third of the answers turn over"),
            ("a skew that matters", "the differential test counts the answers that turn over"),
        ),
        HOURLY,
    ),
}


def _back(good_pct: FloatArray) -> Any:
    """After a dip, at 98 % or more for a minute."""
    dipped = np.maximum.accumulate(np.nan_to_num(good_pct, nan=100.0) < 95)
    well = np.nan_to_num(good_pct, nan=0.0) >= 98
    minute = np.convolve(well, np.ones(6), "full")[: len(well)] >= 6
    return dipped & minute


def lesson(timeline: Timeline, senior: tuple[Step, ...]) -> dict[str, Any]:
    """{sign, knowable_s, saw, tempting, apart} of an instance; `knowable_s` is None when nothing gave it away.

    Args:
        timeline: the instance's replayer.
        senior: the senior's log on it.
    """
    world = timeline.world
    scenario, start_s = world.scenario, world.start_s
    known = LESSONS[scenario.truth.mechanism]
    told_s = next((s.t_ms / 1000.0 for s in senior if s.action["kind"] == "diagnose"), scenario.onset_s)
    shown = timeline.untouched
    area = AREAS.index(scenario.truth.scope) if scenario.slow and scenario.truth.scope in AREAS[1:] else 0
    local = _of_airport(shown, known.series, area)

    def at(t_s: float) -> dict[str, float | None]:
        """What was newest at `t_s`."""
        found = shown.latest(known.series, upto_s=t_s)
        tick = max(0, int(t_s / shown.record.tick_s) - 1)
        return found | {s: None if np.isnan(v[tick]) else float(v[tick]) for s, v in local.items()}

    now, usual = at(told_s), at(start_s + SETTLED_S)
    return {
        "sign": known.sign,
        "knowable_s": _knowable(timeline, known, local),
        "saw_s": told_s,
        "saw": [
            {
                "series": s,
                "label": f"{shown.by_id[s].component}: {shown.by_id[s].label}"
                + (f", {AREAS[area]}" if s in local else ""),
                "unit": shown.by_id[s].unit,
                "value": now[s],
                "usual": usual[s],
            }
            for s in known.series
        ],
        "tempting": _tempted(timeline, known, senior),
        "apart": [{"looks_like": a, "differs": b} for a, b in known.apart],
    }


def _of_airport(shown: Telemetry, series: Sequence[str], area: int) -> Values:
    """Of the series that the model monitors report by airport, the airport's own values at every complete tick."""
    record = shown.record
    if area == 0 or record.monitors is None:
        return {}
    monitors, out = record.monitors(), {}
    hour = (shown.tick_ends_s(record.n_ticks) // HOUR_S).astype(np.int64) - 1
    for name in series:
        metric = name.split(".", 1)[1]
        if metric in METRICS:
            own = monitors[np.clip(hour, 0, len(monitors) - 1), area, METRICS.index(metric)]
            if np.isfinite(own).any():
                out[name] = np.where(hour >= 0, own, np.nan)
    return out


def _knowable(timeline: Timeline, known: Lesson, local: Values) -> float | None:
    """The first moment of the shift at which the sign stood long enough and could be seen."""
    shown, start_s = timeline.untouched, timeline.world.start_s
    n = shown.record.n_ticks
    values = {s: v[:n].astype(np.float64) for s, v in shown.full_values(known.series).items()} | local
    with np.errstate(invalid="ignore"):
        there = np.asarray(known.knows(values), dtype=bool)
    held = np.convolve(there, np.ones(known.held_ticks), "full")[:n] >= known.held_ticks
    first = np.flatnonzero(held & (shown.tick_ends_s(n) > start_s))
    if not len(first):
        return None
    lag_s = max(shown.by_id[s].lag_s for s in known.series)
    return float(shown.tick_ends_s(n)[first[0]] + lag_s)


def _tempted(timeline: Timeline, known: Lesson, senior: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Each tempting move in place of the senior's changes, in dollars beside the senior's loss."""
    changes = [s for s in senior if ACTIONS[s.action["kind"]].changes_service]
    words = [s for s in senior if not ACTIONS[s.action["kind"]].changes_service]
    at_ms = changes[0].t_ms if changes else round(1000 * (timeline.world.scenario.onset_s + 90.0))
    best = timeline.run(senior).loss_micro
    rows = []
    for text, actions in known.tempting:
        # What has to wait for another (a deploy for its retrain) comes three hours later.
        log = sorted(
            [*words, *(Step(at_ms + 10_800_000 * i, dict(a)) for i, a in enumerate(actions))],
            key=lambda s: s.t_ms,
        )
        loss = timeline.run(log).loss_micro
        rows.append({"text": text, "loss_usd": usd(loss), "more_usd": usd(loss - best)})
    return rows

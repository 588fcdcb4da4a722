"""Series of the gateway and of the callers as it sees them."""

from __future__ import annotations

import numpy as np

from gradatim.sim.telemetry.catalogue import Series
from gradatim.sim.telemetry.latency import bins_of, quantiles
from gradatim.sim.telemetry.record import CLIENT_COLUMNS, SEGMENT_COLUMNS, FloatArray, Record
from gradatim.sim.telemetry.view import View, ratio

_C = {name: i for i, name in enumerate(CLIENT_COLUMNS)}
_S = {name: i for i, name in enumerate(SEGMENT_COLUMNS)}


def series(record: Record) -> list[Series]:
    """The series of this group for the record's callers and airports."""
    good_ms = round(1000 * record.fact("good_s"))
    s = [
        Series("gateway.requests_per_s", "gateway", "first attempts", "per s", "requests"),
        Series("gateway.attempts_per_s", "gateway", "with retries", "per s", "requests"),
        Series("gateway.retries_per_s", "gateway", "retries", "per s"),
        Series("gateway.retry_share_pct", "gateway", "retries among attempts", "%"),
        Series("gateway.attempts_per_request", "gateway", "attempts per request", ""),
        Series("gateway.retries_denied_per_s", "gateway", "retries refused by budget", "per s"),
        Series("gateway.good_pct", "gateway", f"within {good_ms} ms", "%", "good"),
        Series("gateway.answered_pct", "gateway", "answered by the model", "%", "good"),
        Series("gateway.timeouts_per_s", "gateway", "timeouts", "per s", "errors"),
        Series("gateway.http_503_per_s", "gateway", "503", "per s", "errors"),
        Series("gateway.failed_per_s", "gateway", "failed requests", "per s", "errors"),
        Series("gateway.rejected_per_s", "gateway", "refused, queue full", "per s"),
        Series("gateway.shed_per_s", "gateway", "shed", "per s"),
        Series("gateway.fallback_per_s", "gateway", "answered by fallback", "per s"),
        Series("gateway.default_per_s", "gateway", "answered by default", "per s"),
        Series("gateway.error_pct", "gateway", "failed or refused", "%"),
        Series("gateway.timeout_pct", "gateway", "attempts timed out", "%"),
        Series("gateway.in_flight", "gateway", "requests in flight", "requests", decimals=0),
        Series("gateway.latency_p50_ms", "gateway", "p50", "ms", "latency", lag_s=20, decimals=1),
        Series("gateway.latency_p90_ms", "gateway", "p90", "ms", "latency", lag_s=20, decimals=1),
        Series("gateway.latency_p99_ms", "gateway", "p99", "ms", "latency", lag_s=20, decimals=1),
        Series("gateway.latency_ok_p99_ms", "gateway", "p99 of answered", "ms", lag_s=20, decimals=1),
        Series("gateway.latency_mean_ms", "gateway", "mean of answered", "ms", lag_s=20, decimals=1),
    ]
    for c in record.client_names:
        s += [
            Series(f"clients.{c}.requests_per_s", "clients", f"{c} first attempts", "per s"),
            Series(f"clients.{c}.attempts_per_s", "clients", f"{c} with retries", "per s"),
            Series(f"clients.{c}.attempts_per_request", "clients", f"{c} attempts per request", ""),
            Series(f"clients.{c}.timeouts_per_s", "clients", f"{c} timeouts", "per s"),
            Series(f"clients.{c}.good_pct", "clients", f"{c} within {good_ms} ms", "%", resolution_s=60),
        ]
    for a in record.segment_names:
        s += [
            Series(f"gateway.{a}.requests_per_s", "gateway", f"{a} requests", "per s", lag_s=20),
            Series(f"gateway.{a}.answered_pct", "gateway", f"{a} answered", "%", None, 20, 60),
        ]
    return s


def compute(v: View) -> dict[str, FloatArray]:
    """Values of the group over the view's ticks."""
    r = v.record
    arrivals, attempts, ok = v.count("arrivals"), v.count("attempts"), v.count("ok")
    refused = v.count("rejected") + v.count("shed")
    percentile_window = v.ticks_of(30.0) if r.tick_s < 30 else 1
    answered = v.trailing(r.latency_hist, percentile_window)
    (ok_p99,) = quantiles(answered, r.latency_edges_s, (0.99,))
    # What nobody waited for is slow, not absent: a timed-out attempt counts with the client's timeout.
    waited = v.control("client_timeout_s")
    timeout_s = np.full(len(v.tick), r.fact("client_timeout_s")) if waited is None else waited
    answered[np.arange(len(v.tick)), bins_of(r.latency_edges_s, answered.shape[1], timeout_s)] += v.trailing(
        r.ticks["timeouts"], percentile_window
    )
    p50, p90, p99 = quantiles(answered, r.latency_edges_s)
    out: dict[str, FloatArray] = {
        "gateway.requests_per_s": v.per_s("arrivals"),
        "gateway.attempts_per_s": v.per_s("attempts"),
        "gateway.retries_per_s": v.per_s("retries"),
        "gateway.retry_share_pct": 100 * ratio(v.count("retries"), attempts),
        "gateway.attempts_per_request": ratio(attempts, arrivals),
        "gateway.retries_denied_per_s": v.per_s("retries_denied"),
        "gateway.good_pct": finished_pct(v, "good"),
        "gateway.answered_pct": finished_pct(v, "ok"),
        "gateway.timeouts_per_s": v.per_s("timeouts"),
        "gateway.http_503_per_s": refused / r.tick_s,
        "gateway.failed_per_s": v.per_s("failed"),
        "gateway.rejected_per_s": v.per_s("rejected"),
        "gateway.shed_per_s": v.per_s("shed"),
        "gateway.fallback_per_s": v.per_s("fallback"),
        "gateway.default_per_s": v.per_s("default"),
        "gateway.error_pct": 100 * ratio(v.count("failed") + v.count("shed"), finished(v)),
        "gateway.timeout_pct": np.minimum(100 * ratio(v.count("timeouts"), attempts), 100.0),
        "gateway.in_flight": v.gauge("in_flight"),
        "gateway.latency_p50_ms": 1e3 * p50,
        "gateway.latency_p90_ms": 1e3 * p90,
        "gateway.latency_p99_ms": 1e3 * p99,
        "gateway.latency_ok_p99_ms": 1e3 * ok_p99,
        "gateway.latency_mean_ms": ratio(v.count("latency_us"), ok) / 1e3,
    }
    clients = r.client_ticks[v.lo : v.hi]
    minute = v.trailing(r.client_ticks, v.ticks_of(60.0))
    for i, c in enumerate(r.client_names):
        out[f"clients.{c}.requests_per_s"] = clients[:, i, _C["arrivals"]] / r.tick_s
        out[f"clients.{c}.attempts_per_s"] = clients[:, i, _C["attempts"]] / r.tick_s
        out[f"clients.{c}.attempts_per_request"] = ratio(
            clients[:, i, _C["attempts"]], clients[:, i, _C["arrivals"]]
        )
        out[f"clients.{c}.timeouts_per_s"] = clients[:, i, _C["timeouts"]] / r.tick_s
        good, arrived = minute[:, i, _C["good"]], minute[:, i, _C["arrivals"]]
        out[f"clients.{c}.good_pct"] = np.minimum(100 * ratio(good, arrived), 100.0)
    segments = r.segment_ticks[v.lo : v.hi]
    minute = v.trailing(r.segment_ticks, v.ticks_of(60.0))
    for i, a in enumerate(r.segment_names):
        out[f"gateway.{a}.requests_per_s"] = segments[:, i, _S["arrivals"]] / r.tick_s
        done = minute[:, i, _S["ok"]] + minute[:, i, _S["failed"]]
        out[f"gateway.{a}.answered_pct"] = 100 * ratio(minute[:, i, _S["ok"]], done)
    return out


def finished(v: View) -> FloatArray:
    """Requests that ended in each tick: answered by the model, fallback or default, failed, or shed."""
    total = v.gauge("ok")
    for name in ("failed", "shed", "fallback", "default"):
        total = total + v.count(name)
    return total


def finished_pct(v: View, name: str) -> FloatArray:
    """A counter as a share of the requests that ended."""
    return 100 * ratio(v.count(name), finished(v))

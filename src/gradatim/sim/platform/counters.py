"""What the gateway's exporter counted, which is not always what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.faults.scenario import CounterFault, Scenario

GATEWAY = (
    "arrivals", "attempts", "retries", "retries_denied", "ok", "good", "timeouts", "failed", "shed", "rejected",
    "fallback", "default", "latency_us", "in_flight",
)  # fmt: skip
"""The counters that come from the gateway. Callers, replicas and samples report by themselves."""


def counted(
    scenario: Scenario,
    ticks: Mapping[str, NDArray[np.int64]],
    latency_hist: NDArray[np.int32],
    mended_at_s: float | None,
    tick_s: float,
) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int32]]:
    """The gateway's counters and latency histogram as exported: each fault lasts until the next or the repair."""
    faults = sorted((s for s in scenario.shocks if isinstance(s, CounterFault)), key=lambda f: f.at_s)
    out: dict[str, Any] = dict(ticks)
    if not faults:
        return out, latency_hist
    n = len(latency_hist)
    end = n if mended_at_s is None else min(n, round(mended_at_s / tick_s))
    for fault, until in zip(faults, [*(round(f.at_s / tick_s) for f in faults[1:]), end], strict=True):
        first, last = round(fault.at_s / tick_s), min(until, end)
        if last <= first:
            continue
        names = {"lost": ("good",), "doubled": ("failed",), "frozen": GATEWAY}[fault.kind]
        for name in names:
            if out[name] is ticks[name]:
                out[name] = ticks[name].copy()
        part = slice(first, last)
        if fault.kind == "lost":
            # Whole thousandths: the same integers on every machine.
            out["good"][part] = ticks["good"][part] * round(1000 * fault.share) // 1000
        elif fault.kind == "doubled":
            out["failed"][part] += ticks["arrivals"][part] * round(1000 * fault.share) // 1000
        else:
            for name in GATEWAY:
                out[name][part] = ticks[name][first - 1]
            latency_hist = latency_hist.copy()
            latency_hist[part] = latency_hist[first - 1]
    return out, latency_hist

"""What the charts of a room are made of: the series, the eight panels, and columns of values tick by tick."""

from __future__ import annotations

from typing import Any

from gradatim.sim.telemetry.telemetry import Telemetry

SHOWN_LAG_S = 20.0
"""A chart column stands for one tick and is drawn when series with up to this lag have it; slower series show
what they had published by then."""


def panels(t: Telemetry) -> dict[str, Any]:
    """The series catalogue and the eight panels."""
    from gradatim.sim.telemetry.catalogue import COMPONENTS as PARTS
    from gradatim.sim.telemetry.telemetry import panels as eight

    # The lines that operators hold a chart against: the objective, and how long a client waits.
    r = t.record
    limits = {
        "good": {"value": 100.0 * r.fact("slo_target"), "text": f"SLO {100 * r.fact('slo_target'):g}"},
        "latency": {"value": 1000.0 * r.fact("good_s"), "text": f"good below {1000 * r.fact('good_s'):g}"},
        "queue": {"value": r.fact("queue_limit"), "text": f"limit {r.fact('queue_limit'):g}"},
    }
    return {
        "series": [s.as_dict() for s in t.catalogue],
        "panels": [{**p.as_dict(), "limit": limits.get(p.id)} for p in eight(t.record)],
        "log_components": list(PARTS),
        "tick_s": t.record.tick_s,
    }


def chart_columns(t: Telemetry, first: int) -> tuple[dict[str, Any], int]:
    """Chart columns from tick `first` on: {t, series} and how many ticks are shown by now."""
    import numpy as np

    r = t.record
    n = max(0, int((r.now_s - SHOWN_LAG_S) / r.tick_s + 1e-9))
    if n <= first:
        return {"t": [], "series": {}}, max(first, n)
    ends = t.tick_ends_s(n)[first:n]
    series: dict[str, list[float | None]] = {}
    for s in t.catalogue:
        seen = np.asarray(t.values([s.id])[s.id])
        # Which tick of this series was newest when the column was drawn.
        late = max(0, round((s.lag_s - SHOWN_LAG_S) / r.tick_s))
        index = np.arange(first, n) - late
        column = np.where(
            index >= 0, seen[np.clip(index, 0, max(0, len(seen) - 1))] if len(seen) else np.nan, np.nan
        )
        series[s.id] = [None if v != v else v for v in column.tolist()]
    return {"t": ends.tolist(), "series": series}, n

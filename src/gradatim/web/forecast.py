"""The forecast on an axis of months, and an estimate over time, as positions in per cent for SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any


def strip(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Ticks, committees and the P15 to P85 bar between today and a month after the last date; None without dates."""
    ready = {k: date.fromisoformat(d) for k, d in found["ready"].items() if d}
    if "p50" not in ready:
        return None
    today = date.fromisoformat(found["today"])
    windows = [date.fromisoformat(w) for w in found["windows"]]
    last = max([*ready.values(), *windows]) + timedelta(days=31)
    span = max((last - today).days, 1)

    def at(day: date) -> float:
        return round(100 * (day - today).days / span, 2)

    return {
        "ticks": [
            {"x": at(day), "label": f"{day:%b} {day.year}", "first": i == 0}
            for i, day in enumerate(_quarters(today, last))
        ],
        "windows": [{"x": at(day), "label": long(day)} for day in windows],
        "p15": at(ready["p15"]) if "p15" in ready else 0.0,
        "p50": at(ready["p50"]),
        "p85": at(ready["p85"]) if "p85" in ready else 100.0,
        "open": "p85" not in ready,
    }


def _quarters(first: date, last: date) -> list[date]:
    """The first of each third month; of each sixth, twelfth and so on where that would be more than a dozen."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((s for s in (3, 6, 12, 24, 60, 120) if months <= 12 * s), 240)
    made = []
    year, month = first.year, first.month
    for _ in range(months + 1):
        month += 1
        if month > 12:
            year, month = year + 1, 1
        day = date(year, month, 1)
        if (month - 1) % min(step, 12) == 0 and day <= last and (step <= 12 or year % (step // 12) == 0):
            made.append(day)
    return made


def over_time(history: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The estimate after each exam with its interval, on 0 to 1; None with fewer than two exams."""
    known = [row for row in history if row["estimate"]]
    if len(known) < 2:
        return None
    moments = [datetime.fromisoformat(row["at"].replace("Z", "+00:00")) for row in known]
    span = max((moments[-1] - moments[0]).total_seconds(), 1.0)
    points: list[dict[str, Any]] = []
    for row, moment in zip(known, moments, strict=True):
        x = 6 + 88 * (moment - moments[0]).total_seconds() / span
        e = row["estimate"]
        points.append(
            {
                "x": round(x, 2),
                "y": _height(e["value"]),
                "low": _height(e["low"]),
                "high": _height(e["high"]),
                "exam": _height(row["skill"]),
                "predicted": _height(row["predicted"]["skill"]) if row["predicted"] else None,
                "row": row,
            }
        )
    line = "L".join(f"{10 * p['x']:.1f} {p['y']:.2f}" for p in points)
    upper = "L".join(f"{10 * p['x']:.1f} {p['high']:.2f}" for p in points)
    lower = "L".join(f"{10 * p['x']:.1f} {p['low']:.2f}" for p in reversed(points))
    return {"points": points, "line": f"M{line}", "area": f"M{upper}L{lower}Z"}


def _height(value: float) -> float:
    """Per cent from the top: 1 near the top, 0 near the bottom, further out at the edges."""
    return round(92 - 84 * min(max(value, -0.05), 1.05), 2)


def long(day: date) -> str:
    """`23 November 2026`."""
    return f"{day.day} {day:%B %Y}"

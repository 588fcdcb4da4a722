"""The drawing of an incident: its events by kind on one axis of time, its milestones, its phases."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

from gradatim.instruments.incident import zones
from gradatim.instruments.incident.event import ALERT_FIRED, ALERT_RESOLVED, MILESTONES, Event
from gradatim.instruments.incident.study import Study
from gradatim.instruments.report import figure, plot

MOST_LANES = 8
STEPS_S = (
    5,
    10,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    604_800,
)
PAD = 0.06
FAR = 4.0  # events farther out than this many incident lengths are not drawn


def drawing(study: Study) -> str:
    """The figure, wide and narrow, with its events as a table of times and kinds."""
    place = zones.zone(study.tz)
    low, high, outside = _window(study)
    rows = [
        (m.label, f"{m.at.astimezone(place):%Y-%m-%d %H:%M:%S}", m.event.name if m.event else "marked")
        for m in study.milestones.values()
        if m.at is not None
    ]
    caption = f"Events by kind; clock times are {study.tz}. The vertical lines are the milestones"
    caption += (
        ", the red ground is from impact to mitigation."
        if _at(study, "impact-start") and _at(study, "mitigated")
        else "; the impact has no ground because its start or its end is not known."
    )
    if outside:
        caption += f" {outside} events long before or after are not drawn."
    return figure(
        _draw(study, 10.0, low, high),
        caption,
        (("milestone", "time", "event"), rows) if rows else None,
        narrow=_draw(study, 3.7, low, high),
    )


def _at(study: Study, kind: str) -> datetime.datetime | None:
    return study.milestones[kind].at


def _window(study: Study) -> tuple[float, float, int]:
    """From when to when is drawn, seconds since 1970, and how many events are outside."""
    times = [event.at.timestamp() for event in study.timeline.events]
    known = [m.at.timestamp() for m in study.milestones.values() if m.at is not None]
    low, high = min(times + known), max(times + known)
    if len(known) >= 2 and (length := max(known) - min(known)) > 0:
        low = max(low, min(known) - FAR * length)
        high = min(high, max(known) + FAR * length)
    pad = max((high - low) * PAD, 5.0)
    return low - pad, high + pad, sum(not low <= t <= high for t in times)


def _lanes(events: tuple[Event, ...]) -> dict[str, str]:
    """Kind to lane, the commonest kinds alone, the rest together; milestones have their lines."""
    counted = Counter(e.kind for e in events if e.kind not in MILESTONES)
    names: dict[str, str] = {}
    for kind, _ in counted.most_common():
        lane = "alert" if kind in {ALERT_FIRED, ALERT_RESOLVED} else kind
        names[kind] = lane if lane in names.values() or len(set(names.values())) < MOST_LANES - 1 else "other"
    return names


def _draw(study: Study, width: float, low: float, high: float) -> Any:
    wide = width > 5
    lanes = _lanes(study.timeline.events)
    order = list(dict.fromkeys(lanes.values()))
    known = [m for m in study.milestones.values() if m.at is not None]
    top = 0.34 * len(known) + 0.2
    fig, ax = plot.new(width, 0.7 + 0.3 * max(len(order), 1) + 0.22 * len(known))
    phases = (("impact-start", "mitigated", plot.BAD_WASH), ("mitigated", "resolved", plot.WARN_WASH))
    for start, end, colour in phases:
        a, b = _at(study, start), _at(study, end)
        if a is not None and b is not None and a < b:
            ax.axvspan(a.timestamp(), b.timestamp(), color=colour, linewidth=0, zorder=0)
    for lane, name in enumerate(order):
        mine = [e for e in study.timeline.events if lanes.get(e.kind) == name]
        full = [
            e.at.timestamp() for e in mine if e.kind != ALERT_RESOLVED and low <= e.at.timestamp() <= high
        ]
        open_ = [
            e.at.timestamp() for e in mine if e.kind == ALERT_RESOLVED and low <= e.at.timestamp() <= high
        ]
        colour = (
            plot.BAD if name == "alert" else plot.ACCENT if name in {"deploy", "rollback"} else plot.INK_3
        )
        ax.plot(full, [-lane] * len(full), "o", markersize=4.5, color=colour, alpha=0.8, linestyle="none")
        ax.plot(
            open_, [-lane] * len(open_), "o", markersize=4.5, color=colour, fillstyle="none", linestyle="none"
        )
    # The earliest stands highest: its words lie to the right, above the lines that follow.
    late_first = sorted(known, key=lambda m: (m.at, MILESTONES.index(m.kind)), reverse=True)
    for i, m in enumerate(late_first):
        assert m.at is not None
        x, y = m.at.timestamp(), 0.8 + 0.34 * 2 * i
        ax.plot([x, x], [-len(order) + 0.4, y], color=plot.INK, linewidth=1.0, zorder=1)
        right = x > low + 0.6 * (high - low)
        clock = m.at.astimezone(zones.zone(study.tz)).strftime("%H:%M:%S")
        said = f"{m.label} {clock}"
        side = "right" if right else "left"
        ax.annotate(
            said,
            (x, y),
            xytext=(-4 if right else 4, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=8 if wide else 7,
            color=plot.INK,
        )
    ax.set_xlim(low, high)
    ax.set_ylim(-len(order) + 0.4, 0.6 + 2 * top)
    ax.set_yticks([-i for i in range(len(order))], [name if wide else name[:11] for name in order])
    ax.set_xticks(*_ticks(study, low, high, 9 if wide else 4))
    return fig


def _ticks(study: Study, low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """Round clock times of the zone; across midnight with the date."""
    place = zones.zone(study.tz)
    week = STEPS_S[-1]
    step = next(
        (s for s in STEPS_S if (high - low) / s <= most), week * (1 + int((high - low) / week / most))
    )
    shift = datetime.datetime.fromtimestamp(low, place).utcoffset() or datetime.timedelta()
    at = (int((low + shift.total_seconds()) // step) + 1) * step - shift.total_seconds()
    found = []
    while at < high:
        found.append(at)
        at += step
    form = "%m-%d" if step >= 86_400 else "%H:%M:%S" if step < 60 else "%H:%M"
    return found, [datetime.datetime.fromtimestamp(t, place).strftime(form) for t in found]

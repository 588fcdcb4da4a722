"""Geometry of the debrief's timeline: where each mark, span and line of the server-rendered SVG goes.

Horizontal places are per cent of the horizon, vertical ones pixels within a lane, so text never distorts. The
lines are in an inner SVG with a 1000 by 100 view box. Pure functions of the debrief; no truth is added here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

PLOT_PX = 1068
"""Width of the plot at the full page width; narrower pages scroll the timeline or hide the labels."""
CHAR_PX = 5.9
ROW_PX = 20
AXIS_STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
MAX_LABEL = 58


@dataclass(frozen=True)
class Mark:
    """A point of a lane with its label to the right (`start`) or to the left (`end`)."""

    x: float
    y: int
    label: str
    full: str
    kind: str
    strong: bool
    anchor: str


@dataclass(frozen=True)
class Span:
    """A stretch of the truth lane."""

    x: float
    width: float
    y: int
    label: str
    full: str
    harm: bool
    text_x: float
    anchor: str


@dataclass(frozen=True)
class Tick:
    """A tick of an axis: place in per cent, label, and whether it is dropped on a phone."""

    at: float
    label: str
    minor: bool


@dataclass(frozen=True)
class Losses:
    """The loss chart: SVG paths in a 1000 by 100 box, and dollar ticks in per cent from the top."""

    you: str
    senior: str
    between: str
    ticks: list[Tick]


class Axis:
    """The shared time axis."""

    def __init__(self, start_s: float, end_s: float) -> None:
        self.start_s, self.end_s = start_s, max(end_s, start_s + 1.0)

    def at(self, t_s: float) -> float:
        """Per cent of the way, held within the axis."""
        share = (t_s - self.start_s) / (self.end_s - self.start_s)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def ticks(self, label: Callable[[float], str], origin_s: float) -> list[Tick]:
        """At most 13 ticks at round times of day; on a phone every third stays, or those at midnight."""
        step = next((s for s in AXIS_STEPS_S if (self.end_s - self.start_s) / s <= 12), AXIS_STEPS_S[-1])
        first = math.ceil((self.start_s + origin_s) / step) * step - origin_s
        count = int((self.end_s - first) // step) + 1
        kept = 86_400 // step if 21_600 <= step < 86_400 else 3
        made = []
        for i in range(count):
            t_s = first + i * step
            made.append(Tick(self.at(t_s), label(t_s), bool(round((t_s + origin_s) / step) % kept)))
        return made


def marks(
    items: Sequence[dict[str, Any]], axis: Axis, clock: Callable[[float], str]
) -> tuple[list[Mark], int]:
    """The marks of one lane on as few rows as their labels allow, and the number of rows."""
    placed: list[Mark] = []
    rows = _Rows()
    for item in sorted(items, key=lambda i: float(i["t_s"])):
        full = f"{clock(float(item['t_s']))} {item['text']}"
        label = _short(full)
        x, width = axis.at(float(item["t_s"])), _width(label)
        to_left = x + width > 100
        row = rows.place(x - width, x + 1) if to_left else rows.place(x - 0.5, x + width)
        placed.append(
            Mark(
                x,
                16 + row * ROW_PX,
                label,
                full,
                str(item.get("kind", "")),
                bool(item.get("strong")),
                "end" if to_left else "start",
            )
        )
    return placed, rows.count


def spans(
    items: Sequence[dict[str, Any]], axis: Axis, clock: Callable[[float], str]
) -> tuple[list[Span], int]:
    """The stretches of the truth lane, and the number of rows."""
    placed: list[Span] = []
    rows = _Rows()
    for item in sorted(items, key=lambda i: float(i["from_s"])):
        until = item["to_s"] if item["to_s"] is not None else axis.end_s
        x = axis.at(float(item["from_s"]))
        width = max(axis.at(float(until)) - x, 0.4)
        label = str(item["text"])
        need = _width(label)
        to_left = need > width and x + need > 100
        row = rows.place(min(x, 100 - need) if to_left else x, max(x + width, 100 if to_left else x + need))
        full = f"{clock(float(item['from_s']))} to {clock(float(until))} {label}"
        placed.append(
            Span(
                x,
                round(width, 2),
                8 + row * (ROW_PX + 4),
                label,
                full,
                bool(item["harm"]),
                100.0 if to_left else x,
                "end" if to_left else "start",
            )
        )
    return placed, rows.count


def losses(series: dict[str, Any], axis: Axis, *, times: int = 1) -> Losses:
    """The loss per minute of both runs; the senior's is empty until their run is there.

    Args:
        times: minutes of the unit it is drawn in, 60 for dollars an hour.
    """
    places = [axis.at(float(t)) * 10 for t in series["t_s"]]
    you = [times * float(v) for v in series["you_usd"]]
    senior = [times * float(v) for v in series.get("senior_usd") or []]
    top, bottom = max([*you, *senior, 1.0]), min([*you, *senior, 0.0])
    step = _nice((top - bottom) / 4)

    def height(value: float) -> float:
        return round(100 - 88 * (value - bottom) / (top - bottom), 1)

    def line(values: Sequence[float]) -> str:
        return (
            "M" + "L".join(f"{t:.1f} {height(v)}" for t, v in zip(places, values, strict=False))
            if values
            else ""
        )

    between = ""
    if senior and you:
        back = list(zip(places, senior, strict=False))[::-1]
        between = line(you) + "L" + "L".join(f"{t:.1f} {height(v)}" for t, v in back) + "Z"
    amounts = [step * i for i in range(math.ceil(bottom / step), math.floor(top / step) + 1)]
    ticks = [
        Tick(height(a), f"{'−' if a < 0 else ''}${abs(a):,.0f}" if step >= 1 else f"${a:.2f}", False)
        for a in amounts
    ]
    return Losses(line(you), line(senior), between, ticks)


class _Rows:
    """Greedy rows: the first one whose last label ends before the new one begins."""

    def __init__(self) -> None:
        self._ends: list[float] = []

    @property
    def count(self) -> int:
        return max(len(self._ends), 1)

    def place(self, start: float, end: float) -> int:
        for row, taken in enumerate(self._ends):
            if taken <= start:
                self._ends[row] = end + 0.8
                return row
        self._ends.append(end + 0.8)
        return len(self._ends) - 1


def _short(label: str) -> str:
    return label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1].rstrip() + "…"


def _width(label: str) -> float:
    return (len(label) * CHAR_PX + 16) / PLOT_PX * 100


def _nice(raw: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(raw, 1e-9)))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw)

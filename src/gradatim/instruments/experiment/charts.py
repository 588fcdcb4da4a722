"""The drawings of the experiment's report."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradatim.instruments.experiment.analyse import Readout, Result
from gradatim.instruments.experiment.decide import shown
from gradatim.instruments.experiment.overtime import Look
from gradatim.instruments.experiment.segments import Segment
from gradatim.instruments.experiment.srm import SampleRatio
from gradatim.instruments.report import figure, plot

if TYPE_CHECKING:
    from gradatim.instruments.experiment.effect import Effect, Reading

ROW_IN = 0.42


def forest(readout: Readout) -> str:
    """Every metric's effect with both intervals, in percent of the control; margins as ticks."""
    rows = [r for r in readout.results if r.effect.relative is not None and not r.too_little]
    if not rows:
        return ""
    labels = [_label(r) for r in rows]
    tones = [_tone(r, readout) for r in rows]
    margins = [
        -100 * r.metric.better * r.metric.margin
        if r.metric.margin is not None and r.metric.relative_margin
        else None
        for r in rows
    ]
    readings = [r.effect.relative for r in rows]
    name = "anytime-valid" if readout.settings.method == "anytime" else "fixed"
    return _forest(
        labels,
        [r for r in readings if r is not None],
        tones,
        margins,
        f"Effect of {readout.settings.treatment} against {readout.settings.control}, percent of the control: the "
        "thin bar is the anytime-valid interval, the thick one the fixed one; a tick is a guardrail's margin. "
        f"The verdict is read from the {name} one.",
    )


def segments_forest(segment: Segment, whole: Effect, column: str) -> str:
    """The first goal in every part of one column, the whole on top."""
    if whole.relative is None or len(segment.parts) < 2:
        return ""
    shown_parts = [p for p in segment.parts if p.effect.relative is not None]
    labels = ["all", *(p.value[:28] for p in shown_parts)]
    readings = [whole.relative, *(p.effect.relative for p in shown_parts if p.effect.relative is not None)]
    tones = [plot.INK, *(plot.ACCENT for _ in shown_parts)]
    return _forest(
        labels, readings, tones, [None] * len(labels), f"The same effect by {column}, percent of the control."
    )


def over_time(found: Sequence[Look], name: str) -> str:
    """The effect and both intervals at every look."""
    if len(found) < 3:
        return ""
    fig, ax = plot.new(10, 3.6)
    x = _times(found)
    wide_low, wide_high = [k.anytime.low for k in found], [k.anytime.high for k in found]
    ax.fill_between(x, wide_low, wide_high, color=plot.ACCENT_WASH, linewidth=0)
    ax.plot(x, wide_low, color=plot.ACCENT, linewidth=0.8)
    ax.plot(x, wide_high, color=plot.ACCENT, linewidth=0.8)
    for ends in ([k.fixed.low for k in found], [k.fixed.high for k in found]):
        ax.plot(x, ends, color=plot.INK_3, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.plot(x, [k.estimate for k in found], color=plot.INK, linewidth=1.8)
    ax.axhline(0, color=plot.INK_2, linewidth=0.8)
    # The first looks are wide; the eye belongs on what is known now.
    ends = [0.0, *(v for k in found[len(found) // 4 :] for v in k.anytime)]
    room = 0.12 * (max(ends) - min(ends) or 1.0)
    ax.set_ylim(min(ends) - room, max(ends) + room)
    ax.set_ylabel(f"difference in {name}")
    for y, text, colour in (
        (found[-1].anytime.high, "anytime-valid", plot.ACCENT),
        (found[-1].fixed.high, "fixed", plot.INK_3),
        (found[-1].estimate, "effect", plot.INK),
    ):
        ax.annotate(
            text, (x[-1], y), (6, 0), textcoords="offset points", color=colour, va="center", fontsize=8
        )
    ax.margins(x=0.01)
    rows = [
        (
            _stamp(k.time_s),
            f"{k.units:,}",
            f"{k.estimate:.4g}",
            f"{k.anytime.low:.4g}",
            f"{k.anytime.high:.4g}",
            f"{k.fixed.low:.4g}",
            f"{k.fixed.high:.4g}",
        )
        for k in found
    ]
    columns = ["until", "units", "difference", "anytime low", "anytime high", "fixed low", "fixed high"]
    return figure(
        fig,
        f"{name}: the difference as the units came in. The band may be looked at at any time; the dashed lines "
        "only once.",
        (columns, rows),
    )


def split(ratio: SampleRatio) -> str:
    """Units per arm beside what was intended."""
    fig, ax = plot.new(4.8, 0.7 + ROW_IN * len(ratio.counts))
    names = list(ratio.counts)
    total = sum(ratio.counts.values())
    for y, arm in enumerate(reversed(names)):
        got, wanted = ratio.counts[arm] / total * 100, ratio.expected[arm] / total * 100
        colour = plot.BAD if ratio.mismatch else plot.REFERENCE
        ax.barh(y, got, height=0.5, color=colour, alpha=0.75, linewidth=0)
        ax.plot([wanted, wanted], [y - 0.38, y + 0.38], color=plot.INK, linewidth=1.6)
        ax.annotate(
            f"{got:.2f} %", (max(got, wanted), y), (6, 0), textcoords="offset points", va="center", fontsize=8
        )
    ax.set_yticks(range(len(names)), [n[:24] for n in reversed(names)])
    ax.set_xlim(0, max(max(ratio.counts.values()), max(ratio.expected.values())) / total * 118)
    ax.set_xlabel("share of the units, %")
    ax.grid(axis="y", visible=False)
    rows = [(a, f"{ratio.counts[a]:,}", f"{ratio.expected[a]:,.1f}") for a in names]
    return figure(
        fig,
        "Units in each arm; the stroke is the intended share.",
        (["arm", "units", "expected units"], rows),
    )


def power_curves(
    lifts: Sequence[float], powers: Sequence[float], lift: float, wanted: float, unit: str
) -> str:
    """Power at the planned size over the true effect."""
    fig, ax = plot.new(10, 3.2)
    ax.plot(lifts, [100 * p for p in powers], color=plot.ACCENT, linewidth=1.8)
    ax.plot([lift], [100 * wanted], "o", color=plot.INK, markersize=5)
    ax.annotate(
        f"{lift:+.4g}{unit}: {100 * wanted:.0f} %",
        (lift, 100 * wanted),
        (8, -10),
        textcoords="offset points",
        fontsize=8.5,
    )
    ax.set_ylim(0, 102)
    ax.set_ylabel("power, %")
    ax.set_xlabel(f"true effect{unit and ', ' + unit.strip()}")
    rows = [(f"{x:.4g}", f"{100 * p:.1f}") for x, p in zip(lifts, powers, strict=True)]
    return figure(fig, "Power at the planned size.", (["true effect", "power, %"], rows))


def _forest(
    labels: Sequence[str],
    readings: Sequence[Reading],
    tones: Sequence[str],
    margins: Sequence[float | None],
    caption: str,
) -> str:
    fig, ax = plot.new(10, 0.9 + ROW_IN * len(labels))
    ends: list[float] = [0.0]
    for k, (reading, tone, margin) in enumerate(zip(readings, tones, margins, strict=True)):
        y = len(labels) - 1 - k
        wide, narrow = reading.anytime, reading.fixed
        ax.plot([100 * wide.low, 100 * wide.high], [y, y], color=tone, linewidth=1.4, solid_capstyle="butt")
        ax.plot([100 * narrow.low, 100 * narrow.high], [y, y], color=tone, linewidth=5, alpha=0.45)
        ax.plot([100 * reading.estimate], [y], "o", color=tone, markersize=6)
        ends += [100 * narrow.low, 100 * narrow.high, 100 * wide.low, 100 * wide.high]
        if margin is not None:
            ax.plot([margin, margin], [y - 0.34, y + 0.34], color=plot.WARN, linewidth=2)
            ends.append(margin)
    low, high = min(ends), max(ends)
    room = 0.06 * (high - low or 1.0)
    ax.set_xlim(low - room, high + room)
    ax.axvline(0, color=plot.INK_2, linewidth=0.8)
    ax.set_yticks(range(len(labels)), list(reversed(labels)))
    ax.tick_params(axis="y", labelcolor=plot.INK)
    ax.set_ylim(-0.6, len(labels) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_xlabel("change, % of the control")
    rows = [
        (label, shown(r.estimate, True), *(shown(v, True) for v in (*r.anytime, *r.fixed)))
        for label, r in zip(labels, readings, strict=True)
    ]
    columns = ["what", "change", "anytime low", "anytime high", "fixed low", "fixed high"]
    return figure(fig, caption, (columns, rows))


def _label(result: Result) -> str:
    arrow = "more is better" if result.metric.better > 0 else "less is better"
    return f"{result.metric.name[:30]}\n({'guardrail, ' if result.metric.margin is not None else ''}{arrow})"


def _tone(result: Result, readout: Readout) -> str:
    settings = readout.settings
    if result.metric.margin is not None:
        interval = result.margin_interval(settings.method)
        return plot.GOOD if interval.low > 0 else plot.BAD if interval.high < 0 else plot.INK_2
    return plot.GOOD if result.better(settings) else plot.BAD if result.worse(settings) else plot.INK_2


def _times(found: Sequence[Look]) -> list[Any]:
    """Dates where the times are dates of our days; plain numbers where they are something else."""
    if found[0].time_s < 1e8:
        return [k.time_s for k in found]
    return [datetime.datetime.fromtimestamp(k.time_s, datetime.UTC) for k in found]


def _stamp(time_s: float) -> str:
    if time_s < 1e8 or not math.isfinite(time_s):
        return f"{time_s:g}"
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC).strftime("%Y-%m-%d %H:%M")

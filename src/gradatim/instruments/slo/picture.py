"""The picture of a backtest: the budget burning down, and the burn rate against the thresholds."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import numpy as np

from gradatim.core.groups import load
from gradatim.instruments.metrics_files.times import stamp
from gradatim.instruments.promql.series import Floats, Millis
from gradatim.instruments.report import figure, plot
from gradatim.instruments.slo.analysis import Judged
from gradatim.instruments.slo.spec import HOUR_MS

_POINTS = 1200


def budget_figure(one: Judged) -> str:
    """Budget left over time, incidents shaded, pages and tickets marked; under it the burn rate of an hour."""
    dates = load("matplotlib.dates", "work", "The report")
    b, rules = one.budget, one.contenders[0]
    fig, axes = plot.grid(10, 4.6, 2, 1, sharex=True, height_ratios=[2, 1.15])
    top, low = axes[0][0], axes[1][0]
    at, left = _thin(b.at_ms, b.left * 100)
    when = _dates(at)
    top.axhline(0, color=plot.BAD, linewidth=1)
    top.plot(when, left, color=plot.ACCENT, linewidth=1.8)
    floor = float(np.nanmin(left))
    lowest = max(floor, -150.0)
    top.fill_between(when, left, min(0.0, lowest), color=plot.ACCENT_WASH, linewidth=0)
    for d in rules.detections:
        # A short incident is still seen: at least a three-hundredth of the picture.
        least = int(b.at_ms[-1] - b.at_ms[0]) // 300
        end_ms = max(d.incident.end_ms, d.incident.start_ms + least)
        span = _dates(np.array([d.incident.start_ms, end_ms]))
        for ax in (top, low):
            ax.axvspan(span[0], span[1], color=plot.BAD_WASH, linewidth=0)
    bottom = min(0.0, lowest) - 14
    top.set_ylim(bottom, max(104.0, float(np.nanmax(left)) + 4))
    _marks(top, [p.start_ms for p in rules.pages if p.real], bottom + 7, "v", plot.BAD, "page")
    _marks(top, [p.start_ms for p in rules.pages if not p.real], bottom + 7, "x", plot.WARN, "page, noise")
    _marks(top, [start for start, _ in rules.tickets], bottom + 2.5, "|", plot.INK_3, "ticket")
    top.set_ylabel("error budget left, %")
    _burn(low, one)
    low.set_xlim(when[0], when[-1])
    locator = dates.AutoDateLocator(minticks=4, maxticks=9)
    low.xaxis.set_major_locator(locator)
    low.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    handles, labels = top.get_legend_handles_labels()
    if handles:
        place = {"loc": "upper right", "ncols": 3, "bbox_to_anchor": (1, 1.14)}
        top.legend(handles, labels, frameon=False, labelcolor=plot.INK_2, fontsize=8.5, **place)
    caption = (
        "Error budget left over time, incidents shaded, pages and tickets marked; below, how many times too fast "
        "the last hour burned, with the thresholds of the alerts."
    )
    picked = np.unique(np.linspace(0, len(b.at_ms) - 1, min(60, len(b.at_ms))).astype(int))
    rows = [(stamp(b.at_ms[i]), f"{b.left[i] * 100:.1f}") for i in picked]
    return figure(fig, caption, (("time (UTC)", "budget left, %"), rows))


def _burn(ax: Any, one: Judged) -> None:
    counts = one.counts
    per = max(1, HOUR_MS // counts.step_ms)
    bad, total = _window(counts.bad, per), _window(counts.total, per)
    with np.errstate(all="ignore"):
        burn = np.where(total > 0, bad / total, np.nan) / one.rules.objective.budget
    at, thin = _thin(counts.at_ms, burn)
    ax.plot(_dates(at), np.maximum(thin, 0.02), color=plot.INK_2, linewidth=1.1)
    ax.set_yscale("log")
    ax.set_ylim(0.05, max(30.0, float(np.nanmax(thin, initial=1.0)) * 1.6))
    # Rates that lie close together would print over each other: only the extremes get their number.
    rates = sorted({a.burn for a in one.rules.alerts})
    for rate in rates:
        page = any(a.burn == rate and a.severity == "page" for a in one.rules.alerts)
        ax.axhline(rate, color=plot.BAD if page else plot.WARN, linewidth=0.9, linestyle=(0, (4, 3)))
        if rate in (rates[0], rates[-1]):
            ax.annotate(
                f"{rate:.3g}×",
                (1, rate),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=plot.INK_2,
            )
    ax.set_ylabel("burn rate, 1 h")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.minorticks_off()


def _marks(ax: Any, at_ms: list[int], y: float, marker: str, colour: str, label: str) -> None:
    if at_ms:
        ax.plot(
            _dates(np.array(at_ms)),
            np.full(len(at_ms), y),
            linestyle="none",
            marker=marker,
            markersize=6,
            color=colour,
            label=f"{label} ({len(at_ms)})",
            clip_on=False,
        )


def _window(values: Floats, per: int) -> Floats:
    so_far = np.concatenate([[0.0], np.cumsum(values)])
    i = np.arange(1, len(values) + 1)
    out: Floats = so_far[i] - so_far[np.maximum(i - per, 0)]
    return out


def _thin(at_ms: Millis, values: Floats) -> tuple[Millis, Floats]:
    """At most some thousand points that keep every peak: the least and the greatest of each piece."""
    if len(values) <= _POINTS:
        return at_ms, values
    edges = np.linspace(0, len(values), _POINTS // 2 + 1).astype(int)
    chosen: list[int] = []
    for a, b in itertools.pairwise(edges.tolist()):
        piece = np.where(np.isnan(values[a:b]), -np.inf, values[a:b])
        other = np.where(np.isnan(values[a:b]), np.inf, values[a:b])
        chosen += sorted({a + int(piece.argmax()), a + int(other.argmin())})
    picked = np.array([*chosen, len(values) - 1])
    picked = np.unique(picked)
    return at_ms[picked], values[picked]


def _dates(at_ms: Millis) -> list[datetime.datetime]:
    return [datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC) for ms in at_ms.tolist()]

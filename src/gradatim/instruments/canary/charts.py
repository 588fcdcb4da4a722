"""The drawings of the canary's report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gradatim.instruments.canary.compare import Comparison
from gradatim.instruments.canary.judge import Judgement, Rule
from gradatim.instruments.canary.points import Points, contrast
from gradatim.instruments.report import figure, plot

ROW_IN = 0.4
MOST_ROWS, MOST_SHAPES, MOST_LOOKS = 24, 4, 40
LEAST_LOOK = 10


def forest(judgements: Sequence[Judgement], rule: Rule, caption: str) -> str:
    """Change with interval, percent of the baseline, the tolerance as a band behind each row."""
    rows = [j for j in judgements if j.difference is not None and j.means[0]][:MOST_ROWS]
    if not rows:
        return ""
    fig, ax = plot.new(10, 0.9 + ROW_IN * len(rows))
    table, ends = [], [0.0]
    shown = [_percent(j, rule) for j in rows]
    for k, (j, (at, low, high, tolerance)) in enumerate(zip(rows, shown, strict=True)):
        y = len(rows) - 1 - k
        left = -tolerance if j.metric.worse in ("decrease", "either") else None
        right = tolerance if j.metric.worse in ("increase", "either") else None
        for edge in (left, right):
            if edge is not None:
                ax.plot([edge, edge], [y - 0.34, y + 0.34], color=plot.WARN, linewidth=1.8)
        tone = {"pass": plot.GOOD, "fail": plot.BAD, "unknown": plot.INK_2}[j.state]
        ax.plot([low, high], [y, y], color=tone, linewidth=2.4, solid_capstyle="butt")
        ax.plot([at], [y], "o", color=tone, markersize=6)
        ends += [at, *(edge for edge in (left, right) if edge is not None)]
        ends += [low, high] if j.state == "fail" else []
        table.append((_label(j), f"{at:+.2f}", f"{low:+.2f}", f"{high:+.2f}", f"{tolerance:.2f}"))
    # One metric that is hopelessly wide must not squeeze the others into a line.
    widths = sorted(max(abs(low), abs(high)) for _, low, high, _ in shown)
    reach = max([abs(e) for e in ends] + [widths[len(widths) // 2] * 1.3])
    ax.set_xlim(-1.08 * reach, 1.08 * reach)
    ax.axvline(0, color=plot.INK_2, linewidth=0.8)
    ax.set_yticks(range(len(rows)), [_label(j) for j in reversed(rows)])
    ax.tick_params(axis="y", labelcolor=plot.INK)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_xlabel("change, % of the baseline's mean")
    return figure(fig, caption, (["metric", "change, %", "low, %", "high, %", "tolerance, %"], table))


def shapes(found: Comparison) -> str:
    """The distribution on both sides of the metrics that matter most, from a hundred quantiles each."""
    order = {"fail": 0, "unknown": 1, "pass": 2}
    rows = sorted(
        (j for j in found.whole if j.points.least >= 2 and not j.constant and not j.points.binary),
        key=lambda j: (
            order[j.state],
            j.p_mixed_adjusted,
            -abs(j.relative) if j.relative == j.relative else 0,
        ),
    )[:MOST_SHAPES]
    if not rows:
        return ""
    height = 2.5 * math.ceil(len(rows) / 2)
    fig, axes = plot.grid(10, height + 0.2, math.ceil(len(rows) / 2), 2)
    table: list[tuple[object, ...]] = []
    for k, ax in enumerate(axes.flat):
        if k >= len(rows):
            ax.set_visible(False)
            continue
        table += _shape(ax, rows[k], legend=k == 0)
    columns = ["metric", "quantile", "baseline", "canary"]
    return figure(
        fig,
        "Share of points at or below a value: baseline dashed, canary solid. A part of the canary that breaks away "
        "is a mixed shift.",
        (columns, table),
    )


def _shape(ax: Any, judgement: Judgement, *, legend: bool) -> list[tuple[object, ...]]:
    import numpy as np

    levels = np.linspace(0, 1, 101)
    old, new = (np.quantile(v, levels) for v in (judgement.points.baseline, judgement.points.canary))
    for values, colour, dash, name in (
        (old, plot.REFERENCE, (0, (5, 2)), "baseline"),
        (new, plot.BAD if judgement.state == "fail" else plot.ACCENT, "-", "canary"),
    ):
        ax.plot(values, 100 * levels, color=colour, linestyle=dash, linewidth=1.8, label=name)
    if min(old[0], new[0]) > 0 and max(old[-1], new[-1]) > 50 * min(old[0], new[0]):
        ax.set_xscale("log")
    ax.set_title(_label(judgement), loc="left", color=plot.INK)
    ax.set_ylabel("points, %")
    if legend:
        ax.legend(loc="lower right", fontsize=8)
    return [
        (
            _label(judgement),
            f"{100 * q:.0f} %",
            f"{np.quantile(judgement.points.baseline, q):.4g}",
            f"{np.quantile(judgement.points.canary, q):.4g}",
        )
        for q in (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    ]


def over_time(judgement: Judgement, rule: Rule) -> str:
    """The difference of the means as the points came in, with its interval at each look."""
    points = judgement.points
    if not points.in_time or points.least < 3 * LEAST_LOOK:
        return ""
    looks = _prefixes(points)
    fig, ax = plot.new(10, 3.2)
    x = [n for n, _ in looks]
    parts = [contrast(p) for _, p in looks]
    halves = [c.half(rule.alpha, rule.always) for c in parts]
    low = [c.estimate - h for c, h in zip(parts, halves, strict=True)]
    high = [c.estimate + h for c, h in zip(parts, halves, strict=True)]
    ax.fill_between(x, low, high, color=plot.ACCENT_WASH, linewidth=0)
    ax.plot(x, low, color=plot.ACCENT, linewidth=0.8)
    ax.plot(x, high, color=plot.ACCENT, linewidth=0.8)
    ax.plot(x, [c.estimate for c in parts], color=plot.INK, linewidth=1.8)
    ax.axhline(0, color=plot.INK_2, linewidth=0.8)
    later = slice(len(x) // 4, None)
    ends = [0.0, *low[later], *high[later]]
    room = 0.12 * (max(ends) - min(ends) or 1.0)
    ax.set_ylim(min(ends) - room, max(ends) + room)
    ax.set_xlabel("canary points so far")
    ax.set_ylabel(f"difference in {judgement.metric.column[:28]}")
    ax.margins(x=0.01)
    rows = [
        (f"{n:,}", f"{c.estimate:.4g}", f"{a:.4g}", f"{b:.4g}")
        for n, c, a, b in zip(x, parts, low, high, strict=True)
    ]
    kind = "may be looked at at any time" if rule.always else "is valid for one look"
    return figure(
        fig,
        f"{judgement.metric.column}: canary minus baseline as the points came in; the band {kind}.",
        (["canary points", "difference", "low", "high"], rows),
    )


def _prefixes(points: Points) -> list[tuple[int, Points]]:
    import numpy as np

    found = []
    for share in np.linspace(0, 1, MOST_LOOKS + 1)[1:]:
        if points.pairs is not None:
            n = int(share * len(points.pairs[0]))
            if n >= LEAST_LOOK:
                found.append((n, points._replace(pairs=(points.pairs[0][:n], points.pairs[1][:n]))))
            continue
        old, new = (v[: int(share * len(v))] for v in (points.baseline, points.canary))
        if min(len(old), len(new)) >= LEAST_LOOK:
            found.append((len(new), Points(old, new, in_time=True)))
    return found


def _percent(judgement: Judgement, rule: Rule) -> tuple[float, float, float, float]:
    """Estimate, interval and tolerance in percent of the baseline's mean."""
    assert judgement.difference is not None
    base = abs(judgement.means[0]) / 100
    half = judgement.difference.half(rule.alpha, rule.always)
    at = judgement.difference.estimate
    tolerance = judgement.metric.tolerance
    size = 100 * tolerance.size if tolerance.relative else tolerance.size / base
    return at / base, (at - half) / base, (at + half) / base, size


def _label(judgement: Judgement) -> str:
    name = judgement.metric.column[:30]
    return f"{name}, {judgement.slice[:18]}" if judgement.slice else name

"""The drawings of a drift report: how far each column moved, how it looks now, when it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradatim.instruments.drift import distances
from gradatim.instruments.drift.persistence import when
from gradatim.instruments.report import figure, plot

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from gradatim.instruments.drift.analysis import Analysis
    from gradatim.instruments.drift.finding import ColumnResult
    from gradatim.instruments.drift.performance import Group
    from gradatim.instruments.drift.profile import ColumnProfile

MOST_ROWS = 30
LEAST_SHOWN = 0.02
NAME = 34


def overview(analysis: Analysis) -> str:
    """Every column's effect over its limit, the largest first."""
    ordered = sorted(analysis.results, key=lambda r: (-_shown_weight(r), r.name))
    shown = ordered[:MOST_ROWS]
    rest = f" The {len(shown)} largest of {len(ordered):,} columns." if len(ordered) > len(shown) else ""
    caption = (
        "How far each column moved, over the limit from which it matters. Filled triangle: drifted; open triangle: "
        "drifted and came back; filled dot: real but small; open dot: no more than sampling noise. "
        f"Bar: 95 % interval.{rest}"
    )
    rows = [(r.name, r.state, f"{r.weight:.3g}", _largest(r)) for r in shown]
    wide, narrow = (_dots(shown, analysis.settings.effect, width) for width in (10.4, 3.9))
    return figure(fig=wide, caption=caption, data_table=(DOTS, rows), narrow=narrow)


ENDS = ("wasserstein_sd_low", "wasserstein_sd_high")
DOTS = ["column", "state", "effect over limit", "largest finding"]


def _dots(shown: list[ColumnResult], limit: float, width_in: float) -> Figure:
    fig, ax = plot.new(width_in, 0.9 + 0.24 * len(shown))
    most = max([_shown_weight(r) for r in shown] + [2.0])
    ax.axvspan(1.0, most * 3, color=plot.BAD_WASH, lw=0)
    ax.axvline(1.0, color=plot.BAD, lw=1, ls=(0, (2, 3)))
    for y, r in enumerate(shown):
        x = _shown_weight(r)
        ax.plot([LEAST_SHOWN, max(x, LEAST_SHOWN)], [y, y], color=plot.LINE_2, lw=0.8, zorder=1)
        ends = [r.measures[key] for key in ENDS if r.measures.get(key) is not None]
        decides = abs((r.measures.get("wasserstein_sd") or 0.0) / limit - x) < 1e-9
        if decides and r.state != "same" and ends:
            ax.plot([max(end / limit, LEAST_SHOWN) for end in ends], [y, y], color=plot.INK_2, lw=3)
        marker, face, edge = {
            "drift": ("^", plot.BAD, plot.BAD),
            "episode": ("^", plot.GROUND, plot.WARN),
            "small": ("o", plot.INK_2, plot.INK_2),
        }.get(r.state, ("o", plot.GROUND, plot.INK_3))
        ax.plot([max(x, LEAST_SHOWN)], [y], marker, ms=6, mfc=face, mec=edge, mew=1.3, zorder=3)
    ax.set_xscale("log")
    ax.set_xlim(LEAST_SHOWN * 0.8, most * 1.6)
    ax.set_ylim(len(shown) - 0.4, -0.9)
    wide = width_in > 6
    ax.set_yticks(range(len(shown)), [_short(r.name, NAME if wide else 15) for r in shown], color=plot.INK)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.set_xlabel("effect over its limit (log scale)")
    steps = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if wide else (0.02, 0.1, 1, 10, 100)
    ticks = [t for t in steps if t <= most * 1.6]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.text(1.06, -0.62, "matters", color=plot.BAD, fontsize=8, va="center")
    return fig


def distribution(r: ColumnResult, before: ColumnProfile, after: ColumnProfile) -> str:
    """A column then and now."""
    if before.kind == "category":
        return _categories(r, before, after)
    if before.kind == "time":
        return _hours(r, before, after)
    return _density(r, before, after)


def over_time(analysis: Analysis, results: list[ColumnResult]) -> str:
    """A sheet of columns by windows; darker is further beyond the limit."""
    first = results[0].persistence
    assert first is not None
    wide = len(first.starts_s)
    fig, ax = plot.new(10.4, 1.0 + 0.26 * len(results))
    for y, r in enumerate(results):
        assert r.persistence is not None
        for x, (effect, flagged) in enumerate(zip(r.persistence.effects, r.persistence.flagged, strict=True)):
            if effect is None:
                ax.plot([x], [y], "x", color=plot.LINE_2, ms=3, mew=0.8)
                continue
            strength = min(1.0, effect / 3)
            colour = plot.BAD if flagged else plot.INK_3
            ax.add_patch(_tile(x, y, colour, 0.15 + 0.85 * strength if flagged else 0.10 + 0.35 * strength))
    ax.set_xlim(-0.6, wide - 0.4)
    ax.set_ylim(len(results) - 0.4, -0.6)
    ax.set_yticks(range(len(results)), [_short(r.name) for r in results], color=plot.INK)
    step = max(1, wide // 8)
    at = list(range(0, wide, step))
    ax.set_xticks(at, [when(first.starts_s[i]) for i in at])
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
    caption = (
        "Each window of the current data against the whole reference. Coloured: beyond the limit, beyond sampling "
        "noise and beyond the reference's own windows; darker is further. Cross: fewer than 50 rows."
    )
    rows = [
        (r.name, when(s), "too few rows" if e is None else f"{e:.2f}", "changed" if f else "")
        for r in results
        if r.persistence is not None
        for s, e, f in zip(r.persistence.starts_s, r.persistence.effects, r.persistence.flagged, strict=True)
    ]
    return figure(fig, caption, (["column", "window", "effect over limit", ""], rows))


def performance(analysis: Analysis) -> str:
    """The deciding metric in all rows and in each segment: reference, estimated, realised."""
    metric = analysis.request.metric
    groups = [g for g in analysis.groups if g.estimated and metric in g.estimated][:24]
    rows = []
    for g in groups:
        for side in SIDES:
            found = getattr(g, side) or {}
            if metric in found:
                e = found[metric]
                name = _group_name(g.segment, g.value)
                rows.append((name, side, f"{e.value:.4f}", f"{e.low:.4f} to {e.high:.4f}"))
    caption = (
        "Performance with 95 % intervals: in the reference, estimated without labels, realised with labels."
    )
    wide, narrow = (_forest(groups, metric, width) for width in (10.4, 3.9))
    return figure(wide, caption, (["rows", "side", metric, "interval"], rows), narrow=narrow)


SIDES = {
    "reference": (plot.REFERENCE, "o", plot.GROUND, -0.22),
    "estimated": (plot.ACCENT, "o", plot.ACCENT, 0.0),
    "realised": (plot.INK, "s", plot.INK, 0.22),
}


def _forest(groups: list[Group], metric: str, width_in: float) -> Figure:
    height = 1.1 + 0.42 * len(groups)
    fig, ax = plot.new(width_in, height)
    told: set[str] = set()
    for y, g in enumerate(groups):
        for side, (colour, marker, face, shift) in SIDES.items():
            found = getattr(g, side) or {}
            if metric not in found:
                continue
            e = found[metric]
            ax.plot([e.low, e.high], [y + shift] * 2, color=colour, lw=1.5)
            label = side if side not in told else None
            told.add(side)
            ax.plot([e.value], [y + shift], marker, ms=5, mfc=face, mec=colour, mew=1.3, label=label)
    most = NAME if width_in > 6 else 14
    names = [_short(_group_name(g.segment, g.value), most) for g in groups]
    ax.set_yticks(range(len(groups)), names, color=plot.INK)
    ax.set_ylim(len(groups) - 0.5, -0.6)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.locator_params(axis="x", nbins=8 if width_in > 6 else 4)
    ax.set_xlabel(metric.replace("_", " ").replace("roc auc", "ROC AUC"))
    plot.legend(ax, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, columnspacing=1.2)
    return fig


def _density(r: ColumnResult, before: ColumnProfile, after: ColumnProfile) -> str:
    import numpy as np

    grid, old, new = before.grid, before.counts, after.counts
    assert grid is not None and old is not None and new is not None and before.sums is not None
    fig, ax = plot.new(3.5, 2.2)
    if grid.scale:
        at = grid.positions(np.zeros_like(old), np.zeros(grid.bins))
        share = np.cumsum(old / old.sum() + new / new.sum()) / 2
        first, last = (min(int(np.searchsorted(share, level)), len(at) - 1) for level in (0.003, 0.997))
        low, high = float(at[first]), float(at[last])
        width = max((high - low) / 48, 1 / grid.scale)
        width = np.ceil(width * grid.scale) / grid.scale
        edges = np.arange(low - 0.5 / grid.scale, high + width, width)
        edges = edges if len(edges) > 1 else np.array([low - width, low + width])
        heights = [np.histogram(at, edges, weights=c / c.sum())[0] for c in (old, new)]
        ax.stairs(heights[0], edges, fill=True, color=plot.REFERENCE, alpha=0.28, label="reference")
        ax.stairs(heights[1], edges, color=plot.ACCENT, lw=1.5, label="current")
        rows = [
            (f"{a:.4g} to {b:.4g}", f"{p:.2%}", f"{q:.2%}")
            for a, b, p, q in zip(edges[:-1], edges[1:], *heights, strict=True)
        ]
        ax.set_ylim(0, None)
    else:
        starts = distances.equal_mass(old, 10)
        shares = [distances.grouped(c, starts) / c.sum() for c in (old, new)]
        labels = _ranges(grid.edges, starts)
        rows = _bars(ax, labels, shares[0], shares[1])
    ax.yaxis.set_major_formatter(
        lambda value, _: f"{value:.0%}" if value >= 0.01 or value == 0 else f"{value:.1%}"
    )
    _title(ax, r)
    unit = "length in characters" if r.kind == "text" else "value"
    return figure(fig, _largest(r), ([unit, "reference", "current"], rows))


def _categories(r: ColumnResult, before: ColumnProfile, after: ColumnProfile) -> str:
    import numpy as np

    fig, ax = plot.new(3.5, 2.2)
    values = set(before.categories) | set(after.categories)
    common = [v for v in values if before.categories.get(v, 0) + after.categories.get(v, 0) >= 5]
    change = {
        v: after.categories.get(v, 0) / after.known - before.categories.get(v, 0) / before.known
        for v in common
    }
    first = sorted(common, key=lambda v: -abs(change[v]))[:7]
    first.sort(key=lambda v: -(before.categories.get(v, 0) + after.categories.get(v, 0)))
    shares = [np.array([side.categories.get(v, 0) / side.known for v in first]) for side in (before, after)]
    labels = [_short(v, 18) for v in first]
    if len(values) > len(first) or not before.all_named:
        labels.append("all other")
        shares = [np.append(s, max(0.0, 1 - s.sum())) for s in shares]
    rows = _bars(ax, labels, shares[0], shares[1])
    _title(ax, r)
    return figure(fig, _largest(r), (["value", "reference", "current"], rows))


def _hours(r: ColumnResult, before: ColumnProfile, after: ColumnProfile) -> str:
    import numpy as np

    fig, ax = plot.new(3.5, 2.2)
    shares = [np.array(side.hours) / max(1, sum(side.hours)) for side in (before, after)]
    edges = np.arange(25)
    ax.stairs(shares[0], edges, fill=True, color=plot.REFERENCE, alpha=0.28, label="reference")
    ax.stairs(shares[1], edges, color=plot.ACCENT, lw=1.5, label="current")
    ax.set_xticks([0, 6, 12, 18, 24])
    ax.set_ylim(0, None)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _title(ax, r)
    rows = [(f"{h}:00 UTC", f"{p:.2%}", f"{q:.2%}") for h, (p, q) in enumerate(zip(*shares, strict=True))]
    return figure(fig, _largest(r), (["hour", "reference", "current"], rows))


def _bars(
    ax: Any, labels: list[str], old: NDArray[np.float64], new: NDArray[np.float64]
) -> list[tuple[str, str, str]]:
    """Two bars a label: the reference pale, the current in the accent."""
    for i, (p, q) in enumerate(zip(old, new, strict=True)):
        ax.barh(i - 0.2, p, 0.36, color=plot.REFERENCE, alpha=0.35, label="reference" if i == 0 else None)
        ax.barh(i + 0.2, q, 0.36, color=plot.ACCENT, label="current" if i == 0 else None)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    return [(label, f"{p:.2%}", f"{q:.2%}") for label, p, q in zip(labels, old, new, strict=True)]


def _ranges(edges: NDArray[np.float64], starts: NDArray[np.int64]) -> list[str]:
    """What each group of bins covers."""
    borders = [edges[s - 1] for s in starts[1:]]
    first = [f"below {borders[0]:.3g}"] if borders else ["all"]
    middle = [f"from {a:.3g}" for a in borders]
    return first + middle


def _title(ax: Any, r: ColumnResult) -> None:
    colour = {"drift": plot.BAD, "episode": plot.WARN}.get(r.state, plot.INK)
    ax.set_title(_short(r.name, 20), loc="left", color=colour, fontweight="bold")
    plot.legend(
        ax,
        loc="lower right",
        bbox_to_anchor=(1.0, 0.99),
        ncols=2,
        fontsize=7.5,
        borderpad=0.2,
        columnspacing=1,
    )
    lost = [r.measures.get(f"missing_share_{side}", 0.0) for side in ("reference", "current")]
    if abs(lost[1] - lost[0]) >= 0.005:
        ax.text(
            0.01,
            0.97,
            f"missing {lost[0]:.1%} → {lost[1]:.1%}",
            transform=ax.transAxes,
            color=plot.BAD,
            va="top",
        )


def _tile(x: float, y: float, colour: str, alpha: float) -> Any:
    from gradatim.core.groups import load

    patches = load("matplotlib.patches", "work", "The report")
    return patches.Rectangle((x - 0.46, y - 0.42), 0.92, 0.84, facecolor=colour, alpha=alpha, lw=0)


def _shown_weight(r: ColumnResult) -> float:
    """The largest effect over its limit, a gone column far to the right but on the sheet."""
    return min(r.weight, 150.0)


def _largest(r: ColumnResult) -> str:
    found = sorted(r.findings, key=lambda f: (f.p_adjusted >= 0.05, -f.weight))
    return f"{r.name}: {found[0].text}" if found else f"{r.name}: nothing to compare"


def _group_name(segment: str, value: str) -> str:
    return f"{segment} = {value}" if segment else "all rows"


def _short(text: str, most: int = NAME) -> str:
    # A dollar sign would begin mathematics.
    return (text if len(text) <= most else text[: most - 1] + "…").replace("$", r"\$")

"""Our look for matplotlib: hairlines, no frame, colours that follow the page's theme.

Colours are placeholders here; `figure` replaces each with the CSS variable of its token, so that one drawing is
right in light, in dark and on paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradatim.core.groups import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Placeholder to token. The values are arbitrary but must be unlike anything that matplotlib writes itself.
INK, INK_2, INK_3 = "#010a01", "#010a02", "#010a03"
LINE, LINE_2, GROUND = "#010a04", "#010a05", "#010a06"
ACCENT, BAD, WARN, GOOD = "#010a07", "#010a08", "#010a09", "#010a0a"
REFERENCE, BAND, SERIES_2, SERIES_3 = "#010a0b", "#010a0c", "#010a0d", "#010a0e"
ACCENT_WASH, BAD_WASH, WARN_WASH = "#010a0f", "#010a10", "#010a11"

TOKENS = {
    INK: "--ink",
    INK_2: "--ink-2",
    INK_3: "--ink-3",
    LINE: "--line",
    LINE_2: "--line-2",
    GROUND: "--ground",
    ACCENT: "--accent",
    BAD: "--bad",
    WARN: "--warn",
    GOOD: "--good",
    REFERENCE: "--s-ref",
    BAND: "--s-band",
    SERIES_2: "--s2",
    SERIES_3: "--s3",
    ACCENT_WASH: "--accent-wash",
    BAD_WASH: "--bad-wash",
    WARN_WASH: "--warn-wash",
}

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.edgecolor": LINE_2,
    "axes.labelcolor": INK_2,
    "text.color": INK_2,
    "xtick.color": LINE_2,
    "ytick.color": LINE_2,
    "xtick.labelcolor": INK_3,
    "ytick.labelcolor": INK_3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "path.simplify": True,
}


def new(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """A figure with one set of axes in our look.

    Args:
        width_in: width in inches; 10 fills the page, 4.8 stands two in a row.
        height_in: height in inches.

    Raises:
        MissingGroup: matplotlib is not installed.
    """
    figure = sheet(width_in, height_in)
    with _style():
        return figure, figure.add_subplot()


def grid(width_in: float, height_in: float, rows: int, columns: int, **how: Any) -> tuple[Figure, Any]:
    """A figure with `rows` by `columns` axes; `how` goes to matplotlib's `Figure.subplots`."""
    figure = sheet(width_in, height_in)
    with _style():
        return figure, figure.subplots(rows, columns, squeeze=False, **how)


def legend(ax: Axes, **how: Any) -> None:
    """A legend in our look; `how` goes to matplotlib's `Axes.legend`."""
    with _style():
        ax.legend(**{"frameon": False, "handlelength": 1.4, **how})


def sheet(width_in: float, height_in: float) -> Figure:
    """An empty figure; no window system and no global state of pyplot is touched."""
    matplotlib_figure = load("matplotlib.figure", "work", "The report")
    with _style():
        made: Figure = matplotlib_figure.Figure(figsize=(width_in, height_in), layout="constrained")
    return made


def _style() -> Any:
    return load("matplotlib", "work", "The report").rc_context(STYLE)

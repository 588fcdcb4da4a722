"""A matplotlib figure as inline SVG whose colours follow the page."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradatim.core.groups import load
from gradatim.instruments.report import plot
from gradatim.instruments.report.blocks import table, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS_AN_INCH = 96

Data = tuple[Sequence[str], Sequence[Sequence[object]]]


def figure(fig: Figure, caption: str, data_table: Data | None = None, *, narrow: Figure | None = None) -> str:
    """The figure with its caption and, for those who cannot see it, its data as a table.

    Args:
        fig: made by `plot.new`; colours from `plot`.
        caption: what is seen, one sentence; also the label a screen reader says.
        data_table: (columns, rows) of what is drawn.
        narrow: the same drawn about 3.7 inches wide, for a phone; without it a wide figure scrolls there.
    """
    width = round(fig.get_figwidth() * PIXELS_AN_INCH)
    more = ""
    if data_table is not None:
        columns, rows = data_table
        more = f'<details class="as-table"><summary>View as table</summary>{table(columns, rows)}</details>'
    kind = "half" if width <= 520 else "full" if narrow is None else "full has-narrow"
    body = (
        f'<div class="wide" tabindex="0" role="group" aria-label="{text(caption)}">{svg(fig, caption)}</div>'
    )
    if narrow is not None:
        # Another label, or the two drawings would share the ids of their parts.
        body += f'<div class="narrow">{svg(narrow, f"{caption} (narrow)")}</div>'
    return f'<figure class="{kind}">{body}<figcaption>{text(caption)}</figcaption>{more}</figure>'


def svg(fig: Figure, label: str) -> str:
    """The drawing alone: `<svg role="img">` with CSS variables for colours and no fixed size."""
    matplotlib = load("matplotlib", "work", "The report")
    with matplotlib.rc_context({**plot.STYLE, "svg.hashsalt": label}):
        out = io.StringIO()
        fig.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    for placeholder, token in plot.TOKENS.items():
        drawn = drawn.replace(placeholder, f"var({token})")
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.S)
    # `font: 8px 'DejaVu Sans'` measured the text; the page's own face is narrower and stands in its place.
    drawn = re.sub(r"(['\"])?DejaVu Sans\1?(, [^;\"]*)?", "var(--sans)", drawn)
    width, height = fig.get_figwidth() * PIXELS_AN_INCH, fig.get_figheight() * PIXELS_AN_INCH
    return re.sub(
        r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>",
        rf'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="\1" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" aria-label="{text(label)}">',
        drawn,
        count=1,
        flags=re.S,
    )

"""The report of every work command: one self-contained HTML file, the verdict first.

A command fills a `Report` and hands it to `render` or `write`; `table`, `paragraph`, `listing`, `figures` and
`figure` make the bodies of its sections, `plot.new` a matplotlib figure in our look. Nothing here loads matplotlib
until a plot is made.
"""

from gradatim.instruments.report import plot
from gradatim.instruments.report.blocks import (
    Html,
    columns,
    figures,
    interval,
    listing,
    paragraph,
    state,
    table,
)
from gradatim.instruments.report.figure import figure
from gradatim.instruments.report.page import render, write
from gradatim.instruments.report.report import Input, Report, Section, Verdict, as_json

__all__ = [
    "Html",
    "Input",
    "Report",
    "Section",
    "Verdict",
    "as_json",
    "columns",
    "figure",
    "figures",
    "interval",
    "listing",
    "paragraph",
    "plot",
    "render",
    "state",
    "table",
    "write",
]

"""What a watched stream showed, as a report."""

from __future__ import annotations

from gradatim.instruments import report as reports
from gradatim.instruments.drift.stream import Stream
from gradatim.instruments.report import Report, Section, Verdict, plot

FALSE_ALARMS = {
    "adwin": "none in 480,000 rows, neighbours alike or not",
    "page-hinkley": "0.7 to 1.5 in 10,000 rows",
    "kswin": "0 to 1.7 in 10,000 rows",
    "ddm": "not measured",
}
"""By detector, at its default; the docs say of which streams."""
BLIND = {
    "page-hinkley": ("A spread that falls: page-hinkley watches the mean.",),
    "ddm": ("A rate of errors that falls: ddm watches for a rise.",),
}


def stream_report(stream: Stream, name: str, column: str, command: str, *, pictures: bool) -> Report:
    """Put a watched column into a report; no changes in too few rows is not good, it is not sure."""
    found, told = stream.changes, stream.rows - stream.missing
    shown = [f"row {c.row:,}: {c.sentence()}, before and in the last 50 values" for c in found[:8]]
    if found:
        verdict = Verdict(
            "bad",
            f"{column} changed {len(found)} time{'s' if len(found) > 1 else ''} in {told:,} values",
            tuple(shown),
        )
    elif told < 2 * stream.warm_up:
        verdict = Verdict(
            "unsure",
            f"{told:,} values are too few to see a change: the first {stream.warm_up} only set the scale",
            (f"{stream.missing:,} of {stream.rows:,} rows have no number",) if stream.missing else (),
        )
    else:
        verdict = Verdict("good", f"{stream.name} saw no change of {column} in {told:,} values")
    made = Report(
        f"Changes of {column} in {name}",
        command,
        verdict,
        [],
        [
            "When a change began: a detector notices it later, the more so the smaller it is.",
            "The chance of a false alarm over the whole stream: a detector bounds it for one check only. Measured on "
            "unchanged streams: " + FALSE_ALARMS[stream.name] + ".",
            *BLIND.get(stream.name, ()),
            "A season, such as day and night, is a change to a detector: watch what is left without it.",
        ],
        [],
        {
            "column": column,
            "detector": stream.name,
            "rows": stream.rows,
            "rows_without_number": stream.missing,
            "changes": [c.as_dict() for c in found],
        },
    )
    if stream.missing > stream.rows / 2:
        made.not_checked.append(f"{stream.missing:,} of {stream.rows:,} rows: they have no number.")
    if pictures and stream.trace:
        made.sections = [Section("The stream", _drawn(stream, column))]
    return made


def _drawn(stream: Stream, column: str) -> str:
    def draw(width_in: float) -> object:
        fig, ax = plot.new(width_in, 3.0)
        ax.plot([r for r, _ in stream.trace], [v for _, v in stream.trace], color=plot.INK, lw=1.2)
        for change in stream.changes:
            ax.axvline(change.row, color=plot.BAD, lw=1, ls=(0, (3, 2)))
        ax.set_xlabel("row")
        ax.set_ylabel(column.replace("$", r"\$"))
        ax.locator_params(axis="x", nbins=8 if width_in > 6 else 4)
        return fig

    caption = f"{column}, mean of neighbouring rows. Dashed: where {stream.name} noticed a change."
    rows = [(f"{c.row:,}", c.what, c.sentence()) for c in stream.changes]
    return reports.figure(
        draw(10.4),  # type: ignore[arg-type]
        caption,
        (["row", "changed", "before, and in the last 50 values"], rows),
        narrow=draw(3.9),  # type: ignore[arg-type]
    )

"""`gradatim work drift watch`: detectors over a stream or a file, one line as soon as a change is noticed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gradatim.cli.options import Finite
from gradatim.cli.work.checked import Checked
from gradatim.cli.work.options import DELIMITER, command_line, drawn, finish, report_options
from gradatim.core.errors import InputError


@click.command(
    cls=Checked,
    examples=[
        "gradatim work drift watch live.csv --column latency_ms",
        "gradatim work drift watch live.csv --column wrong --detector ddm --json",
        "gradatim work drift watch yearly.csv --column flow --detector page-hinkley --warm-up 25",
    ],
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--column", required=True, metavar="NAME", help="The number that is watched.")
@click.option(
    "--detector",
    type=click.Choice(["adwin", "page-hinkley", "kswin", "ddm"]),
    default="adwin",
    show_default=True,
    help="adwin: mean and spread; page-hinkley: a mean; kswin: a distribution; ddm: errors, 0 or 1.",
)
@click.option(
    "--alpha",
    type=Finite(1e-9, 0.5),
    default=0.0005,
    show_default=True,
    help="Chance of a false cut in one check (adwin, kswin).",
)
@click.option(
    "--warm-up",
    type=click.IntRange(20, 100_000),
    default=200,
    show_default=True,
    help="Values that set the scale, at the start and after a change; nothing is seen in them.",
)
@click.option("--delimiter", type=DELIMITER, metavar="CHAR", help="Of a CSV. Default: found.")
@report_options
def watch(
    file: Path,
    *,
    column: str,
    detector: str,
    alpha: float,
    warm_up: int,
    delimiter: str | None,
    html: Path | None,
    as_json: bool,
    record: bool,
    force: bool,
) -> None:
    """Watch one column of a CSV or Parquet file, or of CSV lines on standard input (FILE is -)."""
    from gradatim.instruments.drift.stream import WARM_UP, Stream
    from gradatim.instruments.drift.stream_report import stream_report
    from gradatim.instruments.report import Input

    values, length = _values(file, column, delimiter), None
    if warm_up < WARM_UP and str(file) != "-":
        # A short warm-up is for a short file: how long it is makes the bounds.
        known = list(values)
        values, length = iter(known), len(known)
    stream = Stream(detector, alpha=alpha, warm_up=warm_up, length=length)  # type: ignore[arg-type]
    for value in values:
        change = stream.add(value)
        if change is not None and not as_json:
            click.echo(f"row {change.row}: {column} {change.sentence()}")
    name = "standard input" if str(file) == "-" else file.name
    made = stream_report(stream, name, column, command_line(), pictures=drawn(html))
    if str(file) != "-":
        made.inputs = [Input.of(file, stream.rows)]
    finish(made, html=html, as_json=as_json, record=record)


def _values(file: Path, column: str, delimiter: str | None) -> Iterator[float]:
    from gradatim.instruments.drift.stream import numbers

    if str(file) == "-":
        yield from numbers(sys.stdin, column, delimiter, "standard input")
        return
    from gradatim.instruments.tables import as_numbers, open_table

    table = open_table(file, delimiter=delimiter)
    if column not in table.columns:
        raise InputError(f'{file} has no column "{column}"', [f"it has: {', '.join(table.columns[:12])}"])
    seen = 0
    for block in table.blocks([column]):
        seen += block.rows
        yield from as_numbers(block.column(column)).values.tolist()
    if not seen:
        raise InputError(f"{file} has a header and no rows")

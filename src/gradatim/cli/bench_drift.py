"""`gradatim bench drift`: how fast the drift report is on this machine."""

from __future__ import annotations

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, number, table


@click.command(cls=Command, examples=["gradatim bench drift", "gradatim bench drift --rows 100000 --json"])
@click.option(
    "--rows",
    type=click.IntRange(1000, 100_000_000),
    default=1_000_000,
    show_default=True,
    help="Of each file.",
)
@click.option(
    "--columns", type=click.IntRange(1, 1000), default=50, show_default=True, help="Numeric columns."
)
@json_option
def drift(rows: int, columns: int, as_json: bool) -> None:
    """CPU seconds and memory of `work drift`, beside scipy's two-sample KS of every column in the same run.

    Counted are reading both files, comparing and wording; imports, digests and pictures are not.
    """
    from gradatim.instruments.drift.bench import bench

    result = bench(rows, columns)

    def human() -> None:
        shown = [(k, number(v) if isinstance(v, float) else str(v)) for k, v in result.items()]
        table(["measure", "value"], shown, right=[1])

    emit(result, as_json, human)

"""`gradatim work`: the path's techniques on one's own data, files and histories."""

from __future__ import annotations

import click

from gradatim.cli.command import LazyGroup
from gradatim.cli.work.options import command_line, finish, report_options

__all__ = ["command_line", "finish", "report_options", "work"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "drift": "gradatim.cli.work.drift:drift",
        "experiment": "gradatim.cli.work.experiment:experiment",
        "canary": "gradatim.cli.work.canary:canary",
        "slo": "gradatim.cli.work.slo:slo",
        "incident": "gradatim.cli.work.incident:incident",
        "capacity": "gradatim.cli.work.capacity:capacity",
        "reports": "gradatim.cli.work.reports:reports",
        "schema": "gradatim.cli.work.schema:schema",
    },
    examples=["gradatim work drift ref.parquet cur.parquet"],
)
def work() -> None:
    """Use a skill on your own data: everything stays on this machine."""

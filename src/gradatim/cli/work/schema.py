"""`gradatim work schema`: what the JSON of a work command holds."""

from __future__ import annotations

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit


@click.command(cls=Command, examples=["gradatim work schema canary", "gradatim work schema"])
@click.argument("command", required=False)
@json_option
def schema(command: str | None, as_json: bool) -> None:
    """Print the JSON Schema (2020-12) of what a work command's --json prints.

    Without COMMAND, the commands that have one.
    """
    from gradatim.instruments.report.schema import COMMANDS
    from gradatim.instruments.report.schema import schema as text

    if command is None:
        emit(list(COMMANDS), as_json, lambda: click.echo("\n".join(COMMANDS)))
    else:
        click.echo(text(command).rstrip())

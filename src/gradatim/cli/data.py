"""`gradatim data`: the learner owns everything, and can take it out or delete it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gradatim.cli.command import Command, LazyGroup
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, table
from gradatim.cli.service import open_app
from gradatim.core.errors import InputError

OUT = click.Path(dir_okay=False, resolve_path=True, path_type=Path)


@click.group(
    cls=LazyGroup,
    commands_at={"export": "gradatim.cli.data:export", "delete": "gradatim.cli.data:delete"},
    examples=["gradatim data export all.jsonl"],
)
def data() -> None:
    """Everything that is kept of you: take it out, or delete it."""


@click.command(cls=Command, examples=["gradatim data export all.jsonl"])
@click.argument("file", type=OUT)
@json_option
def export(file: Path, as_json: bool) -> None:
    """Write everything as JSON Lines, one row a line: attempts, actions, exams, evidence, settings.

    The signing key is a file of its own in the home folder and is not in it.
    """
    counts = open_app().store.export_all(file)
    rows = [(name, count) for name, count in counts.items() if count]
    emit({"file": str(file), "rows": counts}, as_json, lambda: table(["table", "rows"], rows, right=[1]))


@click.command(cls=Command, examples=["gradatim data delete --yes"])
@click.option("--yes", is_flag=True, help="Delete without asking.")
@json_option
def delete(yes: bool, as_json: bool) -> None:
    """Delete everything for good: the database's rows, backups, packets to review, and the signing key.

    Files that you wrote elsewhere (packets, exports, requests) stay where they are.
    """
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise InputError(
                "nothing was deleted", ["it is not asked here: --yes"], next="gradatim data delete --yes"
            )
        click.confirm("Delete everything that gradatim keeps of you, for good?", abort=True)
    counts = open_app().delete_all()
    deleted = sum(counts.values())
    emit({"rows": counts}, as_json, lambda: click.echo(f"{deleted} rows deleted, with backups and keys"))

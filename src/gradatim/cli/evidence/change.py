"""`evidence import`, and the two ways to take something back without hiding it: `redact` and `withdraw`."""

from __future__ import annotations

from pathlib import Path

import click

from gradatim.cli.command import Command
from gradatim.cli.evidence.look import print_item
from gradatim.cli.options import FILE, json_option
from gradatim.cli.output import emit
from gradatim.cli.service import open_app


@click.command(cls=Command, examples=["gradatim evidence redact E-012 context artefacts"])
@click.argument("item")
@click.argument("fields", nargs=-1)
@json_option
def redact(item: str, fields: tuple[str, ...], as_json: bool) -> None:
    """Withhold fields of an item for good. Their digests stay, so the ledger stays whole.

    The values leave the database; a backup or a packet that was made before still holds them.
    To leave something out of one packet only: gradatim packet build --withhold.
    """
    made = open_app().evidence.redact(item, fields)
    emit(made, as_json, lambda: print_item(made))


@click.command(cls=Command, examples=['gradatim evidence withdraw E-012 --why "counted the wrong month"'])
@click.argument("item")
@click.option("--why", required=True, metavar="TEXT", help="The reason; it stays in the ledger.")
@json_option
def withdraw(item: str, why: str, as_json: bool) -> None:
    """Say that an item no longer counts. It stays in the ledger, marked."""
    made = open_app().evidence.withdraw(item, why)
    emit(made, as_json, lambda: print_item(made))


@click.command(
    "import",
    cls=Command,
    examples=["gradatim evidence import items.csv", "gradatim evidence import items.jsonl"],
)
@click.argument("file", type=FILE)
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Record the items of a file: JSON Lines, a JSON list, or CSV. All of them, or none.

    Columns of the CSV: kind, title, context, action, result, started, ended, project, assistance, own_share,
    co_authors ("M. Sato=0.4; R. Okoye=0.1") and links ("D8:4; D1:3"). They become self-reported.
    """
    made = open_app().evidence.import_file(file)
    emit(
        made, as_json, lambda: click.echo(f"{len(made)} items recorded: {made[0]['id']} to {made[-1]['id']}")
    )

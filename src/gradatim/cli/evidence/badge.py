"""`evidence badge`: an Open Badge of somebody's, looked at and recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.evidence.look import print_item
from gradatim.cli.options import FILE, json_option
from gradatim.cli.output import emit
from gradatim.cli.service import open_app
from gradatim.core.errors import InputError


@click.command(
    cls=Command,
    examples=["gradatim evidence badge badge.png", "gradatim evidence badge badge.jwt --record --link D9:3"],
)
@click.argument("file", type=FILE)
@click.option("--record", is_flag=True, help="Write it into the ledger; without it, only look.")
@click.option("--project", default=None, metavar="NAME", help="What it belongs to.")
@click.option(
    "--link",
    multiple=True,
    metavar="DIM:LEVEL[:SKILL]",
    help="A dimension and the level it shows; again for each.",
)
@json_option
def badge(file: Path, record: bool, project: str | None, link: tuple[str, ...], as_json: bool) -> None:
    """Look at an Open Badge 3.0 in FILE: JSON, a signed token (.jwt), or a PNG or SVG it is baked into.

    Its form is checked, and its signature where the key is in the badge; otherwise it says that it is not checked here.
    Nothing is fetched. A badge is its issuer's word: it is recorded as self-reported. Its subject is compared with your
    signing key and with what `gradatim plan set --identity` knows; otherwise the item says: not confirmed as yours.
    """
    from gradatim.cli.evidence.add import link_of

    problems: list[str] = []
    raw: dict[str, Any] = {"project": project, **link_of(link, problems)}
    if problems:
        raise InputError("this badge cannot be recorded", problems, next="gradatim evidence badge --help")
    evidence = open_app().evidence
    if record:
        made = evidence.from_badge(file.read_bytes(), file.name, raw)
    else:
        made = {**evidence.read_badge(file.read_bytes(), file.name), "id": None}
    emit(made, as_json, lambda: _print(made, file))


def _print(made: dict[str, Any], file: Path) -> None:
    from gradatim.path.badges.subject import NOT_YOURS
    from gradatim.path.evidence.record import subject_confirmed

    source = made["source"]
    if made["id"] is not None:
        print_item(made)
    else:
        click.echo(
            f"{made['title']}\n  {made['context']}\n  on {made['started']}, recorded as: {made['kind']}"
        )
    click.echo(f"  issuer: {source['issuer']}")
    click.echo(
        f"  proof:  {source['proof']['format']}, {source['proof']['status']}: {source['proof']['detail']}"
    )
    subject = source["subject"]
    mine = subject_confirmed(source)
    click.echo(f"  subject: {'yours' if mine else NOT_YOURS}: {subject['detail']}")
    for note in source["notes"]:
        click.echo(f"  note:   {note}")
    if not mine:
        click.echo("  if it is yours:  gradatim plan set --identity YOUR_ADDRESS_OR_ID  (every one at once)")
    if made["id"] is None:
        click.echo(f'next:  gradatim evidence badge "{file}" --record --link DIM:LEVEL')

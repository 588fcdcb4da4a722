"""`evidence map`: for each dimension, which current work could show it."""

from __future__ import annotations

from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, table
from gradatim.cli.service import open_app
from gradatim.core.errors import InputError


@click.command(
    "map",
    cls=Command,
    examples=[
        "gradatim evidence map",
        'gradatim evidence map D8 --work "RFC on label delay"',
        'gradatim evidence map D9 --action "a newcomer to onboard in the second quarter" --who "P. Raman"',
    ],
)
@click.argument("dimension", required=False)
@click.option("--work", default="", metavar="TEXT", help="The work in hand that could show it.")
@click.option("--action", default="", metavar="TEXT", help="There is none: what shall be done about it.")
@click.option("--who", default="", metavar="NAME", help="Who does that.")
@json_option
def map_(dimension: str | None, work: str, action: str, who: str, as_json: bool) -> None:
    """Show or set, for each dimension, the work that could show it, or the action because there is none."""
    evidence = open_app().evidence
    if dimension is None:
        if work or action or who:
            raise InputError("which dimension?", ["DIMENSION: missing"], next="gradatim evidence map --help")
        rows = evidence.opportunities()
        emit(rows, as_json, lambda: _print(rows))
    else:
        made = evidence.set_opportunity(dimension, work=work, action=action, who=who)
        emit(made, as_json, lambda: _print([made]))


def _print(rows: list[dict[str, Any]]) -> None:
    words = {"have": "●  work in hand", "none": "○  no opportunity"}
    cells = []
    for r in rows:
        said = r.get("work") or (f"{r['action']} ({r['who']})" if r.get("action") else "")
        since = f"{r['since']}{', look again' if r['stale'] else ''}" if "since" in r else ""
        cells.append(
            (f"{r['dimension']} {r['title']}", words.get(r["state"], "·  not looked at"), said, since)
        )
    table(["dimension", "state", "work, or action and who", "since"], cells)

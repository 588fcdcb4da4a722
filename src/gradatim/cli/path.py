"""`gradatim path`: the map of modules and skills with where you are on it, and the next step."""

from __future__ import annotations

from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, table

# Shape and words, never colour alone.
STATES = {
    "no_lab": "·  no lab yet",
    "not_observed": "○  not observed",
    "practising": "◔  practising",
    "shown": "◑  shown once",
    "shown_again": "◕  shown again",
    "used": "●  used at work",
}


@click.command(cls=Command, examples=["gradatim path", "gradatim path next", "gradatim path --json"])
@click.argument("what", type=click.Choice(["map", "next"]), default="map")
@json_option
def path(what: str, as_json: bool) -> None:
    """Show the modules and skills with your state on each, or the next step.

    WHAT is "map" (the default) or "next".
    """
    from gradatim.cli.service import open_app

    app = open_app()
    if what == "next":
        step = app.next_step()
        emit(step, as_json, lambda: print_step(step))
        return
    shown = app.path()
    emit(shown, as_json, lambda: print_map(shown))


def print_map(shown: dict[str, Any]) -> None:
    """Every module with its skills, their state and the labs that are there."""
    for module in shown["modules"]:
        low, high = module["weeks"]
        click.echo(f"{module['number']}. {module['title']}  ({low}-{high} weeks)")
        rows = [
            (
                "  " + STATES.get(skill["state"], skill["state"]),
                skill["title"],
                ", ".join(lab["id"] for lab in skill["labs"]),
            )
            for skill in module["skills"]
        ]
        table(["  state", "skill", "labs"], rows)
        click.echo()
    click.echo("next:  gradatim path next")


def print_step(step: dict[str, Any]) -> None:
    """What to do now, why, how long it takes, and the command."""
    minutes = f"  ({step['minutes']} minutes)" if step.get("minutes") else ""
    click.echo(f"{step['title']}{minutes}")
    click.echo(f"  why:   {step['why']}")
    click.echo(f"  next:  {step['command']}")

"""`lab list` and `lab show`: which labs there are and what one of them asks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.lab.task import is_task, show_task
from gradatim.cli.options import json_option
from gradatim.cli.output import dollars, emit, markdown, table
from gradatim.cli.service import open_app


@click.command("list", cls=Command, examples=["gradatim lab list", "gradatim lab list --json"])
@json_option
def list_labs(as_json: bool) -> None:
    """List the labs that are there, with your attempts."""
    app = open_app()
    tried = Counter(attempt["lab_id"] for attempt in app.attempts())
    labs = [{**lab, "attempts": tried[lab["id"]]} for lab in app.labs()]

    labs += app.tasks.all()

    def human() -> None:
        rows = [(lab["id"], lab["title"], lab["minutes"], lab["attempts"]) for lab in labs]
        table(["lab", "title", "minutes", "attempts"], rows, right=[2, 3])
        click.echo("next:  gradatim lab show LAB")

    emit({"labs": labs}, as_json, human)


@click.command(
    cls=Command,
    examples=["gradatim lab show incident-response", "gradatim lab show incident-response --json"],
)
@click.argument("lab")
@json_option
def show(lab: str, as_json: bool) -> None:
    """Show what a lab asks, what is graded and what is not, and your attempts."""
    if is_task(lab):
        show_task(open_app(), lab, as_json)
        return
    found = open_app().lab(lab)
    emit(found, as_json, lambda: print_lab(found))


def print_lab(found: dict[str, Any]) -> None:
    """One lab: its brief, what is graded, what is not, its families, your attempts."""
    click.echo(f"{found['title']}  ({found['id']} {found['version']}, {found['minutes']} minutes)\n")
    markdown(found["brief"])
    click.echo("\nGraded")
    for line in found["graded"]:
        click.echo(f"  - {line['text']}")
    click.echo("\nNot measured")
    for text in found["not_measured"]:
        click.echo(f"  - {text}")
    click.echo("\nFamilies")
    for family in found["families"]:
        click.echo(f"  - {family['id']}: {family['title']}")
    if found["attempts"]:
        click.echo()
        print_attempts(found["attempts"])
    click.echo(f"\nnext:  gradatim lab start {found['id']}")


def print_attempts(attempts: list[dict[str, Any]]) -> None:
    """Attempts, with what each lost."""
    rows = [
        (
            a["id"],
            a["status"],
            a["started_at"],
            a.get("clock"),
            dollars(a.get("loss_usd")),
            _regret(a.get("regret")),
        )
        for a in attempts
    ]
    table(["attempt", "status", "started", "clock", "loss", "regret"], rows, right=[4, 5])


def _regret(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"

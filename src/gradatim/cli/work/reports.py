"""`gradatim work reports`: the reports that were kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, table
from gradatim.cli.service import open_app
from gradatim.cli.work.options import NEW_FILE, refuse_existing
from gradatim.core.errors import InputError


@click.command(
    cls=Command,
    examples=[
        "gradatim work reports",
        "gradatim work reports R-003 --html canary.html",
        "gradatim work reports R-003 --evidence",
    ],
)
@click.argument("report", required=False)
@click.option("--html", type=NEW_FILE, default=None, metavar="FILE", help="Write its page there.")
@click.option("--evidence", is_flag=True, help="Record it as an item of evidence.")
@click.option("--delete", is_flag=True, help="Delete it for good.")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@json_option
def reports(
    report: str | None, html: Path | None, evidence: bool, delete: bool, force: bool, as_json: bool
) -> None:
    """Reports that work commands kept with --keep or --record: list them, or do something with one."""
    problems = []
    if report is None and (html is not None or evidence or delete):
        problems.append("name the report, for instance R-003")
    if delete and (html is not None or evidence):
        problems.append("--delete stands alone")
    if problems:
        raise InputError(
            "`gradatim work reports` cannot be run like that", problems, next="gradatim work reports"
        )
    kept = open_app().reports
    if report is None:
        found = kept.list()
        emit(found, as_json, lambda: _list(found))
        return
    if delete:
        kept.delete(report)
        emit({"deleted": report}, as_json, lambda: click.echo(f"{report} deleted"))
        return
    one = kept.get(report)
    if html is not None:
        from gradatim.instruments.report.page import replace

        refuse_existing([html], force=force)
        replace(html, kept.page(report).encode())
        one["html"] = str(html)
    if evidence:
        one["evidence"] = kept.record(report)
    emit(one, as_json, lambda: _say(one))


def _list(found: list[dict[str, Any]]) -> None:
    if not found:
        click.echo("No report is kept. Next: gradatim work canary baseline.csv canary.csv --keep")
        return
    rows = [(r["id"], r["made_at"], r["what"], r["verdict"], r["headline"], r["evidence"]) for r in found]
    table(["report", "made", "command", "verdict", "headline", "evidence"], rows)


def _say(one: dict[str, Any]) -> None:
    facts = one["facts"]
    click.echo(f"{one['id']}  {one['made_at']}  {one['title']}")
    click.echo(f"{one['verdict'].upper()}  {one['headline']}")
    for line in facts["verdict"]["why"]:
        click.echo(f"  - {line}")
    click.echo(f"Command: {facts['command']}")
    if one.get("html"):
        click.echo(f"Report: {one['html']}")
    if one["evidence"]:
        click.echo(f"Evidence: {one['evidence']}")

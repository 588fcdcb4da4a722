"""`packet badge` and `packet resume`: evidence in the forms that others read."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit
from gradatim.cli.service import open_app
from gradatim.cli.writing import write_new
from gradatim.core.errors import InputError

OUT = click.Path(dir_okay=False, resolve_path=True, path_type=Path)


@click.command(cls=Command, examples=["gradatim packet badge production-ml-reliability --out badge.jwt"])
@click.argument("module")
@click.option(
    "--out", type=OUT, required=True, help="The file: .jwt is signed, .json is the same credential unsigned."
)
@click.option("--owner", default=None, metavar="NAME", help="Your name; remembered for the next time.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def badge(module: str, out: Path, owner: str | None, force: bool, as_json: bool) -> None:
    """Write an Open Badge 3.0 for a module whose lab you have passed in an exam.

    It is self-issued and says so: what it is worth is the exam it names.
    """
    if out.suffix not in (".jwt", ".json"):
        raise InputError(
            "a badge ends in .jwt or .json", [f"--out: {out.name}"], next="gradatim packet badge --help"
        )
    made = open_app().packets.badge(module, owner=owner)
    text = (
        made["jwt"] if out.suffix == ".jwt" else json.dumps(made["credential"], indent=2, ensure_ascii=False)
    )
    write_new(out, text.encode(), force=force)
    facts = {
        "file": str(out),
        "module": made["module"],
        "id": made["credential"]["id"],
        "signed": out.suffix == ".jwt",
    }
    emit(facts, as_json, lambda: click.echo(f"{out}\n  {made['credential']['name']}, self-issued"))


@click.command(cls=Command, examples=["gradatim packet resume --out resume.json"])
@click.option("--out", type=OUT, required=True, help="The file, JSON Resume 1.0.0.")
@click.option("--owner", default=None, metavar="NAME", help="Your name; remembered for the next time.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def resume(out: Path, owner: str | None, force: bool, as_json: bool) -> None:
    """Write the items of your packet as JSON Resume."""
    made = open_app().packets.resume(owner=owner)
    write_new(out, json.dumps(made, indent=2, ensure_ascii=False).encode(), force=force)
    facts = {"file": str(out), "projects": len(made["projects"]), "skills": len(made["skills"])}
    emit(
        facts, as_json, lambda: click.echo(f"{out}\n  {facts['projects']} projects, {facts['skills']} skills")
    )

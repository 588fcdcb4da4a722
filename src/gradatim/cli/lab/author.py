"""`lab check` and `lab new`: prove a lab, and begin one that already passes its check."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import Line, emit, table
from gradatim.cli.service import open_world
from gradatim.core.errors import InputError


@click.command(
    cls=Command,
    examples=[
        "gradatim lab check incident-response",
        "gradatim lab check incident-response --ci --json",
        "gradatim lab check --all",
    ],
)
@click.argument("labs", nargs=-1, metavar="[LAB]...")
@click.option("--all", "every", is_flag=True, help="Check every lab that is installed.")
@click.option(
    "--ci", is_flag=True, help="Three seeds a family instead of twenty; at most 90 CPU-seconds a lab."
)
@json_option
@click.pass_context
def check(ctx: click.Context, labs: tuple[str, ...], every: bool, ci: bool, as_json: bool) -> None:
    """Prove that a lab measures what it claims, with its own reference players.

    Exit code 0 when every proof holds, 1 when one does not.
    """
    if bool(labs) == every:
        raise InputError("name the labs to check, or say --all", next="gradatim lab check --all")
    app = open_world(quiet=as_json)
    names = [lab["id"] for lab in app.labs()] if every else list(labs)
    results = {}
    for name in names:
        with Line() as line:
            results[name] = app.check(name, ci=ci, progress=partial(_say, line, name))
        if not as_json:
            print_proofs(name, results[name])
    if as_json:
        emit(results[names[0]] if len(names) == 1 and not every else results, True, lambda: None)
    if not all(passed(result) for result in results.values()):
        ctx.exit(1)


@click.command(
    cls=Command,
    examples=[
        "gradatim lab new queue-sizing",
        "gradatim lab new queue-sizing --module business-impact --json",
    ],
)
@click.argument("lab")
@click.option(
    "--module", default=None, help="The module of the path it belongs to; `gradatim path` lists them."
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder that holds labs. Default: the path's own.",
)
@json_option
def new(lab: str, module: str | None, into: Path | None, as_json: bool) -> None:
    """Begin a lab: a folder with every file, which already passes its check."""
    from gradatim.app.scaffold import new_lab

    made = new_lab(lab, module=module, into=into)

    def human() -> None:
        for file in made["files"]:
            click.echo(f"  {file}")
        click.echo(f"next:  gradatim lab check {lab}")

    emit(made, as_json, human)


def _say(line: Line, name: str, what: str) -> None:
    line.say(f"{name}: {what}")


def proofs(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The proofs in the result of a check: name to {ok, detail}."""
    return {name: proof for name, proof in result.items() if isinstance(proof, dict) and "ok" in proof}


def passed(result: dict[str, Any]) -> bool:
    """Whether there are proofs and every one holds."""
    found = proofs(result)
    return bool(found) and all(proof["ok"] for proof in found.values())


def print_proofs(name: str, result: dict[str, Any]) -> None:
    """One line a proof, then the verdict."""
    rows = [
        ("ok" if proof["ok"] else "FAIL", label, proof["detail"]) for label, proof in proofs(result).items()
    ]
    table(["", "proof", "detail"], rows)
    failed = sum(1 for proof in proofs(result).values() if not proof["ok"])
    click.echo(f"{name}: {len(rows) - failed} of {len(rows)} proofs hold")

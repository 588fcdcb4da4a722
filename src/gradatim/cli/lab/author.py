"""`lab check` and `lab new`: prove a lab, and begin one that already passes its check."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.lab.task import print_task_proofs
from gradatim.cli.options import json_option
from gradatim.cli.output import Line, emit, table
from gradatim.cli.service import open_world
from gradatim.core.errors import InputError


@click.command(
    cls=Command,
    examples=[
        "gradatim lab check incident-response",
        "gradatim lab check incident-response --ci --json",
        "gradatim lab check incident-response --seeds 3",
        "gradatim lab check --all",
    ],
)
@click.argument("labs", nargs=-1, metavar="[LAB]...")
@click.option("--all", "every", is_flag=True, help="Check every lab that is installed.")
@click.option(
    "--ci",
    is_flag=True,
    help="Few instances, within 90 CPU-seconds: one to three of each family. Default: twenty of each.",
)
@click.option(
    "--seeds", type=click.IntRange(1, 200), default=None, help="So many instances of each family, for a lab."
)
@json_option
@click.pass_context
def check(
    ctx: click.Context, labs: tuple[str, ...], every: bool, ci: bool, seeds: int | None, as_json: bool
) -> None:
    """Prove that a lab measures what it claims, with its own reference players.

    Exit code 0 when every proof holds, 1 when one does not.
    """
    if bool(labs) == every:
        raise InputError("name the labs to check, or say --all", next="gradatim lab check --all")
    app = open_world(quiet=as_json)
    names = [lab["id"] for lab in (*app.labs(), *app.tasks.all())] if every else list(labs)
    results = {}
    for name in names:
        with Line() as line:
            results[name] = app.check(name, ci=ci, seeds=seeds, progress=partial(_say, line, name))
        if not as_json:
            (print_task_proofs if results[name].get("kind") == "task" else print_proofs)(name, results[name])
    if as_json:
        emit(results[names[0]] if len(names) == 1 and not every else results, True, lambda: None)
    if not all(result["ok"] for result in results.values()):
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
    "--module",
    default=None,
    help="The module of the path it belongs to. Default: that of the lab it is like.",
)
@click.option(
    "--like", default="incident-response", show_default=True, metavar="LAB", help="The lab to begin from."
)
@json_option
def new(lab: str, module: str | None, like: str, as_json: bool) -> None:
    """Begin a lab: a folder with every file, which already passes its check.

    It is a copy of a lab that is proved, under its own name. Change one thing at a time and check again.
    """
    from gradatim.app.scaffold import new_lab

    made = new_lab(lab, module=module, like=like)

    def human() -> None:
        click.echo(made["folder"])
        for file in made["files"]:
            click.echo(f"  {file}")
        click.echo(f"next:  gradatim lab check {lab} --ci")

    emit(made, as_json, human)


def _say(line: Line, name: str, what: str) -> None:
    line.say(f"{name}: {what}")


def proofs(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The proofs in the result of a check: name to {ok, detail}."""
    return {name: proof for name, proof in result.items() if isinstance(proof, dict) and "ok" in proof}


def print_proofs(name: str, result: dict[str, Any]) -> None:
    """The matrix, one row a reference; then one line a proof; then the verdict."""
    players = [
        (
            row["reference"],
            f"${row['loss_usd']:,.0f}",
            *("-" if row[k] is None else f"{row[k]:.2f}" for k in ("regret_sick", "regret_healthy")),
            f"{row['pass_rate']:.0%}",
        )
        for row in result["matrix"]
    ]
    table(["reference", "mean loss", "regret, fault", "regret, healthy", "passes"], players)
    found = proofs(result)
    table(["", "proof", "detail"], [("ok" if p["ok"] else "FAIL", n, p["detail"]) for n, p in found.items()])
    held = sum(1 for proof in found.values() if proof["ok"])
    click.echo(
        f"{name}: {held} of {len(found)} proofs hold on {result['instances']} instances, {result['cpu_s']} CPU-s"
    )

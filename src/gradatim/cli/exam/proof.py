"""`exam verdict`, `exam verify`, `exam issue`: what it came to, that it did, and who asked for it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.exam.printing import print_exam, print_verification
from gradatim.cli.exam.sitting import read_json
from gradatim.cli.options import FILE, Finite, json_option
from gradatim.cli.output import emit
from gradatim.cli.service import open_app, open_world
from gradatim.core.errors import InputError

OUT = click.Path(dir_okay=False, writable=True, resolve_path=True, path_type=Path)


@click.command(
    cls=Command, examples=["gradatim exam verdict e-7f3k9qab", "gradatim exam verdict e-7f3k9qab --json"]
)
@click.argument("exam")
@json_option
def verdict(exam: str, as_json: bool) -> None:
    """Print the verdict of an exam that is handed in: each regret, the skill, the estimate."""
    found = open_world(quiet=as_json).exams.verdict(exam)
    emit(found, as_json, lambda: print_exam(found))


@click.command(
    cls=Command,
    examples=["gradatim exam verify", "gradatim exam verify e-7f3k9qab --full --json"],
)
@click.argument("exam", required=False)
@click.option("--full", is_flag=True, help="Play the references again too, about ten seconds an instance.")
@json_option
@click.pass_context
def verify(ctx: click.Context, exam: str | None, full: bool, as_json: bool) -> None:
    """Recompute every outcome of one exam, or of all, and check the ledger.

    Exit code 0 when everything holds, 1 when something does not.
    """
    found = open_world(quiet=as_json).exams.verify(exam, full=full)
    emit(found, as_json, lambda: print_verification(found))
    if not found["ok"]:
        ctx.exit(1)


@click.command(
    cls=Command,
    examples=[
        'gradatim exam issue --request incident-response --name "A. Learner" --out request.json',
        'gradatim exam issue request.json --reviewer "B. Reviewer" --hours 4 --out issued.json',
    ],
)
@click.argument("request_file", type=FILE, required=False, metavar="[REQUEST]")
@click.option(
    "--request", "lab", metavar="LAB", help="Make a request for an exam of this lab; the learner does."
)
@click.option("--name", default="", help="Whose request it is.")
@click.option("--reviewer", default="", help="Who issues it; written into the file.")
@click.option(
    "--hours",
    type=Finite(0.1, 336),
    default=4.0,
    show_default=True,
    help="How long it holds; handed in later, the exam counts as self-run.",
)
@click.option("--out", type=OUT, required=True, help="The file to write; never one that is there.")
@json_option
def issue(
    request_file: Path | None,
    lab: str | None,
    name: str,
    reviewer: str,
    hours: float,
    out: Path,
    as_json: bool,
) -> None:
    """Ask a reviewer for an exam, or, as the reviewer, issue one: a signed nonce bound to the request.

    The learner makes a request and sends the file; the reviewer answers it with a signed file; the learner
    begins with `gradatim exam start LAB --issued FILE`. One issue is one exam, and its first submission counts.
    """
    problems = []
    if (request_file is None) == (lab is None):
        problems.append("give a REQUEST to answer (reviewer), or --request LAB (learner)")
    if lab is not None and not name.strip():
        problems.append("--name: whose request it is")
    if request_file is not None and not reviewer.strip():
        problems.append("--reviewer: who issues it")
    if out.exists():
        problems.append("--out: there is a file of that name")
    if problems:
        raise InputError("this cannot be issued", problems, next="gradatim exam issue --help")
    app = open_app()
    if request_file is None:
        made = app.exams.request(str(lab), name)
        answer = f"gradatim exam issue {out.name} --reviewer NAME --out issued.json"
        step = f"send {out.name} to your reviewer, who runs: {answer}"
    else:
        made = app.exams.issue(read_json(request_file, "the request"), reviewer=reviewer, hours=hours)
        begin = f"gradatim exam start {made['request']['lab']} --issued {out.name}"
        step = f"send {out.name} back; it holds until {made['expires_at']}: {begin}"
    _write(out, made)

    def human() -> None:
        click.echo(str(out))
        click.echo(f"next:  {step}")

    emit({**made, "file": str(out)}, as_json, human)


def _write(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    descriptor, made = tempfile.mkstemp(prefix=".exam-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise

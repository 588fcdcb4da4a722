"""What the `lab` commands do where the lab is a performed task: a folder out, a folder in, a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.output import emit, markdown, table
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.app import App

STATUS = {
    "pass": "passed",
    "fail": "not passed",
    "reference": "near to a solution that ships: practice only, does not count",
    "open": "open",
    "abandoned": "given up",
}


def is_task(name: str) -> bool:
    """Whether a task of that id is installed. Opens nothing."""
    from gradatim.lab import folders

    return name in folders.tasks()


def start_task(app: App, task: str, folder: Path | None, seed: int | None, as_json: bool) -> None:
    """Write the folder of a new attempt and say what to do with it."""
    made = app.tasks.start(task, folder, seed=seed)

    def human() -> None:
        click.echo(f"attempt {made['attempt']} of {task}, about {made['minutes']} minutes")
        click.echo(f"  read:  {made['folder']}/BRIEF.md")
        click.echo(f"  mend:  {', '.join(made['files'])}")
        click.echo(f"next:  {made['next']}")

    emit(made, as_json, human)


def submit_task(app: App, target: str, folder: Path | None, as_json: bool) -> None:
    """Judge a folder and print the verdict. Without one, the folder that was written at the start."""
    if folder is None:
        row = app.tasks.attempt(target) if app.tasks.owns(target) else app.tasks.show(target)["open"]
        if row is None or not row["folder"]:
            raise InputError("say which folder is handed in", next=f"gradatim lab submit {target} DIR")
        folder = Path(row["folder"])
    verdict = app.tasks.submit(target, folder)
    emit(verdict, as_json, lambda: print_task_verdict(verdict))


def print_task_verdict(verdict: dict[str, Any]) -> None:
    """What held, what was missed and what was seen of it; then what had been planted."""
    click.echo(f"attempt {verdict['attempt']}, {verdict['title']}: {STATUS[verdict['status']]}")
    click.echo(
        f"  skill: {verdict['skill']:.2f}   ({verdict['pass_mark']:g} passes; the starter is 0, losing nothing is 1)"
    )
    if verdict["issued"]:
        click.echo(f"  {verdict['issued']}, by the ledger")
    for one in verdict["held"]:
        click.echo(f"  ✓ {one['cause']}")
    for one in verdict["missed"]:
        click.echo(f"  ✗ {one['text']}; on {one['draws']} of {verdict['draws']} draws")
        for words in one["seen"]:
            click.echo(f"      {words}")
    for name, value in verdict["measured"].items():
        click.echo(f"  {name.replace('_', ' ')}: {value:g}")
    if verdict["debrief"]:
        click.echo()
        markdown(verdict["debrief"])
    click.echo(f"\nhash:  {verdict['hash']}")
    done = verdict["status"] == "pass"
    click.echo(f"next:  {'gradatim plan prerequisites' if done else 'gradatim lab start ' + verdict['task']}")


def replay_task(app: App, attempt: str, as_json: bool) -> bool:
    """Judge an attempt again; whether the hash is the same."""
    found = app.tasks.replay(attempt)

    def human() -> None:
        click.echo(f"attempt {attempt}: {'the same outcome' if found['matches'] else 'ANOTHER outcome'}")
        click.echo(f"  stored:      {found['hash']}")
        click.echo(f"  recomputed:  {found['recomputed_hash']}")

    emit(found, as_json, human)
    return bool(found["matches"])


def show_task(app: App, task: str, as_json: bool) -> None:
    """Show what a task asks, what is graded and what is not, and the attempts."""
    found = app.tasks.show(task)
    emit(found, as_json, lambda: print_task(found))


def print_task(found: dict[str, Any]) -> None:
    """A task as its page has it; the brief comes with an attempt, because every attempt draws another form."""
    click.echo(f"{found['title']}  ({found['id']} {found['version']}, {found['minutes']} minutes)\n")
    click.echo(found["summary"])
    click.echo(
        f"\nHanded in: {', '.join(found['files'])}. "
        f"Judged on {found['draws']} hidden draws; {found['pass_mark']:g} passes."
    )
    click.echo("\nGraded")
    for one in found["graded"]:
        click.echo(f"  - {one['text']}")
    click.echo("\nNot measured")
    for text in found["not_measured"]:
        click.echo(f"  - {text}")
    if found["attempts"]:
        click.echo()
        rows = [
            (
                a["attempt"],
                STATUS.get(a["status"], a["status"]),
                a["started_at"],
                a["issued"] or "not in the ledger",
                "-" if a["skill"] is None else f"{a['skill']:.2f}",
            )
            for a in found["attempts"]
        ]
        table(["attempt", "status", "started", "issued", "skill"], rows, right=[4])
    click.echo(f"\nnext:  gradatim lab start {found['id']} DIR")


def print_task_proofs(name: str, result: dict[str, Any]) -> None:
    """The matrix, one row a reference; then one line a proof; then the verdict."""
    from gradatim.cli.lab.author import proofs

    rows = [
        (
            row["reference"],
            row["kind"],
            f"{row['lost_per_draw']:.2f}",
            f"{row['skill']:.2f}",
            f"{row['pass_rate']:.0%}",
            ", ".join(f"{c} {v:g}" for c, v in row["by_cause"].items()),
        )
        for row in result["matrix"]
    ]
    table(["reference", "kind", "lost per draw", "skill", "passes", "by cause"], rows, right=[2, 3, 4])
    found = proofs(result)
    marks = {True: "ok", False: "FAIL"}
    table(
        ["", "proof", "detail"],
        [(marks[p["ok"]] if p.get("applies", True) else "-", n, p["detail"]) for n, p in found.items()],
    )
    held = sum(1 for p in found.values() if p["ok"] and p.get("applies", True))
    asked = sum(1 for p in found.values() if p.get("applies", True))
    click.echo(
        f"{name}: {held} of {asked} proofs hold on {result['instances']} forms, {result['cpu_s']} CPU-s"
    )

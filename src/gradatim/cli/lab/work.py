"""`lab start`, `lab play` and `lab submit`: make an attempt, by hand, by policy, or from a folder."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from gradatim.cli.command import Command
from gradatim.cli.lab.task import is_task, start_task, submit_task
from gradatim.cli.lab.verdict import print_sealed, print_verdict, wait_for_regret, wait_option
from gradatim.cli.options import FILE, FILE_OR_FOLDER, NEW_FOLDER, family_option, json_option, seed_option
from gradatim.cli.output import Line, emit
from gradatim.cli.service import open_app, open_world
from gradatim.core.errors import InputError


@click.command(
    cls=Command,
    examples=[
        "gradatim lab start incident-response",
        "gradatim lab start incident-response --seed 7 --json",
        "gradatim lab start task-pipelines ~/task",
    ],
)
@click.argument("lab")
@click.argument("folder", type=NEW_FOLDER, required=False, metavar="[DIR]")
@seed_option
@family_option
@json_option
def start(lab: str, folder: Path | None, seed: int | None, family: str | None, as_json: bool) -> None:
    """Begin a practice attempt and say where to work on it.

    A performed task is written into DIR, which must be empty or new; without DIR, below the home.
    """
    from gradatim.store import running_server

    if is_task(lab):
        if family is not None:
            raise InputError(f"{lab} has no families", next=f"gradatim lab start {lab}")
        start_task(open_app(), lab, folder, seed, as_json)
        return
    if folder is not None:
        raise InputError(
            f"{lab} is played, not written into a folder",
            ["DIR: only for performed tasks"],
            next="gradatim lab list",
        )
    app = open_world(quiet=as_json)
    attempt = app.start(lab, seed=seed, family=family)
    server = running_server(app.home)
    page = f"/attempts/{attempt['id']}/room"
    url = f"http://127.0.0.1:{server.port}{page}" if server and server.port else None
    end = f"gradatim lab submit {attempt['id']}"

    def human() -> None:
        click.echo(f"attempt {attempt['id']} of {lab}, {attempt['kind']}")
        click.echo(f"  work:  {url}" if url else f"  work:  gradatim   (then open {page})")
        click.echo(f"  end:   {end}")

    commands = [end] if url else ["gradatim", end]
    emit({**attempt, "page": page, "url": url, "commands": commands}, as_json, human)


@click.command(
    cls=Command,
    examples=[
        "gradatim lab play incident-response --policy my_policy.py --seed 7",
        "gradatim lab play incident-response --policy my_policy.py --seed 7 --json",
    ],
)
@click.argument("lab")
@click.option("--policy", type=FILE, required=True, help="A Python file with: def policy(obs, query).")
@seed_option
@family_option
@wait_option
@json_option
def play(lab: str, policy: Path, seed: int | None, family: str | None, wait: bool, as_json: bool) -> None:
    """Let a policy file work an instance of a lab, and judge it.

    The policy runs in its own process: standard library and numpy only, no network, bounded time and memory.
    """
    app = open_world(quiet=as_json)
    with Line() as line:
        result = app.play(
            lab,
            policy,
            seed=secrets.randbits(128) if seed is None else seed,
            family=family,
            progress=lambda share: line.say(f"playing: {share:.0%} of the shift"),
        )
    result |= wait_for_regret(app, result["attempt"], wait=wait)
    emit(result, as_json, lambda: print_verdict(result))


@click.command(
    cls=Command,
    examples=[
        "gradatim lab submit 7f3k9q",
        "gradatim lab submit incident-response log.json --json",
        "gradatim lab submit task-pipelines",
    ],
)
@click.argument("target")
@click.argument("submission", type=FILE_OR_FOLDER, required=False)
@wait_option
@json_option
def submit(target: str, submission: Path | None, wait: bool, as_json: bool) -> None:
    """End an attempt and have it judged, or hand in a file for a lab.

    TARGET is an attempt (it runs to its horizon and is judged), or a lab when a SUBMISSION is given.
    For a performed task, SUBMISSION is its folder, by default the one that was written; the first
    that can be judged counts.
    """
    if is_task(target) or open_app().tasks.owns(target):
        submit_task(open_app(), target, submission, as_json)
        return
    app = open_world(quiet=as_json)
    result = app.finish(target) if submission is None else app.submit(target, submission)
    if "exam" in result:
        emit(result, as_json, lambda: print_sealed(result))
        return
    result |= wait_for_regret(app, result["attempt"], wait=wait)
    emit(result, as_json, lambda: print_verdict(result))

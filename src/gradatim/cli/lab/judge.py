"""`lab score`, `lab replay` and `lab whatif`: judge an attempt again, recompute it, change one thing."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.lab.task import print_task_verdict, replay_task
from gradatim.cli.lab.verdict import print_verdict, wait_for_regret, wait_option
from gradatim.cli.options import json_option
from gradatim.cli.output import dollars, emit, table
from gradatim.cli.service import open_app, open_world
from gradatim.core.clock import FORMS, ShiftClock, read
from gradatim.core.errors import InputError


@click.command(cls=Command, examples=["gradatim lab score 7f3k9q", "gradatim lab score 7f3k9q --json"])
@click.argument("attempt")
@wait_option
@json_option
def score(attempt: str, wait: bool, as_json: bool) -> None:
    """Print the score of an attempt that has ended."""
    if (tasks := open_app().tasks).owns(attempt):
        verdict = tasks.verdict(attempt)
        emit(verdict, as_json, lambda: print_task_verdict(verdict))
        return
    app = open_world(quiet=as_json)
    app.score(attempt)
    result = wait_for_regret(app, attempt, wait=wait)
    emit(result, as_json, lambda: print_verdict(result))


@click.command(cls=Command, examples=["gradatim lab replay 7f3k9q", "gradatim lab replay 7f3k9q --json"])
@click.argument("attempt")
@json_option
@click.pass_context
def replay(ctx: click.Context, attempt: str, as_json: bool) -> None:
    """Recompute an attempt from its seed and its log, compare the hashes, and list the log.

    Exit code 0 when they are the same, 1 when they differ.
    """
    if (found := open_app()).tasks.owns(attempt):
        if not replay_task(found, attempt, as_json):
            ctx.exit(1)
        return
    app = open_world(quiet=as_json)
    result = app.replay(attempt)
    submission = app.submission(attempt)
    clock = attempt_clock(app.attempt(attempt))

    def human() -> None:
        click.echo(f"attempt {attempt}: {'the same outcome' if result['matches'] else 'ANOTHER outcome'}")
        click.echo(f"  stored:      {result['hash']}  {dollars(result['loss_usd'])}")
        click.echo(f"  recomputed:  {result['recomputed_hash']}  {dollars(result['recomputed_loss_usd'])}")
        if submission["actions"]:
            click.echo()
            table(["", "time", "action"], log_rows(submission["actions"], clock), right=[0])
        click.echo(f"next:  gradatim lab whatif {attempt} --drop 0")

    emit({**result, "submission": submission}, as_json, human)
    if not result["matches"]:
        ctx.exit(1)


@click.command(
    cls=Command,
    examples=[
        "gradatim lab whatif 7f3k9q --move 2 09:14",
        "gradatim lab whatif 7f3k9q --move 2 2/09:14",
        "gradatim lab whatif 7f3k9q --drop 0 --drop 3 --json",
        """gradatim lab whatif 7f3k9q --insert 09:20 '{"kind": "set_retry_budget", "ratio": 0.1}'""",
    ],
)
@click.argument("attempt")
@click.option(
    "--move",
    "moves",
    nargs=2,
    multiple=True,
    metavar="I TIME",
    help="Take action number I (from 0) at TIME instead.",
)
@click.option("--drop", "drops", multiple=True, metavar="I", help="Leave action number I out.")
@click.option(
    "--insert",
    "inserts",
    nargs=2,
    multiple=True,
    metavar="TIME ACTION",
    help="Take ACTION, a JSON object, at TIME too.",
)
@json_option
def whatif(
    attempt: str,
    moves: tuple[tuple[str, str], ...],
    drops: tuple[str, ...],
    inserts: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Judge an attempt again with some of its actions moved, dropped or added.

    TIME is a clock time of the attempt (09:14 or 09:14:30; on a shift of days 2/09:14 or "day 2 09:14") or
    simulated seconds. The attempt itself does not change.
    """
    check_edits(moves, drops, inserts)
    app = open_world(quiet=as_json)
    edits = as_edits(moves, drops, inserts, app.attempt(attempt))
    result = app.whatif(attempt, edits)

    def human() -> None:
        less = result["delta_usd"] <= 0
        click.echo(f"attempt {attempt}, with {len(edits)} {'edit' if len(edits) == 1 else 'edits'}")
        click.echo(f"  loss:  {dollars(result['loss_usd'])}")
        click.echo(f"         {dollars(abs(result['delta_usd']))} {'less' if less else 'more'} than it was")
        changed = [(c, usd) for c, usd in result["by_cause_delta_usd"].items() if abs(usd) >= 0.5]
        if changed:
            table(["cause", "change"], [(cause, dollars(usd)) for cause, usd in changed], right=[1])

    emit(result, as_json, human)


def check_edits(
    moves: tuple[tuple[str, str], ...], drops: tuple[str, ...], inserts: tuple[tuple[str, str], ...]
) -> None:
    """Refuse malformed edits, all at once, before anything is opened.

    Raises:
        InputError: no edit at all, an index or a time that is none, an action that is not a JSON object.
    """
    problems = [f"--drop {i}: not the number of an action" for i in drops if not i.isdecimal()]
    times = 0
    for i, when in moves:
        problems += [] if i.isdecimal() else [f"--move {i} {when}: {i} is not the number of an action"]
        if not _is_time(when):
            times += 1
            problems.append(f"--move {i} {when}: {when} is no clock time and no number of seconds")
    for when, action in inserts:
        if not _is_time(when):
            times += 1
            problems.append(f"--insert {when}: no clock time and no number of seconds")
        try:
            if not isinstance(json.loads(action), dict):
                problems.append(f"--insert {when}: the action is not a JSON object")
        except ValueError as error:
            problems.append(f"--insert {when}: the action is not JSON: {error}")
    if not (moves or drops or inserts):
        problems.append("nothing to change: give --move, --drop or --insert")
    if problems:
        raise InputError(
            "these edits cannot be made",
            problems,
            why=FORMS if times else "",
            next="gradatim lab whatif --help",
        )


def as_edits(
    moves: tuple[tuple[str, str], ...],
    drops: tuple[str, ...],
    inserts: tuple[tuple[str, str], ...],
    attempt: dict[str, Any],
) -> list[dict[str, Any]]:
    """The checked edits as `App.whatif` takes them, clock times turned into simulated seconds of the attempt.

    Raises:
        InputError: times outside the attempt's shift, without a day where it has several, or with one where it has
            none; all of them at once.
    """
    clock, problems = attempt_clock(attempt), []
    start_s, end_s = float(attempt["start_s"]), float(attempt["horizon_s"])

    def at(when: str, option: str) -> float:
        try:
            moment = read(when)
            t_s = float(when) if moment is None else clock.at(moment)
        except ValueError as error:
            problems.append(f"{option} {when}: {error}")
            return start_s
        if not start_s <= t_s <= end_s:
            problems.append(
                f"{option} {when}: this shift runs from {clock.text(start_s)} to {clock.text(end_s)}, "
                f"{start_s:g} to {end_s:g} s"
            )
        return t_s

    edits: list[dict[str, Any]] = [{"move": int(i), "to_s": at(when, f"--move {i}")} for i, when in moves]
    edits += [{"drop": int(i)} for i in drops]
    edits += [
        {"insert": {"t_s": at(when, "--insert"), "action": json.loads(action)}} for when, action in inserts
    ]
    if problems:
        raise InputError("these edits cannot be made", problems, next=f"gradatim lab replay {attempt['id']}")
    return edits


def log_rows(actions: list[dict[str, Any]], clock: ShiftClock) -> list[tuple[int, str, str]]:
    """The log of an attempt: the number that `whatif` takes, the clock time, the action."""
    rows = []
    for i, step in enumerate(actions):
        fields = " ".join(f"{name}={value}" for name, value in step["action"].items() if name != "kind")
        time = clock.text(step["t_ms"] / 1000, seconds=True)
        rows.append((i, time, f"{step['action']['kind']} {fields}".rstrip()))
    return rows


def attempt_clock(attempt: dict[str, Any]) -> ShiftClock:
    """The clock of the shift that an attempt is played on."""
    return ShiftClock.of(attempt["start_s"], attempt["horizon_s"])


def _is_time(when: str) -> bool:
    """A clock time, or simulated seconds."""
    return read(when) is not None or bool(re.fullmatch(r"\d{1,7}(\.\d{1,6})?", when, re.ASCII))

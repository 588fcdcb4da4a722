"""`lab score`, `lab replay` and `lab whatif`: judge an attempt again, recompute it, change one thing."""

from __future__ import annotations

import json
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.lab.task import print_task_verdict, replay_task
from gradatim.cli.lab.verdict import print_verdict, wait_for_regret, wait_option
from gradatim.cli.options import json_option
from gradatim.cli.output import dollars, emit, table
from gradatim.cli.service import open_app, open_world
from gradatim.core.errors import InputError

DAY_S = 86_400


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
    origin_s = clock_origin_s(app.attempt(attempt))

    def human() -> None:
        click.echo(f"attempt {attempt}: {'the same outcome' if result['matches'] else 'ANOTHER outcome'}")
        click.echo(f"  stored:      {result['hash']}  {dollars(result['loss_usd'])}")
        click.echo(f"  recomputed:  {result['recomputed_hash']}  {dollars(result['recomputed_loss_usd'])}")
        if submission["actions"]:
            click.echo()
            table(["", "time", "action"], log_rows(submission["actions"], origin_s), right=[0])
        click.echo(f"next:  gradatim lab whatif {attempt} --drop 0")

    emit({**result, "submission": submission}, as_json, human)
    if not result["matches"]:
        ctx.exit(1)


@click.command(
    cls=Command,
    examples=[
        "gradatim lab whatif 7f3k9q --move 2 09:14",
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

    TIME is a clock time of the attempt (09:14 or 09:14:30) or simulated seconds since its start.
    The attempt itself does not change.
    """
    check_edits(moves, drops, inserts)
    app = open_world(quiet=as_json)
    origin_s = clock_origin_s(app.attempt(attempt))
    edits = as_edits(moves, drops, inserts, origin_s)
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
    for i, when in moves:
        problems += [] if i.isdecimal() else [f"--move {i} {when}: {i} is not the number of an action"]
        problems += (
            []
            if _seconds(when) is not None
            else [f"--move {i} {when}: {when} is no clock time and no number of seconds"]
        )
    for when, action in inserts:
        problems += (
            [] if _seconds(when) is not None else [f"--insert {when}: no clock time and no number of seconds"]
        )
        try:
            if not isinstance(json.loads(action), dict):
                problems.append(f"--insert {when}: the action is not a JSON object")
        except ValueError as error:
            problems.append(f"--insert {when}: the action is not JSON: {error}")
    if not (moves or drops or inserts):
        problems.append("nothing to change: give --move, --drop or --insert")
    if problems:
        raise InputError("these edits cannot be made", problems, next="gradatim lab whatif --help")


def as_edits(
    moves: tuple[tuple[str, str], ...],
    drops: tuple[str, ...],
    inserts: tuple[tuple[str, str], ...],
    origin_s: float,
) -> list[dict[str, Any]]:
    """The checked edits as `App.whatif` takes them, clock times turned into simulated seconds."""

    def at(when: str) -> float:
        seconds = _seconds(when)
        assert seconds is not None
        if ":" not in when:
            return seconds
        # From 24:00 on it is a later day of a shift of days.
        return seconds - origin_s if seconds >= DAY_S else (seconds - origin_s) % DAY_S

    edits: list[dict[str, Any]] = [{"move": int(i), "to_s": at(when)} for i, when in moves]
    edits += [{"drop": int(i)} for i in drops]
    edits += [{"insert": {"t_s": at(when), "action": json.loads(action)}} for when, action in inserts]
    return edits


def log_rows(actions: list[dict[str, Any]], origin_s: float) -> list[tuple[int, str, str]]:
    """The log of an attempt: the number that `whatif` takes, the clock time, the action."""
    rows = []
    for i, step in enumerate(actions):
        second = int(step["t_ms"] / 1000 + origin_s)
        fields = " ".join(f"{name}={value}" for name, value in step["action"].items() if name != "kind")
        time = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        rows.append((i, time, f"{step['action']['kind']} {fields}".rstrip()))
    return rows


def clock_origin_s(attempt: dict[str, Any]) -> float:
    """The second of the day at which the attempt's simulated time is 0."""
    seconds = _seconds(attempt["clock"])
    assert seconds is not None
    return float((seconds - attempt["t_s"]) % DAY_S)


def _seconds(when: str) -> float | None:
    """Seconds of "4500", "09:14", "09:14:30" or "33:50" (the next day at 09:50); None for anything else."""
    parts = when.split(":")
    if len(parts) > 3 or not all(part.replace(".", "", 1).isdecimal() for part in parts):
        return None
    if len(parts) == 1:
        return float(when)
    hours, minutes, seconds = (float(part) for part in [*parts, "0"][:3])
    return hours * 3600 + minutes * 60 + seconds if hours < 240 and minutes < 60 and seconds < 60 else None

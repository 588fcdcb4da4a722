"""`exam start`, `exam show`, `exam next`, `exam submit`: from the first instance to handing in."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.command import Command
from gradatim.cli.exam.printing import print_exam, print_list
from gradatim.cli.options import FILE, Finite, json_option
from gradatim.cli.output import Line, emit
from gradatim.cli.service import open_app, open_world
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.app import App

SKILL = Finite(-3.0, 2.0)


@click.command(
    cls=Command,
    examples=[
        "gradatim exam start incident-response --predict 0.6 --low 0.2 --high 0.9",
        "gradatim exam start incident-response --policy my_policy.py --json",
    ],
)
@click.argument("lab")
@click.option("--predict", type=SKILL, help="The skill that you expect: 0 is the best trick, 1 the senior.")
@click.option("--low", type=SKILL, help="From here …")
@click.option("--high", type=SKILL, help="… to here: it should hold your skill in four exams of five.")
@click.option(
    "--assistance",
    type=click.Choice(["none", "AI", "pair"]),
    default="none",
    show_default=True,
    help="Who helps you; it is written beside the verdict.",
)
@click.option("--issued", type=FILE, help="A reviewer's signed file, for the grade of proof `issued`.")
@click.option("--policy", type=FILE, help="A Python file that sits the exam, in its own limited process.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until the instances are drawn.")
@json_option
def start(
    lab: str,
    predict: float | None,
    low: float | None,
    high: float | None,
    assistance: str,
    issued: Path | None,
    policy: Path | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Begin an exam. It is spent from here on: what you leave out counts as doing nothing.

    You say first what you expect. Then the references play candidate instances (a minute or two) until there
    is a set on which no policy without skill comes near the senior. You may work on it over days.
    """
    predicted = _prediction(predict, low, high, asked=policy is None, as_json=as_json)
    app = open_world(quiet=as_json)
    made = app.exams.start(
        lab,
        predicted=predicted,
        assistance=assistance,
        issue=None if issued is None else read_json(issued, "the issued exam"),
        player="learner" if policy is None else policy.name[:80],
    )
    if wait or policy is not None:
        made = wait_for_draw(app, made["id"])
    if policy is not None:
        with Line() as line:
            made = app.exams.sit(made["id"], policy, progress=lambda what: line.say(what))
    emit(made, as_json, lambda: print_exam(made))


@click.command(cls=Command, examples=["gradatim exam show", "gradatim exam show e-7f3k9qab --json"])
@click.argument("exam", required=False)
@json_option
def show(exam: str | None, as_json: bool) -> None:
    """Show where an exam stands, or list all of them."""
    app = open_app()
    if exam is None:
        found = app.exams.all()
        emit({"exams": found}, as_json, lambda: print_list(found))
        return
    one = app.exams.show(exam)
    emit(one, as_json, lambda: print_exam(one))


@click.command("next", cls=Command, examples=["gradatim exam next e-7f3k9qab"])
@click.argument("exam")
@json_option
def next_instance(exam: str, as_json: bool) -> None:
    """Open the next instance and say where to work on it."""
    from gradatim.store import running_server

    app = open_world(quiet=as_json)
    wait_for_draw(app, exam)
    attempt = app.exams.next(exam)
    server = running_server(app.home)
    page = f"/attempts/{attempt['id']}/room"
    url = f"http://127.0.0.1:{server.port}{page}" if server and server.port else None
    shown = app.exams.show(exam)
    number = next(i["number"] for i in shown["instances"] if i["attempt_id"] == attempt["id"])

    def human() -> None:
        click.echo(f"exam {exam}: instance {number} of {shown['n']}, attempt {attempt['id']}")
        click.echo(f"  work:  {url}" if url else f"  work:  gradatim   (then open {page})")
        click.echo(f"  end:   gradatim lab submit {attempt['id']}")
        click.echo(f"  next:  gradatim exam next {exam}")

    emit({**attempt, "number": number, "n": shown["n"], "page": page, "url": url}, as_json, human)


@click.command(
    cls=Command, examples=["gradatim exam submit e-7f3k9qab", "gradatim exam submit e-7f3k9qab --yes"]
)
@click.argument("exam")
@click.option("--yes", is_flag=True, help="Hand in although instances are not worked; they count as idle.")
@json_option
def submit(exam: str, yes: bool, as_json: bool) -> None:
    """Hand an exam in and print its verdict. The first time counts."""
    app = open_world(quiet=as_json)
    shown = app.exams.show(exam)
    left = shown["n"] - shown["worked"]
    if shown["status"] == "open" and left and not yes:
        what = f"{left} of {shown['n']} instances {'is' if left == 1 else 'are'} not worked"
        asked = sys.stdin.isatty() and not as_json
        if not (
            asked
            and click.confirm(f"{what} and would count as doing nothing from where they stand. Hand in?")
        ):
            raise InputError(
                f"{what}", why="handed in now, they count as doing nothing from where they stand",
                next=f"gradatim exam next {exam}   (or: gradatim exam submit {exam} --yes)",
            )  # fmt: skip
    done = app.exams.submit(exam)
    emit(done, as_json, lambda: print_exam(done))


def wait_for_draw(app: App, exam_id: str) -> dict[str, Any]:
    """The exam, once its instances are drawn; drawing goes on if this is interrupted."""
    with Line() as line:
        while True:
            shown = app.exams.show(exam_id)
            drawing = shown["drawing"]
            if drawing["state"] != "drawing":
                return shown
            line.say(f"drawing the exam: {drawing['done']} of {drawing['total'] or '?'} reference runs")
            time.sleep(0.2)


def read_json(path: Path, what: str) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        InputError: it cannot be read, or is no JSON object.
    """
    try:
        if path.stat().st_size > 100_000:
            raise InputError(f"{what} cannot be read", ["larger than 100,000 bytes"], where=str(path))
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{what} cannot be read", [error.strerror or str(error)], where=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what} is not JSON", [str(error)[:200]], where=str(path)) from None
    if not isinstance(data, dict):
        raise InputError(f"{what} is not a JSON object", where=str(path))
    return data


def _prediction(
    predict: float | None, low: float | None, high: float | None, *, asked: bool, as_json: bool
) -> dict[str, float] | None:
    """The self-prediction from the options, or asked for on a terminal."""
    given = {"skill": predict, "lo": low, "hi": high}
    known = {name: value for name, value in given.items() if value is not None}
    if len(known) == 3 or (not known and not asked):
        return known or None
    if asked and not as_json and sys.stdin.isatty():
        click.echo("What do you expect? Skill 0 is what the best trick without skill reaches, 1 the senior.")
        for name, words in (("skill", "your skill"), ("lo", "at least"), ("hi", "at most")):
            if name not in known:
                known[name] = click.prompt(
                    f"  {words} (four times in five)" if name != "skill" else f"  {words}", type=SKILL
                )
        return known
    flags = {"skill": "--predict", "lo": "--low", "hi": "--high"}
    raise InputError(
        "say first what you expect", [f"{flags[n]}: missing" for n in given if n not in known],
        why="a prediction made after the fact predicts nothing",
        next="gradatim exam start LAB --predict 0.6 --low 0.2 --high 0.9",
    )  # fmt: skip

"""`plan questions|set|prerequisites|record|withdraw|rate`: what the learner says about themselves."""

from __future__ import annotations

from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit
from gradatim.core.errors import InputError


@click.command(cls=Command, examples=["gradatim plan questions"])
@json_option
def questions(as_json: bool) -> None:
    """Show the start questions: what each changes, what is assumed without it, your answers."""
    from gradatim.cli.service import open_app

    found = open_app().learner.questions()

    def human() -> None:
        for one in found:
            answer = shown(one["answer"]) if one["answered"] else f"skipped: {one['skipped']}"
            click.echo(f"{one['text']}\n  changes: {one['changes']}\n  answer:  {answer}")
        click.echo("\nnext:  gradatim plan set --help")

    emit(found, as_json, human)


@click.command(
    name="set",
    cls=Command,
    examples=[
        "gradatim plan set --hours 5 --rate 0.8 --window 04-01 --window 10-01",
        "gradatim plan set --scope D1=2 --scope D5=3 --zone Europe/Berlin",
        "gradatim plan set --skip role --skip D5",
    ],
)
@click.option("--role", metavar="TEXT", help="Your role now.")
@click.option("--months-at-level", metavar="N", help="Months at your present level.")
@click.option("--hours", metavar="N", help="Hours a week for this; 0 for an order without dates.")
@click.option("--scope", multiple=True, metavar="D=LEVEL", help="Your present level in a dimension, 1 to 5.")
@click.option("--rate", metavar="N", help="Chances a month to do something at senior level.")
@click.option("--had", metavar="N", help="Such chances that you have used already.")
@click.option(
    "--agreed", multiple=True, metavar="DATE", help="A day on which one is agreed; replaces those before."
)
@click.option("--lag", metavar="N", help="Months from a change to an effect that can be shown.")
@click.option("--window", multiple=True, metavar="MM-DD", help="A committee; replaces those before.")
@click.option("--slot", multiple=True, metavar="TIME", help='A time of study, "tue 18:00-20:00"; replaces.')
@click.option("--zone", metavar="NAME", help="Your time zone, such as Europe/Berlin.")
@click.option(
    "--identity", multiple=True, metavar="ID", help="An address or id that badges name you by; replaces."
)
@click.option("--skip", multiple=True, metavar="WHAT", help="Take an answer back: a question or a dimension.")
@json_option
def set_answers(as_json: bool, scope: tuple[str, ...], skip: tuple[str, ...], **given: Any) -> None:
    """Answer start questions; those that are not named stay as they are."""
    from gradatim.cli.service import open_app

    app = open_app()
    said: dict[str, Any] = {
        FIELDS[name]: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if value not in (None, ())
    }
    known = {one["id"] for one in app.learner.questions()}
    problems = [f"--scope {text}: a dimension and a level, as D1=3" for text in scope if text.count("=") != 1]
    levels: dict[str, Any] = dict(text.split("=") for text in scope if text.count("=") == 1)
    dimensions = {one.id for one in app.learner.rubric.dimensions}
    for what in skip:
        field = FIELDS.get(what.replace("-", "_"), what.replace("-", "_"))
        if what in dimensions:
            levels[what] = None
        elif field in known:
            said[field] = None
        else:
            problems.append(f"--skip {what}: neither a question nor a dimension")
    if levels and "scope" not in said:
        said["scope"] = levels
    if problems or not said:
        problems += app.learner.problems(said) if said else [] if problems else ["nothing was named"]
        raise InputError("no answer was kept", problems, next="gradatim plan set --help")
    found = app.learner.set(said)
    emit(found, as_json, lambda: click.echo("kept\nnext:  gradatim plan forecast"))


@click.command(cls=Command, examples=["gradatim plan prerequisites"])
@json_option
def prerequisites(as_json: bool) -> None:
    """Show each prerequisite: met, met with a gap, not yet or not checked, with the reason."""
    from gradatim.cli.service import open_app

    found = open_app().learner.prerequisites()

    def human() -> None:
        click.echo(f"{found['word']}: {found['text']}\n")
        for one in found["prerequisites"]:
            click.echo(f"{one['id']}: {one['word']}\n  {one['title']}. {one['how']}\n  {one['reason']}")
            if one["state"] != "met":
                click.echo(f"  practice: {one['practice']}")
            for record in one["records"]:
                until = record["to"] or "now"
                by = f", {record['attested_by']} can confirm it" if record["attested_by"] else ""
                click.echo(f"  record {record['number']}: {record['what']}, {record['since']} to {until}{by}")
        click.echo("\nnext:  gradatim plan record --help")

    emit(found, as_json, human)


@click.command(
    cls=Command,
    examples=[
        'gradatim plan record production-experience --what "Ranking service" --since 2024-01-15 --by "A. Lead"',
        'gradatim plan record independent-delivery --what "Feature store" --since 2025-02-01 --share 0.7',
    ],
)
@click.argument("prerequisite")
@click.option("--what", required=True, metavar="TEXT", help="The system or the piece of work.")
@click.option("--role", metavar="TEXT", help="Your role in it.")
@click.option("--since", required=True, metavar="DATE", help="When it began.")
@click.option("--to", metavar="DATE", help="When it ended; left out while it goes on.")
@click.option("--share", metavar="N", help="Your own share of it, above 0 and at most 1.")
@click.option("--by", metavar="NAME", help="Who can confirm it.")
@json_option
def record(
    prerequisite: str,
    what: str,
    role: str | None,
    since: str,
    to: str | None,
    share: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Write a role, a system or a piece of work down for PREREQUISITE, into the ledger."""
    from gradatim.cli.service import open_app

    said = {"what": what, "role": role, "since": since, "to": to, "own_share": share, "attested_by": by}
    found = open_app().learner.record(prerequisite, said)
    text = f"record {found['number']} is kept\nnext:  gradatim plan prerequisites"
    emit(found, as_json, lambda: click.echo(text))


@click.command(cls=Command, examples=["gradatim plan withdraw 3"])
@click.argument("number", type=click.IntRange(1))
@json_option
def withdraw(number: int, as_json: bool) -> None:
    """Take record NUMBER back: it stays in the ledger and no longer counts."""
    from gradatim.cli.service import open_app

    found = open_app().learner.withdraw_record(number)
    emit(found, as_json, lambda: click.echo(f"record {number} no longer counts"))


@click.command(
    cls=Command, examples=["gradatim plan rate D5 3", 'gradatim plan rate D8 2 --note "no RFC yet"']
)
@click.argument("dimension")
@click.argument("level", type=click.IntRange(1, 5))
@click.option("--note", default="", metavar="TEXT", help="Why, in a line.")
@json_option
def rate(dimension: str, level: int, note: str, as_json: bool) -> None:
    """Record how you see yourself in DIMENSION; kept beside the evidence, never averaged in."""
    from gradatim.cli.service import open_app

    found = open_app().learner.rate_self(dimension, level, note)
    emit(found, as_json, lambda: click.echo(f"kept: {dimension} at level {level}, beside the evidence"))


FIELDS = {
    "role": "role",
    "months_at_level": "months_at_level",
    "hours": "weekly_hours",
    "rate": "opportunities_per_month",
    "had": "opportunities_had",
    "agreed": "opportunities_agreed",
    "lag": "impact_lag_months",
    "window": "committee_windows",
    "slot": "study_slots",
    "zone": "time_zone",
    "identity": "identities",
}
"""Option -> question."""


def shown(answer: Any) -> str:
    """An answer on a line."""
    if isinstance(answer, dict):
        return ", ".join(f"{k} {v}" for k, v in answer.items())
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return f"{answer:g}" if isinstance(answer, float) else str(answer)

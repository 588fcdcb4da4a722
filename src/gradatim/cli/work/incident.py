"""`gradatim work incident`: a log to a timeline, a review's numbers checked, actions followed up."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.work.checked import Checked, refused, there
from gradatim.cli.work.options import (
    DATA,
    ENCODING,
    NEW_FILE,
    TEXT_FILE,
    ZONE,
    command_line,
    drawn,
    finish,
    report_options,
)
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.instruments.incident.study import Question

NEEDS_LOG = (
    "review",
    "actions",
    "draft",
    "marks",
    "fields",
    "fold",
    "tz",
    "encoding",
    "incident_name",
    "names",
)


def _marks(options: dict[str, Any]) -> None:
    from gradatim.instruments.incident.milestones import parse_marks

    parse_marks(options["marks"])


def _fields(options: dict[str, Any]) -> None:
    from gradatim.instruments.incident.study import parse_fields

    parse_fields(options["fields"])


def _contradictions(options: dict[str, Any]) -> None:
    logs = options["logs"]
    problems = []
    if not logs and options["ledger"] is None:
        problems.append("a log is needed: gradatim work incident LOG; or --ledger FILE for what is overdue")
    if not logs:
        flags = {"marks": "mark", "fields": "field", "incident_name": "incident"}
        problems += [f"--{flags.get(name, name)} needs a LOG" for name in NEEDS_LOG if options[name]]
    if (options["keep"] or options["record"]) and options["rows"]:
        problems.append("--keep and --record keep figures and never the data: leave --rows out")
    if options["names"] and options["draft"] is None and logs:
        problems.append("--names belongs to --draft")
    problems += [
        f"--{name.removesuffix('_name')} is empty"
        for name in ("incident_name", "encoding")
        if options[name] is not None and not options[name].strip()
    ]
    if problems:
        raise InputError(refused("gradatim work incident"), problems)


def _ledger_place(options: dict[str, Any]) -> None:
    ledger: Path | None = options["ledger"]
    if ledger is None:
        return
    problem = ""
    if not ledger.parent.is_dir():
        problem = f"{ledger}: the folder {ledger.parent} does not exist"
    elif ledger.exists() and not os.access(ledger, os.R_OK | os.W_OK):
        problem = f"{ledger}: cannot be read and written"
    elif not ledger.exists() and not os.access(ledger.parent, os.W_OK):
        problem = f"{ledger}: the folder {ledger.parent} cannot be written"
    if problem:
        raise InputError("nothing was computed: the ledger cannot be used", [problem])


def _look_into_files(options: dict[str, Any]) -> None:
    """Whether the logs, the review and the actions can be read."""
    if options["logs"] and there(*options["logs"]):
        from gradatim.instruments.incident.study import study

        study(_question(options))


def _question(options: dict[str, Any]) -> Question:
    from gradatim.instruments.incident.study import Question

    names = ("logs", "review", "actions", "ledger", "tz", "fold", "marks", "fields", "encoding")
    return Question(
        incident=options["incident_name"] or options["logs"][0].stem,
        today=options["today"].date() if options["today"] else datetime.date.today(),
        **{name: options[name] for name in names},
    )


@click.command(
    cls=Checked,
    checks=[_contradictions, _marks, _fields, _ledger_place],
    files=[_look_into_files],
    outputs=["draft"],
    examples=[
        "gradatim work incident events.csv --tz Europe/Berlin --draft review.md",
        "gradatim work incident chat.json alerts.json --mark mitigated=E12 --html incident.html",
        "gradatim work incident events.jsonl --review review.md",
        "gradatim work incident events.csv --actions actions.yaml --ledger followup.jsonl",
        "gradatim work incident --ledger followup.jsonl",
    ],
)
@click.argument("logs", type=DATA, nargs=-1, metavar="[LOG]...")
@click.option(
    "--review",
    type=TEXT_FILE,
    default=None,
    metavar="FILE",
    help="A written review, Markdown: check its numbers.",
)
@click.option(
    "--draft", type=NEW_FILE, default=None, metavar="FILE", help="Write a blameless review draft there."
)
@click.option(
    "--actions",
    type=DATA,
    default=None,
    metavar="FILE",
    help="Follow-ups (YAML, JSON, CSV): title, owner, due, removes: category or symptom.",
)
@click.option(
    "--ledger", type=NEW_FILE, default=None, metavar="FILE", help="Follow-up ledger, JSON lines, appended to."
)
@click.option(
    "--tz",
    type=ZONE,
    default=None,
    metavar="ZONE",
    help="For times without a zone, and for clock times shown.",
)
@click.option(
    "--fold",
    type=click.Choice(["earlier", "later"]),
    default=None,
    help="Which one, where a time came twice because clocks were set back.",
)
@click.option(
    "--mark",
    "marks",
    multiple=True,
    metavar="KIND=E7",
    help="Say which event (or time) is impact-start, detected, acknowledged, mitigated, resolved.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="ROLE=NAME",
    help="Which field is time, kind, text or who. Default: found by usual names.",
)
@click.option(
    "--incident", "incident_name", default=None, metavar="NAME", help="Its name. Default: the log's name."
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    metavar="DATE",
    help="For what is overdue. Default: this day.",
)
@click.option("--names", is_flag=True, help="Keep people's names in the draft.")
@click.option("--rows", is_flag=True, help="Put the events' texts into the report.")
@click.option("--encoding", type=ENCODING, metavar="NAME", help="Of the logs. Default: UTF-8.")
@report_options
def incident(
    logs: tuple[Path, ...], html: Path | None, as_json: bool, record: bool, force: bool, **options: Any
) -> None:
    """Make one timeline of LOGs, measure it, and check a written review against it.

    LOG is JSON, JSON lines or CSV of events, a day of a Slack export, or an Alertmanager webhook's JSON.
    Without LOG, --ledger shows what is overdue.
    """
    from gradatim.instruments.incident.ledger import append, read_ledger
    from gradatim.instruments.incident.report import build, build_follow_up
    from gradatim.instruments.report import Input

    ledger: Path | None = options["ledger"]
    today = options["today"].date() if options["today"] else datetime.date.today()
    if not logs:
        assert ledger is not None
        known = read_ledger(ledger)
        inputs = [Input.of(ledger, known.lines)]
        report = build_follow_up(list(known.entries.values()), today, command_line(), inputs, options["rows"])
        finish(report, html=html, as_json=as_json, record=record)
        return
    from dataclasses import replace

    from gradatim.instruments.incident.study import study

    question = _question({**options, "logs": logs})
    found = study(question)
    inputs = [Input.of(path, rows) for path, rows in zip(logs, found.timeline.rows, strict=True)]
    if question.review is not None:
        inputs.append(Input.of(question.review, len(found.findings or [])))
    if question.actions is not None:
        inputs.append(Input.of(question.actions, len(found.actions)))
    if ledger is not None and ledger.exists():
        inputs.append(Input.of(ledger, found.ledger.lines if found.ledger else 0))
    if ledger is not None and found.changed:
        append(ledger, question.incident, found.changed, today)
        found = replace(found, ledger=read_ledger(ledger))
    report = build(found, command_line(), inputs, drawn=drawn(html), rows=options["rows"])
    if options["draft"] is not None:
        from gradatim.instruments.incident.draft import compose
        from gradatim.instruments.report.page import replace as put

        draft = compose(
            question.incident,
            found.timeline,
            found.milestones,
            found.measures,
            found.actions,
            found.tz,
            names=options["names"],
        )
        put(options["draft"], draft.encode())
    finish(report, html=html, as_json=as_json, record=record)

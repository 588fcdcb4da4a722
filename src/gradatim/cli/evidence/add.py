"""`evidence add`: record an item, by hand or from what is already there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.evidence.look import print_item
from gradatim.cli.options import FILE, FILE_OR_FOLDER, json_option
from gradatim.cli.output import emit
from gradatim.cli.service import open_app
from gradatim.core.errors import InputError

KINDS = ("lab", "work", "review", "attestation", "decision", "teaching")
_SOURCES = ("--attempt", "--exam", "--report", "--git", "--file")


@click.command(
    cls=Command,
    examples=[
        'gradatim evidence add --title "RFC on label delay" --share 0.6 --co "M. Sato=0.4" --link D8:4 --link D1:3',
        "gradatim evidence add --attempt 7f3k9q --link D5:3",
        'gradatim evidence add --git . --range v1.2..main --title "Feature path in two domains" --link D4:4',
    ],
)
@click.option(
    "--kind", type=click.Choice(KINDS), default=None, help="What it is. Default: work, or lab for an attempt."
)
@click.option("--title", default=None, metavar="TEXT", help="What was done, in one line.")
@click.option("--context", default=None, metavar="TEXT", help="The situation: what was at stake, for whom.")
@click.option("--action", default=None, metavar="TEXT", help="What you did, and against which options.")
@click.option("--result", default=None, metavar="TEXT", help="What came of it.")
@click.option(
    "--metric", default=None, metavar="NAME:BEFORE:AFTER[:UNIT]", help='For instance "p99:410:190:ms".'
)
@click.option("--share", type=float, default=None, metavar="S", help="Your own part, above 0 to 1.")
@click.option("--co", multiple=True, metavar="NAME=S", help="A co-author's part; again for each.")
@click.option("--from", "started", default=None, metavar="DATE", help="First day, like 2026-03-01.")
@click.option("--to", "ended", default=None, metavar="DATE", help="Last day. Default: today.")
@click.option("--project", default=None, metavar="NAME", help="What it belongs to.")
@click.option(
    "--link",
    multiple=True,
    metavar="DIM:LEVEL[:SKILL]",
    help="A dimension and the level it shows; again for each.",
)
@click.option(
    "--assistance", type=click.Choice(["none", "AI", "pair"]), default=None, help="Whose help was used."
)
@click.option(
    "--attempt",
    default=None,
    metavar="ID",
    help="A finished lab attempt with its log, or a task with its files.",
)
@click.option(
    "--policy", type=FILE, default=None, help="With --attempt: the policy file that played it, kept whole."
)
@click.option("--exam", default=None, metavar="ID", help="An exam that is handed in, with every log in it.")
@click.option("--report", type=FILE, default=None, help="The --json report of a work command.")
@click.option(
    "--git", "repository", type=FILE_OR_FOLDER, default=None, help="A repository; own share from its commits."
)
@click.option(
    "--range", "commits", default="HEAD", metavar="REV", help="With --git: which commits, like v1.2..main."
)
@click.option(
    "--author", multiple=True, metavar="MAIL", help="With --git: your addresses. Default: what git knows."
)
@click.option(
    "--file", "files", type=FILE_OR_FOLDER, multiple=True, help="A file or folder: name, size, digest."
)
@click.option(
    "--replaces",
    default=None,
    metavar="ITEM",
    help="The item that this one corrects; its fields are the default.",
)
@json_option
def add(as_json: bool, **given: Any) -> None:
    """Record an item of evidence. Nothing recorded can be changed; it can be corrected, withdrawn or withheld.

    Labs alone never carry a dimension to level 4. Files leave their digest here, not their content.
    """
    problems: list[str] = []
    from gradatim.app.evidence import LOGGED, OWN

    raw = _fields(given, problems)
    evidence = open_app().evidence
    if problems:
        found = [*problems, *evidence.problems({"kind": "work", "title": "not given", **raw})]
        raise InputError("this evidence cannot be recorded", found, next="gradatim evidence add --help")
    captured = any(given[k] for k in ("attempt", "exam", "report", "repository", "files"))
    if given["replaces"] and captured:
        # Its words stay; what it is taken from is what is named now.
        named = given["attempt"] or given["exam"]
        raw = {**evidence.words(given["replaces"], [n for n in OWN if not (named and n in LOGGED)]), **raw}
    if given["replaces"] and not captured:
        made = evidence.correct(given["replaces"], raw)
    elif given["attempt"]:
        made = evidence.from_attempt(given["attempt"], raw, policy=given["policy"])
    elif given["exam"]:
        made = evidence.from_exam(given["exam"], raw)
    elif given["report"]:
        made = evidence.get(evidence.record_report(_report(given["report"]), raw))
    elif given["repository"]:
        made = evidence.from_git(given["repository"], given["commits"], given["author"], raw)
    elif given["files"]:
        made = evidence.from_files(given["files"], raw)
    else:
        made = evidence.record({"kind": "work", **raw})
    emit(made, as_json, lambda: _print(made))


def _fields(given: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    """The options as fields of an item; every malformed one is added to `problems`."""
    sources = [given[k] for k in ("attempt", "exam", "report", "repository")] + [given["files"] or None]
    if sum(s is not None for s in sources) > 1:
        problems.append(f"give only one of {', '.join(_SOURCES)}")
    if given["policy"] and not given["attempt"]:
        problems.append("--policy: only with --attempt")
    if given["author"] and not given["repository"]:
        problems.append("--author: only with --git")
    names = ("kind", "title", "context", "action", "result", "started", "ended", "project", "assistance")
    raw: dict[str, Any] = {name: given[name] for name in names if given[name]}
    if given["share"] is not None:
        raw["own_share"] = given["share"]
    raw |= _parsed("metric", [given["metric"]] if given["metric"] else [], _metric, problems, one=True)
    raw |= _parsed("co_authors", given["co"], _co_author, problems)
    raw |= _parsed("links", given["link"], _link, problems)
    return raw


def _parsed(name: str, texts: Any, parse: Any, problems: list[str], *, one: bool = False) -> dict[str, Any]:
    found = []
    for text in texts:
        try:
            found.append(parse(text))
        except ValueError:
            problems.append(f"{name}: {text[:80]!r} is not written like {parse.__doc__}")
    return {} if not found else {name: found[0] if one else found}


def _metric(text: str) -> dict[str, Any]:
    """p99:410:190:ms"""
    name, before, after, *unit = text.split(":")
    return {"name": name, "baseline": float(before), "after": float(after), "unit": ":".join(unit)}


def _co_author(text: str) -> dict[str, Any]:
    """M. Sato=0.4"""
    name, _, share = text.rpartition("=")
    return {"name": name, "share": float(share)}


def _link(text: str) -> dict[str, Any]:
    """D5:4 or D5:4:incident-response"""
    dimension, level, *skill = text.split(":")
    return {"dimension": dimension, "level": int(level), **({"skill": ":".join(skill)} if skill else {})}


def link_of(texts: tuple[str, ...], problems: list[str]) -> dict[str, Any]:
    """The links of `--link DIM:LEVEL[:SKILL]`; what is malformed is added to `problems`."""
    return _parsed("links", texts, _link, problems)


def _report(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise InputError("the report cannot be read", [str(error)[:160]], where=str(path)) from None
    if not isinstance(found, dict):
        raise InputError("this is not the report of a work command", where=str(path))
    return found


def _print(made: dict[str, Any]) -> None:
    print_item(made)
    wanted = {"context": "--context", "action": "--action", "result": "--result", "project": "--project",
              "own_share": "--share", "links": "--link"}  # fmt: skip
    missing = [option for name, option in wanted.items() if not made.get(name)]
    if missing:
        click.echo(f"  missing for an outsider: {', '.join(missing)}")
        click.echo(f"  next:  gradatim evidence add --replaces {made['id']} {missing[0]} …")

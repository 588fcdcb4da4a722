"""`evidence list`, `show` and `check`."""

from __future__ import annotations

from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, table
from gradatim.cli.service import open_app


@click.command(
    "list", cls=Command, examples=["gradatim evidence list", "gradatim evidence list --all --json"]
)
@click.option("--all", "everything", is_flag=True, help="Also what was withdrawn or replaced.")
@json_option
def list_(everything: bool, as_json: bool) -> None:
    """List the items of evidence, newest first."""
    found = open_app().evidence.items(standing=not everything)

    def human() -> None:
        if not found:
            click.echo("No evidence yet.\n  next:  gradatim evidence add --help")
            return
        columns = ["item", "kind", "what", "claims", "own share", "proof"]
        table(columns, [_row(x) for x in found], right=[4])

    emit(found, as_json, human)


@click.command(cls=Command, examples=["gradatim evidence show E-001"])
@click.argument("item")
@json_option
def show(item: str, as_json: bool) -> None:
    """Everything that is recorded of an item."""
    found = open_app().evidence.get(item)
    emit(found, as_json, lambda: print_item(found))


@click.command(cls=Command, examples=["gradatim evidence check", "gradatim evidence check --json"])
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Recompute the hash chain of the ledger. Exit code 1 when it is not whole."""
    app = open_app()
    problems = app.evidence.check()
    head = app.store.ledger_head()
    facts = {"whole": not problems, "entries": head.count, "head": head.hash, "problems": problems}

    def human() -> None:
        click.echo(
            f"the ledger is whole: {head.count} entries" if not problems else "the ledger is not whole"
        )
        for problem in problems:
            click.echo(f"  - {problem}")
        if problems:
            click.echo(
                "  why:   something other than gradatim has changed it; what it held before is not known"
            )
            click.echo(
                "  next:  restore gradatim.db from a copy, or go on: the gap stays visible in every packet"
            )

    emit(facts, as_json, human)
    if problems:
        ctx.exit(1)


def print_item(item: dict[str, Any]) -> None:
    """One item for a person: what, when, whose, how far it was checked."""
    click.echo(f"{item['id']}  {item.get('title') or 'title withheld'}{_state(item)}")
    lines = {
        "kind": item.get("kind"),
        "when": f"{item.get('started')} to {item.get('ended')}, recorded {item['recorded_at']}",
        "project": item.get("project"),
        "situation": item.get("context"),
        "done": item.get("action"),
        "result": item.get("result"),
        "metric": _metric(item.get("metric")),
        "own share": _shares(item),
        "claims": claims(item),
        "files": "\n".join(
            f"{a['name']}  {a['bytes']} bytes  {a['digest']}" for a in item.get("artefacts") or ()
        ),
        "proof": f"{item.get('grade') or 'withheld'}, assistance {item.get('assistance') or 'withheld'}",
        "attested": "\n".join(
            f"{a.get('name', 'withheld')}: {a.get('stance', '')}" for a in item["attestations"]
        ),
        "withheld": ", ".join(item["withheld"]),
        "hash": item["hash"],
    }
    for name, text in lines.items():
        if text:
            first, *rest = str(text).split("\n")
            click.echo(f"  {name + ':':<11}{first}")
            for line in rest:
                click.echo(f"  {'':<11}{line}")


def claims(item: dict[str, Any]) -> str:
    """`D5 at 4, D8 at 3`."""
    return ", ".join(f"{x['dimension']} at {x['level']}" for x in item.get("links") or ())


def _row(item: dict[str, Any]) -> tuple[object, ...]:
    share = item.get("own_share")
    attested = len(item["attestations"])
    proof = str(item.get("grade") or "withheld") + (f", {attested} attested" if attested else "")
    title = str(item.get("title") or "withheld")[:56] + _state(item)
    return (
        item["id"],
        item.get("kind"),
        title,
        claims(item),
        "-" if share is None else f"{share:.2f}",
        proof,
    )


def _state(item: dict[str, Any]) -> str:
    marks = [
        "constructed example" if item.get("sample") else "",
        "subject not confirmed as yours" if item["subject_confirmed"] is False else "",
        f"withdrawn: {item['withdrawn']}" if item["withdrawn"] is not None else "",
        f"replaced by {item['replaced_by']}" if item["replaced_by"] else "",
    ]
    said = "; ".join(m for m in marks if m)
    return f"  [{said}]" if said else ""


def _metric(metric: dict[str, Any] | None) -> str | None:
    if not metric:
        return None
    return f"{metric['name']}: {metric['baseline']:g} to {metric['after']:g} {metric['unit']}".rstrip()


def _shares(item: dict[str, Any]) -> str | None:
    own = item.get("own_share")
    if own is None:
        return None
    others = [f"{a['name']} {a['share']:g}" for a in item.get("co_authors") or ()]
    return f"{own:g}" + (f", with {', '.join(others)}" if others else "")

"""`evidence ask`, `attest` and `attach`: a named person's word, signed, without an account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.evidence.look import print_item
from gradatim.cli.options import FILE, json_option
from gradatim.cli.output import emit
from gradatim.cli.service import open_app
from gradatim.cli.writing import write_new

OUT = click.Path(dir_okay=False, resolve_path=True, path_type=Path)


@click.command(
    cls=Command, examples=['gradatim evidence ask E-012 --from "Tomasz Wilk" --owner "Ines Carvalho"']
)
@click.argument("item")
@click.option("--from", "person", required=True, metavar="NAME", help="The person who is asked.")
@click.option("--owner", required=True, metavar="NAME", help="Your own name, as they know you.")
@click.option("--out", type=OUT, default=None, help="Where to write it. Default: attest-ITEM.html here.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def ask(item: str, person: str, owner: str, out: Path | None, force: bool, as_json: bool) -> None:
    """Write a signed request that a person answers in a browser, or with `gradatim evidence attest`.

    The file holds the whole item. Send it yourself: nothing is sent from here.
    """
    made = open_app().evidence.ask(item, owner=owner, person=person)
    path = out or Path.cwd() / made["name"]
    text = json.dumps(made["request"], indent=1) if path.suffix == ".json" else made["page"]
    write_new(path, text.encode(), force=force)

    def human() -> None:
        click.echo(
            f"{path}\n  send it to {person}; they open it in a browser, or run: gradatim evidence attest FILE"
        )
        click.echo("  next:  gradatim evidence attach ANSWER.json   (when they have sent their answer back)")

    emit({"item": made["item"], "file": str(path), "person": person}, as_json, human)


@click.command(
    cls=Command,
    examples=[
        "gradatim evidence attest attest-E-012.html",
        'gradatim evidence attest attest-E-012.html --stance confirms --name "T. Wilk" --role "Staff engineer"',
    ],
)
@click.argument("file", type=FILE)
@click.option("--name", default=None, metavar="TEXT", help="Your name.")
@click.option("--role", default=None, metavar="TEXT", help="Your role.")
@click.option("--relation", default=None, metavar="TEXT", help="How you worked with them.")
@click.option(
    "--stance",
    type=click.Choice(["confirms", "confirms in part", "disputes"]),
    default=None,
    help="Your answer.",
)
@click.option(
    "--percent",
    type=click.IntRange(0, 100),
    default=None,
    help="Their part as you saw it; leave out if unknown.",
)
@click.option("--words", default="", metavar="TEXT", help="In your own words.")
@click.option("--out", type=OUT, default=None, help="Where to write the answer. Default: beside the request.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def attest(file: Path, out: Path | None, force: bool, as_json: bool, **said: Any) -> None:
    """Answer a request that somebody sent you. Without --stance, only shows what is asked."""
    app = open_app()
    asked = app.evidence.requested(file)
    if said["stance"] is None:
        emit(asked, as_json, lambda: _print_request(asked))
        return
    percent = said.pop("percent")
    answer = app.evidence.attest(file, {**{k: v or "" for k, v in said.items()}, "share_percent": percent})
    path = out or file.with_name(f"{file.stem}-answer.json")
    write_new(path, json.dumps(answer, indent=1).encode(), force=force)
    facts = {"file": str(path), "owner": asked["owner"], "key": answer["key"]}
    emit(facts, as_json, lambda: click.echo(f"{path}\n  send it back to {asked['owner']}"))


@click.command(cls=Command, examples=["gradatim evidence attach attest-E-012-answer.json"])
@click.argument("file", type=FILE)
@json_option
def attach(file: Path, as_json: bool) -> None:
    """Put a signed answer into the ledger, beside its item."""
    made = open_app().evidence.attach(file.read_bytes(), where=str(file))
    emit(made, as_json, lambda: print_item(made))


def _print_request(asked: dict[str, Any]) -> None:
    click.echo(f"{asked['owner']} asks {asked['person']} whether this is so:")
    for name, value in asked["item"].items():
        if name != "source":
            text = value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
            click.echo(f"  {name + ':':<12} {text}")
    click.echo("  next:  gradatim evidence attest FILE --stance confirms --name … --role … --relation …")

"""`gradatim review`: rate somebody's packet blind, against anchors, and only then compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command, LazyGroup
from gradatim.cli.options import FILE, json_option
from gradatim.cli.output import emit, table
from gradatim.cli.service import open_app
from gradatim.cli.writing import write_new
from gradatim.core.errors import InputError

OUT = click.Path(dir_okay=False, resolve_path=True, path_type=Path)
LEVELS = '"D1=3 D2=4 D3=3 D4=4 D5=4 D6=3 D7=3 D8=4 D9=3 D10=3"'


@click.group(
    cls=LazyGroup,
    commands_at={
        "anchors": "gradatim.cli.review:anchors",
        "calibrate": "gradatim.cli.review:calibrate",
        "open": "gradatim.cli.review:open_",
        "rate": "gradatim.cli.review:rate",
        "compare": "gradatim.cli.review:compare",
        "attach": "gradatim.cli.review:attach",
    },
    examples=["gradatim review anchors", "gradatim review open packet.html"],
)
def review() -> None:
    """Rate somebody's packet in your own copy: blind first, against anchors, then compared."""


@click.command(cls=Command, examples=["gradatim review anchors", "gradatim review anchors first"])
@click.argument("anchor", required=False)
@json_option
def anchors(anchor: str | None, as_json: bool) -> None:
    """List the anchor packets, or read one. They are constructed examples; nobody in them is real."""
    reviews = open_app().reviews
    if anchor is None:
        found = reviews.anchors()
        severity = reviews.severity()
        rows = [(a["id"], a["title"], "rated" if a["rated"] else "not rated yet") for a in found]
        emit({"anchors": found, "severity": severity}, as_json, lambda: _print_anchors(rows, severity))
        return
    one = reviews.anchor(anchor)
    emit(one, as_json, lambda: _print_anchor(one))


@click.command(cls=Command, examples=[f"gradatim review calibrate first --levels {LEVELS}"])
@click.argument("anchor")
@click.option("--levels", required=True, metavar="LEVELS", help="A level from 1 to 5 for each dimension.")
@json_option
def calibrate(anchor: str, levels: str, as_json: bool) -> None:
    """Rate an anchor packet, once, and see how your ratings lie beside its levels."""
    made = open_app().reviews.calibrate(anchor, _levels(levels))

    def human() -> None:
        _print_anchor(made)
        _print_severity(made["severity"])

    emit(made, as_json, human)


@click.command("open", cls=Command, examples=["gradatim review open packet.html"])
@click.argument("file", type=FILE)
@json_option
def open_(file: Path, as_json: bool) -> None:
    """Read a packet as it is rated: no claimed level, no verdict, nobody else's rating."""
    seen = open_app().reviews.blind(file.read_bytes(), where=str(file))
    emit(seen, as_json, lambda: _print_blind(seen))


@click.command(
    cls=Command,
    examples=[f'gradatim review rate packet.html --name "J. Feld" --role "Staff engineer" --levels {LEVELS}'],
)
@click.argument("file", type=FILE)
@click.option("--name", "reviewer", default="", metavar="TEXT", help="Your name.")
@click.option("--role", default="", metavar="TEXT", help="Your role.")
@click.option("--levels", required=True, metavar="LEVELS", help="A level from 1 to 5 for each dimension.")
@click.option(
    "--word", "words", multiple=True, metavar="DIM=TEXT", help="Your words on a dimension; again for each."
)
@click.option("--out", type=OUT, default=None, help="Where to write the rating. Default: beside the packet.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def rate(
    file: Path,
    reviewer: str,
    role: str,
    levels: str,
    words: tuple[str, ...],
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Rate a packet, once, and write the signed rating that goes back to its owner."""
    said = {"reviewer": reviewer, "role": role, "levels": _levels(levels), "words": _words(words)}
    path = out or file.with_name(f"{file.stem}-rating.json")
    if path.exists() and not force:
        write_new(path, b"", force=False)  # refuses before the one blind rating is spent
    app = open_app()
    made = app.reviews.rate(file.read_bytes(), said, where=str(file))
    write_new(path, json.dumps(made, indent=1).encode(), force=force)
    severity = app.reviews.severity()

    def human() -> None:
        click.echo(f"{path}\n  send it to the packet's owner; they run: gradatim review attach {path.name}")
        _print_severity(severity)
        click.echo(f"  next:  gradatim review compare {file.name}")

    emit({"file": str(path), "key": made["key"], "severity": severity}, as_json, human)


@click.command(cls=Command, examples=["gradatim review compare packet.html"])
@click.argument("file", type=FILE)
@json_option
def compare(file: Path, as_json: bool) -> None:
    """Your rating beside what the items carry and the other reviewers in the packet; only after you have rated."""
    found = open_app().reviews.compare(file.read_bytes(), where=str(file))
    emit(found, as_json, lambda: _print_compared(found))


@click.command(cls=Command, examples=["gradatim review attach packet-rating.json"])
@click.argument("file", type=FILE)
@json_option
def attach(file: Path, as_json: bool) -> None:
    """Put a reviewer's signed rating into your ledger; the next packet carries it."""
    made = open_app().reviews.attach(file.read_bytes(), where=str(file))
    told = f"{made['reviewer']} ({made['role']}), key {made['fingerprint']}: entry {made['entry']}"
    emit(made, as_json, lambda: click.echo(f"{told}\n  next:  gradatim packet preview"))


def _levels(text: str) -> dict[str, int]:
    """`D1=3 D2=4` as levels by dimension; every malformed part is reported."""
    found: dict[str, int] = {}
    problems = []
    for part in text.replace(",", " ").split():
        name, _, level = part.partition("=")
        if not level.isdecimal() or len(level) > 3:
            problems.append(f"levels: {part[:40]!r} is not written like D1=3")
        elif name in found:
            problems.append(f"levels: {name} stands there twice")
        else:
            found[name] = int(level)
    if problems:
        raise InputError(
            "these ratings cannot be read", problems, next=f"gradatim review rate FILE --levels {LEVELS}"
        )
    return found


def _words(parts: tuple[str, ...]) -> dict[str, str]:
    wrong = [p for p in parts if "=" not in p]
    if wrong:
        raise InputError(
            "these words cannot be read", [f"word: {p[:40]!r} is not written like D5=text" for p in wrong]
        )
    return dict(p.split("=", 1) for p in parts)


def _print_anchors(rows: list[tuple[str, str, str]], severity: dict[str, Any]) -> None:
    table(["anchor", "constructed example", "state"], rows)
    click.echo()
    _print_severity(severity)
    left = [r[0] for r in rows if r[2] != "rated"]
    if left:
        click.echo(f"  next:  gradatim review anchors {left[0]}")


def _print_severity(severity: dict[str, Any]) -> None:
    if severity["n"] == 0:
        click.echo("You have rated no anchor yet: your severity is not known, and is taken to be none.")
        return
    side = "above" if severity["value"] > 0 else "below"
    click.echo(
        f"You rate {abs(severity['value']):.2f} levels {side} the anchors "
        f"(± {2 * severity['se']:.2f}, {severity['n']} ratings); that is taken out of your ratings."
    )


def _print_anchor(one: dict[str, Any]) -> None:
    click.echo(f"{one['title']}  (constructed example; nobody real)")
    for item in one["items"]:
        click.echo(f"\n{item['dimension']} {item['title']}\n  {item['text']}")
        if "level" in item:
            click.echo(f"  you: {item['mine']}, held to be: {item['level']}. {item['why']}")
    if not one["rated"]:
        click.echo(f"\n  next:  gradatim review calibrate {one['id']} --levels {LEVELS}")


def _print_blind(seen: dict[str, Any]) -> None:
    click.echo(
        f"{seen['owner']}, {seen['covers']}"
        + ("" if seen["whole"] else "\nTHIS FILE WAS ALTERED: its seal does not match")
    )
    for item in seen["items"]:
        share = "not stated" if item["own_share"] is None else f"{item['own_share']:g}"
        click.echo(f"\n{item['id']} {item['title']}  [{', '.join(item['about'])}]")
        click.echo(
            f"  {item['kind']}, {item['when']}, own share {share}, {item['grade']}, assistance {item['assistance']}"
        )
        for name in ("context", "action", "result"):
            if item[name]:
                click.echo(f"  {name}: {item[name]}")
        for a in item["attestations"]:
            click.echo(
                f"  {a.get('name', 'a person')}: {a.get('stance', 'withheld')}. {a.get('words', '')}".rstrip()
            )
    click.echo("\nThe levels, from the packet's rubric:")
    for d in seen["dimensions"]:
        click.echo(f"\n{d['id']} {d['title']}: {d['question']}")
        for x in d["anchors"]:
            click.echo(f"  {x['level']}  {x['statement']}")
        click.echo(f"  not yet 4: {d['counter_signal']}")
    click.echo(f"\n  next:  gradatim review rate FILE --name … --role … --levels {LEVELS}")


def _print_compared(found: dict[str, Any]) -> None:
    rows = [
        (
            f"{d['id']} {d['title']}",
            d["mine"],
            f"{d['mine_corrected']:.2f}",
            " ".join(map(str, d["others"])),
            d["carried"],
            f"{d['mean_corrected']:.2f}",
            d["panel"],
        )
        for d in found["dimensions"]
    ]
    table(
        ["dimension", "you", "corrected", "others", "items carry", "panel mean", "panel"],
        rows,
        right=[1, 2, 4, 5, 6],
    )
    from gradatim.path.packet.page import percent

    board = found["panel"]
    for name, word in (("kappa", "quadratic-weighted kappa"), ("alpha", "Krippendorff's alpha")):
        if board[name] and board[name]["value"] is not None:
            a = board[name]
            between = f" ({a['low']:.2f} to {a['high']:.2f})" if a["low"] is not None else ""
            click.echo(f"{word} {a['value']:.2f}{between}, {a['raters']} reviewers, {a['units']} dimensions")
    if board["another"]:
        click.echo(f"chance that another panel decides otherwise: {percent(board['another']['chance'])}")
    else:
        click.echo("you are the only reviewer: no agreement to report, and a panel is two at least")

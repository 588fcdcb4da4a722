"""`gradatim packet`: what one would share, the file, and checking somebody's file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command, LazyGroup
from gradatim.cli.options import FILE, SEED, json_option
from gradatim.cli.output import Line, emit, table
from gradatim.cli.service import open_app
from gradatim.cli.writing import write_new
from gradatim.core.errors import InputError

FORMS = {".html": "html", ".htm": "html", ".json": "json", ".md": "md", ".pdf": "pdf"}
OUT = click.Path(dir_okay=False, resolve_path=True, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
_RESULTS = {
    "holds": "nothing in it does not match",
    "does not match": "DOES NOT MATCH",
    "needs another version": "ITS PAGE COULD NOT BE COMPARED",
}
_WORDS = {
    "holds": "✓ holds",
    "recomputed": "✓ recomputed",
    "does not match": "✗ does not match",
    "self-reported": "– self-reported",
}


@click.group(
    cls=LazyGroup,
    commands_at={
        "preview": "gradatim.cli.packet:preview",
        "build": "gradatim.cli.packet:build",
        "verify": "gradatim.cli.packet:verify",
        "badge": "gradatim.cli.standards:badge",
        "resume": "gradatim.cli.standards:resume",
    },
    examples=[
        "gradatim packet preview",
        "gradatim packet build --out packet.html",
        "gradatim packet verify packet.html",
    ],
)
def packet() -> None:
    """The smallest set of evidence, its verdict against the bar, and a file that anyone can recompute."""


def _what(command: Any) -> Any:
    options = [
        click.option(
            "--owner", default=None, metavar="NAME", help="Your name; remembered for the next time."
        ),
        click.option(
            "--committee", default=None, metavar="DATE", help="The day of the committee, like 2027-04-01."
        ),
        click.option(
            "--withhold",
            multiple=True,
            metavar="ITEM:FIELD",
            help="Leave a field out of this packet; * for all.",
        ),
        click.option(
            "--all", "everything", is_flag=True, help="Show every standing item, not the smallest set."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    cls=Command, examples=["gradatim packet preview", "gradatim packet preview --withhold E-012:context"]
)
@_what
@json_option
def preview(as_json: bool, **wanted: Any) -> None:
    """Show what a packet would share and say. Nothing is written."""
    found = open_app().packets.preview(**wanted)
    emit(found, as_json, lambda: _print_preview(found))


@click.command(
    cls=Command,
    examples=["gradatim packet build --out packet.html", "gradatim packet build --out packet.pdf"],
)
@_what
@click.option(
    "--out",
    type=OUT,
    required=True,
    help="The file: .html and .json can be verified, .pdf and .md are copies.",
)
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def build(out: Path, yes: bool, force: bool, as_json: bool, **wanted: Any) -> None:
    """Write the packet. What it shares is shown first; on a terminal it asks before it writes.

    HTML needs nothing else to be read, and is the form to hand in.
    """
    form = FORMS.get(out.suffix.lower())
    if form is None:
        raise InputError(
            f"a packet is not written as {out.suffix or 'a file without an ending'}",
            [f"--out: end it in {', '.join(FORMS)}"], next="gradatim packet build --out packet.html",
        )  # fmt: skip
    data, made = open_app().packets.build(form, **wanted)
    if not as_json:
        _print_preview(made)
    if not (yes or as_json) and sys.stdin.isatty():
        click.confirm(f"Write {out.name}?", abort=True)
    write_new(out, data, force=force)
    facts = {**made, "file": str(out)}
    emit(facts, as_json, lambda: _print_built(out, facts))


@click.command(
    cls=Command,
    examples=["gradatim packet verify packet.html", "gradatim packet verify packet.html --fresh 5 --json"],
)
@click.argument("file", type=FILE)
@click.option(
    "--files",
    type=FOLDER,
    default=None,
    help="A folder with the artefacts and reports; they are compared with what was recorded.",
)
@click.option(
    "--fresh",
    type=click.IntRange(0, 50),
    default=0,
    metavar="K",
    help="Judge each policy and task in it on K draws of your own.",
)
@click.option(
    "--seed",
    type=SEED,
    default=None,
    metavar="N",
    help="With --fresh: where the draws begin. Default: drawn.",
)
@click.option(
    "--copy",
    "copies",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A PDF or Markdown copy of it: made again from its data and compared.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="Leave out exams and tasks, which are run again; an exam takes about a minute.",
)
@click.option(
    "--run-unconfined",
    is_flag=True,
    help="Run its tasks and policies even where files and network are not closed to them.",
)
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    file: Path,
    files: Path | None,
    fresh: int,
    seed: int | None,
    copies: tuple[Path, ...],
    quick: bool,
    run_unconfined: bool,
    as_json: bool,
) -> None:
    """Recompute a packet, item by item. Exit code 1 when anything does not match.

    Every byte, the chain of the ledger, every signature, every lab log, and the verdict. Tasks in it are its owner's
    code: they are run, unless --quick, in the sandbox, and only where that closes your files and the network to them.
    """
    app = open_app()
    with Line() as line:
        report = app.packets.verify(
            file.read_bytes(),
            where=str(file),
            files=files,
            quick=quick,
            fresh=fresh,
            seed=seed,
            run_code=True if run_unconfined else None,
            copies=[(copy.name, copy.read_bytes()) for copy in copies],
            progress=line.say,
        )
    emit(report, as_json, lambda: _print_report(report))
    if not report["ok"]:
        ctx.exit(1)


def _print_preview(found: dict[str, Any]) -> None:
    head = found["headline"]
    click.echo(f"{found['owner']}: {head['decision']}\n  {head['figures']}\n  {head['sure']}\n")
    rows = [
        (
            f"{d['id']} {d['title']}",
            f"{d['level']} {d['word']}",
            " ".join(d["items"]),
            " ".join(d["rests_on"]),
        )
        for d in found["dimensions"]
    ]
    table(["dimension", "level", "evidence", "rests on"], rows)
    if found["not_proved"]:
        click.echo("\nNot proved:")
        for n in found["not_proved"]:
            click.echo(f"  - {n['what']}: {n['why']}")
    for problem in found["ledger_problems"]:
        click.echo(f"\nThe ledger is not whole, and the packet says so: {problem}")
    click.echo("\nWhat it shares:")
    closed = [e for e in found["shares"] if not e["open"]]
    for entry in found["shares"]:
        if entry["open"]:
            opened = ", ".join(f"{n} ({size})" for n, size in entry["open"].items())
            withheld = f"; withheld: {', '.join(entry['withheld'])}" if entry["withheld"] else ""
            click.echo(f"  E-{entry['number']:03d} {entry['kind']}: {opened}{withheld}")
    click.echo(
        f"  {len(closed)} other entries: number, kind, time and digests only. (Sizes are in characters.)"
    )


def _print_built(out: Path, facts: dict[str, Any]) -> None:
    click.echo(f"\n{out}  {facts['bytes']:,} bytes")
    if facts["form"] in ("html", "json"):
        click.echo(f"  digest {facts['digest']}, signed with the key {facts['key']}")
        click.echo(f"  next:  gradatim packet verify {out.name}")
    else:
        click.echo("  a copy to read; hand in the .html form, which can be verified")


def _print_report(report: dict[str, Any]) -> None:
    click.echo(f"{report['owner'] or 'the packet'}: " + _RESULTS[report["result"]])
    table(
        ["what", "result", "detail"], [(c["name"], _word(c["status"]), c["detail"]) for c in report["checks"]]
    )
    if report["items"]:
        click.echo()
        rows = [
            (
                i["id"],
                i["title"][:44],
                _word(i["status"]),
                i["detail"],
                f"{i['grade']}; {i['assistance']}",
                "; ".join(i["attested"]),
            )
            for i in report["items"]
        ]
        table(["item", "what", "result", "detail", "proof; assistance", "attested"], rows)
        counts = ", ".join(f"{n} {status}" for status, n in report["counts"].items())
        click.echo(f"\n{len(report['items'])} items: {counts}. The rubric is {report['rubric']}.")
        anchored = "; ".join(report["anchors"]) or "nothing that another person signed"
        click.echo(
            f"What ties it to its day: {anchored}. Whoever makes a whole ledger anew is found by nothing else."
        )
        click.echo(f"Ask {report['owner']} by another way whether the key is {report['fingerprint']}.")
    for row in report["fresh"]:
        _print_fresh(row)


def _print_fresh(row: dict[str, Any]) -> None:
    skill = "not known" if row["skill"] is None else f"{row['skill']:.2f} on these {len(row['draws'])} draws"
    what = "its files" if row["kind"] == "task" else "its policy"
    click.echo(f"\n{row['item']}: {what} on fresh draws from seed {row['seed']}: skill {skill}")
    if row["kind"] == "task":
        if row["skill"] is not None:
            verdict = (
                "is near to a solution that ships"
                if row["near"]
                else "passes"
                if row["passed"]
                else "does not pass"
            )
            click.echo(
                f"  {row['pass_mark']:.2f} passes, so it {verdict}; it was judged as {row['lab']} {row['lab_version']}"
            )
            missed = ", ".join(f"{cause} ({points} points)" for cause, points in row["missed"].items())
            click.echo(f"  lost {sum(d['lost_points'] for d in row['draws'])} points, the starter "
                       f"{row['starter_points']}; missed: {missed or 'nothing'}")  # fmt: skip
        for failure in row["failed"]:
            click.echo(f"  - {failure}")
        return
    cells = [
        (d["seed"], f"{d['loss_usd']:,.0f}", f"{d['senior_usd']:,.0f}", f"{d['regret']:.2f}")
        for d in row["draws"]
    ]
    if cells:
        table(["seed", "lost, $", "senior, $", "regret"], cells, right=[1, 2, 3])
    for failure in row["failed"]:
        click.echo(f"  - {failure}")


def _word(status: str) -> str:
    return _WORDS.get(status, f"– {status}")

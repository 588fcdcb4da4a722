"""`gradatim path packs` and `gradatim path ladder`: another company's path, and a company's ladder as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command, LazyGroup
from gradatim.cli.options import FILE, json_option
from gradatim.cli.output import emit, table
from gradatim.core.errors import InputError

HERE = "gradatim.cli.packs"


@click.command(cls=Command, examples=["gradatim path packs", "gradatim --pack ./our-path path"])
@json_option
def packs(as_json: bool) -> None:
    """List the paths that can be opened, and say which one is.

    `gradatim --pack NAME` (or a folder) opens another; the choice is remembered in your home folder.
    """
    from gradatim.cli.service import open_app

    found = open_app().packs.all()
    emit({"packs": found}, as_json, lambda: print_packs(found))


@click.group(
    cls=LazyGroup,
    commands_at={"import": f"{HERE}:import_", "export": f"{HERE}:export"},
    examples=[
        "gradatim path ladder import ladder.csv --out our-path",
        "gradatim path ladder export --out rubric.csv",
    ],
)
def ladder() -> None:
    """Bring a company's ladder in (CSV or YAML), or write the open rubric as one."""


@click.command(
    name="import",
    cls=Command,
    examples=[
        "gradatim path ladder import ladder.csv --out our-path",
        "gradatim path ladder import levels.yaml --mid L4 --senior L5 --open",
    ],
)
@click.argument("file", type=FILE)
@click.option(
    "--out",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    default=None,
    help="The folder to make. Default: one in your home folder.",
)
@click.option("--mid", metavar="LEVEL", default=None, help="The ladder's name of the level that is mid.")
@click.option(
    "--senior", metavar="LEVEL", default=None, help="The ladder's name of the level that is senior."
)
@click.option("--title", default="", help="What the rubric is called. Default: the ladder's title.")
@click.option("--open", "open_", is_flag=True, help="Open it at once, as `gradatim --pack` does.")
@click.option("--force", is_flag=True, help="Write over a pack that is there.")
@json_option
def import_(
    file: Path, out: Path | None, mid: str | None, senior: str | None, title: str, open_: bool, force: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Make a path out of the ladder in FILE: its dimensions and statements, with the open path's skills.

    A table has the columns level, dimension and statement, or one column for each level (or dimension). YAML has
    dimensions with their levels. Everything that is wrong with a file is said at once, and nothing is written then.
    """
    from gradatim.cli.service import open_app

    app = open_app()
    read = app.packs.read_ladder(file.read_bytes(), file.name, mid=mid, senior=senior)
    made = app.packs.import_ladder(read, out=out, force=force, title=title)
    if open_:
        app.packs.open(made["folder"])
    emit({**made, "open": open_}, as_json, lambda: print_made(made, open_))


@click.command(cls=Command, examples=["gradatim path ladder export --out rubric.csv"])
@click.option(
    "--out",
    type=click.Path(dir_okay=False, resolve_path=True, path_type=Path),
    default=None,
    help="A file ending in .csv or .yaml. Default: CSV on the screen.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def export(out: Path | None, force: bool, as_json: bool) -> None:
    """Write the rubric of the open path as a ladder, which `import` reads back."""
    from gradatim.cli.service import open_app
    from gradatim.cli.writing import write_new
    from gradatim.path.ladder import as_csv, as_yaml

    rubric = open_app().packs.rubric
    suffix = ".csv" if out is None else out.suffix.lower()
    if suffix not in (".csv", ".yaml", ".yml"):
        raise InputError("a ladder ends in .csv or .yaml", [f"--out: {suffix or 'no ending'}"],
                         next="gradatim path ladder export --help")  # fmt: skip
    text = as_csv(rubric) if suffix == ".csv" else as_yaml(rubric)
    if out is None and not as_json:
        click.echo(text, nl=False)
        return
    if out is not None:
        write_new(out, text.encode(), force=force)
    facts = {"file": None if out is None else str(out), "rubric": rubric.title, "dimensions": len(rubric.dimensions),
             "text": text if out is None else None}  # fmt: skip
    emit(facts, as_json, lambda: click.echo(f"{out}\n  {rubric.title}: {len(rubric.dimensions)} dimensions"))


def print_packs(found: list[dict[str, Any]]) -> None:
    """One line a pack, the open one marked."""
    rows = []
    for one in found:
        holds = "cannot be read" if one["problems"] else (
            f"{one['modules']} modules, {one['skills']} skills, {one['dimensions']} dimensions, {one['labs']} labs"
        )  # fmt: skip
        rows.append(("open" if one["open"] else "", one["name"] or one["folder"], one["title"], holds))
    table(["", "pack", "title", "holds"], rows)
    for one in found:
        if one.get("labs_not_installed"):
            click.echo(
                f"{one['title']}: {one['labs_not_installed']} labs in its folder can be played once it is installed"
            )
    click.echo("next:  gradatim --pack NAME path")


def print_made(made: dict[str, Any], open_: bool) -> None:
    """What was made, what was filled in, and how to look at it."""
    click.echo(f"{made['folder']}\n  {made['title']}: {len(made['dimensions'])} dimensions")
    placed = ", ".join(
        f"{name} = {level}" for name, level in sorted(made["levels"].items(), key=lambda x: x[1])
    )
    click.echo(f"  levels on the rubric's scale of 1 to 5: {placed}")
    for note in made["notes"]:
        click.echo(f"  - {note}")
    click.echo(
        "next:  gradatim path rubric" if open_ else f'next:  gradatim --pack "{made["folder"]}" path rubric'
    )

"""What every work command shares: its report options, and how it ends."""

from __future__ import annotations

import codecs
import functools
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradatim.core.errors import GradatimError, InputError

if TYPE_CHECKING:
    from gradatim.instruments.report import Report

F = TypeVar("F", bound=Callable[..., Any])


# Paths stay as they were typed: the report repeats the command, and a home folder is nobody's business.
class DataFile(click.Path):
    """A file that can be read more than once: no pipe, no socket, no device; some wait for ever, some never end."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        path = Path(os.fsdecode(found))
        if path.exists() and not path.is_file():
            self.fail(f'"{path}" is a pipe or a device: save what it gives to a file first', param, ctx)
        return found


DATA = DataFile(exists=True, dir_okay=False, readable=True, path_type=Path)
TEXT_FILE = DataFile(dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


class Valid(click.ParamType[str]):
    """A text that stays as it was typed, if `parse` accepts it.

    Args:
        parse: raises ValueError or a GradatimError with what is wrong.
    """

    name = "text"

    def __init__(self, parse: Callable[[str], object]) -> None:
        self.parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            self.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        except GradatimError as error:
            told = "; ".join(getattr(error, "problems", ())) or error.why
            self.fail(f"{error.what}: {told}" if told else error.what, param, ctx)
        return str(value)


def _one_character(text: str) -> None:
    if len(text) != 1:
        raise ValueError(f'"{text}" is not one character, such as ";"')


def _encoding(text: str) -> None:
    try:
        codecs.lookup(text)
    except (LookupError, ValueError):
        raise ValueError(f'no encoding named "{text}"; one is cp1252') from None


def _zone(text: str) -> None:
    from gradatim.instruments.incident.zones import zone

    zone(text)


DELIMITER, ENCODING, ZONE = Valid(_one_character), Valid(_encoding), Valid(_zone)
OUTPUT = {"html", "as_json", "keep", "record", "force", "help"}


def report_options(command: F) -> F:
    """`--html FILE`, `--json`, `--keep`, `--record`, `--force`: the command gets html, as_json, record and force.

    The command is a `Checked` one: a report that exists is refused before anything is computed, unless --force.
    Whether it is kept is read by `drawn` and `finish`.
    """

    @functools.wraps(command)
    def checked(*args: Any, **options: Any) -> Any:
        options.pop("keep")
        return command(*args, **options)

    for option in (
        click.option("--force", is_flag=True, help="Overwrite files that exist."),
        click.option(
            "--record", is_flag=True, help="Keep it, and record it as evidence: figures, file digests."
        ),
        click.option("--keep", is_flag=True, help="Keep the report in the data folder; the app opens it."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document, units in the names."),
        click.option("--html", type=NEW_FILE, default=None, metavar="FILE", help="Write the report there."),
    ):
        checked = option(checked)
    return checked  # type: ignore[return-value]


def kept() -> bool:
    """Whether the running command keeps its report: --keep, or --record, which keeps it too."""
    given = click.get_current_context().params
    return bool(given.get("keep") or given.get("record"))


def drawn(html: Path | None) -> bool:
    """Whether the report's page is made at all, so that its pictures are worth drawing."""
    return html is not None or kept()


def refuse_existing(paths: list[Path], *, force: bool) -> None:
    """Check every file that will be written, before the work begins.

    Raises:
        InputError: a file exists and `force` is not given, or its folder does not exist.
    """
    problems = []
    for path in paths:
        if not path.parent.is_dir():
            problems.append(f"{path}: the folder {path.parent} does not exist")
        elif path.is_dir():
            problems.append(f"{path}: is a folder")
        elif not os.access(path.parent, os.W_OK):
            problems.append(f"{path}: the folder {path.parent} cannot be written")
        elif path.exists() and not force:
            problems.append(f"{path}: exists already")
    if problems:
        only_there = all(problem.endswith("exists already") for problem in problems)
        raise InputError(
            "nothing was computed: the result could not be written",
            problems,
            next=f"{command_line()} --force" if only_there else "name a file in a folder that can be written",
        )


def command_line() -> str:
    """The running command as a person would type it again: options that differ from their default only.

    Flags of output (--json, --html, --keep, --record, --force) are left out: they change no figure.
    """
    ctx = click.get_current_context()
    words = [ctx.command_path]
    tail = []
    for parameter in ctx.command.get_params(ctx):
        value = ctx.params.get(parameter.name or "")
        if parameter.name in OUTPUT or value in (None, (), False):
            continue
        if isinstance(parameter, click.Argument):
            each = value if isinstance(value, tuple) else (value,)
            tail += [shlex.quote(str(one)) for one in each]
        elif value != parameter.get_default(ctx) and isinstance(parameter, click.Option):
            name = max(parameter.opts, key=len)
            if parameter.is_flag:
                words.append(name)
            else:
                for one in value if parameter.multiple else (value,):
                    shown = one if isinstance(one, tuple) else (one,)
                    words += [name, *(shlex.quote(f"{part}") for part in shown)]
    return " ".join([words[0], *tail, *words[1:]])


def finish(report: Report, *, html: Path | None, as_json: bool, record: bool) -> None:
    """Write the HTML, keep report and evidence, then print the verdict or the JSON document.

    Args:
        report: what the command found.
        html: where the report goes; None writes none.
        as_json: print the documented JSON instead of the verdict.
        record: add an evidence item to the ledger: the figures and file digests, never the data.

    Raises:
        InputError: the HTML could not be written.
    """
    from gradatim.cli.output import emit
    from gradatim.instruments import report as reports

    facts = reports.as_json(report)
    if html is not None:
        reports.write(report, html)
    made: dict[str, str] = {"html": str(html)} if html else {}
    if kept():
        from gradatim.app import App

        app = App()
        made["kept"] = app.reports.keep(facts, reports.render(report))
        if record:
            made["evidence"] = app.reports.record(made["kept"])
    emit({**facts, **made}, as_json, lambda: _say(report, made))


def _say(report: Report, made: dict[str, str]) -> None:
    """The verdict for a person: rich on a terminal, plain text elsewhere."""
    from gradatim.cli.output import on_terminal

    verdict = report.verdict
    word = {"good": "GOOD", "bad": "BAD", "unsure": "NOT SURE"}[verdict.kind]
    after = [f"  - {line}" for line in verdict.why]
    if report.not_checked:
        after += ["Not checked:", *(f"  - {line}" for line in report.not_checked)]
    after += [f"{name.capitalize()}: {place}" for name, place in made.items() if name != "html"]
    if "html" in made:
        after.append(f"Report: {made['html']}")
    if on_terminal():
        from rich.console import Console
        from rich.text import Text

        colour = {"good": "bold green", "bad": "bold red", "unsure": "bold yellow"}[verdict.kind]
        console = Console(highlight=False)
        console.print(Text.assemble((word, colour), "  ", (verdict.headline, "bold")))
        for line in after:
            console.print(Text(line))
        return
    click.echo(f"{word}  {verdict.headline}")
    for line in after:
        click.echo(line)

"""`gradatim work drift`: has the data changed, does it matter, does it last, and what does it do to performance?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.options import Finite
from gradatim.cli.work.checked import Checked, refused, there
from gradatim.cli.work.options import (
    DATA,
    DELIMITER,
    ENCODING,
    NEW_FILE,
    Valid,
    command_line,
    drawn,
    finish,
    report_options,
)
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.instruments.drift import Examples, Profile, Request, Settings
    from gradatim.instruments.drift.windows import Windows
    from gradatim.instruments.report import Input

ASKED = (
    "columns",
    "ignore",
    "categorical",
    "text",
    "time",
    "window",
    "prediction",
    "label",
    "positive",
    "threshold",
    "metric",
    "segments",
)
SETTINGS = ("effect", "share", "alpha")
METRICS = ["roc_auc", "accuracy", "precision", "recall", "f1", "positive_rate"]
MORE = {
    "watch": "gradatim.cli.work.drift_watch:watch",
    "merge": "gradatim.cli.work.drift_merge:merge",
}


class DriftCommand(Checked):
    """Takes two files, or one of the words `watch` and `merge`, which are commands of their own."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in MORE:
            import importlib

            module, attribute = MORE[args[0]].split(":")
            inner: click.Command = getattr(importlib.import_module(module), attribute)
            return inner.make_context(f"{info_name} {args[0]}", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


def _check(options: dict[str, Any]) -> None:
    """Options that do not go together."""
    files, asked = options["files"], options
    profile, like, save_profile = options["profile"], options["like"], options["save_profile"]
    problems = []
    if profile is not None and len(files) != 1:
        problems.append(f"{len(files)} files with --profile: give the current file only")
    if profile is None and len(files) > 2:
        problems.append(f"{len(files)} files: give the reference and the current file")
    if profile is None and len(files) == 1 and save_profile is None:
        problems.append("one file: give REF and CUR, or CUR with --profile, or REF with --save-profile")
    if profile is not None and save_profile is not None:
        problems.append("--save-profile keeps REF, and with --profile there is none")
    if profile is not None and like is not None:
        problems.append("--like is for making a profile, and with --profile none is made")
    if options["record"] and options["rows"] is not None:
        problems.append("--rows with --record: evidence holds figures and digests, never rows")
    if asked["prediction"] is None:
        given = [
            o for o, v in (("--label", asked["label"]), ("--positive", asked["positive"])) if v is not None
        ]
        given += ["--segment"] if asked["segments"] else []
        problems += [f"{option}: only meant together with --prediction" for option in given]
    if asked["positive"] is not None and asked["label"] is None:
        problems.append("--positive: only meant together with --label")
    if asked["label"] is not None and asked["label"] == asked["prediction"]:
        problems.append("--label and --prediction name the same column")
    if asked["window"] != "1d" and asked["time"] is None:
        problems.append("--window: only meant together with --time")
    both = sorted(set(asked["columns"]) & set(asked["ignore"]))
    problems += [f'"{name}" is both in --column and in --ignore' for name in both]
    both = sorted(set(asked["categorical"]) & set(asked["text"]))
    problems += [f'"{name}" is both in --categorical and in --text' for name in both]
    if problems:
        raise InputError(refused("gradatim work drift"), problems)


def _window(text: str) -> None:
    from gradatim.instruments.drift import parse_window

    parse_window(text)


def _look_at_columns(options: dict[str, Any]) -> None:
    """Whether the files have the columns that are named."""
    files = options["files"]
    if not files or len(files) > 2 or not there(*files):
        return
    from gradatim.instruments.drift import check_columns
    from gradatim.instruments.tables import open_table

    asked = {name: options[name] for name in (*ASKED, *SETTINGS)}
    request, _ = _request(**asked)
    from gradatim.instruments.gather import Gather

    wrong = Gather(refused("gradatim work drift"))
    for place, path in enumerate(files):
        reference = place == 0 and options["profile"] is None

        def look(path: Path = path, reference: bool = reference) -> None:
            table = open_table(path, delimiter=options["delimiter"], encoding=options["encoding"])
            check_columns(table, request, reference=reference)

        wrong.attempt(look)
    wrong.end()


@click.command(
    cls=DriftCommand,
    checks=[_check],
    files=[_look_at_columns],
    outputs=["save_profile"],
    examples=[
        "gradatim work drift ref.parquet cur.parquet --html drift.html",
        "gradatim work drift ref.csv cur.csv --time day --window 1d --json",
        "gradatim work drift ref.csv cur.csv --prediction score --label late --segment carrier",
        "gradatim work drift ref.parquet --save-profile ref.json",
        "gradatim work drift cur.parquet --profile ref.json",
        "gradatim work drift watch live.csv --column latency_ms",
        "gradatim work drift merge all.json may.json june.json",
    ],
)
@click.argument("files", nargs=-1, required=True, type=DATA, metavar="REF CUR")
@click.option(
    "--column", "columns", multiple=True, metavar="NAME", help="Compare only this column; repeatable."
)
@click.option("--ignore", multiple=True, metavar="NAME", help="Leave this column out; repeatable.")
@click.option("--categorical", multiple=True, metavar="NAME", help="Its values are names, even if digits.")
@click.option("--text", multiple=True, metavar="NAME", help="Compare only the length of its values.")
@click.option(
    "--time", default=None, metavar="NAME", help="Column of times: look at windows of the current data."
)
@click.option(
    "--window",
    type=Valid(_window),
    default="1d",
    show_default=True,
    metavar="LENGTH",
    help="Length of a window: 6h, 1d, 2w.",
)
@click.option(
    "--prediction", default=None, metavar="NAME", help="Predicted probability of the positive class."
)
@click.option("--label", default=None, metavar="NAME", help="Binary label; may be absent or blank in CUR.")
@click.option("--positive", default=None, metavar="VALUE", help="The label's value that counts as positive.")
@click.option(
    "--threshold",
    type=Finite(1e-6, 1 - 1e-6),
    default=0.5,
    show_default=True,
    help="A score at or above it predicts positive.",
)
@click.option(
    "--metric", type=click.Choice(METRICS), default="roc_auc", show_default=True, help="The one that decides."
)
@click.option(
    "--segment", "segments", multiple=True, metavar="NAME", help="Performance by its values; repeatable."
)
@click.option(
    "--effect",
    type=Finite(1e-4, 100),
    default=0.1,
    show_default=True,
    help="Shift in standard deviations, or JS distance, that matters.",
)
@click.option(
    "--share",
    type=Finite(1e-6, 1),
    default=0.01,
    show_default=True,
    help="Change of a share of rows that matters.",
)
@click.option(
    "--alpha",
    type=Finite(1e-9, 0.5),
    default=0.01,
    show_default=True,
    help="Chance of any alarm on unchanged data, all columns together.",
)
@click.option(
    "--save-profile", type=NEW_FILE, default=None, metavar="FILE", help="Keep the reference's counts."
)
@click.option("--profile", type=DATA, default=None, metavar="FILE", help="A saved reference instead of REF.")
@click.option(
    "--like", type=DATA, default=None, metavar="FILE", help="Take the bins of this profile, to merge exactly."
)
@click.option("--delimiter", type=DELIMITER, metavar="CHAR", help="Of a CSV. Default: found.")
@click.option("--encoding", type=ENCODING, metavar="NAME", help="Of a CSV. Default: UTF-8.")
@click.option(
    "--rows",
    type=click.IntRange(1, 100),
    default=None,
    metavar="N",
    help="Show up to N rows of CUR that changed most; without it a report holds no rows.",
)
@report_options
def drift(
    files: tuple[Path, ...],
    *,
    save_profile: Path | None,
    profile: Path | None,
    like: Path | None,
    delimiter: str | None,
    encoding: str | None,
    rows: int | None,
    html: Path | None,
    as_json: bool,
    record: bool,
    force: bool,
    **asked: Any,
) -> None:
    """Compare current data with a reference: CSV or Parquet, one pass, in bounded memory.

    A column has drifted when the change is larger than the limit, more than sampling noise, and, with --time,
    still there in the last windows. Performance is estimated without labels where there is a prediction.

    \b
    gradatim work drift watch FILE     detectors over a stream or a file
    gradatim work drift merge NEW A B  add saved profiles up
    """
    if html is not None or record:
        _need_matplotlib(html)
    from gradatim.cli.output import Line, emit
    from gradatim.instruments import drift as instrument
    from gradatim.instruments.report import Input
    from gradatim.instruments.tables import open_table

    request, settings = _request(**asked)
    tables = [open_table(path, delimiter=delimiter, encoding=encoding) for path in files]
    with Line() as line:

        def say(name: str) -> Any:
            return lambda rows: line.say(f"reading {name}: {rows:,} rows")

        reference, windows, first = _reference(files, tables, profile, like, request, say)
        if save_profile is not None:
            instrument.save(reference, save_profile)
            if profile is None and len(files) == 1:
                line.say("\r")
                facts = {
                    "profile": str(save_profile),
                    "rows": reference.rows,
                    "columns": len(reference.columns),
                }
                emit(
                    facts,
                    as_json,
                    lambda: click.echo(f"{reference.rows:,} rows of {files[0]} in {save_profile}"),
                )
                return
        analysis = instrument.analyse(
            reference, tables[-1], request, settings, windows=windows, progress=say(files[-1].name)
        )
        line.say("comparing")
        inputs = [first, Input.of(files[-1], analysis.current.rows)]
        if inputs[0].digest == inputs[1].digest:
            analysis.notes.append("both files are the same, byte for byte")
        if rows is not None:
            analysis.examples = instrument.examples(analysis, tables[-1], rows)
        made = instrument.report(analysis, command_line(), inputs, pictures=drawn(html))
    finish(made, html=html, as_json=as_json, record=record)
    if analysis.examples is not None and not as_json:
        _say_rows(analysis.examples)


def _say_rows(shown: Examples) -> None:
    from gradatim.cli.output import table

    click.echo(f"Rows: {shown.why}")
    if shown.rows:
        lines = [
            (f"{number}", *("" if value is None else value for value in row))
            for number, row in zip(shown.numbers, shown.rows, strict=True)
        ]
        table(["row", *shown.columns], lines, right=[0])


def _reference(
    files: tuple[Path, ...],
    tables: list[Any],
    profile: Path | None,
    like: Path | None,
    request: Request,
    say: Any,
) -> tuple[Profile, Windows | None, Input]:
    """The reference, from a profile or from the first file, its windows, and how the report names it."""
    from gradatim.instruments import drift as instrument
    from gradatim.instruments.report import Input
    from gradatim.instruments.tables import digest

    if profile is not None:
        loaded = instrument.load(profile)
        return loaded, None, Input.of(profile, loaded.rows)
    known = instrument.load(like) if like is not None else None
    name = digest(files[0])
    reference, windows = instrument.profile_of(
        tables[0], request, digest=name, like=known, progress=say(files[0].name)
    )
    return reference, windows, Input(files[0].name, name, reference.rows, files[0].stat().st_size)


def _request(**asked: Any) -> tuple[Request, Settings]:
    from gradatim.instruments.drift import Request, Settings, parse_window

    window_s = parse_window(asked.pop("window"))
    settings = Settings(
        effect=asked["effect"], js=asked["effect"], share=asked.pop("share"), alpha=asked.pop("alpha")
    )
    asked.pop("effect")
    return Request(window_s=window_s, **asked), settings


def _need_matplotlib(html: Path | None) -> None:
    """Before minutes of reading: the report can be drawn."""
    if html is not None:
        from gradatim.core.groups import load

        load("matplotlib", "work", "The HTML report")

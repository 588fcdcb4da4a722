"""`gradatim work canary`: is the canary no worse than the baseline? The exit code is for a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.options import Finite
from gradatim.cli.work.checked import Checked, given, refused, there
from gradatim.cli.work.options import DATA, DELIMITER, ENCODING, Valid, command_line, finish, report_options
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.instruments.canary.metric import Tolerance
    from gradatim.instruments.canary.series import By

SCORE = Finite(0, 100)


def _contradictions(options: dict[str, Any]) -> None:
    """Options that do not go together."""
    baseline, canary = options["baseline"], options["canary_file"]
    exports = [_is_export(path) for path in (baseline, canary) if path is not None]
    problems = []
    if options["config"] is not None and options["mode"] != "kayenta":
        problems.append("--config is Kayenta's: add --mode kayenta")
    if options["config"] is not None and options["metrics"]:
        problems.append("--config names the metrics: leave --metric out")
    if options["marginal"] > options["pass_score"]:
        problems.append(f"--marginal {options['marginal']:g} is above --pass {options['pass_score']:g}")
    if any(exports) != all(exports):
        problems.append("one file is an export of Prometheus and the other a table: give two alike")
    if canary is None and not given(options, "by"):
        problems.append(
            "a second file is needed, the canary's; or --by LABEL=BASELINE,CANARY for one export of both"
        )
    if canary is not None and given(options, "by"):
        problems.append("--by tells the sides of one file apart: leave the second file out")
    if options["by"] is not None and not any(exports):
        problems.append("--by is for exports of Prometheus; split a table into two files")
    if any(exports):
        problems += [
            f"--{name} is for tables, and an export of Prometheus is none"
            for name in ("config", "time", "delimiter", "encoding")
            if options[name] is not None
        ]
    if problems:
        raise InputError(refused("gradatim work canary"), problems)


def _is_export(path: Path) -> bool:
    from gradatim.instruments.metrics_files import is_export

    return path.is_file() and is_export(path)


def _tolerance(text: str) -> Tolerance:
    from gradatim.instruments.canary.metric import parse_tolerance

    return parse_tolerance(text)


def _by(text: str) -> By:
    from gradatim.instruments.canary.series import parse_by

    return parse_by(text)


def _look_at_columns(options: dict[str, Any]) -> None:
    """Whether two tables have the columns that are named."""
    files = options["baseline"], options["canary_file"]
    if not there(*files) or any(map(_is_export, files)) or options["config"] is not None:
        return
    from gradatim.instruments.canary.compare import Request, chosen_metrics
    from gradatim.instruments.experiment.rows import open_data

    tables = [open_data(path, options["delimiter"], options["encoding"]) for path in files]
    chosen_metrics(tables, Request(options["metrics"], options["slice_"], options["time"]))


@click.command(
    cls=Checked,
    checks=[_contradictions],
    files=[_look_at_columns],
    examples=[
        "gradatim work canary baseline.csv canary.csv --metric latency_ms:increase:5% --metric errors:increase",
        "gradatim work canary baseline.csv canary.csv --time minute --slice region --html report.html",
        "gradatim work canary stable.json canary.json --metric latency_p99_seconds:increase:5%",
        "gradatim work canary both.json --by track=stable,canary",
        "gradatim work canary baseline.csv canary.csv --mode kayenta --config canary-config.json",
    ],
)
@click.argument("baseline", type=DATA)
@click.argument("canary_file", metavar="[CANARY]", type=DATA, required=False)
@click.option(
    "--by",
    type=Valid(_by),
    metavar="LABEL=B,C",
    help="Of one export of Prometheus with both sides: the label, its value on the baseline and on the canary.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="M",
    help="COLUMN:increase|decrease|either:TOLERANCE; the direction fails. Default: every numeric column, either.",
)
@click.option(
    "--tolerance",
    type=Valid(_tolerance),
    default="10%",
    metavar="SIZE",
    help="Change that may be promoted: 10% of the baseline's mean, or 0.5. Default: 10%.",
)
@click.option("--slice", "slice_", metavar="COLUMN", help="Judge every value of it for harm too.")
@click.option(
    "--time", metavar="COLUMN", help="When a point was: pairs points, and widens for neighbours alike."
)
@click.option(
    "--method",
    type=click.Choice(["anytime", "fixed"]),
    default="anytime",
    help="anytime: look as often as you like; fixed: one look. Default: anytime.",
)
@click.option("--alpha", type=Finite(1e-6, 0.5), default=0.05, metavar="A", help="Level. Default: 0.05.")
@click.option(
    "--min-points",
    type=click.IntRange(10),
    default=50,
    metavar="N",
    help="On each side, below which nothing is promoted. Default: 50.",
)
@click.option(
    "--mode",
    type=click.Choice(["own", "kayenta"]),
    default="own",
    help="Whose rule makes the verdict. Default: own; Kayenta's answer stands beside it.",
)
@click.option(
    "--config", type=DATA, default=None, metavar="FILE", help="Kayenta's canary configuration, JSON or YAML."
)
@click.option(
    "--pass", "pass_score", type=SCORE, default=95.0, metavar="S", help="Kayenta's pass score. Default: 95."
)
@click.option(
    "--marginal", type=SCORE, default=75.0, metavar="S", help="Kayenta's marginal score. Default: 75."
)
@click.option("--delimiter", type=DELIMITER, metavar="C", help="Of a CSV. Default: found.")
@click.option("--encoding", type=ENCODING, metavar="NAME", help="Of a CSV. Default: UTF-8.")
@report_options
def canary(
    baseline: Path,
    canary_file: Path | None,
    html: Path | None,
    as_json: bool,
    record: bool,
    force: bool,
    **options: Any,
) -> None:
    """Compare CANARY with BASELINE: rows are points, columns are metrics; or exports of Prometheus.

    Exit code 0: promote. 1: roll back. 3: inconclusive; no data is never a pass. 2: bad input.
    """
    from gradatim.instruments.canary.compare import Request, compare
    from gradatim.instruments.canary.compat import (
        compare_configured,
        compatible,
        decide_compatible,
        from_metrics,
        load_configuration,
    )
    from gradatim.instruments.canary.judge import Rule
    from gradatim.instruments.canary.report import EXIT_CODES, build
    from gradatim.instruments.report import Input

    rule = Rule(options["alpha"], options["method"] == "anytime", options["min_points"])
    request = Request(
        options["metrics"], options["slice_"], options["time"], _tolerance(options["tolerance"]), rule
    )
    thresholds = options["pass_score"], options["marginal"]
    reading = options["delimiter"], options["encoding"]
    if _is_export(baseline):
        from gradatim.instruments.canary.series import compare_series

        by = _by(options["by"]) if options["by"] is not None else None
        found = compare_series(baseline, canary_file, by, request)
        config = from_metrics([j.metric for j in found.whole], *thresholds)
    elif canary_file is None:
        raise AssertionError("refused above")
    elif options["config"] is not None:
        config = load_configuration(options["config"], *thresholds)
        found = compare_configured(baseline, canary_file, config, request, *reading)
    else:
        found = compare(baseline, canary_file, request, *reading)
        config = from_metrics([j.metric for j in found.whole], *thresholds)
    theirs = options["mode"] == "kayenta"
    kayenta = compatible(found, config, whatever_it_costs=theirs)
    if theirs:
        decide_compatible(found, kayenta)
    if canary_file is None:
        inputs = [Input.of(baseline, sum(found.rows))]
    else:
        inputs = [
            Input.of(path, rows) for path, rows in zip((baseline, canary_file), found.rows, strict=True)
        ]
    report = build(found, kayenta, options["mode"], command_line(), inputs)
    if len(inputs) == 2 and inputs[0].digest == inputs[1].digest:
        report.not_checked.insert(0, "the canary itself: both files are the same, byte for byte")
    finish(report, html=html, as_json=as_json, record=record)
    click.get_current_context().exit(EXIT_CODES[found.action])

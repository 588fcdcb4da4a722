"""`gradatim work canary`: is the canary no worse than the baseline? The exit code is for a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import Finite
from gradatim.cli.work.options import DATA, command_line, finish, report_options
from gradatim.core.errors import InputError

SCORE = Finite(0, 100)


@click.command(
    cls=Command,
    examples=[
        "gradatim work canary baseline.csv canary.csv --metric latency_ms:increase:5% --metric errors:increase",
        "gradatim work canary baseline.csv canary.csv --time minute --slice region --html report.html",
        "gradatim work canary baseline.csv canary.csv --mode kayenta --config canary-config.json",
    ],
)
@click.argument("baseline", type=DATA)
@click.argument("canary_file", metavar="CANARY", type=DATA)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="M",
    help="COLUMN:increase|decrease|either:TOLERANCE; the direction fails. Default: every numeric column, either.",
)
@click.option(
    "--tolerance",
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
@click.option("--delimiter", metavar="C", help="Of a CSV. Default: found.")
@click.option("--encoding", metavar="NAME", help="Of a CSV. Default: UTF-8.")
@report_options
def canary(
    baseline: Path,
    canary_file: Path,
    html: Path | None,
    as_json: bool,
    record: bool,
    force: bool,
    **options: Any,
) -> None:
    """Compare CANARY with BASELINE: rows are points, columns are metrics.

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
    from gradatim.instruments.canary.metric import parse_tolerance
    from gradatim.instruments.canary.report import EXIT_CODES, build
    from gradatim.instruments.report import Input

    _contradictions(options)
    try:
        tolerance = parse_tolerance(options["tolerance"])
    except ValueError as error:
        raise InputError("the tolerance is not clear", [str(error)]) from None
    rule = Rule(options["alpha"], options["method"] == "anytime", options["min_points"])
    request = Request(options["metrics"], options["slice_"], options["time"], tolerance, rule)
    thresholds = options["pass_score"], options["marginal"]
    reading = options["delimiter"], options["encoding"]
    if options["config"] is not None:
        config = load_configuration(options["config"], *thresholds)
        found = compare_configured(baseline, canary_file, config, request, *reading)
    else:
        found = compare(baseline, canary_file, request, *reading)
        config = from_metrics([j.metric for j in found.whole], *thresholds)
    theirs = options["mode"] == "kayenta"
    kayenta = compatible(found, config, whatever_it_costs=theirs)
    if theirs:
        decide_compatible(found, kayenta)
    inputs = [Input.of(path, rows) for path, rows in zip((baseline, canary_file), found.rows, strict=True)]
    report = build(found, kayenta, options["mode"], command_line(), inputs)
    finish(report, html=html, as_json=as_json, record=record)
    click.get_current_context().exit(EXIT_CODES[found.action])


def _contradictions(options: dict[str, Any]) -> None:
    problems = []
    if options["config"] is not None and options["mode"] != "kayenta":
        problems.append("--config is Kayenta's: add --mode kayenta")
    if options["config"] is not None and options["metrics"]:
        problems.append("--config names the metrics: leave --metric out")
    if options["marginal"] > options["pass_score"]:
        problems.append(f"--marginal {options['marginal']:g} is above --pass {options['pass_score']:g}")
    if problems:
        raise InputError(
            "`gradatim work canary` cannot be run like that", problems, next="gradatim work canary --help"
        )

"""`gradatim work slo`: from an SLO to alert rules, and the rules tried on a history."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.work.checked import Checked
from gradatim.cli.work.options import (
    ENCODING,
    NEW_FILE,
    TEXT_FILE,
    ZONE,
    Valid,
    command_line,
    finish,
    report_options,
)

if TYPE_CHECKING:
    from gradatim.instruments.slo.run import Request


def _request(options: dict[str, Any]) -> Request:
    from gradatim.instruments.slo.run import Request

    names = [field.name for field in fields(Request) if field.name != "command"]
    return Request(**{name: options[name] for name in names}, command=command_line())


def _contradictions(options: dict[str, Any]) -> None:
    from gradatim.instruments.slo.run import contradictions

    contradictions(_request(options))


def _look_into_files(options: dict[str, Any]) -> None:
    from gradatim.instruments.slo.run import read

    named = [options[name] for name in ("spec", "metrics", "own_rules", "incidents")]
    paths = [p for one in named if one is not None for p in (one if isinstance(one, tuple) else (one,))]
    # What is no file was told already, and would be waited for; what is missing is told by reading it.
    if options["spec"] is not None and not any(p.exists() and not p.is_file() for p in paths):
        read(_request(options))


def _interval(text: str) -> None:
    from gradatim.instruments.promql import parse_duration_ms

    if parse_duration_ms(text) < 1000:
        raise ValueError(f"{text}: at least 1s")


@click.command(
    cls=Checked,
    checks=[_contradictions],
    files=[_look_into_files],
    outputs=["rules", "tests"],
    examples=[
        "gradatim work slo checkout.slo.yaml --rules checkout.rules.yaml --tests checkout.test.yaml",
        "gradatim work slo checkout.slo.yaml requests.json --html slo.html",
        "gradatim work slo checkout.slo.yaml requests.csv --timezone Europe/Berlin --json",
        "gradatim work slo checkout.slo.yaml requests.json --own-rules prod.rules.yaml --incidents incidents.csv",
    ],
)
@click.argument("spec", type=TEXT_FILE, metavar="SPEC.yaml")
@click.argument("metrics", type=TEXT_FILE, nargs=-1, metavar="[METRICS]...")
@click.option(
    "--rules", type=NEW_FILE, default=None, metavar="FILE", help="Write the Prometheus rules there."
)
@click.option(
    "--tests", type=NEW_FILE, default=None, metavar="FILE", help="Write unit tests for promtool there."
)
@click.option(
    "--own-rules",
    type=TEXT_FILE,
    multiple=True,
    metavar="FILE",
    help="A rule file of your own, tried on the same history beside the generated rules.",
)
@click.option(
    "--incidents",
    type=TEXT_FILE,
    default=None,
    metavar="FILE",
    help="Known incidents, CSV or Parquet with start, end and perhaps name. Default: found in the failures.",
)
@click.option(
    "--interval",
    type=Valid(_interval),
    default="1m",
    show_default=True,
    metavar="D",
    help="Between evaluations of the rules, such as 30s or 5m.",
)
@click.option(
    "--min-bad-events",
    type=click.IntRange(0, 1_000_000),
    default=None,
    metavar="N",
    help="Failed events before an alert. Default: 5 where the history has low traffic, else none.",
)
@click.option(
    "--timezone", type=ZONE, default=None, metavar="ZONE", help="For times without a zone. Default: UTC."
)
@click.option(
    "--values",
    type=click.Choice(["counts", "counters"]),
    default=None,
    help="What a table of good, bad and total holds. Default: told by its shape.",
)
@click.option("--good", metavar="COLUMN", help="Of a table of counts. Default: found by usual names.")
@click.option("--bad", metavar="COLUMN", help="Failed events, likewise.")
@click.option("--total", metavar="COLUMN", help="All events, likewise.")
@click.option("--encoding", type=ENCODING, metavar="NAME", help="Of a CSV. Default: UTF-8.")
@click.option(
    "--prometheus",
    type=click.Choice(["2", "3"]),
    default="2",
    show_default=True,
    help="Whose edges of windows: version 3 leaves a sample just at the old edge out.",
)
@report_options
def slo(html: Path | None, as_json: bool, record: bool, force: bool, **options: Any) -> None:
    """Check an OpenSLO file, write its alert rules, and try them on a history.

    METRICS are answers of Prometheus (range query, JSON), OpenMetrics, CSV or Parquet. Without them the
    specification and the reach of the alerts are judged.
    """
    from gradatim.instruments.slo.run import run

    report = run(_request(options))
    finish(report, html=html, as_json=as_json, record=record)

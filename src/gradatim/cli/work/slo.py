"""`gradatim work slo`: from an SLO to alert rules, and the rules tried on a history."""

from __future__ import annotations

from pathlib import Path

import click

from gradatim.cli.command import Command
from gradatim.cli.work.options import NEW_FILE, command_line, finish, refuse_existing, report_options

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    cls=Command,
    examples=[
        "gradatim work slo checkout.slo.yaml --rules checkout.rules.yaml --tests checkout.test.yaml",
        "gradatim work slo checkout.slo.yaml requests.json --html slo.html",
        "gradatim work slo checkout.slo.yaml requests.csv --timezone Europe/Berlin --json",
        "gradatim work slo checkout.slo.yaml requests.json --own-rules prod.rules.yaml --incidents incidents.csv",
    ],
)
@click.argument("spec", type=FILE, metavar="SPEC.yaml")
@click.argument("metrics", type=FILE, nargs=-1, metavar="[METRICS]...")
@click.option(
    "--rules", type=NEW_FILE, default=None, metavar="FILE", help="Write the Prometheus rules there."
)
@click.option(
    "--tests", type=NEW_FILE, default=None, metavar="FILE", help="Write unit tests for promtool there."
)
@click.option(
    "--own-rules",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A rule file of your own, tried on the same history beside the generated rules.",
)
@click.option(
    "--incidents",
    type=FILE,
    default=None,
    metavar="FILE",
    help="Known incidents, CSV or Parquet with start, end and perhaps name. Default: found in the failures.",
)
@click.option(
    "--interval",
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
@click.option("--timezone", default=None, metavar="ZONE", help="For times without a zone. Default: UTC.")
@click.option(
    "--values",
    type=click.Choice(["counts", "counters"]),
    default=None,
    help="What a table of good, bad and total holds. Default: told by its shape.",
)
@click.option("--encoding", default=None, metavar="NAME", help="Of a CSV. Default: UTF-8.")
@click.option(
    "--prometheus",
    type=click.Choice(["2", "3"]),
    default="2",
    show_default=True,
    help="Whose edges of windows: version 3 leaves a sample just at the old edge out.",
)
@report_options
def slo(
    spec: Path,
    metrics: tuple[Path, ...],
    rules: Path | None,
    tests: Path | None,
    own_rules: tuple[Path, ...],
    incidents: Path | None,
    interval: str,
    min_bad_events: int | None,
    timezone: str | None,
    values: str | None,
    encoding: str | None,
    prometheus: str,
    html: Path | None,
    as_json: bool,
    record: bool,
    force: bool,
) -> None:
    """Check an OpenSLO file, write its alert rules, and try them on a history.

    METRICS are answers of Prometheus (range query, JSON), OpenMetrics, CSV or Parquet. Without them the
    specification and the reach of the alerts are judged.
    """
    from gradatim.instruments.slo.run import Request, run

    refuse_existing([path for path in (rules, tests) if path is not None], force=force)
    report = run(
        Request(
            spec=spec,
            metrics=metrics,
            rules=rules,
            tests=tests,
            own_rules=own_rules,
            incidents=incidents,
            interval=interval,
            min_bad_events=min_bad_events,
            timezone=timezone,
            values=values,
            encoding=encoding,
            prometheus=prometheus,
            command=command_line(),
        )
    )
    finish(report, html=html, as_json=as_json, record=record)

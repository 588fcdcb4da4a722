"""`gradatim work capacity`: how many replicas the traffic to come needs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.options import Finite
from gradatim.cli.work.checked import Checked, given, refused, there
from gradatim.cli.work.options import DATA, DELIMITER, ENCODING, command_line, drawn, finish, report_options
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.instruments.capacity.traffic import Traffic


def _contradictions(options: dict[str, Any]) -> None:
    problems = []
    if not given(options, "service_ms") and not given(options, "service_file"):
        problems.append("how long a request takes is needed: --service-ms MS, or --service-file FILE")
    if options["service_file"] is not None:
        problems += [
            f"--{name.replace('_', '-')} is told by --service-file: leave one of them out"
            for name in ("service_ms", "service_cv")
            if options[name] is not None
        ]
    elif options["service_column"] is not None:
        problems.append("--service-column belongs to --service-file")
    if options["timeout_ms"] is not None and options["timeout_ms"] < options["target_ms"]:
        problems.append(
            f"--timeout-ms {options['timeout_ms']:g} is below --target-ms {options['target_ms']:g}"
        )
    if problems:
        raise InputError(refused("gradatim work capacity"), problems)


def _history(options: dict[str, Any]) -> Traffic:
    from gradatim.instruments.capacity.traffic import read

    names = ("time", "value", "values", "delimiter", "encoding")
    return read(options["traffic"], **{name: options[name] for name in names})


def _look_at_history(options: dict[str, Any]) -> None:
    if there(options["traffic"]):
        _history(options)


def _look_at_service_times(options: dict[str, Any]) -> None:
    if there(options["service_file"]):
        _service(options)


@click.command(
    cls=Checked,
    checks=[_contradictions],
    files=[_look_at_history, _look_at_service_times],
    examples=[
        "gradatim work capacity traffic.csv --service-ms 40 --slots 4 --target-ms 200 --html capacity.html",
        "gradatim work capacity traffic.csv --service-file latency.csv --replicas 24 --zones 3 --usd-per-hour 0.4",
        "gradatim work capacity traffic.parquet --service-ms 40 --value requests --values count --horizon-days 14",
    ],
)
@click.argument("traffic", type=DATA)
@click.option(
    "--service-ms", type=Finite(0.01, 1e6), default=None, metavar="MS", help="Mean time to serve a request."
)
@click.option(
    "--service-cv",
    type=Finite(0, 10),
    default=None,
    metavar="CV",
    help="Its standard deviation over its mean. Default: 1, exponential.",
)
@click.option(
    "--service-file",
    type=DATA,
    default=None,
    metavar="FILE",
    help="Service times in ms, one per row, instead of the two above.",
)
@click.option(
    "--service-column", default=None, metavar="COLUMN", help="Their column. Default: found by usual names."
)
@click.option(
    "--slots",
    type=click.IntRange(1, 1024),
    default=4,
    show_default=True,
    help="Requests a replica works on at once.",
)
@click.option(
    "--queue",
    type=click.IntRange(1, 100_000),
    default=64,
    show_default=True,
    help="Requests waiting per replica at most.",
)
@click.option(
    "--target-ms",
    type=Finite(0.1, 1e6),
    default=500.0,
    show_default=True,
    metavar="MS",
    help="An answer within it is good.",
)
@click.option(
    "--goal",
    type=Finite(0.5, 0.9999),
    default=0.99,
    show_default=True,
    metavar="P",
    help="Share of good answers.",
)
@click.option(
    "--timeout-ms",
    type=Finite(1, 1e7),
    default=None,
    metavar="MS",
    help="Clients give up. Default: 4 targets.",
)
@click.option(
    "--attempts", type=click.IntRange(1, 7), default=2, show_default=True, help="How often clients try."
)
@click.option(
    "--horizon-days", type=click.IntRange(1, 180), default=28, show_default=True, help="Days to plan for."
)
@click.option(
    "--growth", type=Finite(-0.9, 20), default=0.0, metavar="G", help="Planned extra: 0.2 is 20 % more."
)
@click.option(
    "--zones",
    type=click.IntRange(1, 10),
    default=3,
    show_default=True,
    help="One of them may be lost; 1 plans no loss.",
)
@click.option(
    "--cold-start-s",
    type=Finite(0, 36_000),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Until a new replica serves.",
)
@click.option("--replicas", type=click.IntRange(1, 4096), default=None, help="What runs today: is it enough?")
@click.option("--usd-per-hour", type=Finite(0, 1e6), default=None, metavar="USD", help="Price of a replica.")
@click.option("--time", default=None, metavar="COLUMN", help="Default: found by usual names.")
@click.option("--value", default=None, metavar="COLUMN", help="Default: found by usual names.")
@click.option(
    "--values", type=click.Choice(["rate", "count"]), default=None, help="Requests per second, or per row."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the simulations.")
@click.option("--delimiter", type=DELIMITER, metavar="C", help="Of a CSV. Default: found.")
@click.option("--encoding", type=ENCODING, metavar="NAME", help="Of a CSV. Default: UTF-8.")
@report_options
def capacity(
    traffic: Path, html: Path | None, as_json: bool, record: bool, force: bool, **options: Any
) -> None:
    """Forecast TRAFFIC and size the replicas that carry it, by simulation.

    TRAFFIC is CSV or Parquet (a time and the requests per row) or an export of Prometheus; samples at most an hour
    apart, three days at least.
    """
    from gradatim.cli.start import compile_with_progress
    from gradatim.instruments.gather import Gather
    from gradatim.instruments.report import Input

    wrong = Gather(refused("gradatim work capacity"), next="gradatim work capacity --help")
    service = wrong.attempt(lambda: _service(options))
    history = wrong.attempt(lambda: _history({**options, "traffic": traffic}))
    wrong.end()
    assert service is not None and history is not None
    mean_s, cv, inputs = service
    from gradatim.instruments.capacity.report import build
    from gradatim.instruments.capacity.serving import Service
    from gradatim.instruments.capacity.study import Question, study

    target_s = options["target_ms"] / 1000
    timeout_s = options["timeout_ms"] / 1000 if options["timeout_ms"] else 4 * target_s
    question = Question(
        history=history,
        service=Service(
            mean_s, cv, options["slots"], options["queue"], target_s, timeout_s, options["attempts"]
        ),
        horizon_h=24 * options["horizon_days"],
        goal=options["goal"],
        zones=options["zones"],
        cold_start_s=options["cold_start_s"],
        growth=options["growth"],
        replicas=options["replicas"],
        usd_per_hour=options["usd_per_hour"],
        seed=options["seed"],
    )
    compile_with_progress(quiet=as_json)
    found = study(question)
    report = build(found, command_line(), [Input.of(traffic, found.traffic.rows), *inputs], drawn=drawn(html))
    finish(report, html=html, as_json=as_json, record=record)


def _service(options: dict[str, Any]) -> tuple[float, float, list[Any]]:
    """Mean in seconds, coefficient of variation, and the file they come from."""
    from gradatim.instruments.report import Input

    path: Path | None = options["service_file"]
    if path is None:
        cv = 1.0 if options["service_cv"] is None else options["service_cv"]
        mean = options["service_ms"]
        return (math.nan if mean is None else mean / 1000), cv, []
    from gradatim.instruments.capacity.traffic import service_times

    mean_s, cv, rows = service_times(path, options["service_column"])
    return mean_s, cv, [Input.of(path, rows)]

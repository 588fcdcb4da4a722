"""`gradatim bench`: how fast and how faithful the serving kernel is on this machine."""

from __future__ import annotations

from typing import Any

import click

from gradatim.cli.command import Command, LazyGroup
from gradatim.cli.options import SEED, Finite, json_option
from gradatim.cli.output import emit, number, table
from gradatim.core.errors import InputError

MAX_CUSTOMERS = 1_000_000_000


@click.group(
    cls=LazyGroup,
    commands_at={
        "serving": "gradatim.cli.bench:serving",
        "queue": "gradatim.cli.bench:queue",
        "drift": "gradatim.cli.bench_drift:drift",
    },
    examples=["gradatim bench serving", "gradatim bench queue --servers 8 --rho 0.8 --json"],
)
def bench() -> None:
    """Measure the simulator: its speed, and its queues against theory."""


@click.command(cls=Command, examples=["gradatim bench serving", "gradatim bench serving --json"])
@json_option
def serving(as_json: bool) -> None:
    """Requests per CPU-second of the serving kernel, all features on, beside its peers.

    One core, median of three. SimPy is measured too where it is installed (`make bench`).
    """
    from gradatim.cli.start import compile_with_progress

    compile_with_progress(quiet=as_json)
    from gradatim.app.bench import bench_serving

    result = bench_serving()

    def human() -> None:
        rows = [
            (name, number(value) if isinstance(value, float | int) else value)
            for name, value in _flat(result)
        ]
        table(["measure", "value"], rows, right=[1])

    emit(result, as_json, human)


@click.command(
    cls=Command,
    examples=[
        "gradatim bench queue --servers 8 --rho 0.8",
        "gradatim bench queue --servers 4 --rho 1.2 --capacity 12 --json",
        "gradatim bench queue --rho 0.9 --choices 2 --replicas 100 --customers 4000000",
    ],
)
@click.option(
    "--servers", type=click.IntRange(1, 4096), default=1, show_default=True, help="Servers of a station."
)
@click.option(
    "--rho",
    type=Finite(1e-3, 1e3),
    required=True,
    help="Offered load per server: arrival rate / total service rate.",
)
@click.option(
    "--service",
    type=click.Choice(["exp", "det"]),
    default="exp",
    show_default=True,
    help="Service times: exponential or constant.",
)
@click.option(
    "--capacity",
    type=click.IntRange(1, 1_000_000),
    default=None,
    help="Most customers in a station, in service included. Default: no bound.",
)
@click.option(
    "--choices",
    type=click.IntRange(1, 64),
    default=None,
    help="Stations sampled per arrival; the shortest is joined.",
)
@click.option(
    "--replicas",
    type=click.IntRange(1, 4096),
    default=None,
    help="With --choices: stations to choose from, each with --servers. Default: 1000.",
)
@click.option(
    "--customers",
    type=click.IntRange(10_000, MAX_CUSTOMERS),
    default=1_000_000,
    show_default=True,
    help="Arrivals to simulate.",
)
@click.option("--seed", type=SEED, default=1, show_default=True, metavar="N", help="0 .. 2**128 - 1.")
@json_option
def queue(as_json: bool, **asked: Any) -> None:
    """Run the serving kernel as a plain queue and compare it with theory.

    Waits are in units of mean service time: wq is the mean wait before service, w the mean time in the
    station, blocking the share of customers turned away; se_ their standard errors; theory_ the exact
    value where there is one (M/M/c, M/D/1, M/M/c/K, and power of two choices in the limit).
    """
    check_queue(**asked)
    from gradatim.cli.start import compile_with_progress

    compile_with_progress(quiet=as_json)
    from gradatim.app.bench import bench_queue

    result = bench_queue(**asked)

    def human() -> None:
        rows = [
            (name, number(value, 6) if isinstance(value, float) else value) for name, value in _flat(result)
        ]
        table(["measure", "value"], rows, right=[1])

    emit(result, as_json, human)


def check_queue(
    *, servers: int, rho: float, capacity: int | None, choices: int | None, replicas: int | None, **_: Any
) -> None:
    """Refuse queues that cannot be run, in the words of the options, before anything is compiled.

    Raises:
        InputError: no steady state, a capacity below the servers, options that do not go together.
    """
    problems = []
    if rho >= 1 and capacity is None:
        problems.append(
            f"--rho {rho:g}: at 1 or above the queue grows without end; give --capacity K, or a rho below 1"
        )
    if capacity is not None and capacity < servers:
        problems.append(
            f"--capacity {capacity}: customers in service count too, so at least --servers {servers}"
        )
    if choices is not None and capacity is not None:
        problems.append("--capacity together with --choices is not simulated: give one of them")
    if choices is None and replicas is not None:
        problems.append(f"--replicas {replicas}: only meant together with --choices")
    if choices is not None and replicas is not None and choices > replicas:
        problems.append(f"--choices {choices}: there are only --replicas {replicas} to choose from")
    if problems:
        raise InputError("this queue cannot be run", problems, next="gradatim bench queue --help")


def _flat(value: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested measures as dotted names: `steady70.requests_per_cpu_s`."""
    rows: list[tuple[str, Any]] = []
    for name, inner in value.items():
        rows += _flat(inner, f"{prefix}{name}.") if isinstance(inner, dict) else [(prefix + name, inner)]
    return rows

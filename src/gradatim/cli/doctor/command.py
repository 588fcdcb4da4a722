"""The command: run every check, print them all, and say by the exit code whether something must be mended."""

from __future__ import annotations

import click

from gradatim.cli.command import Command
from gradatim.cli.doctor.finding import Finding, failed
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, table
from gradatim.core.errors import GradatimError

DEFAULT_PORT = 8642


@click.command(cls=Command, examples=["gradatim doctor", "gradatim doctor --json"])
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at this machine and say what must be mended.

    Exit code 0 when everything works (a warning is not an obstacle), 2 when something must be mended.
    """
    findings = examine()
    emit(
        {"checks": [{**f._asdict(), "figures": dict(f.figures)} for f in findings]},
        as_json,
        lambda: report(findings),
    )
    if any(f.state == "fail" for f in findings):
        ctx.exit(2)


def examine() -> list[Finding]:
    """Every check, in the order in which one would mend things."""
    from gradatim.cli.doctor import data, machine
    from gradatim.lab.sandbox import isolation_here
    from gradatim.store import home_folder, running_server

    findings = [machine.python(), machine.system(), machine.packages(), data.digests(), data.simulator()]
    try:
        home = home_folder()
    except GradatimError as error:
        findings.append(failed("home", error))
    else:
        findings += [data.disk(home), data.store(home)]
        if running := running_server(home):
            findings.append(
                Finding("port", "ok", f"process {running.pid} serves this home on port {running.port}")
            )
        else:
            findings.append(machine.port(DEFAULT_PORT))
    return [*findings, machine.isolation(isolation_here()), machine.browser()]


def report(findings: list[Finding]) -> None:
    """A line a check, then what to do about those that are not ok."""
    table(["", "check", "found"], [(f.state, f.check, f.detail) for f in findings])
    todo = [f for f in findings if f.state != "ok" and f.next]
    for finding in todo:
        click.echo(f"{finding.check}:  {finding.next}")
    if not any(f.state == "fail" for f in findings):
        click.echo("ready" if not todo else "ready; the warnings are not obstacles")

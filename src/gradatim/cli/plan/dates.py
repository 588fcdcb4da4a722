"""`plan show`, `plan forecast`, `plan keep` and `plan calendar`: everything with a date in it."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import Finite, json_option
from gradatim.cli.output import emit, table
from gradatim.core.errors import StateError


@click.command(
    cls=Command, examples=["gradatim plan show", "gradatim plan show --all", "gradatim plan show --json"]
)
@click.option("--all", "everything", is_flag=True, help="Every item, not only the first dozen.")
@json_option
def show(as_json: bool, everything: bool = False) -> None:
    """Show what to do in which order, with dates at your weekly hours."""
    from gradatim.cli.service import open_app

    found = open_app().plan.show()
    emit(found, as_json, lambda: print_plan(found, everything))


@click.command(
    cls=Command,
    examples=[
        "gradatim plan forecast",
        "gradatim plan forecast --rate 1 --hours 8",
        "gradatim plan forecast --study-months 14 --scope-credit 0.25 --rate 1 --lag 1.5 --json",
    ],
)
@click.option(
    "--study-months", type=Finite(0, 600), help="Study left, in months; the rest of you is left out."
)
@click.option("--hours", type=Finite(0, 80), help="Hours a week instead of yours.")
@click.option("--scope-credit", type=Finite(0, 1), help="Share of study that present scope saves.")
@click.option("--opportunities", type=click.IntRange(0, 50), help="Qualifying opportunities still needed.")
@click.option("--rate", type=Finite(0, 30), help="Qualifying opportunities a month.")
@click.option("--lag", type=Finite(0, 120), help="Months to an effect that can be shown (median).")
@json_option
def forecast(
    study_months: float | None,
    hours: float | None,
    scope_credit: float | None,
    opportunities: int | None,
    rate: float | None,
    lag: float | None,
    as_json: bool,
) -> None:
    """Forecast when you are ready: P15, P50 and P85 as dates, and what would move them."""
    from gradatim.cli.service import open_app

    given = {
        "study_months": study_months,
        "weekly_hours": hours,
        "scope_credit": scope_credit,
        "opportunities": opportunities,
        "opportunities_per_month": rate,
        "lag_months": lag,
    }
    found = open_app().plan.forecast(given={k: v for k, v in given.items() if v is not None})
    emit(found, as_json, lambda: print_forecast(found))


@click.command(cls=Command, examples=["gradatim plan keep"])
@json_option
def keep(as_json: bool) -> None:
    """Keep today's plan, so that later ones say what slipped and at which pace you go."""
    from gradatim.cli.service import open_app

    found = open_app().plan.keep()
    emit(found, as_json, lambda: click.echo(f"kept: {found['items']} items, as of {found['kept_on']}"))


@click.command(cls=Command, examples=["gradatim plan calendar --out plan.ics"])
@click.option(
    "--out",
    type=click.Path(dir_okay=False, resolve_path=True, path_type=Path),
    required=True,
    help="The file to write; a calendar written before is replaced.",
)
@json_option
def calendar(out: Path, as_json: bool) -> None:
    """Write the plan as an iCalendar file that any calendar imports."""
    from gradatim.cli.service import open_app

    content = open_app().plan.calendar()
    # Only a calendar may be written over: a slip of the keyboard must not cost a file.
    if out.exists() and not out.read_bytes().startswith(b"BEGIN:VCALENDAR"):
        raise StateError("that file is no calendar", where=str(out), next="give another name: --out plan.ics")
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    events = content.count(b"BEGIN:VEVENT")
    made = {"file": str(out), "events": events, "bytes": len(content)}
    emit(made, as_json, lambda: click.echo(f"{out}: {events} events"))


def print_plan(found: dict[str, Any], everything: bool) -> None:
    """The items, and what there is to say about the whole."""
    items = found["items"] if everything else found["items"][:12]
    if found["role"]:
        click.echo(found["role"])
    if found["dated"]:
        hours = f"{found['weekly_hours']:.1f} hours a week"
        if found["pace"]:
            hours += (
                f" (you said {found['stated_hours']:g}; this is your pace since {found['pace']['since']})"
            )
        click.echo(f"From {found['today']} to {found['end']} at {hours}\n")
    else:
        click.echo(f"{found['message']}\n")
    table(
        ["done by", "hours", "what", "why"],
        [(item["end"], f"{item['hours']:.1f}", item["title"], item["why"]) for item in items],
        right=[1],
    )
    rest = len(found["items"]) - len(items)
    if rest:
        click.echo(f"… and {rest} more: gradatim plan show --all")
    for slip in found["slips"][:5]:
        click.echo(f"moved: {slip['title']}, {slip['was']} to {slip['now']} ({slip['days']:+d} days)")
    click.echo(f"\nnext:  {found['next_command'] or 'gradatim plan forecast'}")


def print_forecast(found: dict[str, Any]) -> None:
    """Dates, their committees, the honest message, the levers, the assumptions."""
    if not found["possible"]:
        click.echo(f"No forecast. {found['why_not']}")
    else:
        rows = [
            (
                name.upper(),
                found["ready"][name] or "not within fifty years",
                months(found["months"][name]),
                decision,
            )
            for name in ("p15", "p50", "p85")
            for decision in [found["decision"][name] or "-"]
        ]
        table(["", "ready", "months from now", "committee"], rows, right=[2])
    if found["message"]:
        click.echo(f"\n{found['message']}")
    click.echo("\nWhat would move P85")
    table(
        ["change", "weeks"],
        [
            (
                lever["text"],
                _moved(lever),
            )
            for lever in found["levers"]
        ],
        right=[1],
    )
    click.echo("\nIt starts from")
    table(
        ["what", "value", "from"],
        [(a["text"], f"{a['value']:.3g}", a["source"]) for a in found["assumed"]],
        right=[1],
    )
    click.echo(f"\n{found['formula'][0]}")
    click.echo("next:  gradatim plan set --help")


def _moved(lever: dict[str, Any]) -> str:
    """Weeks; from never to a date there is no difference, so it names the months."""
    if lever["p85_weeks"] is not None:
        return f"{round(lever['p85_weeks'], 1) + 0.0:+.1f}"
    then = lever["p85_months"]
    return "-" if then is None or math.isinf(then) else f"from never to {then:.0f} months"


def months(value: float) -> str:
    """Months with one decimal; a dash for never."""
    return "-" if value == float("inf") else f"{value:.1f}"

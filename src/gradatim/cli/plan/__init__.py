"""`gradatim plan`: the dated plan, the forecast, what they start from, the prerequisites."""

from __future__ import annotations

import click

from gradatim.cli.command import LazyGroup
from gradatim.cli.options import json_option

__all__ = ["plan"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "show": "gradatim.cli.plan.dates:show",
        "forecast": "gradatim.cli.plan.dates:forecast",
        "keep": "gradatim.cli.plan.dates:keep",
        "calendar": "gradatim.cli.plan.dates:calendar",
        "questions": "gradatim.cli.plan.person:questions",
        "set": "gradatim.cli.plan.person:set_answers",
        "prerequisites": "gradatim.cli.plan.person:prerequisites",
        "record": "gradatim.cli.plan.person:record",
        "withdraw": "gradatim.cli.plan.person:withdraw",
        "rate": "gradatim.cli.plan.person:rate",
    },
    invoke_without_command=True,
    examples=["gradatim plan", "gradatim plan set --hours 5 --window 04-01", "gradatim plan forecast"],
)
@json_option
@click.pass_context
def plan(ctx: click.Context, as_json: bool) -> None:
    """Plan by your hours, and forecast when you are ready.

    Without a command, as `gradatim plan show`.
    """
    if ctx.invoked_subcommand is None:
        from gradatim.cli.plan.dates import show

        ctx.invoke(show, as_json=as_json)

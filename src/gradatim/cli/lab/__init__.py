"""`gradatim lab`: find a lab, work it, have it judged, and prove one's own."""

from __future__ import annotations

import click

from gradatim.cli.command import LazyGroup

__all__ = ["lab"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "list": "gradatim.cli.lab.catalogue:list_labs",
        "show": "gradatim.cli.lab.catalogue:show",
        "start": "gradatim.cli.lab.work:start",
        "play": "gradatim.cli.lab.work:play",
        "submit": "gradatim.cli.lab.work:submit",
        "score": "gradatim.cli.lab.judge:score",
        "replay": "gradatim.cli.lab.judge:replay",
        "whatif": "gradatim.cli.lab.judge:whatif",
        "tournament": "gradatim.cli.lab.tournament:tournament",
        "check": "gradatim.cli.lab.author:check",
        "new": "gradatim.cli.lab.author:new",
    },
    examples=[
        "gradatim lab list",
        "gradatim lab start incident-response",
        "gradatim lab check incident-response --ci",
    ],
)
def lab() -> None:
    """Find a lab, work it, have it judged; prove a lab of your own."""

"""`gradatim evidence`: the ledger of what was done, and how far each item was checked."""

from __future__ import annotations

import click

from gradatim.cli.command import LazyGroup

__all__ = ["evidence"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "list": "gradatim.cli.evidence.look:list_",
        "show": "gradatim.cli.evidence.look:show",
        "add": "gradatim.cli.evidence.add:add",
        "import": "gradatim.cli.evidence.change:import_",
        "badge": "gradatim.cli.evidence.badge:badge",
        "redact": "gradatim.cli.evidence.change:redact",
        "withdraw": "gradatim.cli.evidence.change:withdraw",
        "ask": "gradatim.cli.evidence.attest:ask",
        "attest": "gradatim.cli.evidence.attest:attest",
        "attach": "gradatim.cli.evidence.attest:attach",
        "map": "gradatim.cli.evidence.chances:map_",
        "check": "gradatim.cli.evidence.look:check",
    },
    examples=["gradatim evidence list", "gradatim evidence check"],
)
def evidence() -> None:
    """Record what you did, withhold, have it attested: append-only, yours, on this machine."""

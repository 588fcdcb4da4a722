"""`gradatim exam`: sit an exam, have it judged, prove it, and issue one to somebody."""

from __future__ import annotations

import click

from gradatim.cli.command import LazyGroup

__all__ = ["exam"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "start": "gradatim.cli.exam.sitting:start",
        "show": "gradatim.cli.exam.sitting:show",
        "next": "gradatim.cli.exam.sitting:next_instance",
        "submit": "gradatim.cli.exam.sitting:submit",
        "verdict": "gradatim.cli.exam.proof:verdict",
        "issue": "gradatim.cli.exam.proof:issue",
        "verify": "gradatim.cli.exam.proof:verify",
    },
    examples=[
        "gradatim exam start incident-response --predict 0.6 --low 0.2 --high 0.9",
        "gradatim exam verify",
    ],
)
def exam() -> None:
    """Sit an exam of three to five fresh instances, have it judged, and prove it."""

"""The verdict on an attempt: waiting for what it is compared with, and printing it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradatim.cli.output import Line, dollars, table

if TYPE_CHECKING:
    from gradatim.app import App

F = TypeVar("F", bound=Callable[..., Any])


def wait_option(command: F) -> F:
    """`--no-wait`: do not wait for the references."""
    text = "Wait for the reference players, without whom there is no regret."
    return click.option("--wait/--no-wait", default=True, show_default=True, help=text)(command)


def wait_for_regret(app: App, attempt_id: str, *, wait: bool) -> dict[str, Any]:
    """The score of an attempt, once its references are computed.

    They are computed in a process of their own, which goes on if this one is interrupted.

    Returns:
        What `App.score` says; its regret is None where `wait` is false or the references failed.
    """
    with Line() as line:
        while wait:
            state = app.references(attempt_id)
            if state["state"] != "computing":
                break
            line.say(f"reference players: {state['done']} of {state['total']}")
            time.sleep(0.1)
    return app.score(attempt_id)


def print_verdict(result: dict[str, Any]) -> None:
    """What was lost, by which cause, and how far from the senior that is."""
    click.echo(f"attempt {result['attempt']}: {result['status']}, seed {result['seed']}")
    regret = result["regret"]
    known = "not known yet" if regret is None else f"{regret:.2f}"
    click.echo(f"  loss:    {dollars(result['loss_usd'])}")
    click.echo(f"  senior:  {dollars(result['senior_usd'])}   idle: {dollars(result['idle_usd'])}")
    click.echo(f"  regret:  {known}   (0: as the senior; 1: as the usual skill-free policy)")
    causes = sorted(result["by_cause_usd"].items(), key=lambda pair: -abs(pair[1]))
    click.echo()
    table(["cause", "loss"], [(cause, dollars(usd)) for cause, usd in causes], right=[1])
    click.echo(f"hash:  {result['hash']}")
    click.echo(f"next:  gradatim lab replay {result['attempt']}")


def print_sealed(result: dict[str, Any]) -> None:
    """An instance of an exam that is worked; what it came to is told with the exam's verdict."""
    click.echo(f"attempt {result['attempt']}: worked, sealed until exam {result['exam']} is handed in")
    if result["status"] == "error":
        click.echo("  gradatim itself failed on it: it does not count, another instance takes its place")
    click.echo(f"next:  {result['next']}")

"""`gradatim` alone: compile the simulator once, serve the app on this machine, open it in the browser."""

from __future__ import annotations

import json
import sys
from urllib.parse import parse_qs, urlsplit

import click

from gradatim.cli.kernel import compile_once
from gradatim.core.errors import StateError


def start(*, port: int | None, open_browser: bool, as_json: bool) -> None:
    """Serve until interrupted; a server that runs on this home already is opened instead.

    Raises:
        StateError: the port is in use, the home cannot be written, or the compilation failed.
    """
    from gradatim.store import ServerLock, home_folder, running_server

    home = home_folder()
    if (running := running_server(home)) and running.port and running.token:
        if port not in (None, 0, running.port):
            raise StateError(
                "gradatim is running on this home already",
                where=f"http://127.0.0.1:{running.port}",
                why=f"process {running.pid} serves it, so it cannot also be served on port {port}",
                next=f"gradatim   (opens the running one), or: kill {running.pid}",
            )
        address = f"http://127.0.0.1:{running.port}/?token={running.token}"
        _announce(address, as_json, "running already")
        if open_browser:
            click.launch(address)
        return
    compile_with_progress(quiet=as_json)
    from gradatim.web import serve

    with ServerLock(home) as lock:

        def ready(address: str) -> None:
            parts = urlsplit(address)
            lock.announce(parts.port or 0, parse_qs(parts.query).get("token", [""])[0])
            _announce(address, as_json, "ready, Ctrl-C stops it")

        serve(home, port=port, open_browser=open_browser, ready=ready)
    if not as_json:
        click.echo("\ngradatim: stopped; everything is saved", err=True)


def compile_with_progress(*, quiet: bool = False) -> float:
    """`compile_once`, its seconds counted: in place on a terminal, a line every ten seconds elsewhere.

    Args:
        quiet: say nothing where stderr is no terminal.
    """
    live = sys.stderr.isatty()
    said_s = -10.0

    def say(text: str, *, last: bool = False) -> None:
        if live or not quiet:
            click.echo(f"\r{text}" if live else text, nl=last or not live, err=True)

    def progress(elapsed_s: float) -> None:
        nonlocal said_s
        if elapsed_s - said_s >= (1.0 if live else 10.0):
            said_s = elapsed_s
            say(f"gradatim: compiling the simulator, once: {elapsed_s:.0f} s")

    took_s = compile_once(progress)
    if took_s:
        say(f"gradatim: compiled the simulator, once: {took_s:.0f} s ", last=True)
    return took_s


def _announce(address: str, as_json: bool, state: str) -> None:
    if as_json:
        click.echo(json.dumps({"url": address, "state": state.split(",")[0]}))
    else:
        click.echo(f"gradatim: {address}   ({state})")
    sys.stdout.flush()

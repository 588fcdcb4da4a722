"""`gradatim demo`: half a year of a constructed learner, in a home of its own."""

from __future__ import annotations

import os

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.output import emit


@click.command(cls=Command, examples=["gradatim demo", "gradatim demo --no-open"])
@click.option("--open/--no-open", "open_", default=True, help="Start the app on it and open the browser.")
@click.option(
    "--labs/--no-labs",
    default=True,
    help="Also play two lab attempts; up to a minute, behind the first page.",
)
@json_option
def demo(open_: bool, labs: bool, as_json: bool) -> None:
    """Make a demo home and open it: constructed history, every item marked as an example.

    Your own data are not touched: the demo is a folder of its own below the home folder.
    """
    import datetime

    if not as_json:
        # Said before anything is imported: the first page is some seconds away.
        click.echo("gradatim: making the demo home, a few seconds", err=True)
    from gradatim.app.demo import demo as make
    from gradatim.app.demo import play_behind
    from gradatim.cli.kernel import use_cache
    from gradatim.cli.start import compile_with_progress, start
    from gradatim.store import home_folder

    use_cache()
    home = home_folder()
    # Whoever opens it sees the first page at once; the lab attempts are played behind it.
    now = labs and not open_
    if now:
        compile_with_progress(quiet=as_json)
    made = make(home, today=datetime.datetime.now(datetime.UTC).date(), labs=now)
    command = f'GRADATIM_HOME="{made["home"]}" gradatim'

    def human() -> None:
        word = "made" if made["made"] else "there already"
        click.echo(f"demo home {word}: {made['home']}  ({made['items']} items, all constructed)")
        click.echo(f"  open:   {command}")
        click.echo(f"  packet: {command} packet preview")
        click.echo(f'  away:   rm -r "{made["home"]}"')

    emit({**made, "command": command}, as_json, human)
    if open_:
        os.environ["GRADATIM_HOME"] = made["home"]
        compile_with_progress(quiet=as_json)
        if labs:
            play_behind(home)
        start(port=None, open_browser=True, as_json=as_json)

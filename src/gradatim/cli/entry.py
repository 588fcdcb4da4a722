"""The root command and the one place where an error becomes a message and an exit code.

Exit codes: 0 done; 1 a proof failed or our own defect; 2 something the user can mend; 130 interrupted.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.command import LazyGroup, explain
from gradatim.cli.options import PORT, json_option
from gradatim.core.errors import GradatimError

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = {
    "doctor": "gradatim.cli.doctor:doctor",
    "path": "gradatim.cli.path:path",
    "plan": "gradatim.cli.plan:plan",
    "lab": "gradatim.cli.lab:lab",
    "exam": "gradatim.cli.exam:exam",
    "evidence": "gradatim.cli.evidence:evidence",
    "packet": "gradatim.cli.packet:packet",
    "review": "gradatim.cli.review:review",
    "data": "gradatim.cli.data:data",
    "demo": "gradatim.cli.demo:demo",
    "bench": "gradatim.cli.bench:bench",
    "work": "gradatim.cli.work:work",
}


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    invoke_without_command=True,
    context_settings={"max_content_width": 110, "help_option_names": ["-h", "--help"]},
    examples=["gradatim", "gradatim --port 8700 --no-browser", "gradatim path next"],
)
@click.option(
    "--port",
    type=PORT,
    default=None,
    help="Listen here; 0 takes any free port. Default: 8642, or the next free one.",
)
@click.option(
    "--pack",
    metavar="FOLDER|NAME",
    default=None,
    help="Open another path: a folder, or a pack by name. Remembered; `gradatim path packs` lists them.",
)
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
@click.option("--version", is_flag=True, help="Print the version and leave.")
@json_option
@click.pass_context
def root(
    ctx: click.Context, port: int | None, pack: str | None, browser: bool, version: bool, as_json: bool
) -> None:
    """From mid-level to senior AI engineer, step by step.

    Without a command, starts the app on this machine and opens it in the browser.
    State is kept under GRADATIM_HOME (default: the platform's folder for user data).
    """
    if pack is not None:
        from gradatim.cli.service import open_app

        open_app().packs.open(pack)
    if version:
        from gradatim import __version__
        from gradatim.cli.output import emit

        emit({"version": __version__}, as_json, lambda: click.echo(f"gradatim {__version__}"))
    elif ctx.invoked_subcommand is None:
        from gradatim.cli.start import start

        start(port=port, open_browser=browser, as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        # Not `root.main`: it ends the process on a broken pipe, before anything here is asked.
        with root.make_context("gradatim", words) as ctx:
            root.invoke(ctx)
        sys.stdout.flush()
        return 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted; what was done until now is kept")
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`gradatim lab list | head -1`): nobody is left to tell.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except GradatimError as error:
        _tell(error.describe(), error.as_dict(), as_json)
        return 2
    except click.ClickException as error:
        known = explain(error)
        _tell(known.describe(), known.as_dict(), as_json)
        return 2
    except OSError as error:
        if explained := _from_system(error):
            _tell(explained.describe(), explained.as_dict(), as_json)
            return 2
        return _own_defect(error, words, as_json)
    except Exception as error:
        return _own_defect(error, words, as_json)


def _from_system(error: OSError) -> GradatimError | None:
    """What the machine refused and its owner can mend: a full disk, a folder without permission."""
    import errno

    from gradatim.core.errors import StateError

    advice = {
        errno.ENOSPC: "free some space, then run the same command again",
        errno.EDQUOT: "free some space, then run the same command again",
        errno.EROFS: "choose a folder that can be written: export GRADATIM_HOME=PATH",
        errno.EACCES: "check the permissions of that path, or: export GRADATIM_HOME=PATH",
        errno.EPERM: "check the permissions of that path, or: export GRADATIM_HOME=PATH",
    }
    if error.errno not in advice:
        return None
    where = str(error.filename or "")
    return StateError(
        "the machine refused a file operation",
        where=where,
        why=error.strerror or str(error),
        next=advice[error.errno],
    )


def _own_defect(error: Exception, words: list[str], as_json: bool) -> int:
    """An exception in our code: a short message, and the traceback in a file under the home."""
    kind = f"{type(error).__name__}: {error}".split("\n")[0][:300]
    report = _write_report(words)
    next_step = (
        f'cat "{report}"   (and please report it)'
        if report
        else "run it again with PYTHONFAULTHANDLER=1 and report it"
    )
    facts: dict[str, Any] = {
        "error": "Defect",
        "what": "gradatim itself failed",
        "where": str(report or ""),
        "why": kind,
        "next": next_step,
    }
    _tell(
        f"gradatim itself failed; nothing you did wrong\n  why:   {kind}\n  next:  {next_step}",
        facts,
        as_json,
    )
    return 1


def _write_report(words: list[str]) -> Path | None:
    """Write the traceback being handled under the home folder; None if even that is refused."""
    import datetime
    from pathlib import Path

    from gradatim.store import home_folder

    when = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
    try:
        folder = home_folder() / "defects"
        folder.mkdir(exist_ok=True)
        report = Path(folder / f"{when}.txt")
        report.write_text(f"gradatim {' '.join(words)}\n\n{traceback.format_exc()}", encoding="utf-8")
    except (OSError, GradatimError):
        return None
    return report


def _tell(text: str, facts: dict[str, Any], as_json: bool) -> None:
    """The message on stderr or, with --json, the one JSON document on stdout."""
    if as_json:
        import json

        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(facts, indent=2, ensure_ascii=False), flush=True)
    else:
        _say(text)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)

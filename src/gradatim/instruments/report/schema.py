"""The documented JSON of the work commands, as JSON Schema 2020-12."""

from __future__ import annotations

from importlib import resources

from gradatim.core.errors import UnknownName

COMMANDS = ("drift", "drift-watch", "experiment", "canary", "slo", "capacity", "incident")


def schema(command: str) -> str:
    """The schema of what `gradatim work COMMAND --json` prints, as JSON text; `drift watch` is drift-watch.

    Raises:
        UnknownName: there is no such command.
    """
    if command not in COMMANDS:
        raise UnknownName("work command", command, COMMANDS, next="gradatim work schema")
    folder = resources.files("gradatim.instruments.report").joinpath("schemas")
    return folder.joinpath(f"{command}.schema.json").read_text("utf-8")

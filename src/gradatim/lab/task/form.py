"""A form: what one seed draws of a task, and the files that show it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from jinja2 import Environment

SUFFIX = ".j2"


def render(folder: Path, values: Mapping[str, Any]) -> dict[str, str]:
    """Every template below a folder, filled in; path without `.j2` -> text.

    Raises:
        InputError: a template names what the form does not have.
    """
    from jinja2 import TemplateError

    made: dict[str, str] = {}
    for path in sorted(folder.rglob("*" + SUFFIX)):
        name = path.relative_to(folder).as_posix().removesuffix(SUFFIX)
        try:
            made[name] = text(path.read_text(encoding="utf-8"), values)
        except TemplateError as error:
            raise InputError(
                "a template of the task is wrong", [f"{name}: {error}"], where=str(path)
            ) from None
    return made


def text(template: str, values: Mapping[str, Any]) -> str:
    """A template, filled in. Lines that begin with `#%` are statements, so templates stay readable as Python."""
    return _environment().from_string(template).render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    return Environment(
        undefined=StrictUndefined,
        autoescape=False,
        line_statement_prefix="#%",
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )

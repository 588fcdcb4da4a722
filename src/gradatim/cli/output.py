"""What a command prints: one JSON document, or short text and tables for a person."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import click


def emit(value: Any, as_json: bool, human: Callable[[], None]) -> None:
    """Print `value` as JSON, or let `human` print it. What is not a finite number is null in JSON."""
    if as_json:
        click.echo(json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False, default=_plain))
    else:
        human()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> None:
    """A table: rich on a terminal, aligned plain text elsewhere.

    Args:
        columns: the headings; a unit belongs in them.
        rows: the cells, turned into text with `str`.
        right: indices of the columns that are aligned to the right.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    to_right = set(right)
    if on_terminal():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        pretty = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for i, name in enumerate(columns):
            pretty.add_column(name, justify="right" if i in to_right else "left", overflow="fold")
        for row in cells:
            pretty.add_row(*(Text(cell) for cell in row))
        Console().print(pretty)
        return
    widths = [max(len(row[i]) for row in [list(columns), *cells]) for i in range(len(columns))]
    for row in [list(columns), *cells]:
        aligned = (
            cell.rjust(w) if i in to_right else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join(aligned).rstrip())


def markdown(text: str) -> None:
    """Markdown, rendered on a terminal and as it is elsewhere."""
    if on_terminal():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        click.echo(text.rstrip())


class Line:
    """A line of progress on stderr: rewritten in place on a terminal, gone at the end, silent elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """Replace the line."""
        if self._live:
            click.echo(f"\r\x1b[2K{text}", nl=False, err=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.say("\r")


def on_terminal() -> bool:
    """A person is looking at stdout, on a terminal that can do more than print."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def dollars(usd: float | None) -> str:
    """As a person writes it: $1,234, −$52, or a dash for what is not known."""
    if usd is None:
        return "-"
    text = f"${abs(usd):,.0f}"
    return f"−{text}" if usd <= -0.5 else text


def number(value: float | None, digits: int = 4) -> str:
    """A figure with `digits` significant digits, or a dash for what is not known."""
    return "-" if value is None else f"{value:,.{digits}g}"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    """numpy scalars and arrays as JSON values, paths as text."""
    for name in ("tolist", "isoformat"):
        if hasattr(value, name):
            return getattr(value, name)()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")

"""Numbers, times and Markdown as the pages write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def usd(value: float | None) -> str:
    """Whole dollars with a true minus sign; a dash when there is no figure yet."""
    if value is None:
        return "–"
    if 0 < abs(value) < 0.5:
        return "under $1" if value > 0 else "−under $1"
    sign = "−" if round(value) < 0 else ""
    return f"{sign}${abs(round(value)):,}"


def ratio(value: float | None) -> str:
    """A share or a regret with two decimals."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def minutes(value: float) -> str:
    """`45 minutes`, `1 minute`."""
    return plural(round(value), "minute")


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 skill`, `2 skills`, `no skills`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {many or noun + 's'}" if count else f"no {many or noun + 's'}"


def when(moment: str | datetime) -> str:
    """A wall-clock moment for people: `23 Nov 2026, 18:52`, in this machine's time zone."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    local = at.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def day(moment: str | date | datetime, *, short: bool = False) -> str:
    """A day for people: `1 December 2026`, or `1 Dec` where the year is plain; a moment in this machine's zone."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if isinstance(at, datetime) and at.tzinfo is not None:
        at = at.astimezone()
    return f"{at.day} {at:%b}" if short else f"{at.day} {at:%B %Y}"


def signal_name(name: str) -> str:
    """A signal's name without its unit: `time_to_detect_s` becomes `Time to detect`."""
    for unit in ("_s", "_usd", "_share", "_pct", "_n"):
        name = name.removesuffix(unit)
    return name.replace("_", " ").capitalize()


def signal(value: object, name: str, wall: Callable[[float], str]) -> str:
    """A signal's value in the unit that its name carries; `_s` is a moment on the room's clock, -1 never."""
    if value is None:
        return "never"
    if name.endswith("_s") and isinstance(value, int | float):
        return wall(value) if value >= 0 else "never"
    if name in YES_NO:
        return "yes" if value else "no"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if name.endswith("_usd"):
            return usd(value)
        if name.endswith("_pct"):
            return f"{value:g} %"
        if name.endswith("_share"):
            return f"{100 * value:.1f} %"
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    if isinstance(value, list | tuple):
        return ", ".join(signal(v, "", wall) for v in value) or "none"
    return str(value)


YES_NO = frozenset({"healthy", "diagnosis_right"})
"""Signals that are counted as 0 and 1."""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def markdown(source: str) -> Markup:
    """Markdown as HTML; raw HTML in the source is shown as text, links keep only safe schemes."""
    return Markup(_parser().render(source))


def measure(value: float | None, unit: str) -> str:
    """A figure of a chart with its unit: three digits are enough to see what moved."""
    if value is None:
        return "no data"
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{shown} {unit}".strip()

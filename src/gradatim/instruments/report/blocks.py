"""Pieces of a section's body. Each takes plain text and returns safe HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Literal

State = Literal["bad", "warn", "good", "quiet"]

_GLYPHS = {
    # Shape carries the state; colour repeats it.
    "bad": '<path d="M6 1.2 11.2 10.6H.8Z" class="f"/>',
    "warn": '<path d="M6 1.6 10.8 10.2H1.2Z"/>',
    "good": '<path d="m1.8 6.4 2.8 2.9 5.6-6.4"/>',
    "quiet": '<path d="M2 6h8"/>',
}


class Html(str):
    """HTML that was made here and is not escaped again when it stands in a cell."""

    __slots__ = ()


def text(value: object) -> str:
    """A value as HTML: escaped, unless it is `Html`; None is empty."""
    if isinstance(value, Html):
        return value
    return "" if value is None else html.escape(str(value))


def glyph(kind: State) -> Html:
    """The shape of a state, 12 by 12."""
    return Html(
        f'<svg class="glyph" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">{_GLYPHS[kind]}</svg>'
    )


def state(kind: State, word: str) -> Html:
    """A state as a shape and a word, for a cell of a table."""
    colour = "" if kind == "quiet" else f" {kind}"
    return Html(f'<span class="st{colour}">{glyph(kind)}{text(word)}</span>')


def paragraph(words: str) -> str:
    """One paragraph of plain text."""
    return f"<p>{text(words)}</p>"


def listing(items: Iterable[str]) -> str:
    """A list of sentences."""
    return '<ul class="plain">' + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>"


def figures(pairs: Iterable[tuple[str, object, str]]) -> str:
    """The few numbers that head a section.

    Args:
        pairs: (name, value as text, remark under it; may be empty), the one that leads first.
    """
    cells = []
    for i, (name, value, remark) in enumerate(pairs):
        small = f"<small>{text(remark)}</small>" if remark else ""
        lead = ' class="lead"' if i == 0 else ""
        cells.append(f"<div><dt>{text(name)}</dt><dd{lead}>{text(value)}{small}</dd></div>")
    return f'<dl class="figures">{"".join(cells)}</dl>'


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> str:
    """A table; the first cell of each row is its heading.

    Args:
        columns: headings; a unit belongs in them.
        rows: cells, text or `Html`.
        right: indices of columns aligned to the right.
    """
    to_right = set(right)

    def cell(i: int, value: object) -> str:
        cls = ' class="num"' if i in to_right else ""
        tag, scope = ("th", ' scope="row"') if i == 0 else ("td", "")
        return f"<{tag}{scope}{cls}>{text(value)}</{tag}>"

    head = "".join(
        f'<th scope="col"{" class=num" if i in to_right else ""}>{text(name)}</th>'
        for i, name in enumerate(columns)
    )
    body = "".join("<tr>" + "".join(cell(i, v) for i, v in enumerate(row)) + "</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="table: {text(", ".join(columns))}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def interval(
    low: float, point: float, high: float, *, at: tuple[float, float], mark: float | None = None
) -> Html:
    """An interval as a small drawing: the bar is the interval, the dot the estimate, the tick a mark.

    Args:
        low, point, high: in the unit of `at`.
        at: the ends of the axis.
        mark: where a tick stands, for instance no effect or a threshold.
    """
    left, right = at
    width = (right - left) or 1.0

    def x(value: float) -> float:
        return round(min(max((value - left) / width, 0.0), 1.0) * 92 + 2, 1)

    tick = "" if mark is None else f'<line class="iv-m" x1="{x(mark)}" x2="{x(mark)}" y1="0" y2="12"/>'
    return Html(
        '<svg class="iv" width="96" height="12" viewBox="0 0 96 12" aria-hidden="true">'
        f'<line class="iv-t" x1="2" x2="94" y1="6" y2="6"/>{tick}'
        f'<line class="iv-r" x1="{x(low)}" x2="{x(high)}" y1="6" y2="6"/>'
        f'<circle class="iv-p" cx="{x(point)}" cy="6" r="3.2"/></svg>'
    )


def columns(parts: Iterable[str]) -> str:
    """Parts beside each other where there is room, under each other where there is not."""
    return '<div class="cols">' + "".join(f"<div>{part}</div>" for part in parts) + "</div>"

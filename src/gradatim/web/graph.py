"""The map as a graph: where each skill stands, and the arrows of what comes after what.

One column a module, one row a skill, in an order in which arrows inside a column point down. Everything is
numbers for SVG attributes: the content policy admits no inline style.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

WIDTH, NODE_W, NODE_H = 1200, 172, 72
ROW, TOP, RADIUS = 100, 48, 6
LINE_CHARS = 23


class Node(NamedTuple):
    """A skill on the map: the corner of its box, its name in one or two lines, its interval in pixels."""

    skill: Mapping[str, Any]
    x: int
    y: int
    lines: tuple[str, ...]
    interval: tuple[float, float, float] | None


class Graph(NamedTuple):
    """The whole drawing. `edges` are (from, to, path data); `heads` are (x, title, caption) of the columns."""

    width: int
    height: int
    nodes: list[Node]
    edges: list[tuple[str, str, str]]
    heads: list[tuple[int, Mapping[str, Any]]]


def layout(modules: Sequence[Mapping[str, Any]]) -> Graph:
    """Lay out the decorated modules of `states.decorate`."""
    pitch = (WIDTH - NODE_W) // max(len(modules) - 1, 1)
    after = {s["id"]: list(s["after"]) for module in modules for s in module["skills"]}
    at: dict[str, tuple[int, int]] = {}
    nodes: list[Node] = []
    for column, module in enumerate(modules):
        ordered = sorted(
            enumerate(module["skills"]), key=lambda pair: (_depth(pair[1]["id"], after), pair[0])
        )
        for row, (_, skill) in enumerate(ordered):
            at[skill["id"]] = (column, row)
            x, y = column * pitch, TOP + row * ROW
            nodes.append(Node(skill, x, y, wrap(skill["short"]), _interval(skill.get("estimate"))))
    edges = [
        (other, skill, _edge(at[other], at[skill], pitch))
        for skill, named in after.items()
        for other in named
    ]
    rows = max((len(module["skills"]) for module in modules), default=0)
    heads = [(column * pitch, module) for column, module in enumerate(modules)]
    return Graph(WIDTH, TOP + rows * ROW - (ROW - NODE_H) + 4, nodes, edges, heads)


def wrap(text: str, most: int = LINE_CHARS) -> tuple[str, ...]:
    """A name in one line or two."""
    if len(text) <= most:
        return (text,)
    words = text.split(" ")
    first = ""
    while words and len(f"{first} {words[0]}".strip()) <= most:
        first = f"{first} {words.pop(0)}".strip()
    return (first, " ".join(words)) if first and words else (text,)


def _depth(skill: str, after: Mapping[str, Sequence[str]]) -> int:
    """The longest way back; a pack is refused when it has a cycle."""
    return 1 + max((_depth(other, after) for other in after[skill]), default=-1)


def _interval(estimate: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    """Low, value and high as pixels from the left of the box; what lies outside 0 to 1 ends at the edge."""
    if not estimate:
        return None
    left, width = 10.0, NODE_W - 20.0
    low, value, high = (
        round(left + width * min(max(estimate[key], 0.0), 1.0), 1) for key in ("low", "value", "high")
    )
    return low, value, high


def _edge(begin: tuple[int, int], end: tuple[int, int], pitch: int) -> str:
    """Path data of one arrow: straight down, along the gutter, or over to another column."""
    (c1, r1), (c2, r2) = begin, end
    x1, y1 = c1 * pitch, TOP + r1 * ROW
    x2, y2 = c2 * pitch, TOP + r2 * ROW
    gutter = pitch - NODE_W
    if c1 == c2:
        if r2 == r1 + 1:
            return f"M{x1 + 24} {y1 + NODE_H}V{y2 - 1}"
        # Down the gutter on the left; each target a little apart from the next.
        lane = x1 - 6 - 3 * (r2 % 4)
        return _rounded([(x1, y1 + 44), (lane, y1 + 44), (lane, y2 + 26), (x2 - 1, y2 + 26)])
    right = c2 > c1
    start = (x1 + NODE_W if right else x1, y1 + 36)
    stop = (x2 - 1 if right else x2 + NODE_W + 1, y2 + 36 if abs(c2 - c1) == 1 else y2 + 44)
    near = x2 - gutter // 2 if right else x2 + NODE_W + gutter // 2
    if abs(c2 - c1) == 1:
        return _rounded([start, (near, start[1]), (near, stop[1]), stop])
    out = x1 + NODE_W + gutter // 2 if right else x1 - gutter // 2
    between = TOP + max(r1, r2) * ROW - (ROW - NODE_H) // 2 if max(r1, r2) else TOP - 8
    return _rounded([start, (out, start[1]), (out, between), (near, between), (near, stop[1]), stop])


def _rounded(points: Sequence[tuple[int, int]]) -> str:
    """A line through right angles with rounded corners."""
    made = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, then in zip(points, points[1:], points[2:], strict=False):
        a, b = _toward(corner, before), _toward(corner, then)
        made.append(f"L{a[0]} {a[1]}Q{corner[0]} {corner[1]} {b[0]} {b[1]}")
    made.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(made)


def _toward(corner: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """A point on the way from a corner, a radius away or half way if that is nearer."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    reach = min(RADIUS, (abs(dx) + abs(dy)) // 2)
    return corner[0] + reach * (dx > 0) - reach * (dx < 0), corner[1] + reach * (dy > 0) - reach * (dy < 0)

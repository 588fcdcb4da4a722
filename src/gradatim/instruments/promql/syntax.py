"""The syntax tree of the PromQL subset, and its text again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal, TypeAlias, TypeVar

NAME = "__name__"
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
SETS = frozenset({"and", "or", "unless"})


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: a scalar that is the same at every time."""

    value: float


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label: `op` is =, !=, =~ or !~; an absent label has the value ""."""

    label: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by name and labels; the name is a matcher on `__name__`. A negative offset looks ahead."""

    matchers: tuple[Matcher, ...]
    offset_ms: int = 0

    @property
    def name(self) -> str:
        """The metric's name where it is given with `=`, else ""."""
        return next((m.value for m in self.matchers if m.label == NAME and m.op == "="), "")


@dataclass(frozen=True, slots=True)
class Range:
    """The samples of the last `range_ms` milliseconds of each selected series."""

    selector: Selector
    range_ms: int


@dataclass(frozen=True, slots=True)
class Negate:
    """Unary minus."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A function."""

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`sum`, `avg`, `min`, `max`, `count` or `group`; `by` and `without` name labels."""

    op: str
    operand: Expr
    grouping: Literal["by", "without"] = "by"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matching:
    """How the series of two vectors find each other. `group` is "left", "right" or "" (one to one)."""

    on: bool = False
    labels: tuple[str, ...] = ()
    group: str = ""
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison (`bool` for 0 and 1 instead of a filter) or a set operation."""

    op: str
    left: Expr
    right: Expr
    matching: Matching = Matching()
    bool: bool = False


Expr: TypeAlias = Number | Selector | Range | Negate | Call | Aggregate | Binary

_Node = TypeVar("_Node")
_BINDING = {"or": 1, "and": 2, "unless": 2, **dict.fromkeys(COMPARISONS, 3), "+": 4, "-": 4}
_BINDING |= {"*": 5, "/": 5, "%": 5, "^": 7}
_UNARY = 6


def walk(expr: Expr) -> Iterator[Expr]:
    """Every node, parents before children."""
    yield expr
    for child in _children(expr):
        yield from walk(child)


def transform(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """The tree with each node replaced by what `change` gives for it; None looks further inside."""
    if (changed := change(expr)) is not None:
        return changed
    match expr:
        case Negate(operand):
            return Negate(transform(operand, change))
        case Call(_, arguments):
            return replace(expr, arguments=tuple(transform(a, change) for a in arguments))
        case Aggregate(_, operand):
            return replace(expr, operand=transform(operand, change))
        case Binary(_, left, right):
            return replace(expr, left=transform(left, change), right=transform(right, change))
    return expr


def _children(expr: Expr) -> Iterator[Expr]:
    for field in fields(expr):
        value: Any = getattr(expr, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if is_dataclass(item) and not isinstance(item, Matcher | Matching):
                yield item  # type: ignore[misc]


def text(expr: Expr) -> str:
    """The expression as Prometheus reads it."""
    return _text(expr, 0)


def duration(ms: int) -> str:
    """Milliseconds as Prometheus writes them: 90000 is 1m30s."""
    if ms == 0:
        return "0s"
    parts, rest = [], abs(ms)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        n, rest = divmod(rest, size)
        if n:
            parts.append(f"{n}{unit}")
    return ("-" if ms < 0 else "") + "".join(parts)


def quote(value: str) -> str:
    """A string literal."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def number(value: float) -> str:
    """A number literal that reads back as the same float."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _text(expr: Expr, outer: int) -> str:
    match expr:
        case Number(value):
            plain = number(value)
            return f"({plain})" if outer == 7 and plain[0] in "+-" else plain
        case Selector(_, offset_ms):
            return _select(expr) + _offset(offset_ms)
        case Range(selector, range_ms):
            return f"{_select(selector)}[{duration(range_ms)}]{_offset(selector.offset_ms)}"
        case Negate(operand):
            inner = f"-{_text(operand, _UNARY)}"
            return f"({inner})" if outer >= _UNARY else inner
        case Call(function, arguments):
            return f"{function}({', '.join(_text(a, 0) for a in arguments)})"
        case Aggregate(op, operand, grouping, labels):
            how = f" {grouping} ({', '.join(labels)})" if labels or grouping == "without" else ""
            return f"{op}{how} ({_text(operand, 0)})" if how else f"{op}({_text(operand, 0)})"
        case Binary(op, left, right, matching, as_bool):
            level = _BINDING[op]
            # `^` binds to the right, everything else to the left.
            sides = (level + 1, level) if op == "^" else (level, level + 1)
            words = f"{op}{' bool' if as_bool else ''}{_matching(matching)}"
            whole = f"{_text(left, sides[0])} {words} {_text(right, sides[1])}"
            return f"({whole})" if level < outer else whole


def _select(selector: Selector) -> str:
    named = selector.name
    rest = [m for m in selector.matchers if not (named and m.label == NAME and m.op == "=")]
    inside = ",".join(f"{m.label}{m.op}{quote(m.value)}" for m in rest)
    return f"{named}{{{inside}}}" if inside else named


def _offset(ms: int) -> str:
    return f" offset {duration(ms)}" if ms else ""


def _matching(matching: Matching) -> str:
    words = ""
    if matching.on or matching.labels:
        words += f" {'on' if matching.on else 'ignoring'} ({', '.join(matching.labels)})"
    if matching.group:
        words += f" group_{matching.group} ({', '.join(matching.include)})"
    return words

"""PromQL text to our syntax tree. `promql-parser` knows the grammar; here is what of it we evaluate."""

from __future__ import annotations

import datetime
import re
from typing import Any

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.promql.syntax import (
    COMPARISONS,
    NAME,
    SETS,
    Aggregate,
    Binary,
    Call,
    Expr,
    Matcher,
    Matching,
    Negate,
    Number,
    Range,
    Selector,
)

OF_A_RANGE = (
    *("rate", "increase", "delta", "irate", "idelta", "resets", "changes"),
    *("avg_over_time", "sum_over_time", "min_over_time", "max_over_time"),
    *("count_over_time", "last_over_time", "present_over_time", "absent_over_time"),
)
OF_A_VECTOR = (
    *("absent", "histogram_quantile", "abs", "ceil", "floor", "sqrt", "exp", "ln", "log2", "log10", "sgn"),
    *("clamp", "clamp_min", "clamp_max", "vector", "scalar", "time"),
)
FUNCTIONS = (*OF_A_RANGE, *OF_A_VECTOR)
AGGREGATIONS = ("sum", "avg", "min", "max", "count", "group")
OPERATORS = ("+", "-", "*", "/", "%", "^", *sorted(COMPARISONS), *sorted(SETS))
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_DEEPEST = 100


def parse(source: str, *, where: str = "") -> Expr:
    """The tree of an expression.

    Args:
        source: PromQL.
        where: what the expression belongs to, for the message.

    Raises:
        InputError: it is not PromQL, or uses something outside the subset; everything at once.
    """
    try:
        tree = _promql(source)
    except ValueError as error:
        why = " ".join(str(error).split())
        raise InputError(f"not PromQL: {_short(source)}", [why], where=where) from None
    problems: list[str] = []
    expr = _convert(tree, problems, 0)
    if problems:
        raise InputError(
            f"outside the PromQL that is evaluated here: {_short(source)}",
            dict.fromkeys(problems),
            where=where,
            why=f"functions: {', '.join(FUNCTIONS)}; aggregations: {', '.join(AGGREGATIONS)}",
        )
    return expr


def _promql(source: str) -> Any:
    if source.count("(") > 40 * _DEEPEST or len(source) > 100_000:
        raise ValueError("the expression is too long")
    # The parser is recursive: refuse what would end the process before it is asked.
    depth = deepest = 0
    for character in source:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or re.search(r"(?:[-+]\s*){100}", source):
        raise ValueError(f"nested deeper than {_DEEPEST}")
    return load("promql_parser", "work", "Evaluating PromQL").parse(source)


def _short(source: str) -> str:
    line = " ".join(source.split())
    return line if len(line) <= 120 else line[:117] + "..."


def _convert(node: Any, problems: list[str], depth: int) -> Expr:
    if depth > 4 * _DEEPEST:
        problems.append("nested too deeply")
        return Number(0.0)
    match type(node).__name__:
        case "NumberLiteral":
            return Number(float(node.val))
        case "ParenExpr":
            return _convert(node.expr, problems, depth + 1)
        case "UnaryExpr":
            return Negate(_convert(node.expr, problems, depth + 1))
        case "VectorSelector":
            return _selector(node, problems)
        case "MatrixSelector":
            return Range(_selector(node.vector_selector, problems), _ms(node.range))
        case "Call":
            return _call(node, problems, depth)
        case "AggregateExpr":
            return _aggregate(node, problems, depth)
        case "BinaryExpr":
            return _binary(node, problems, depth)
        case "SubqueryExpr":
            problems.append(f"a subquery, {node}: record the inner expression with a rule instead")
        case "StringLiteral":
            problems.append(f"a string, {node}")
        case other:
            problems.append(f"{other}: {node}")
    return Number(0.0)


def _call(node: Any, problems: list[str], depth: int) -> Expr:
    name = str(node.func.name)
    if name not in FUNCTIONS:
        problems.append(f"the function {name}")
        return Number(0.0)
    arguments = tuple(_convert(a, problems, depth + 1) for a in node.args)
    if name in ("clamp", "clamp_min", "clamp_max") and not all(_is_scalar(a) for a in arguments[1:]):
        problems.append(f"{name} with a bound that is not a scalar")
    return Call(name, arguments)


def _is_scalar(expr: Expr) -> bool:
    match expr:
        case Number():
            return True
        case Negate(operand):
            return _is_scalar(operand)
        case Call(function, _):
            return function in ("scalar", "time")
        case Binary(_, left, right):
            return _is_scalar(left) and _is_scalar(right)
    return False


def _aggregate(node: Any, problems: list[str], depth: int) -> Expr:
    op = str(node.op)
    if op not in AGGREGATIONS:
        problems.append(f"the aggregation {op}")
        return Number(0.0)
    operand = _convert(node.expr, problems, depth + 1)
    if node.modifier is None:
        return Aggregate(op, operand)
    grouping = "by" if str(node.modifier.type).endswith("By") else "without"
    return Aggregate(op, operand, "by" if grouping == "by" else "without", tuple(node.modifier.labels))


def _binary(node: Any, problems: list[str], depth: int) -> Expr:
    op = str(node.op)
    if op not in OPERATORS:
        problems.append(f"the operator {op}")
        return Number(0.0)
    left = _convert(node.lhs, problems, depth + 1)
    right = _convert(node.rhs, problems, depth + 1)
    modifier = node.modifier
    if modifier is None:
        return Binary(op, left, right)
    fill = modifier.fill_values
    if fill is not None and (fill.lhs is not None or fill.rhs is not None):
        problems.append("fill values of a vector match")
    card = str(modifier.card).rsplit(".", 1)[-1]
    group = {"ManyToOne": "left", "OneToMany": "right"}.get(card, "")
    on, labels = False, ()
    if modifier.matching is not None:
        on = str(modifier.matching.type).endswith("Include")
        labels = tuple(modifier.matching.labels)
    matching = Matching(on, labels, group, tuple(modifier.group_labels or ()))
    return Binary(op, left, right, matching, bool(modifier.return_bool))


def _selector(node: Any, problems: list[str]) -> Selector:
    if node.at is not None:
        problems.append("the @ modifier")
    if node.matchers.or_matchers:
        problems.append('alternatives with "or" inside a selector')
    found = [Matcher(NAME, "=", str(node.name))] if node.name else []
    signs = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    for matcher in node.matchers.matchers:
        sign = signs[str(matcher.op).rsplit(".", 1)[-1]]
        if not _LABEL.fullmatch(matcher.name):
            problems.append(f"the label name {matcher.name!r}")
        found.append(Matcher(str(matcher.name), sign, str(matcher.value)))
    return Selector(tuple(found), _ms(node.offset) if node.offset is not None else 0)


def _ms(span: datetime.timedelta) -> int:
    return round(span / datetime.timedelta(milliseconds=1))

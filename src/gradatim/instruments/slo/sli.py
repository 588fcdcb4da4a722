"""The indicator as PromQL: the error ratio over any window, and the counts behind it.

Missing is never healthy: without any event of the numerator the ratio is that of none of them, without the
total it is absent, and an alert on absence is part of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradatim.instruments.promql import Expr
from gradatim.instruments.promql.parse import OF_A_RANGE
from gradatim.instruments.promql.syntax import (
    NAME,
    Aggregate,
    Binary,
    Call,
    Matcher,
    Number,
    Range,
    Selector,
    transform,
)
from gradatim.instruments.slo.spec import Indicator, Objective, Op, Slo

RATES = ("rate", "increase", "irate")
SIGNS = {"lte": "<=", "gte": ">=", "lt": "<", "gt": ">"}
NOT = {"lte": ">", "gte": "<", "lt": ">=", "gt": "<="}
RATIO, BASE, SLICE = "slo:sli_error:ratio_rate", "slo:sli_error:ratio", "slo:slice_bad:bool"


@dataclass(frozen=True)
class Recording:
    """A recording rule that the indicator needs: its name and expression."""

    name: str
    expr: Expr


def needs_base(slo: Slo) -> bool:
    """Whether windows average a recorded series instead of counting events."""
    return slo.indicator.total is None or slo.method != "Occurrences"


def base_recordings(slo: Slo, objective: Objective) -> list[Recording]:
    """What must be recorded before windows can be averaged; nothing where events are counted."""
    if not needs_base(slo):
        return []
    indicator = slo.indicator
    if indicator.total is not None:
        base = Recording(BASE, counted_ratio(indicator, objective.slice_ms))
    else:
        base = Recording(BASE, _sample_error(indicator, objective))
    return [base, _slices(slo, objective)] if slo.method == "Timeslices" else [base]


def window_ratio(slo: Slo, objective: Objective, window_ms: int) -> Expr:
    """The error ratio over a window, as the rules compute it."""
    if not needs_base(slo):
        return counted_ratio(slo.indicator, window_ms)
    source = SLICE if slo.method == "Timeslices" else BASE
    return Aggregate("avg", Call("avg_over_time", (Range(recorded(source, slo, objective), window_ms),)))


def recorded(name: str, slo: Slo, objective: Objective) -> Selector:
    """The series that a recording rule of this SLO makes."""
    labels = [Matcher(NAME, "=", name), Matcher("slo", "=", slo.name)]
    if per_objective(slo):
        labels.append(Matcher("objective", "=", objective.name))
    return Selector(tuple(labels))


def per_objective(slo: Slo) -> bool:
    """Whether recordings must be told apart by objective."""
    return len(slo.objectives) > 1


def counted_ratio(indicator: Indicator, window_ms: int) -> Expr:
    """Failed events over all events in a window."""
    assert indicator.total is not None
    part = events(indicator, indicator.numerator, window_ms)
    whole = events(indicator, indicator.total, window_ms)
    # No series of the numerator yet: none of those events, as long as there are any at all.
    share = Binary("/", Binary("or", part, Binary("*", whole, Number(0.0))), whole)
    return Binary("-", Number(1.0), share) if indicator.kind == "good" else share


def bad_events(indicator: Indicator, window_ms: int, function: str = "increase") -> Expr:
    """How many events failed in a window."""
    assert indicator.total is not None
    part = events(indicator, indicator.numerator, window_ms, function)
    whole = events(indicator, indicator.total, window_ms, function)
    filled = Binary("or", part, Binary("*", whole, Number(0.0)))
    return Binary("-", whole, filled) if indicator.kind == "good" else filled


def events(indicator: Indicator, query: Expr, window_ms: int, function: str = "rate") -> Expr:
    """A query of events with every window in it replaced, as one series.

    A counter without `rate` gets one; a gauge of counts is summed over the window.
    """
    replaced = Call(function, ()) if indicator.counter else Call("sum_over_time", ())

    def change(node: Expr) -> Expr | None:
        match node:
            case Call(name, (Range(selector, _),)) if name in OF_A_RANGE:
                name = function if name in RATES else name
                return Call(name, (Range(selector, window_ms),))
            case Selector():
                return Call(replaced.function, (Range(node, window_ms),))
        return None

    widened = transform(query, change)
    if isinstance(widened, Aggregate) and widened.grouping == "by" and not widened.labels:
        return widened
    return Aggregate("sum", widened)


def _sample_error(indicator: Indicator, objective: Objective) -> Expr:
    """Per sample: the share that failed, or 1 where the threshold is not met. NaN is no sample."""
    query = indicator.numerator
    if indicator.kind == "threshold":
        assert objective.op is not None
        return Binary("and", _compare(query, NOT[objective.op], objective.value), _is_number(query))
    error = Binary("-", Number(1.0), query) if indicator.raw_success else query
    return Binary("and", error, _is_number(query)) if indicator.raw_success else _is_number(query)


def _slices(slo: Slo, objective: Objective) -> Recording:
    """1 for a time slice that misses its target, 0 for one that meets it, nothing for one without events."""
    if slo.indicator.total is not None:
        ratio: Expr = recorded(BASE, slo, objective)
    else:
        ratio = Aggregate(
            "avg", Call("avg_over_time", (Range(recorded(BASE, slo, objective), objective.slice_ms),))
        )
    missed = _compare(ratio, ">", round(1.0 - objective.slice_target, 12))
    return Recording(SLICE, Binary("and", missed, _is_number(ratio)))


def _compare(query: Expr, sign: str, value: float) -> Expr:
    return Binary(sign, query, Number(float(value)), bool=True)


def _is_number(query: Expr) -> Expr:
    """The query without NaN: only NaN differs from itself."""
    return Binary("==", query, query)


def good_sample(op: Op, value: float) -> str:
    """In words, when a sample is good."""
    return f"{SIGNS[op]} {value:g}"

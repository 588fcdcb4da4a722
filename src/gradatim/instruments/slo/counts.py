"""Good and bad events of a history, step by step: what the budget is spent by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.metrics_files import EventTable
from gradatim.instruments.promql import (
    PROMETHEUS_3,
    Engine,
    Expr,
    Frame,
    Series,
    SeriesSet,
    labels_of,
    parse,
    show,
)
from gradatim.instruments.promql.engine import grid_ms, selectors
from gradatim.instruments.promql.frame import Mask
from gradatim.instruments.promql.series import Floats, Labels, Millis
from gradatim.instruments.slo.sli import bad_events, base_recordings, events
from gradatim.instruments.slo.spec import Indicator, Objective, Slo

BAD, TOTAL = "gradatim_bad_events_total", "gradatim_events_total"


@dataclass(frozen=True)
class Counts:
    """Events in steps of equal length; `at_ms` is where a step ends.

    Args:
        seen: there was data in the step.
        unit: what is counted, for people: "events", "samples", "time slices".
    """

    at_ms: Millis
    step_ms: int
    bad: Floats
    total: Floats
    seen: Mask
    unit: str

    @property
    def error_ratio(self) -> float:
        """Bad over all; NaN without any."""
        total = float(self.total.sum())
        return float(self.bad.sum()) / total if total else float("nan")


def count(
    slo: Slo, objective: Objective, data: SeriesSet, start_ms: int, end_ms: int, step_ms: int
) -> Counts:
    """Count what the objective judges.

    Args:
        slo, objective: what counts.
        data: the history.
        start_ms, end_ms: the span of the history.
        step_ms: length of a step; time slices bring their own.

    Raises:
        InputError: the good events are more than all, or counts are negative.
    """
    sliced = slo.method != "Occurrences"
    step_ms = objective.slice_ms if sliced else step_ms
    # Slices are those of the clock, as a person reads them: 10:00, 10:05.
    first = -(-start_ms // step_ms) * step_ms
    at_ms = grid_ms(first, max(end_ms, first), step_ms)
    # A step does not share its edge with the one before: a sample counts once.
    engine = Engine(data, dialect=PROMETHEUS_3)
    if slo.indicator.total is not None:
        bad, total, seen = _events(slo.indicator, engine, at_ms, step_ms)
        unit = "events"
    else:
        bad, total, seen = _samples(slo, objective, engine, at_ms, step_ms)
        unit = "samples"
    if not sliced:
        return Counts(at_ms, step_ms, bad, total, seen, unit)
    with np.errstate(all="ignore"):
        ratio = np.where(total > 0, bad / total, 0.0)
    used = seen & (total > 0)
    if slo.method == "Timeslices":
        ratio = (ratio > round(1.0 - objective.slice_target, 12)).astype(float)
    return Counts(at_ms, step_ms, np.where(used, ratio, 0.0), used.astype(float), used, "time slices")


def _events(indicator: Indicator, engine: Engine, at_ms: Millis, step_ms: int) -> tuple[Floats, Floats, Mask]:
    assert indicator.total is not None
    total, seen = _one(engine.vector(events(indicator, indicator.total, step_ms, "counted"), at_ms))
    bad, known = _one(engine.vector(bad_events(indicator, step_ms, "counted"), at_ms))
    bad, total = np.where(known & seen, bad, 0.0), np.where(seen, total, 0.0)
    return _sound(bad, total, indicator), total, seen


def _sound(bad: Floats, total: Floats, indicator: Indicator) -> Floats:
    """Small disagreements between two counters scraped apart are evened out; large ones are an error."""
    blocks = np.arange(0, len(bad), 60)
    excess = np.maximum(np.add.reduceat(bad - total, blocks), np.add.reduceat(-bad, blocks))
    worst, whole = float(np.maximum(excess, 0.0).sum()), float(total.sum())
    if not np.isfinite(whole) or not np.isfinite(worst):
        raise InputError("counts that are not finite", ["a counter of the indicator holds NaN or infinity"])
    if worst > max(0.01 * whole, 1.0):
        part = "good" if indicator.kind == "good" else "bad"
        raise InputError(
            f"the {part} events are more than all events",
            [f"by {worst:,.0f} of {whole:,.0f}: the two queries do not count the same events"],
        )
    return np.clip(bad, 0.0, np.maximum(total, 0.0))


def _samples(
    slo: Slo, objective: Objective, engine: Engine, at_ms: Millis, step_ms: int
) -> tuple[Floats, Floats, Mask]:
    """Each sample of a ratio or a threshold metric is one event; several series share it."""
    base = base_recordings(slo, objective)[0].expr
    if slo.method == "Occurrences":
        frame = engine.vector(base, at_ms)
        bad, seen = _mean(frame)
        return np.where(seen, bad, 0.0), seen.astype(float), seen
    inner = min(60_000, step_ms)
    inside = grid_ms(int(at_ms[0]) - step_ms + inner, int(at_ms[-1]), inner)
    value, there = _mean(engine.vector(base, inside))
    per = step_ms // inner
    value, there = value[: len(at_ms) * per], there[: len(at_ms) * per]
    bad = np.where(there, value, 0.0).reshape(-1, per).sum(axis=1)
    total = there.reshape(-1, per).sum(axis=1).astype(float)
    return bad, total, total > 0


def _one(frame: Frame) -> tuple[Floats, Mask]:
    """The only series of a sum; nothing where there is none."""
    if not frame.labels:
        return np.zeros(frame.steps), np.zeros(frame.steps, dtype=bool)
    return frame.values[0], frame.present[0]


def _mean(frame: Frame) -> tuple[Floats, Mask]:
    there = frame.present.sum(axis=0)
    total = np.where(frame.present, frame.values, 0.0).sum(axis=0)
    return total / np.maximum(there, 1), there > 0


def used_series(slo: Slo, data: SeriesSet) -> dict[str, list[Series]]:
    """The series that each query of the indicator finds, by the role of the query.

    Raises:
        InputError: a query finds nothing, or its counters are negative or not finite.
    """
    queries: dict[str, Expr] = {slo.indicator.kind: slo.indicator.numerator}
    if slo.indicator.total is not None:
        queries["total"] = slo.indicator.total
    found: dict[str, list[Series]] = {
        role: [s for selector in selectors(query) for s in data.select(selector)]
        for role, query in queries.items()
    }
    # Without one failure yet there may be no series of failures; all of the others must be there.
    needed = [role for role in found if role != "bad"]
    problems = [f"{role}: no series for {_names(queries[role])}" for role in needed if not found[role]]
    if problems:
        raise InputError(
            "the metrics do not hold what the specification asks for",
            problems,
            why=f"they hold: {', '.join(data.names[:12]) or 'nothing'}",
        )
    if slo.indicator.total is not None:
        wrong = [text for series in found.values() for one in series if (text := _unsound(one))]
        if wrong:
            raise InputError("counts that are no counts", dict.fromkeys(wrong))
    return found


def _names(query: Expr) -> str:
    found = [s.name or "a selector without a name" for s in selectors(query)]
    return ", ".join(dict.fromkeys(found))


def _unsound(one: Series) -> str:
    _, values = one.living
    if (endless := int((~np.isfinite(values)).sum())) > 0:
        return f"{show(one.labels)}: {endless} values are NaN or infinite"
    if (negative := int((values < 0).sum())) > 0:
        return f"{show(one.labels)}: {negative} values are negative"
    return ""


def from_events(table: EventTable, slo: Slo) -> tuple[SeriesSet, Slo]:
    """A table of counts as the two counters that a scrape would have seen, and an SLO that asks for them.

    An interval's events are known at its end.
    """
    at_ms = np.append(table.start_ms[0], table.start_ms + table.step_ms)
    # After a gap the counter is seen again at the beginning of the next interval, too.
    after_gap = np.flatnonzero(np.diff(table.start_ms) > 1.5 * table.step_ms) + 1
    series = []
    for name, column in ((BAD, table.bad), (TOTAL, table.total)):
        values = np.append(0.0, np.cumsum(column))
        times = np.concatenate([at_ms, table.start_ms[after_gap]])
        both = np.concatenate([values, values[after_gap]])
        order = np.argsort(times, kind="stable")
        times, both = times[order], both[order]
        keep = np.append(True, np.diff(times) > 0)
        labels: Labels = labels_of({"__name__": name})
        series.append(Series(labels, times[keep], both[keep]))
    indicator = Indicator(slo.indicator.name, "bad", parse(BAD), parse(TOTAL), True)
    return SeriesSet(series), replace(slo, indicator=indicator)

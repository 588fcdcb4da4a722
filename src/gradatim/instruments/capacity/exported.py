"""Traffic from an export of Prometheus: the rates of the series that were asked for, added up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.metrics_files import is_counter, per_second, read_history
from gradatim.instruments.promql import Series, SeriesSet, parse, show
from gradatim.instruments.promql.syntax import NAME, Selector

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAP_STEPS = 2.5
"""A step between two samples that is longer than this many usual ones is a gap: what was counted in it has no hour."""


def rates(
    path: Path, selector: str | None, values: str | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], str, list[str]]:
    """Times (seconds since 1970), requests per second, what they are of, and what was assumed.

    Counters (by their name, `_total` or `_count`) become their increase per second, resets included; other series
    are rates already. Samples of all series in the same step are added up.

    Args:
        path: a range query's JSON, OpenMetrics, or Prometheus text with times.
        selector: which series; None takes all, if they are of one metric.
        values: "rate" or "count" as the command has it; counts per step are refused, an export has none.

    Raises:
        InputError: not such a file, nothing selected, several metrics, or values that are no traffic.
    """
    if values == "count":
        raise InputError(
            f"{path} is an export of Prometheus",
            ["--values count is for tables: a counter is known by its name"],
        )
    chosen = _chosen(path, SeriesSet(read_history(path).series), selector)
    counting = [is_counter(one) for one in chosen]
    problems = []
    if any(counting) != all(counting):
        problems.append("some of the series are counters and some are not")
    for one in chosen:
        if dict(one.labels).get(NAME, "").endswith(("_bucket", "_sum")):
            problems.append(f"{show(one.labels)} counts no requests: take the _count of the histogram")
        if below := int((one.values < 0).sum()):
            problems.append(f"{show(one.labels)}: {below} values are negative")
        if endless := int(np.isinf(one.values).sum()):
            problems.append(f"{show(one.labels)}: {endless} values are infinite")
    if problems:
        raise InputError(f"{path} cannot be used", problems[:20])
    parts = [per_second(one) if counting[0] else one.living for one in chosen]
    gaps = np.concatenate([np.diff(times) for times, _ in parts])
    step_s = float(np.median(gaps)) / 1000.0 if len(gaps) else 0.0
    if step_s <= 0:
        raise InputError(
            f"{path} cannot be used", ["a history is needed: no series has two samples with a rate"]
        )
    if not any(np.isfinite(values).any() for _, values in parts):
        raise InputError(f"{path} cannot be used", ["no sample is a number"])
    name = dict(chosen[0].labels).get(NAME, "the query's result")
    notes = []
    if counting[0]:
        notes.append(f"{name} is a counter: its increase per second is the traffic")
    if len(chosen) > 1:
        notes.append(f"{len(chosen)} series are added up")
    at, amount = _added(parts, step_s)
    return at, amount, name, notes


def _chosen(path: Path, found: SeriesSet, selector: str | None) -> list[Series]:
    if selector is not None:
        expr = parse(selector)
        if not isinstance(expr, Selector):
            raise InputError(
                f"--value {selector}", ['a selector is needed, such as http_requests_total{job="a"}']
            )
        chosen = found.select(expr)
        if not chosen:
            raise InputError(f"{path} has no series {selector}", [f"there is: {', '.join(found.names[:12])}"])
        return chosen
    if len(found.names) > 1:
        raise InputError(
            f"{path} holds several metrics",
            [name or "a series without a name" for name in found.names[:20]],
            next="name one: --value 'http_requests_total'",
        )
    return list(found)


def _added(
    parts: list[tuple[NDArray[np.int64], NDArray[np.float64]]], step_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum over series in each step; a series that has a gap is left out of the sample that ends it."""
    kept = []
    for times, values in parts:
        there = ~np.isnan(values)
        at, amount = times[there] / 1000.0, values[there]
        near = np.ones(len(at), bool)
        near[1:] = np.diff(at) <= GAP_STEPS * step_s
        kept.append((np.floor(at[near] / step_s).astype(np.int64), amount[near]))
    first = min(int(i[0]) for i, _ in kept if len(i))
    length = max(int(i[-1]) for i, _ in kept if len(i)) - first + 1
    total, seen = np.zeros(length), np.zeros(length, bool)
    for index, amount in kept:
        # Two samples of one series in a step (a scrape that came early) are one rate, not twice the traffic.
        n = np.bincount(index - first, minlength=length)
        mean = np.bincount(index - first, weights=amount, minlength=length) / np.maximum(n, 1)
        total += mean
        seen |= n > 0
    where = np.flatnonzero(seen)
    return np.asarray((where + first) * step_s, np.float64), total[where]

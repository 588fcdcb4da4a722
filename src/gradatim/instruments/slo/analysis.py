"""One objective over a history: budget, incidents, pages, what could not be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.metrics_files import History
from gradatim.instruments.promql import Alert, Dialect, Engine, Group, Series, SeriesSet, play, read_rules
from gradatim.instruments.promql.syntax import duration
from gradatim.instruments.slo.backtest import (
    Budget,
    Detection,
    Incident,
    Page,
    budget,
    detect,
    enough_to_page,
    find_incidents,
    is_page,
    joined,
    pages,
    told_incidents,
)
from gradatim.instruments.slo.burn import BurnAlert
from gradatim.instruments.slo.counts import Counts, count, from_events, used_series
from gradatim.instruments.slo.rules import RuleSet, groups, rule_set
from gradatim.instruments.slo.spec import HOUR_MS, Objective, Slo

GUARD_EVENTS = 5
"""With the guard, at least this many events must have failed before anybody is woken."""
LOW_SHARE = 0.05
"""Traffic is low when in more than this share of the windows fewer failures than the guard's suffice to page."""
MOST_STEPS = 3_000_000
LINGER_MS = HOUR_MS


@dataclass(frozen=True)
class Options:
    """How a history is judged.

    Args:
        interval_ms: between evaluations of the rules, and the step of the budget.
        guard_events: failed events before an alert; None decides by the traffic.
        incidents: (start, end, name) told by the person; None finds them in the counts.
        own: rule files of the person, by name.
        dialect: whose window edges are meant.
    """

    interval_ms: int = 60_000
    guard_events: int | None = None
    incidents: tuple[tuple[int, int, str], ...] | None = None
    own: tuple[tuple[str, tuple[Group, ...]], ...] = ()
    dialect: Dialect | None = None


@dataclass(frozen=True)
class Contender:
    """A set of rules and what it did in the history."""

    name: str
    detections: tuple[Detection, ...]
    pages: tuple[Page, ...]
    tickets: tuple[tuple[int, int], ...]
    silent_ms: int

    @property
    def noise(self) -> int:
        """Pages with nothing to page for."""
        return sum(not page.real for page in self.pages)


@dataclass(frozen=True)
class LowTraffic:
    """How few failures would wake somebody, in the fastest window.

    Args:
        typical: median over the windows of how many failures suffice.
        share: of the windows in which fewer than the guard's suffice.
        unguarded_pages: pages that the rules without guard would have sent; None without guard.
    """

    typical: float
    share: float
    unguarded_pages: int | None
    unguarded_noise: int | None


@dataclass(frozen=True)
class Judged:
    """An objective over a history.

    Args:
        contenders: the generated rules first, then the person's own.
        seen_share: share of the steps that have data.
        spacing_ms: median distance of samples.
        blind: pairs of windows too short for that distance: they could not be replayed.
        no_failures: the query of failed events found no series at all.
    """

    rules: RuleSet
    counts: Counts
    budget: Budget
    incidents: tuple[Incident, ...]
    told: bool
    contenders: tuple[Contender, ...]
    seen_share: float
    spacing_ms: int
    blind: tuple[BurnAlert, ...]
    low: LowTraffic | None
    no_failures: bool


def judge(slo: Slo, objective: Objective, history: History, options: Options) -> Judged:
    """Run the rules of an objective over a history.

    Raises:
        InputError: the history lacks what the queries ask for, is contradictory, or too long for the interval.
    """
    data, measured = history.series, slo
    if history.events is not None:
        if options.own:
            raise InputError(
                "own rules need the series that they ask for", ["the metrics are a table of counts"]
            )
        data, measured = from_events(history.events, slo)
    found = used_series(measured, data)
    series = [one for listed in found.values() for one in listed]
    start_ms, end_ms = (
        min(int(s.times_ms[0]) for s in series),
        max(int(s.times_ms[-1]) for s in series),
    )
    if end_ms - start_ms < 2 * options.interval_ms:
        raise InputError("the history is too short", [f"it spans {duration(end_ms - start_ms)}"])
    if (end_ms - start_ms) // options.interval_ms > MOST_STEPS:
        raise InputError(
            "too many evaluations",
            [f"{(end_ms - start_ms) // options.interval_ms:,} of {duration(options.interval_ms)}"],
            next="--interval 5m",
        )
    counts = count(measured, objective, data, start_ms, end_ms, options.interval_ms)
    spent = budget(measured, objective.target, counts)
    spacing_ms = _spacing_ms(series)
    told = options.incidents is not None
    incidents = (
        told_incidents(counts, objective.target, spent.period_events, list(options.incidents))
        if options.incidents is not None
        else find_incidents(counts, objective.target, spent.period_events)
    )
    bare = rule_set(measured, objective)
    low, guard = _low_traffic(bare, counts, options.guard_events)
    rules = rule_set(measured, objective, guard)
    stage = _Stage(data, start_ms, end_ms, options, counts, spent, incidents, objective.target, told)
    contenders = [stage.run("generated rules", read_rules(groups([rules]), "generated"))]
    if low is not None and guard:
        without = stage.run("without guard", read_rules(groups([bare]), "generated"))
        low = LowTraffic(low.typical, low.share, len(without.pages), without.noise)
    contenders += [stage.run(name, list(own)) for name, own in options.own]
    return Judged(
        rules,
        counts,
        spent,
        tuple(incidents),
        told,
        tuple(contenders),
        float(counts.seen.mean()),
        spacing_ms,
        tuple(a for a in rules.alerts if a.short_ms < 2 * spacing_ms),
        low,
        measured.indicator.kind == "bad" and not found["bad"],
    )


def _spacing_ms(series: Sequence[Series]) -> int:
    """The median distance of samples within a series."""
    gaps = [np.diff(s.times_ms) for s in series if len(s.times_ms) > 1]
    return int(np.median(np.concatenate(gaps))) if gaps else 0


def _low_traffic(rules: RuleSet, counts: Counts, wanted: int | None) -> tuple[LowTraffic | None, int]:
    """How few failures page, and the guard that follows from it unless the person chose one."""
    paging = [a for a in rules.alerts if a.severity == "page"]
    if not rules.can_guard or not paging:
        return None, 0
    fastest = min(paging, key=lambda a: a.long_ms)
    enough = enough_to_page(counts, rules.objective.target, fastest.burn, fastest.long_ms)
    if not len(enough):
        return None, wanted or 0
    # More than `enough` must fail, so the whole number above it is the first that pages.
    needed = np.floor(enough) + 1
    share = float(np.mean(needed < GUARD_EVENTS))
    low = LowTraffic(float(np.median(needed)), share, None, None)
    return low, wanted if wanted is not None else GUARD_EVENTS if share > LOW_SHARE else 0


@dataclass(frozen=True)
class _Stage:
    """What every set of rules is run on."""

    data: SeriesSet
    start_ms: int
    end_ms: int
    options: Options
    counts: Counts
    spent: Budget
    incidents: list[Incident]
    target: float
    told: bool

    def run(self, name: str, rules: list[Group]) -> Contender:
        engine = (
            Engine(self.data, dialect=self.options.dialect) if self.options.dialect else Engine(self.data)
        )
        played = play(
            rules,
            self.data,
            self.start_ms,
            self.end_ms,
            interval_ms=self.options.interval_ms,
            engine=engine,
        )
        burning = [a for a in played.alerts if a.name != "SLIMissing"]
        silent = joined(_firings(played.alerts, "SLIMissing"), self.options.interval_ms)
        return Contender(
            name,
            tuple(detect(self.incidents, burning, LINGER_MS)),
            tuple(
                pages(burning, self.incidents, self.counts, self.target, self.spent.period_events, self.told)
            ),
            tuple(
                joined([f for a in burning if not is_page(a) for f in a.firings()], self.options.interval_ms)
            ),
            sum(end - start for start, end in silent),
        )


def _firings(alerts: Sequence[Alert], name: str) -> list[tuple[int, int]]:
    return [f for a in alerts if a.name == name for f in a.firings()]

"""Rules run over a history: what they would have recorded, and when each alert would have fired."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.promql.engine import Engine, grid_ms, selectors
from gradatim.instruments.promql.frame import Frame, Mask, without_name
from gradatim.instruments.promql.rule_file import Group, Rule, rules_of
from gradatim.instruments.promql.series import (
    Labels,
    Millis,
    Series,
    SeriesSet,
    labels_of,
    show,
    stale_marker,
)
from gradatim.instruments.promql.syntax import NAME


@dataclass(frozen=True)
class Alert:
    """One alert with one set of labels, over time.

    Args:
        name: of the rule.
        labels: of the result and the rule, without the metric's name; `alertname` too.
        at_ms: when the rule was evaluated.
        active: the expression gave a sample.
        firing: it had done so for the rule's `for`.
    """

    name: str
    labels: Labels
    at_ms: Millis
    active: Mask
    firing: Mask

    @property
    def severity(self) -> str:
        """The label that says whom it wakes; "" where there is none."""
        return dict(self.labels).get("severity", "")

    def firings(self) -> list[tuple[int, int]]:
        """(first, last) evaluation, in milliseconds, of each stretch in which it fired."""
        return [(int(self.at_ms[a]), int(self.at_ms[b - 1])) for a, b in runs(self.firing)]


@dataclass(frozen=True)
class Played:
    """What rules made of a history: the series with those recorded, and the alerts."""

    data: SeriesSet
    alerts: list[Alert]


def play(
    groups: list[Group],
    data: SeriesSet,
    start_ms: int,
    end_ms: int,
    *,
    interval_ms: int,
    engine: Engine | None = None,
) -> Played:
    """Evaluate rules from start to end as one server with empty memory would.

    Groups run one after the other at each time; a rule sees what rules before it recorded at the same time.

    Args:
        groups: from `read_rules`.
        data: the history; not changed.
        start_ms: first evaluation.
        end_ms: no evaluation after this.
        interval_ms: for groups that name none.
        engine: lookback and dialect; its data is not used.

    Raises:
        InputError: a rule uses what a later one records, or `ALERTS`; or labels collide.
    """
    _check_order(groups)
    held = SeriesSet(data)
    runner = replace(engine, data=held) if engine else Engine(held)
    alerts: list[Alert] = []
    for group, rule in rules_of(groups):
        at_ms = grid_ms(start_ms, end_ms, group.interval_ms or interval_ms)
        frame = _labelled(rule, runner.vector(rule.expr, at_ms))
        if rule.record:
            for series in _recorded(frame, at_ms):
                held.put(series)
            continue
        for labels, present in zip(frame.labels, frame.present, strict=True):
            firing = held_for(present, at_ms, rule.for_ms, rule.keep_firing_ms)
            alerts.append(Alert(rule.name, labels, at_ms, present, firing))
    return Played(held, alerts)


def held_for(active: Mask, at_ms: Millis, for_ms: int, keep_ms: int = 0) -> Mask:
    """When an alert fires: active for at least `for_ms`, and `keep_ms` longer than it is."""
    firing = np.zeros(len(active), dtype=bool)
    since_ms: int | None = None
    free = 0
    for a, b in runs(active):
        # An alert that is still kept firing goes on as the same one.
        began_ms = since_ms if since_ms is not None and a <= free else int(at_ms[a])
        firing[a:b] |= at_ms[a:b] - began_ms >= for_ms
        since_ms, free = None, b
        if keep_ms and firing[b - 1] and b < len(at_ms):
            free = int(np.searchsorted(at_ms, at_ms[b] + keep_ms))
            firing[b:free] = True
            since_ms = began_ms
    return firing


def runs(mask: Mask) -> list[tuple[int, int]]:
    """Stretches of True as (start, end) indices, end not included."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _labelled(rule: Rule, frame: Frame) -> Frame:
    """The result with the labels of the rule."""
    kept = frame.living()
    named = {NAME: rule.name} if rule.record else {"alertname": rule.name}

    def relabel(labels: Labels) -> Labels:
        return labels_of({**dict(without_name(labels)), **rule.labels, **named})

    try:
        return kept.relabel(relabel)
    except InputError as error:
        raise InputError(f"rule {rule.name}: {error.what}", error.problems, why=error.why) from None


def _recorded(frame: Frame, at_ms: Millis) -> list[Series]:
    """Series of the samples, with a marker of staleness where one vanishes."""
    found = []
    for labels, values, present in zip(frame.labels, frame.values, frame.present, strict=True):
        kept, ends = values.copy(), np.zeros(len(present), dtype=bool)
        ends[1:] = present[:-1] & ~present[1:]
        kept[ends] = stale_marker()
        use = present | ends
        found.append(Series(labels, at_ms[use], kept[use]))
    return found


def _check_order(groups: list[Group]) -> None:
    problems = []
    every = [rule for _, rule in rules_of(groups)]
    for i, rule in enumerate(every):
        later = {other.name for other in every[i:] if other.record}
        for selector in selectors(rule.expr):
            if selector.name in later and not any(r.record and r.name == selector.name for r in every[:i]):
                problems.append(
                    f"{rule.name} uses {show(labels_of({NAME: selector.name}))}, recorded only later"
                )
            if selector.name in ("ALERTS", "ALERTS_FOR_STATE"):
                problems.append(f"{rule.name} uses {selector.name}, which is not kept here")
    if problems:
        raise InputError("rules that cannot be replayed in their order", dict.fromkeys(problems))

"""Unit tests for the generated rules, in promtool's format, each tried here before it is written."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradatim.core.errors import InputError
from gradatim.instruments.promql import Alert, Group, Series, SeriesSet, labels_of, play, selectors
from gradatim.instruments.promql.series import Labels, matches
from gradatim.instruments.promql.syntax import NAME, Selector, number, quote
from gradatim.instruments.slo.burn import detection_s
from gradatim.instruments.slo.rules import ALERTS, MISSING, MISSING_AFTER_MS, RuleSet
from gradatim.instruments.slo.rules import groups as as_groups
from gradatim.instruments.slo.spec import MINUTE_MS

EVENTS_A_MINUTE = 1000


@dataclass(frozen=True)
class Stage:
    """Some minutes with one share of failures; None is silence."""

    minutes: int
    failing: float | None


@dataclass(frozen=True)
class Case:
    """A story and what the alerts must say at certain minutes of it."""

    name: str
    stages: tuple[Stage, ...]
    expected: tuple[tuple[int, str, bool], ...]


@dataclass(frozen=True)
class Events:
    """Which series a good and a bad event each count in, or which values a sample takes."""

    good: frozenset[Labels]
    bad: frozenset[Labels]
    values: tuple[float, float] | None = None


def unit_tests(
    sets: list[RuleSet], groups: dict[str, list[Group]], rule_file: str
) -> tuple[dict[str, Any], list[str]]:
    """The test file as plain values, and why cases are missing.

    Args:
        sets: the rules of each objective.
        groups: the same rules as they will be read, by `key`.
        rule_file: name of the rule file, relative to the test file.
    """
    tests: list[dict[str, Any]] = []
    missing = []
    for rules in sets:
        events = _events(rules)
        mine = _metrics(rules)
        # Another objective on the same metrics hears of the same outage.
        peers = [one for one in sets if one is rules or mine & _metrics(one)]
        told = [case for case in _cases(rules) if events is not None]
        kept = 0
        for case in told:
            assert events is not None
            alerts = _play(rules, [g for one in peers for g in groups[key(one)]], events, case)
            if alerts is not None:
                kept += 1
                tests.append(_as_promtool(rules, peers, events, case, alerts))
        if not kept:
            missing.append(f"{key(rules)}: no unit tests, since no series could be made up for its queries.")
        elif kept < len(told):
            missing.append(
                f"{key(rules)}: {len(told) - kept} of {len(told)} unit tests do not hold for its queries."
            )
    return {"rule_files": [rule_file], "evaluation_interval": "1m", "tests": tests}, missing


def _metrics(rules: RuleSet) -> set[str]:
    queries = [rules.slo.indicator.numerator, rules.slo.indicator.total]
    return {s.name for query in queries if query is not None for s in selectors(query)}


def key(rules: RuleSet) -> str:
    """An SLO and its objective."""
    return f"{rules.slo.name} {rules.objective.name}"


# ------------------------------------------------------------------------------------------ stories
def _cases(rules: RuleSet) -> list[Case]:
    quiet = Case(
        "healthy",
        (Stage(360, 0.0),),
        ((360, ALERTS["page"], False), (360, ALERTS["ticket"], False), (360, MISSING, False)),
    )
    silent_min = 60 + MISSING_AFTER_MS // MINUTE_MS + 5 + 3 + _slack(rules)
    silent = Case(
        "silence",
        (Stage(60, 0.0), Stage(silent_min - 60 + 2, None)),
        ((60, MISSING, False), (silent_min, MISSING, True)),
    )
    return [quiet, *_outage(rules), *_slow(rules), silent]


def _slack(rules: RuleSet) -> int:
    """Minutes for which averages of recorded series, and time slices, see the past longer."""
    return max(0, rules.objective.slice_ms // MINUTE_MS) + 5


def _outage(rules: RuleSet) -> list[Case]:
    paging = [a for a in rules.alerts if a.severity == "page"]
    if not paging:
        return []
    target = rules.objective.target
    soon_min = min(detection_s(target, 1.0, a.long_ms, a.burn) for a in paging) / 60
    before = max(a.long_ms for a in paging) // MINUTE_MS
    found = before + math.ceil(soon_min) + 3 + _slack(rules)
    long = math.ceil(soon_min) + 10 + _slack(rules)
    over = before + long + max(a.short_ms for a in paging) // MINUTE_MS + 3 + _slack(rules)
    return [
        Case(
            "total outage",
            (Stage(before, 0.0), Stage(long, 1.0), Stage(over - before - long + 2, 0.0)),
            (
                (before - 1, ALERTS["page"], False),
                (found, ALERTS["page"], True),
                (over, ALERTS["page"], False),
            ),
        )
    ]


def _slow(rules: RuleSet) -> list[Case]:
    """A burn between the slow and the fast thresholds: work for the day, not for the night."""
    if rules.slo.indicator.kind == "threshold" or rules.slo.method == "Timeslices":
        return []  # a sample or a slice is good or bad: even traffic cannot fail by a small share
    tickets = [a for a in rules.alerts if a.severity == "ticket"]
    faster = [a.burn for a in rules.alerts if a.severity == "page"]
    if not tickets:
        return []
    target = rules.objective.target
    least = min(a.burn for a in tickets)
    burn = math.sqrt(least * min(faster)) if faster else least * 2
    share = burn * (1.0 - target)
    if share >= 1.0 or (faster and burn > 0.9 * min(faster)) or burn < 1.1 * least:
        return []
    # Two hours of history instead of three days: the long windows hold what there is, and promtool is done soon.
    before = 120
    found = before + math.ceil(1.05 * before * least / (burn - least)) + 10 + _slack(rules)
    return [
        Case(
            "slow burn",
            (Stage(before, 0.0), Stage(found - before + 2, round(share, 6))),
            (
                (before, ALERTS["ticket"], False),
                (found, ALERTS["ticket"], True),
                (found, ALERTS["page"], False),
            ),
        )
    ]


# ------------------------------------------------------------------------------------------ series
def _events(rules: RuleSet) -> Events | None:
    """Find labels for a good and a bad event by trying those that the queries themselves name."""
    slo, indicator = rules.slo, rules.slo.indicator
    numerator = selectors(indicator.numerator)
    if indicator.total is None:
        candidates = _candidates(numerator)
        if not candidates:
            return None
        if indicator.kind == "raw":
            values = (1.0, 0.0) if indicator.raw_success else (0.0, 1.0)
        else:
            value, away = rules.objective.value, max(1.0, abs(rules.objective.value))
            below = rules.objective.op in ("lte", "lt")
            values = (value - away, value + away) if below else (value + away, value - away)
        one = frozenset(candidates[:1])
        return Events(one, one, values)
    total = selectors(indicator.total)
    candidates = _candidates([*numerator, *total])
    both = [c for c in candidates if _met(c, numerator) and _met(c, total)]
    only_total = [c for c in candidates if _met(c, total) and not _met(c, numerator)]
    only_part = [c for c in candidates if _met(c, numerator) and not _met(c, total)]
    if both and only_total:
        part, rest = frozenset(both[:1]), frozenset(only_total[:1])
    elif only_part and only_total:
        part, rest = frozenset([only_part[0], only_total[0]]), frozenset(only_total[:1])
    else:
        return None
    return Events(part, rest) if slo.indicator.kind == "good" else Events(rest, part)


def _candidates(found: list[Selector]) -> list[Labels]:
    """Labelsets made of what the matchers ask for, allow, or forbid."""
    options: dict[str, list[str]] = {}
    for selector in found:
        for matcher in selector.matchers:
            tried = [matcher.value] if matcher.op in ("=", "!=") else _samples(matcher.value)
            options.setdefault(matcher.label, []).extend([*tried, ""])
    names = [n for n in options if n != NAME]
    metrics = [n for n in dict.fromkeys(options.get(NAME, ())) if n]
    if not metrics or math.prod(len(set(options[n])) for n in names) > 5000:
        return []
    combined = itertools.product(metrics, *(dict.fromkeys(options[n]) for n in names))
    return [
        labels
        for values in combined
        if _met(labels := labels_of(dict(zip((NAME, *names), values, strict=True))), found)
    ]


def _samples(pattern: str) -> list[str]:
    """Texts that a simple regular expression may match."""
    found = []
    for part in pattern.strip("()").split("|"):
        plain = part.replace(".*", "x").replace(".+", "x").replace("\\d", "0").replace("[0-9]", "0")
        plain = plain.replace("\\.", "\0").replace(".", "0").replace("\0", ".").strip("^$()?+*")
        found.append(plain)
    return [*found, "200", "other"]


def _met(labels: Labels, found: list[Selector]) -> bool:
    own = dict(labels)
    return any(all(matches(m, [own.get(m.label, "")])[0] for m in s.matchers) for s in found)


def _steps(rules: RuleSet, events: Events, case: Case) -> dict[Labels, list[tuple[float | None, float, int]]]:
    """For each series and stage: start value, increase a minute, minutes; None is silence."""
    out: dict[Labels, list[tuple[float | None, float, int]]] = {}
    for labels in sorted(events.good | events.bad):
        value = 0.0
        stages: list[tuple[float | None, float, int]] = []
        for stage in case.stages:
            if stage.failing is None:
                stages.append((None, 0.0, stage.minutes))
                continue
            if events.values is not None:
                good, bad = events.values
                stages.append((good + (bad - good) * _share(rules, stage.failing), 0.0, stage.minutes))
                continue
            rate = EVENTS_A_MINUTE * (
                (1.0 - stage.failing) * (labels in events.good) + stage.failing * (labels in events.bad)
            )
            rate = round(rate, 6)
            if rules.slo.indicator.counter:
                stages.append((value, rate, stage.minutes))
                value += rate * stage.minutes
            else:
                stages.append((rate, 0.0, stage.minutes))
        out[labels] = stages
    return out


def _share(rules: RuleSet, failing: float) -> float:
    """A threshold is met or not; a ratio can be anything between."""
    return failing if rules.slo.indicator.kind == "raw" else float(failing >= 0.5)


def _series(rules: RuleSet, events: Events, case: Case) -> SeriesSet:
    found = []
    for labels, stages in _steps(rules, events, case).items():
        times: list[int] = []
        values: list[float] = []
        minute = 0
        for start, rate, minutes in stages:
            if start is not None:
                times += [MINUTE_MS * (minute + i) for i in range(minutes)]
                values += [start + rate * i for i in range(minutes)]
            minute += minutes
        found.append(Series(labels, np.array(times, dtype=np.int64), np.array(values)))
    return SeriesSet(found)


def _play(rules: RuleSet, groups: list[Group], events: Events, case: Case) -> list[Alert] | None:
    """The alerts as we evaluate them; None where they do not tell the story."""
    end_ms = MINUTE_MS * max(minute for minute, _, _ in case.expected)
    try:
        alerts = play(groups, _series(rules, events, case), 0, end_ms, interval_ms=MINUTE_MS).alerts
    except InputError:
        return None
    for minute, name, wanted in case.expected:
        mine = [a for a in alerts if a.name == name and rules.labels.items() <= dict(a.labels).items()]
        if any(bool(a.firing[minute]) for a in mine) != wanted:
            return None
    return alerts


def _as_promtool(
    rules: RuleSet, peers: list[RuleSet], events: Events, case: Case, alerts: list[Alert]
) -> dict[str, Any]:
    series = [
        {
            "series": _selector(labels),
            "values": " ".join(
                f"_x{minutes}" if start is None else f"{number(start)}+{number(rate)}x{minutes - 1}"
                for start, rate, minutes in stages
            ),
        }
        for labels, stages in _steps(rules, events, case).items()
    ]
    written = [r for one in peers for r in as_groups([one])["groups"][0]["rules"] if "alert" in r]
    checks = []
    for minute, name, _ in case.expected:
        firing = [
            {k: v for k, v in a.labels if k != "alertname"}
            for a in alerts
            if a.name == name and a.firing[minute]
        ]
        expected = [
            {"exp_labels": labels, "exp_annotations": r["annotations"]}
            for labels in firing
            for r in written
            if r["alert"] == name and r["labels"].items() <= labels.items()
        ]
        checks.append({"eval_time": f"{minute}m", "alertname": name, "exp_alerts": expected})
    return {
        "name": f"{key(rules)}: {case.name}",
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": checks,
    }


def _selector(labels: Labels) -> str:
    name = dict(labels)[NAME]
    inside = ",".join(f"{k}={quote(v)}" for k, v in labels if k != NAME)
    return f"{name}{{{inside}}}" if inside else name

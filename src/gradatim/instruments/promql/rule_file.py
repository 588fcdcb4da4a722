"""Prometheus rule files: groups of recording and alerting rules, every defect reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gradatim.core.errors import InputError
from gradatim.instruments.promql.parse import parse
from gradatim.instruments.promql.syntax import Expr

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_DURATION = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?|0", re.ASCII
)
_UNITS_MS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1)
_GROUP_KEYS = {"name", "interval", "limit", "rules", "query_offset", "labels", "partial_response_strategy"}
_RULE_KEYS = {"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"}


@dataclass(frozen=True)
class Rule:
    """A recording rule (`record` is set) or an alert."""

    name: str
    record: bool
    expr: Expr
    for_ms: int = 0
    keep_firing_ms: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Rules evaluated one after another at each multiple of the interval; None is the server's default."""

    name: str
    interval_ms: int | None
    rules: tuple[Rule, ...]


def parse_duration_ms(source: str) -> int:
    """`1h30m` in milliseconds. Raises ValueError for anything else."""
    found = _DURATION.fullmatch(source)
    if not found or not source:
        raise ValueError(f'"{source}" is not a duration such as 5m or 1h30m')
    return sum(int(n) * unit for n, unit in zip(found.groups(), _UNITS_MS, strict=True) if n)


def read_rules(document: Any, where: str) -> list[Group]:
    """Check a rule file that was read as YAML.

    Args:
        document: mappings, lists and scalars.
        where: the file's name, for messages.

    Raises:
        InputError: not a rule file, or rules that Prometheus would refuse or this subset does not evaluate.
    """
    problems: list[str] = []
    groups = []
    entries = document.get("groups") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        problems.append("no groups: a rule file is `groups:` with a list of name and rules")
        entries = []
    elif extra := sorted(set(document) - {"groups"}):
        problems.append(f"unknown at the top: {', '.join(map(str, extra))}")
    names: set[str] = set()
    for i, entry in enumerate(entries):
        at = f"groups[{i}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
            problems.append(f"{at}: a group is a mapping with a name")
            continue
        if entry["name"] in names:
            problems.append(f'{at}: a second group named "{entry["name"]}"')
        names.add(entry["name"])
        problems += [f"{at}: unknown key {key}" for key in sorted(set(map(str, entry)) - _GROUP_KEYS)]
        interval = _duration(entry, "interval", at, problems)
        rules = entry.get("rules") or []
        if not isinstance(rules, list):
            problems.append(f"{at}: rules is not a list")
            rules = []
        read = [_rule(rule, f"{at}.rules[{j}]", problems) for j, rule in enumerate(rules)]
        groups.append(Group(entry["name"], interval or None, tuple(r for r in read if r is not None)))
    if not problems and not any(group.rules for group in groups):
        problems.append("no rule at all")
    if problems:
        raise InputError("not a rule file that can be evaluated", problems, where=where)
    return groups


def _rule(entry: Any, at: str, problems: list[str]) -> Rule | None:
    before = len(problems)
    if not isinstance(entry, dict):
        problems.append(f"{at}: a rule is a mapping")
        return None
    problems += [f"{at}: unknown key {key}" for key in sorted(set(map(str, entry)) - _RULE_KEYS)]
    kinds = [key for key in ("record", "alert") if entry.get(key)]
    if len(kinds) != 1:
        problems.append(f"{at}: exactly one of record and alert is needed")
        return None
    name, record = str(entry[kinds[0]]), kinds[0] == "record"
    at = f"{at} ({name})"
    if record and not _METRIC.fullmatch(name):
        problems.append(f"{at}: not a metric name")
    for key in ("for", "keep_firing_for", "annotations"):
        if record and key in entry:
            problems.append(f"{at}: a recording rule has no {key}")
    labels = _texts(entry, "labels", at, problems)
    problems += [f"{at}: not a label name: {k}" for k in labels if not _LABEL.fullmatch(k) or k == "__name__"]
    expr = _expr(entry.get("expr"), at, problems)
    hold = _duration(entry, "for", at, problems)
    keep = _duration(entry, "keep_firing_for", at, problems)
    annotations = _texts(entry, "annotations", at, problems)
    if len(problems) > before or expr is None:
        return None
    return Rule(name, record, expr, hold, keep, labels, annotations)


def _expr(source: Any, at: str, problems: list[str]) -> Expr | None:
    if isinstance(source, int | float) and not isinstance(source, bool):
        source = str(source)
    if not isinstance(source, str) or not source.strip():
        problems.append(f"{at}: no expr")
        return None
    try:
        return parse(source)
    except InputError as error:
        problems += [f"{at}: {error.what}: {problem}" for problem in error.problems]
        return None


def _texts(entry: dict[str, Any], key: str, at: str, problems: list[str]) -> dict[str, str]:
    value = entry.get(key) or {}
    if not isinstance(value, dict) or not all(
        isinstance(v, str | int | float | bool) for v in value.values()
    ):
        problems.append(f"{at}: {key} is not a mapping of texts")
        return {}
    return {str(k): str(v).lower() if isinstance(v, bool) else str(v) for k, v in value.items()}


def _duration(entry: dict[str, Any], key: str, at: str, problems: list[str]) -> int:
    value = entry.get(key)
    if value is None:
        return 0
    try:
        return parse_duration_ms(str(value))
    except ValueError as error:
        problems.append(f"{at}: {key}: {error}")
        return 0


def rules_of(groups: list[Group]) -> Iterator[tuple[Group, Rule]]:
    """Every rule with its group, in the order of evaluation."""
    for group in groups:
        for rule in group.rules:
            yield group, rule

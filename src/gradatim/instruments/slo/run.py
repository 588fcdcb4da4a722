"""`gradatim work slo` from files to report, and the files that it writes."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from gradatim.core.errors import InputError
from gradatim.instruments.gather import Gather
from gradatim.instruments.metrics_files import History, read_histories
from gradatim.instruments.metrics_files.times import epoch_ms
from gradatim.instruments.promql import PROMETHEUS_2, PROMETHEUS_3, Group, parse_duration_ms, read_rules
from gradatim.instruments.report import Input, Report
from gradatim.instruments.slo.analysis import Judged, Options, judge
from gradatim.instruments.slo.document import read_documents
from gradatim.instruments.slo.openslo import read_slos
from gradatim.instruments.slo.report import backtest_report, plan_report
from gradatim.instruments.slo.rules import RuleSet, groups, rule_set
from gradatim.instruments.slo.spec import Slo
from gradatim.instruments.slo.unit_tests import key, unit_tests
from gradatim.instruments.tables import as_text, open_table

OwnRules: TypeAlias = tuple[tuple[str, tuple[Group, ...]], ...]
Told: TypeAlias = tuple[tuple[int, int, str], ...] | None


@dataclass(frozen=True)
class Request:
    """The options of the command as they were given."""

    spec: Path
    metrics: tuple[Path, ...] = ()
    rules: Path | None = None
    tests: Path | None = None
    own_rules: tuple[Path, ...] = ()
    incidents: Path | None = None
    interval: str = "1m"
    min_bad_events: int | None = None
    timezone: str | None = None
    values: str | None = None
    encoding: str | None = None
    prometheus: str = "2"
    good: str | None = None
    bad: str | None = None
    total: str | None = None
    command: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """Columns of a table of counts that were named, by role."""
        named = {"good": self.good, "bad": self.bad, "total": self.total}
        return {role: name for role, name in named.items() if name is not None}


def run(request: Request) -> Report:
    """Read, judge, write the rules and tests that were asked for, and report.

    Raises:
        InputError: anything about the files or options; nothing has been written then.
    """
    interval_ms = contradictions(request)
    slos, history, own, told = read(request)
    inputs = _inputs(request, slos, history, own, told)
    judged: list[Judged] = []
    if history is not None:
        options = Options(
            interval_ms,
            request.min_bad_events,
            told,
            own,
            PROMETHEUS_3 if request.prometheus == "3" else PROMETHEUS_2,
        )
        judged = [judge(slo, objective, history, options) for slo in slos for objective in slo.objectives]
    sets = _sets(slos, judged, request.min_bad_events)
    extra = _write(request, sets)
    if history is None:
        return plan_report(sets, request.command, inputs, extra)
    return backtest_report(judged, request.command, inputs, history.notes, extra)


def contradictions(request: Request) -> int:
    """The interval in milliseconds.

    Raises:
        InputError: options that do not go together, all of them.
    """
    problems = []
    interval_ms = 0
    try:
        interval_ms = parse_duration_ms(request.interval)
        if interval_ms < 1000:
            problems.append(f"--interval {request.interval}: at least 1s")
    except ValueError as error:
        problems.append(f"--interval: {error}")
    for name, given in (("--own-rules", request.own_rules), ("--incidents", request.incidents)):
        if given and not request.metrics:
            problems.append(f"{name} needs METRICS to be tried on")
    if request.columns and not request.metrics:
        problems.append(f"--{next(iter(request.columns))} names a column of METRICS, and there are none")
    if request.tests is not None and request.rules is None:
        problems.append("--tests needs --rules: unit tests name the rule file they test")
    if problems:
        raise InputError(
            "`gradatim work slo` cannot be run like that", problems, next="gradatim work slo --help"
        )
    return interval_ms


def read(
    request: Request,
) -> tuple[
    list[Slo],
    History | None,
    tuple[tuple[str, tuple[Group, ...]], ...],
    tuple[tuple[int, int, str], ...] | None,
]:
    """Every file.

    Raises:
        InputError: what is wrong with any of them, at once.
    """
    wrong = Gather("the files cannot be used", next="gradatim work slo --help")
    attempt = wrong.attempt
    slos = attempt(lambda: read_slos(request.spec))
    history = None
    if request.metrics:
        history = attempt(
            lambda: read_histories(
                request.metrics,
                zone=request.timezone,
                values=request.values,
                encoding=request.encoding,
                columns=request.columns,
            )
        )
    own = [
        (path.name, tuple(groups))
        for path in request.own_rules
        if (groups := attempt(partial(_own, path))) is not None
    ]
    listed = request.incidents
    told = attempt(lambda: _incidents(listed, request.timezone)) if listed is not None else None
    wrong.end()
    return slos or [], history, tuple(own), told


def _own(path: Path) -> list[Group]:
    documents = read_documents(path)
    if len(documents) > 1:
        raise InputError(f"{path} is not a rule file", ["it holds several YAML documents"])
    return read_rules(documents[0].value, str(path))


def _incidents(path: Path, zone: str | None) -> tuple[tuple[int, int, str], ...]:
    table = open_table(path)
    by_name = {name.strip().lower(): name for name in table.columns}
    if missing := [name for name in ("start", "end") if name not in by_name]:
        raise InputError(
            f"{path} is not a list of incidents",
            [f'no column "{name}"' for name in missing],
            why=f"it has: {', '.join(table.columns[:12])}",
        )
    problems: list[str] = []
    found: list[tuple[int, int, str]] = []
    for block in table.blocks():
        starts, _ = epoch_ms(block.column(by_name["start"]), "start", zone, problems)
        ends, _ = epoch_ms(block.column(by_name["end"]), "end", zone, problems)
        names = as_text(block.column(by_name["name"])).to_pylist() if "name" in by_name else [""] * block.rows
        found += [
            (int(a), int(b), name or "") for a, b, name in zip(starts, ends, names, strict=not problems)
        ]
    problems += [f"row {i + 1}: it ends before it starts" for i, (a, b, _) in enumerate(found) if b < a]
    if not found and not problems:
        problems.append("no row")
    if problems:
        raise InputError(f"{path} is not a list of incidents", problems)
    return tuple(sorted(found))


def _inputs(
    request: Request, slos: list[Slo], history: History | None, rules: OwnRules, told: Told
) -> list[Input]:
    found = [Input.of(request.spec, len(slos))]
    if history is not None:
        found += [Input.of(reading.path, reading.rows) for reading in history.readings]
    for path, (_, own) in zip(request.own_rules, rules, strict=True):
        found.append(Input.of(path, sum(len(group.rules) for group in own)))
    if request.incidents is not None:
        found.append(Input.of(request.incidents, len(told or ())))
    return found


def _sets(slos: list[Slo], judged: list[Judged], guard: int | None) -> list[RuleSet]:
    """The rules that are written: for the queries of the specification, with the guard that was chosen."""
    guards = {(j.rules.slo.name, j.rules.objective.name): j.rules.guard_events for j in judged}
    return [
        rule_set(slo, objective, guards.get((slo.name, objective.name), guard or 0))
        for slo in slos
        for objective in slo.objectives
    ]


def _write(request: Request, sets: list[RuleSet]) -> list[str]:
    """The rule file and its tests; both are complete before either is put in its place."""
    if request.rules is None:
        return []
    files = {
        request.rules: _yaml(groups(sets), request.command, f"promtool check rules {request.rules.name}")
    }
    missing: list[str] = []
    if request.tests is not None:
        by_key = {key(one): read_rules(groups([one]), "generated") for one in sets}
        name = os.path.relpath(request.rules, request.tests.parent)
        document, missing = unit_tests(sets, by_key, name)
        if document["tests"]:
            files[request.tests] = _yaml(
                document, request.command, f"promtool test rules {request.tests.name}"
            )
        else:
            missing.append(f"No unit test could be made, so {request.tests.name} was not written.")
    for path, text in files.items():
        _replace(path, text)
    return missing


def _yaml(document: Any, command: str, check: str) -> str:
    head = f"# Written by: {command}\n# Check it:   {check}\n"
    return head + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, and no aliases: people read these files."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _replace(path: Path, text: str) -> None:
    """Write beside the place, then move: a reader sees the old file or the whole new one."""
    beside = None
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            beside = Path(file.name)
            file.write(text)
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        raise InputError(f"{path} could not be written", why=error.strerror or str(error)) from None

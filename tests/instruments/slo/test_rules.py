"""Generated rules and their unit tests, checked by promtool."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradatim.instruments.promql import read_rules
from gradatim.instruments.slo.openslo import read_slos
from gradatim.instruments.slo.rules import ALERTS, MISSING, groups, rule_set
from gradatim.instruments.slo.run import Request, run

from .specs import ERRORS, GOOD, LATENCY, RAW, document, ratio, slo, source, write

GAUGE = {"ratioMetric": {"counter": False, "bad": source("failed"), "total": source("requests")}}
TWO_METRICS = ratio(good="sum(rate(ok_total[5m]))", total='sum(rate(all_total{job=~"a|b"}[5m]))')
CONDITION = {"kind": "burnrate", "op": "gte", "threshold": 10, "lookbackWindow": "1h", "alertAfter": "5m"}
POLICY = {
    "kind": "AlertPolicy",
    "metadata": {"name": "p"},
    "spec": {
        "conditions": [
            {
                "kind": "AlertCondition",
                "metadata": {"name": "fast-burn"},
                "spec": {"severity": "page", "condition": CONDITION},
            }
        ],
        "notificationTargets": [{"targetRef": "mail"}],
    },
}
DOCUMENTS: dict[str, tuple[dict[str, Any], int]] = {
    "errors": (document(), 4),
    "two objectives": (document(GOOD, {"target": 0.99}, {"target": 0.999}, alertPolicies=[POLICY]), 8),
    "two metrics, 28 days": (document(TWO_METRICS, timeWindow=[{"duration": "28d", "isRolling": True}]), 4),
    "gauges": (document(GAUGE, {"target": 0.95}), 4),
    "ratio": (document(RAW), 4),
    "latency": (document(LATENCY, {"target": 0.99, "op": "lte", "value": 0.3}), 3),
    "slices": (
        document(
            GOOD,
            {"target": 0.99, "timeSliceTarget": 0.95, "timeSliceWindow": "5m"},
            budgetingMethod="Timeslices",
        ),
        3,
    ),
    "mean of slices": (
        document(GOOD, {"target": 0.99, "timeSliceWindow": 5}, budgetingMethod="RatioTimeslices"),
        4,
    ),
}

CHECKED_ONLY = ("two metrics, 28 days", "mean of slices")
"""promtool takes seconds a file: these two say nothing that the others do not."""


def promtool(folder: Path, *words: str) -> str:
    done = subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.prometheus
def test_promtool_accepts_the_rules_and_their_tests_pass(tmp_path: Path) -> None:
    for i, (name, (given, cases)) in enumerate(DOCUMENTS.items()):
        folder = tmp_path / str(i)
        folder.mkdir()
        spec = write(folder / "spec.yaml", given)
        rules, tests = folder / "rules.yaml", folder / "tests.yaml"
        guard = 5 if name in ("errors", "gauges") else 0
        run(Request(spec, rules=rules, tests=tests, min_bad_events=guard))
        assert promtool(folder, "check", "rules", "rules.yaml") == "", name
        assert len(yaml.safe_load(tests.read_text())["tests"]) == cases, name
        if name not in CHECKED_ONLY:
            assert promtool(folder, "test", "rules", "tests.yaml") == "", name


@pytest.mark.prometheus
def test_the_unit_tests_can_fail(tmp_path: Path) -> None:
    spec = write(tmp_path / "spec.yaml", document())
    run(Request(spec, rules=tmp_path / "rules.yaml", tests=tmp_path / "tests.yaml"))
    text = (tmp_path / "rules.yaml").read_text()
    (tmp_path / "rules.yaml").write_text(text.replace("> 0.0144", "> 0.9999").replace("> 0.006", "> 0.9999"))
    assert "total outage" in promtool(tmp_path, "test", "rules", "tests.yaml")
    (tmp_path / "rules.yaml").write_text(text.replace("absent(", "count("))
    assert "silence" in promtool(tmp_path, "test", "rules", "tests.yaml")


def test_the_rules_are_the_workbook_s(tmp_path: Path) -> None:
    found = slo(tmp_path)
    (group,) = groups([rule_set(found, found.objectives[0])])["groups"]
    rules = {rule.get("alert") or rule["record"]: rule for rule in group["rules"]}
    page = " ".join(rules[ALERTS["page"]]["expr"].split())
    ratio_of = "slo:sli_error:ratio_rate{}" + '{{slo="checkout"}} > {}'
    for window, limit in (("1h", "0.0144"), ("5m", "0.0144"), ("6h", "0.006"), ("30m", "0.006")):
        assert ratio_of.format(window, limit) in page
    ticket = " ".join(rules[ALERTS["ticket"]]["expr"].split())
    for window, limit in (("1d", "0.003"), ("2h", "0.003"), ("3d", "0.001"), ("6h", "0.001")):
        assert ratio_of.format(window, limit) in ticket
    assert rules[MISSING]["expr"] == 'absent(slo:sli_error:ratio_rate5m{slo="checkout"})'
    assert read_rules({"groups": [group]}, "x")


def test_the_guard_counts_failures_not_traffic(tmp_path: Path) -> None:
    """At low traffic a total outage must still page: the guard waits for failures, never for requests."""
    found = slo(tmp_path)
    (group,) = groups([rule_set(found, found.objectives[0], 5)])["groups"]
    page = next(rule["expr"] for rule in group["rules"] if rule.get("alert") == ALERTS["page"])
    assert 'slo:sli_bad:increase1h{slo="checkout"} >= 5' in page
    recorded = next(rule["expr"] for rule in group["rules"] if rule.get("record") == "slo:sli_bad:increase1h")
    assert recorded.startswith('sum(increase(http_requests_total{code=~"5.."}[1h]))')


def test_a_low_objective_has_no_page_and_that_is_bad(tmp_path: Path) -> None:
    report = run(Request(write(tmp_path / "spec.yaml", document(ERRORS, {"target": 0.8}))))
    assert report.verdict.kind == "bad"
    assert "no page can ever come" in report.verdict.headline
    half = run(Request(write(tmp_path / "spec.yaml", document(ERRORS, {"target": 0.9}))))
    assert half.verdict.kind == "good"
    assert any("1h/5m pair is left out" in line for line in half.verdict.why)


def test_every_slo_of_a_file_has_its_group(tmp_path: Path) -> None:
    other = document(GOOD)
    other["metadata"]["name"] = "other"
    slos = read_slos(write(tmp_path / "spec.yaml", document(), other))
    found = groups([rule_set(s, s.objectives[0]) for s in slos])["groups"]
    assert [group["name"] for group in found] == ["slo-checkout", "slo-other"]


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path) -> None:
    spec = write(tmp_path / "spec.yaml", document())
    (tmp_path / "taken").mkdir()
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(Exception, match="could not be written"):
        run(Request(spec, rules=tmp_path / "taken"))
    assert sorted(p.name for p in tmp_path.iterdir()) == before

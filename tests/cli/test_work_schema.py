"""`gradatim work schema`, `gradatim work reports`, and --keep and --record of the work commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from tests.work_schema import conforms

from gradatim.cli.entry import main
from gradatim.instruments.report.schema import COMMANDS, schema

SPEC = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout}
spec:
  service: shop
  timeWindow: [{duration: 7d, isRolling: true}]
  budgetingMethod: Occurrences
  indicator:
    metadata: {name: errors}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'sum(rate(failed_total[{{.window}}]))'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'sum(rate(requests_total[{{.window}}]))'}}}
  objectives: [{target: 0.99}, {target: 0.4, displayName: low}]
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in a folder and a home of its own: (exit code, everything printed)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "home"))

    def command(*words: str) -> tuple[int, str]:
        code = main(["work", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out + err

    return command


def sides(n: int = 120) -> None:
    rng = np.random.default_rng(5)
    for name in ("base.csv", "new.csv"):
        latency = "".join(f"{x:.3f}\n" for x in rng.normal(100, 5, n))
        Path(name).write_text(f"latency_ms\n{latency}")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_schema_is_one(run: Any, command: str) -> None:
    code, printed = run("schema", command)
    assert code == 0
    found = json.loads(printed)
    assert found == json.loads(schema(command))
    Draft202012Validator.check_schema(found)
    assert found["$schema"].endswith("2020-12/schema")
    assert f"gradatim work {command}" in found["title"]
    assert found["additionalProperties"] is False


def test_an_unknown_command_is_said(run: Any) -> None:
    assert run("schema") == (0, "\n".join(COMMANDS) + "\n")
    code, printed = run("schema", "canry")
    assert code == 2
    assert 'did you mean "canary"' in printed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("result", "action"), "deploy"),
        (("result", "extra"), 1),
        (("verdict", "kind"), "fine"),
        (("inputs", 0, "digest"), "md5:1"),
    ],
)
def test_a_schema_can_refuse(run: Any, path: tuple[Any, ...], value: Any) -> None:
    sides()
    document = json.loads(run("canary", "base.csv", "new.csv", "--json")[1])
    conforms(document, "canary")
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(AssertionError):
        conforms(document, "canary")


def test_the_slo_s_json_fits_with_and_without_a_history(run: Any, tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(SPEC)
    rows = [f"{1_740_009_600 + 60 * i},100,{60 if 600 <= i < 620 else 0}" for i in range(1440)]
    (tmp_path / "counts.csv").write_text("timestamp,total,errors\n" + "\n".join(rows) + "\n")
    plan = conforms(json.loads(run("slo", "slo.yaml", "--json")[1]), "slo")
    assert "verdict" not in plan["result"]["objectives"][0]
    judged = conforms(
        json.loads(run("slo", "slo.yaml", "counts.csv", "--json", "--interval", "5m")[1]), "slo"
    )
    assert judged["result"]["objectives"][0]["verdict"] in ("good", "bad", "unsure")


def test_the_drift_s_json_fits(run: Any) -> None:
    rng = np.random.default_rng(3)
    for name, shift in (("ref.csv", 0), ("cur.csv", 1)):
        rows = zip(rng.normal(shift, 1, 500), rng.choice(list("ab"), 500), rng.random(500), strict=True)
        Path(name).write_text("x,c,score\n" + "".join(f"{x:.3f},{c},{s:.3f}\n" for x, c, s in rows))
    document = json.loads(run("drift", "ref.csv", "cur.csv", "--prediction", "score", "--json")[1])
    assert conforms(document, "drift")["result"]["drifted"] == ["x"]


def test_a_report_is_kept_listed_written_recorded_and_deleted(run: Any, tmp_path: Path) -> None:
    sides()
    assert "No report is kept" in run("reports")[1]
    kept = conforms(json.loads(run("canary", "base.csv", "new.csv", "--keep", "--json")[1]), "canary")
    assert kept["kept"] == "R-001"
    assert "evidence" not in kept
    both = conforms(json.loads(run("canary", "base.csv", "new.csv", "--record", "--json")[1]), "canary")
    assert (both["kept"], both["evidence"]) == ("R-002", "E-001")
    listed = json.loads(run("reports", "--json")[1])
    assert [(r["id"], r["what"], r["evidence"]) for r in listed] == [
        ("R-002", "work canary", "E-001"),
        ("R-001", "work canary", None),
    ]
    assert "E-002" in run("reports", "R-001", "--evidence")[1]
    assert "E-002" in run("reports", "1", "--evidence")[1], "a second time is the same item"
    code, _ = run("reports", "R-001", "--html", "again.html")
    assert code == 0
    page = (tmp_path / "again.html").read_text()
    assert page.startswith("<!doctype html>")
    assert kept["verdict"]["headline"].split(":")[0] in page
    assert run("reports", "R-001", "--html", "again.html")[0] == 2, "a file that exists stays"
    assert run("reports", "R-001", "--delete")[0] == 0
    code, printed = run("reports", "R-001")
    assert (code, "R-002" in printed) == (2, True)


def test_kept_reports_belong_to_export_and_deletion(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides()
    Path("base.csv").write_text(Path("base.csv").read_text() + "77.123456789\n")
    run("canary", "base.csv", "new.csv", "--keep")
    assert main(["data", "export", "all.jsonl"]) == 0
    rows = [json.loads(line) for line in Path("all.jsonl").read_text().splitlines()]
    (kept,) = [row["row"] for row in rows if row.get("table") == "work_report"]
    assert json.loads(kept["facts"])["inputs"][0]["name"] == "base.csv"
    assert "77.123456789" not in kept["facts"] + kept["page"], "figures, never rows"
    assert main(["data", "delete", "--yes"]) == 0
    capsys.readouterr()
    assert "No report is kept" in run("reports")[1]


def test_rows_are_never_kept(run: Any) -> None:
    Path("log.csv").write_text("time,kind,text\n2026-11-02T09:10:05Z,impact-start,secret words\n")
    for flag in ("--keep", "--record"):
        code, printed = run("incident", "log.csv", flag, "--rows")
        assert code == 2
        assert "leave --rows out" in printed
    assert "No report is kept" in run("reports")[1]


def test_reports_cannot_be_asked_for_two_things(run: Any) -> None:
    code, printed = run("reports", "--delete")
    assert (code, "name the report" in printed) == (2, True)
    code, printed = run("reports", "R-001", "--delete", "--evidence")
    assert (code, "--delete stands alone" in printed) == (2, True)

"""`gradatim work slo` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.work_slo import SPEC

from gradatim.cli.entry import main

T0 = 1_740_009_600


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a specification and two days of counts, an outage of 20 minutes in them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slo.yaml").write_text(SPEC)
    rows = [f"{T0 + 60 * i},100,{60 if 1500 <= i < 1520 else 0}" for i in range(2 * 1440)]
    (tmp_path / "counts.csv").write_text("timestamp,total,errors\n" + "\n".join(rows) + "\n")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command line prints, on both channels together."""
    assert main(["work", "slo", *words]) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return out + err


def test_everything_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "slo.yaml",
        "counts.csv",
        "--rules",
        "r.yaml",
        "--tests",
        "t.yaml",
        "--html",
        "slo.html",
        "--json",
    ]
    told = json.loads(said(capsys, *words))
    assert told["command"] == "gradatim work slo slo.yaml counts.csv --rules r.yaml --tests t.yaml"
    (one,) = told["result"]["objectives"]
    (incident,) = one["rules"][0]["incidents"]
    assert incident["bad"] == 1200
    assert incident["page_after_s"] is not None
    assert [i["rows"] for i in told["inputs"]] == [1, 2880]
    assert told["verdict"]["kind"] == "good"
    page = (folder / "slo.html").read_text()
    assert "<svg" in page
    assert "budget left" in page
    assert str(folder) not in page
    groups = yaml.safe_load((folder / "r.yaml").read_text())["groups"]
    assert [rule["alert"] for rule in groups[0]["rules"] if "alert" in rule][-1] == "SLIMissing"
    assert yaml.safe_load((folder / "t.yaml").read_text())["rule_files"] == ["r.yaml"]
    assert str(folder) not in (folder / "r.yaml").read_text()
    again = said(capsys, *words, code=2)
    assert "exists already" in again


def test_without_metrics_the_rules_are_judged_by_their_reach(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "slo.yaml")
    assert told.startswith("GOOD  1 objective: the specification is valid")
    assert "no metrics were given" in told
    assert "a burn rate of 0.7, below 1" in told


WRONG = {
    "a specification that is not there": (["missing.yaml"], "No such file"),
    "metrics that are not there": (["slo.yaml", "missing.csv"], "No such file"),
    "an empty specification": (["empty"], "empty"),
    "empty metrics": (["slo.yaml", "empty"], "no sample in it"),
    "100 %": (["full.yaml"], "has no error budget"),
    "metrics as the specification": (["counts.csv"], "is not a mapping"),
    "the specification as metrics": (["slo.yaml", "slo.yaml"], "can be used"),
    "metrics of something else": (["slo.yaml", "other.csv"], "do not hold what the specification asks for"),
    "an interval that is none": (["slo.yaml", "--interval", "fast"], "not a duration"),
    "tests without rules": (["slo.yaml", "--tests", "t.yaml"], "--tests needs --rules"),
    "incidents without metrics": (["slo.yaml", "--incidents", "counts.csv"], "needs METRICS"),
    "incidents without their columns": (
        ["slo.yaml", "counts.csv", "--incidents", "counts.csv"],
        'no column "start"',
    ),
    "own rules that do not parse": (["slo.yaml", "series.csv", "--own-rules", "bad.rules"], "unclosed"),
    "own rules on a table of counts": (
        ["slo.yaml", "counts.csv", "--own-rules", "ok.rules"],
        "table of counts",
    ),
    "a zone that is none": (["slo.yaml", "local.csv", "--timezone", "Mars/X"], "no time zone"),
    "negative counts": (["slo.yaml", "negative.csv"], "negative counts"),
    "truncated JSON": (["slo.yaml", "cut.json"], "cut off"),
    "no data": (["slo.yaml", "nothing.json"], "no sample"),
    "a history of one moment": (["slo.yaml", "moment.csv"], "too short"),
    "a folder that does not exist": (["slo.yaml", "--rules", "nowhere/r.yaml"], "does not exist"),
    "a choice that is none": (["slo.yaml", "--prometheus", "4"], "--prometheus"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_explained(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (folder / "empty").touch()
    (folder / "full.yaml").write_text(SPEC.replace("target: 0.99", "targetPercent: 100"))
    (folder / "other.csv").write_text(f"ts,up\n{T0},1\n{T0 + 60},1\n{T0 + 600},1\n")
    series = "".join(f"{T0 + 60 * i},{i},{100 * i}\n" for i in range(30))
    (folder / "series.csv").write_text(f"ts,failed_total,requests_total\n{series}")
    (folder / "bad.rules").write_text("groups: [{name: a, rules: [{alert: B, expr: sum(}]}]")
    (folder / "ok.rules").write_text("groups: [{name: a, rules: [{alert: B, expr: up == 0}]}]")
    (folder / "local.csv").write_text("time,total,errors\n2025-01-01 00:00,1,0\n2025-01-01 00:01,1,0\n")
    (folder / "negative.csv").write_text(f"ts,total,errors\n{T0},10,-1\n")
    (folder / "cut.json").write_text('{"status":"success","data":{"resultType":"matrix","result":[{"metr')
    (folder / "nothing.json").write_text('{"data":{"resultType":"matrix","result":[]}}')
    (folder / "moment.csv").write_text(f"ts,failed_total,requests_total\n{T0},1,1\n")
    before = sorted(path.name for path in folder.iterdir())
    words, wanted = WRONG[name]
    assert wanted in said(capsys, *words, code=2)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_several_bad_files_are_named_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.yaml").write_text(SPEC.replace("0.99", "99").replace("Occurrences", "Some"))
    (folder / "cut.json").write_text("{")
    told = json.loads(said(capsys, "bad.yaml", "cut.json", "--json", code=2))
    assert len(told["problems"]) == 3
    assert "did you mean targetPercent" in " ".join(told["problems"])

"""`gradatim work drift` from the command line: files in, verdict, JSON, HTML and profile out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.work_schema import conforms

from gradatim.cli import main


def csv(path: Path, seed: int, shift: float = 0.0, n: int = 3000) -> Path:
    rng = np.random.default_rng(seed)
    x, letters = rng.normal(shift, 1, n), rng.choice(list("abc"), n)
    path.write_text("x,c\n" + "".join(f"{a:.4f},{b}\n" for a, b in zip(x, letters, strict=True)))
    return path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    csv(Path("ref.csv"), 1)
    csv(Path("cur.csv"), 2, 0.3)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main(["work", "drift", *words, "--json"]) == code
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    return conforms(facts, "drift-watch" if words[0] == "watch" else "drift")


def test_verdict_json_and_report(capsys: pytest.CaptureFixture[str]) -> None:
    facts = run(capsys, "ref.csv", "cur.csv", "--html", "d.html")
    assert facts["verdict"]["kind"] == "bad" and facts["result"]["drifted"] == ["x"]
    assert facts["command"] == "gradatim work drift ref.csv cur.csv"
    assert [i["rows"] for i in facts["inputs"]] == [3000, 3000]
    page = Path("d.html").read_text()
    assert facts["verdict"]["headline"] in page and "Then and now" in page
    assert main(["work", "drift", "ref.csv", "cur.csv"]) == 0
    assert capsys.readouterr().out.startswith("BAD  1 of 2 columns has drifted")


def test_a_saved_profile_gives_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "ref.csv", "--save-profile", "p.json")
    assert "ref.csv" in Path("p.json").read_text()
    direct, saved = run(capsys, "ref.csv", "cur.csv"), run(capsys, "cur.csv", "--profile", "p.json")
    assert direct["result"] == saved["result"]


def test_profiles_are_merged(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "ref.csv", "--save-profile", "a.json")
    csv(Path("more.csv"), 5)
    run(capsys, "more.csv", "--save-profile", "b.json", "--like", "a.json")
    facts = run(capsys, "merge", "ab.json", "a.json", "b.json")
    assert (facts["rows"], facts["largest_slack_share"]) == (6000, 0.0)
    assert run(capsys, "cur.csv", "--profile", "ab.json")["result"]["drifted"] == ["x"]


def test_nothing_is_overwritten_and_nothing_half_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("d.html").write_text("mine")
    facts = run(capsys, "ref.csv", "cur.csv", "--html", "d.html", code=2)
    assert "exists already" in facts["problems"][0] and facts["next"].endswith("--force")
    assert Path("d.html").read_text() == "mine"
    facts = run(capsys, "ref.csv", "cur.csv", "--html", "none/d.html", code=2)
    assert "does not exist" in facts["problems"][0]
    Path("bad.csv").write_text("x,c\n")
    run(capsys, "ref.csv", "bad.csv", "--html", "e.html", code=2)
    assert not Path("e.html").exists()


def test_options_that_do_not_go_together_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ref.csv", "--label", "c", "--segment", "c", "--window", "2d", "--column", "x", "--ignore", "x"]
    assert len(run(capsys, *words, code=2)["problems"]) == 5


@pytest.mark.parametrize("detector", ["adwin", "page-hinkley", "kswin"])
def test_a_step_in_a_stream_is_noticed_soon(capsys: pytest.CaptureFixture[str], detector: str) -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(10, 1, 1500), rng.normal(13, 1, 1500)])
    Path("live.csv").write_text("ms\n" + "\n".join(f"{v:.3f}" for v in values) + "\n")
    facts = run(capsys, "watch", "live.csv", "--column", "ms", "--detector", detector)
    rows = [c["row"] for c in facts["result"]["changes"]]
    assert facts["verdict"]["kind"] == "bad"
    assert any(1500 < row <= 1700 for row in rows)
    assert sum(row <= 1500 for row in rows) <= (2 if detector == "kswin" else 0)


def test_a_quiet_stream_is_good_and_a_short_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(4)
    Path("q.csv").write_text("v\n" + "\n".join(f"{v:.3f}" for v in rng.normal(size=4000)) + "\n")
    assert run(capsys, "watch", "q.csv", "--column", "v")["verdict"]["kind"] == "good"
    Path("s.csv").write_text("v\n1\n2\n3\n")
    assert run(capsys, "watch", "s.csv", "--column", "v")["verdict"]["kind"] == "unsure"
    run(capsys, "watch", "s.csv", "--column", "w", code=2)


def test_errors_that_rise_are_seen_by_ddm(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(5)
    wrong = np.concatenate([rng.random(2000) < 0.1, rng.random(2000) < 0.4]).astype(int)
    Path("w.csv").write_text("wrong\n" + "\n".join(map(str, wrong)) + "\n")
    facts = run(capsys, "watch", "w.csv", "--column", "wrong", "--detector", "ddm")
    assert any(2000 < c["row"] < 2400 for c in facts["result"]["changes"])
    run(capsys, "watch", "ref.csv", "--column", "x", "--detector", "ddm", code=2)


@pytest.mark.slow
def test_the_bench_measures_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "drift", "--rows", "20000", "--columns", "4", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["drifted"] == ["x03"]
    assert facts["drift_cpu_s"] > 0 < facts["scipy_ks_2samp_cpu_s"]
    assert facts["memory_mb"] < 200

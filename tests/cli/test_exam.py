"""The exam commands: what they refuse, issuing between two homes, and what is there before anything is drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradatim.cli import main

LAB = "incident-response"
EXPECT = ["--predict", "0.5", "--low", "0", "--high", "0.9"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """`run(*words)` -> exit code and the JSON document."""

    def running(*words: str) -> tuple[int, Any]:
        code = main([*words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return running


def test_one_says_first_what_one_expects(run: Any) -> None:
    code, said = run("exam", "start", LAB)
    assert code == 2 and [p.split(":")[0] for p in said["problems"]] == ["--predict", "--low", "--high"]
    code, said = run("exam", "start", LAB, "--predict", "0.5", "--low", "0.9", "--high", "0.95")
    assert code == 2 and "lo ≤ skill ≤ hi" in said["problems"][0]
    assert run("exam", "show") == (0, {"exams": []})


def test_an_exam_is_spent_when_it_begins(run: Any) -> None:
    code, made = run("exam", "start", LAB, *EXPECT, "--no-wait")
    assert code == 0 and made["status"] == "drawing" and made["n"] == 0 and made["verdict"] is None
    code, said = run("exam", "start", LAB, *EXPECT, "--no-wait")
    assert code == 2 and made["id"] in said["what"] and made["id"] in said["next"]
    for command in ("next", "submit", "verdict"):
        code, said = run("exam", command, made["id"])
        assert code == 2 and said["error"] == "StateError"
    code, found = run("exam", "verify")
    assert code == 0 and found["ok"] and found["ledger"] == []
    assert [e["exam"] for e in found["exams"]] == [made["id"]]


@pytest.mark.parametrize("command", ["show", "next", "submit", "verdict", "verify"])
def test_an_unknown_exam_is_named(run: Any, command: str) -> None:
    code, said = run("exam", command, "e-none")
    assert code == 2 and said["error"] == "UnknownName" and "e-none" in said["what"]


def test_request_issue_and_start(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gradatim_home: Path
) -> None:
    asked, issued = tmp_path / "request.json", tmp_path / "issued.json"
    code, _ = run("exam", "issue", "--request", LAB, "--name", "A. Learner", "--out", str(asked))
    assert code == 0 and json.loads(asked.read_text())["learner"] == "A. Learner"
    code, said = run("exam", "issue", "--request", LAB, "--out", str(asked))
    assert code == 2 and len(said["problems"]) == 2, "a name is missing, and the file is there"
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "reviewer"))
    code, _ = run(
        "exam", "issue", str(asked), "--reviewer", "B. Reviewer", "--hours", "2", "--out", str(issued)
    )
    assert code == 0
    code, said = run("exam", "start", LAB, *EXPECT, "--issued", str(issued), "--no-wait")
    assert code == 2 and "not one that was made here" in said["problems"][0]
    monkeypatch.setenv("GRADATIM_HOME", str(gradatim_home))
    changed = tmp_path / "changed.json"
    changed.write_text(issued.read_text().replace("B. Reviewer", "C. Reviewer"))
    code, said = run("exam", "start", LAB, *EXPECT, "--issued", str(changed), "--no-wait")
    assert code == 2 and "signature" in said["problems"][0]
    code, made = run("exam", "start", LAB, *EXPECT, "--issued", str(issued), "--no-wait")
    assert code == 0 and made["grade"] == "issued" and made["issue"]["reviewer"] == "B. Reviewer"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "other"}', "null", "[" * 5000])
def test_a_file_that_is_no_issue_is_refused(run: Any, tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    code, said = run("exam", "start", LAB, *EXPECT, "--issued", str(path), "--no-wait")
    assert code == 2 and said["what"]
    code, said = run("exam", "issue", str(path), "--reviewer", "R", "--out", str(tmp_path / "out.json"))
    assert code == 2 and not (tmp_path / "out.json").exists()

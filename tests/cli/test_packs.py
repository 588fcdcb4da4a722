"""`gradatim --pack`, `gradatim path packs` and `gradatim path ladder` as a person and a script use them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from gradatim.cli.entry import main

BAKERY = Path(__file__).parents[1] / "path" / "bakery"
LADDER = """level,dimension,statement
Mid,Delivery,Plans their own project
Senior,Delivery,Plans work that crosses teams
Mid,Mentoring,Helps newcomers
Senior,Mentoring,Grows named people by reviews
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_pack_is_opened_once_and_every_command_follows(run: Run) -> None:
    code, out, _ = run("--pack", str(BAKERY), "path")
    assert code == 0 and "Kneading" in out and "Incident" not in out
    for words, says in (
        ("path next", "Begin with a few questions"),
        ("path skill kneading", "at work:  scale --tare"),
        ("path rubric", "gradatim path rubric HAND"),
        ("path rubric HAND", "HAND Hand"),
        ("path lint", "whole: 1 modules, 2 skills"),
        ("path packs", "Baker to head baker"),
        ("plan", "Kneading"),
        ("plan prerequisites", "A loaf of one's own"),
        ("plan set --hours 4 --scope HAND=3", "kept"),
        ("evidence map", "HAND"),
    ):
        code, out, err = run(*words.split())
        assert (code, says in out) == (0, True), (words, out, err)
    assert run("path", "skill", "incident-response")[0] == 2
    assert run("plan", "set", "--scope", "D1=3")[0] == 2
    code, out, _ = run("--pack", "senior_ai_engineer", "path", "--json")
    assert code == 0 and len(json.loads(out)["modules"]) == 6


def test_what_is_no_pack_is_said_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for pack in ("nowhere", str(tmp_path / "empty"), ""):
        code, _, err = run("--pack", pack, "path")
        assert code == 2 and "Traceback" not in err and "next:" in err
    assert len(json.loads(run("path", "--json")[1])["modules"]) == 6


def test_a_ladder_comes_in_is_linted_opened_and_goes_out_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ladder.csv").write_text(LADDER)
    code, out, err = run("path", "ladder", "import", "ladder.csv", "--out", "ours", "--json")
    assert code == 0, err
    made = json.loads(out)
    assert [d["id"] for d in made["dimensions"]] == ["DELIVERY", "MENTORING"]
    assert made["levels"] == {"Mid": 2, "Senior": 4} and made["notes"] and not made["open"]
    assert run("path", "lint", "ours")[0] == 0
    assert "D1" in run("path", "rubric")[1]
    code, _, err = run("path", "ladder", "import", "ladder.csv", "--out", "ours")
    assert code == 2 and "--force" in err
    code, out, _ = run("path", "ladder", "import", "ladder.csv", "--out", "ours", "--force", "--open")
    assert code == 0 and "filled in" in out
    assert "DELIVERY" in run("path", "rubric")[1]
    for name in ("out.csv", "out.yaml"):
        assert run("path", "ladder", "export", "--out", name)[0] == 0
        code, out, err = run("path", "ladder", "import", name, "--out", f"again-{name}", "--json")
        assert code == 0, err
        assert run("path", "lint", f"again-{name}")[0] == 0
    first, second, third = (
        tomllib.loads((tmp_path / name / "rubric.toml").read_text())["dimensions"]
        for name in ("ours", "again-out.csv", "again-out.yaml")
    )
    assert first == third and [d["levels"] for d in first] == [d["levels"] for d in second]
    assert run("path", "ladder", "export")[1].startswith("dimension,title,question,level,statement")
    assert run("path", "ladder", "export", "--out", "out.doc")[0] == 2


def test_a_bad_ladder_says_everything_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ladder.csv").write_text(LADDER + "Senior,,\nMid,Craft,\n")
    code, out, _ = run("path", "ladder", "import", "ladder.csv", "--out", "ours", "--json")
    assert code == 2
    told = json.loads(out)["problems"]
    assert [p for p in told if p.startswith("line 6")] and [p for p in told if p.startswith("line 7")]
    assert not (tmp_path / "ours").exists()

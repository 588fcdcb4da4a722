"""`gradatim path` and `gradatim plan` as a person and a script use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import icalendar
import pytest

from gradatim.cli.entry import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """`run("plan set --hours 5")` -> (exit code, stdout, stderr)."""

    def running(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return running


def test_the_group_alone_is_its_show(run: Any) -> None:
    alone, shown = run("path", "--json"), run("path", "show", "--json")
    assert alone == shown and alone[0] == 0
    assert len(json.loads(alone[1])["modules"]) == 6
    assert run("plan", "--json")[1] == run("plan", "show", "--json")[1]


def test_from_nothing_to_a_calendar(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("plan")
    assert code == 0 and "order without dates" in out and "gradatim plan set --hours 5" in out
    assert run("plan", "calendar", "--out", str(tmp_path / "plan.ics"))[0] == 2
    assert not list(tmp_path.iterdir())
    assert run("plan", "set", "--hours", "5", "--window", "04-01", "--zone", "Europe/Berlin")[0] == 0
    code, out, _ = run("plan", "forecast", "--json")
    found = json.loads(out)
    assert found["decision"]["p50"].endswith("-04-01")
    assert run("plan", "keep")[0] == 0
    file = tmp_path / "plan.ics"
    for _ in range(2):  # a calendar may be written over
        assert run("plan", "calendar", "--out", str(file))[0] == 0
    assert len(icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")) > 60
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    assert run("plan", "calendar", "--out", str(mine))[0] == 2
    assert mine.read_text() == "mine"


def test_the_reference_points_from_the_command_line(run: Any) -> None:
    words = [
        "--study-months",
        "14",
        "--opportunities",
        "6",
        "--scope-credit",
        "0.25",
        "--rate",
        "1",
        "--lag",
        "1.5",
        "--json",
    ]
    months = json.loads(run("plan", "forecast", "--json", *words)[1])["months"]
    assert [round(m, 1) for m in months.values()] == pytest.approx([12.1, 13.1, 14.3], abs=0.5)
    # What the person said of themselves does not touch a situation that is named whole.
    run("plan", "set", "--hours", "2", "--scope", "D1=5", "--had", "5", "--months-at-level", "1")
    assert json.loads(run("plan", "forecast", "--json", *words)[1])["months"] == months


def test_every_bad_answer_is_named_and_none_is_kept(run: Any) -> None:
    code, _, err = run(
        "plan", "set", "--hours", "900", "--zone", "X", "--scope", "D99=3", "--scope", "x", "--skip", "y"
    )
    assert code == 2
    for word in ("--scope x", "--skip y", "weekly_hours", "time_zone", "D99"):
        assert word in err
    assert all(not q["answered"] for q in json.loads(run("plan", "questions", "--json")[1]))
    assert run("plan", "set")[0] == 2


def test_an_answer_is_taken_back(run: Any) -> None:
    run("plan", "set", "--hours", "5", "--scope", "D1=3", "--scope", "D2=4")
    assert run("plan", "set", "--skip", "hours", "--skip", "D1")[0] == 0
    answers = {q["id"]: q["answer"] for q in json.loads(run("plan", "questions", "--json")[1])}
    assert answers["weekly_hours"] is None
    assert answers["scope"] == {"D2": 4}


def test_records_and_ratings(run: Any) -> None:
    made = run(
        "plan", "record", "production-experience", "--what", "Ranking", "--since", "2020-01-01",
        "--by", "A. Lead", "--json",
    )  # fmt: skip
    number = json.loads(made[1])["number"]
    assert "production-experience: met\n" in run("plan", "prerequisites")[1]
    assert run("plan", "withdraw", str(number))[0] == 0
    assert "production-experience: not checked" in run("plan", "prerequisites")[1]
    assert run("plan", "rate", "D5", "3")[0] == 0
    assert "you said: level 3" in run("path", "rubric", "D5")[1]
    assert run("plan", "rate", "D77", "3")[0] == 2
    assert run("path", "rubric", "D77")[0] == 2


def test_lint_names_everything_at_once(run: Any, tmp_path: Path) -> None:
    assert run("path", "lint")[0] == 0
    (tmp_path / "path.toml").write_text('id = "X"\nmodules = []\n')
    code, out, _ = run("path", "lint", str(tmp_path), "--json")
    assert code == 2
    problems = json.loads(out)["problems"]
    assert any("rubric.toml" in p for p in problems)
    assert sum("path.toml" in p for p in problems) >= 3


def test_a_skill_says_what_is_missing_and_why(run: Any) -> None:
    code, out, _ = run("path", "skill", "incident-response")
    assert code == 0
    assert out.count("Why: ") >= 3
    assert "Site Reliability Engineering (2016)" in out
    assert run("path", "skill", "incident-respons")[0] == 2


@pytest.mark.parametrize("words", [["path"], ["path", "rubric"], ["plan"], ["plan", "forecast"]])
def test_no_output_tells_a_share_of_the_way(run: Any, words: list[str]) -> None:
    run("plan", "set", "--hours", "5")
    out = run(*words)[1]
    assert "complete" not in out.lower()
    assert out.count("%") == out.count("80 % interval")

"""The lab commands on the incident lab: played, judged, replayed, changed, handed in again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gradatim.cli import main
from gradatim.cli.lab import author, judge
from gradatim.core.errors import InputError

LAB = "incident-response"
POLICY = (
    "def policy(obs, query, seen=[]):\n    seen.append(1)\n"
    '    return {"actions": [{"kind": "declare_over"}] if len(seen) == 3 else [], "advance_s": 600}\n'
)


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Played(NamedTuple):
    """An attempt that a policy made, and how to run commands on its home."""

    result: dict[str, Any]
    run: Callable[..., Ran]
    home: Path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    home, folder = tmp_path_factory.mktemp("played"), tmp_path_factory.mktemp("policy")
    (folder / "mine.py").write_text(POLICY)

    def run(*words: object) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "gradatim", *map(str, words)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env={**os.environ, "GRADATIM_HOME": str(home), "GRADATIM_REFERENCES": "on"},
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    ran = run("lab", "play", LAB, "--policy", folder / "mine.py", "--seed", 9, "--json")
    assert ran.code == 0, ran.err
    return Played(json.loads(ran.out), run, home)


def test_play_says_what_the_contract_promises(played: Played) -> None:
    result = played.result
    assert {"attempt", "status", "loss_usd", "regret", "by_cause", "signals", "hash"} <= set(result)
    assert result["status"] == "practice"
    assert result["seed"] == "9"
    assert sum(result["by_cause"].values()) == pytest.approx(result["loss_usd"], abs=1e-6)
    assert -0.1 <= result["regret"] <= 2
    assert result["references_known"] == result["references_total"] > 0


def test_score_is_the_same_again(played: Played) -> None:
    ran = played.run("lab", "score", played.result["attempt"], "--json")
    assert ran.code == 0
    again = json.loads(ran.out)
    assert {name: again[name] for name in ("loss_usd", "regret", "hash")} == {
        name: played.result[name] for name in ("loss_usd", "regret", "hash")
    }


def test_replay_in_another_process(played: Played, tmp_path: Path) -> None:
    ran = played.run("lab", "replay", played.result["attempt"], "--json")
    assert ran.code == 0
    replayed = json.loads(ran.out)
    assert replayed["matches"] is True
    assert replayed["recomputed_hash"] == played.result["hash"]
    (tmp_path / "log.json").write_text(json.dumps(replayed["submission"]))
    handed_in = played.run("lab", "submit", LAB, tmp_path / "log.json", "--no-wait", "--json")
    assert handed_in.code == 0, handed_in.out
    assert json.loads(handed_in.out)["hash"] == played.result["hash"]


def test_replay_for_a_person_numbers_the_log(played: Played) -> None:
    ran = played.run("lab", "replay", played.result["attempt"])
    assert "the same outcome" in ran.out
    assert "0  08:40:00  declare_over" in ran.out


def test_whatif_changes_the_loss_and_not_the_attempt(played: Played) -> None:
    attempt = played.result["attempt"]
    ran = played.run("lab", "whatif", attempt, "--move", "0", "09:50", "--json")
    assert ran.code == 0, ran.out
    changed = json.loads(ran.out)
    assert changed["edits"] == [{"move": 0, "to_s": (9 * 60 + 50) * 60 - 8 * 3600}]
    assert changed["loss_usd"] - played.result["loss_usd"] == pytest.approx(changed["delta_usd"])
    assert changed["hash"] != played.result["hash"]
    assert played.run("lab", "replay", attempt).code == 0


def test_an_edited_attempt_is_found_out(played: Played, tmp_path: Path) -> None:
    with sqlite3.connect(played.home / "gradatim.db") as database:
        first = "SELECT min(number) FROM attempt"
        database.execute(f"UPDATE attempt SET loss_micro = loss_micro - 1000000 WHERE number = ({first})")
    database.close()
    try:
        ran = played.run("lab", "replay", played.result["attempt"])
        assert ran.code == 1
        assert "ANOTHER outcome" in ran.out
    finally:
        with sqlite3.connect(played.home / "gradatim.db") as database:
            database.execute(f"UPDATE attempt SET loss_micro = loss_micro + 1000000 WHERE number = ({first})")
        database.close()


def test_a_policy_that_fails_leaves_no_attempt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.py").write_text("def policy(obs, query):\n    return obs[\n")
    assert main(["lab", "play", LAB, "--policy", str(tmp_path / "bad.py"), "--seed", "1"]) == 2
    err = capsys.readouterr().err
    assert "not valid Python" in err and "Traceback" not in err
    assert main(["lab", "show", LAB, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["attempts"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not json", "not JSON"),
        ("{}", "submission"),
        ('{"format": 1, "lab": "incident-response"}', "submission"),
        ("[" * 100_000, "submission"),
    ],
)
def test_a_malformed_submission(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.json").write_text(text)
    assert main(["lab", "submit", LAB, str(tmp_path / "log.json")]) == 2
    err = capsys.readouterr().err
    assert told in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("lab show incident-respose", 'did you mean "incident-response"?'),
        ("lab start incident-respose --seed 1", 'did you mean "incident-response"?'),
        ("lab start incident-response --family overlod", "no fault family named"),
        ("lab score a-none", "no attempt named"),
        ("lab replay a-none", "no attempt named"),
        ("lab submit a-none", "no attempt named"),
        ("lab whatif a-none --drop 0", "no attempt named"),
    ],
)
def test_names_that_do_not_exist(line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 2
    err = capsys.readouterr().err
    assert told in err and "Traceback" not in err


def test_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "list"]) == 0
    assert LAB in capsys.readouterr().out
    assert main(["lab", "show", LAB]) == 0
    out = capsys.readouterr().out
    for heading in ("Graded", "Not measured", "Families", "next:  gradatim lab start"):
        assert heading in out


def test_path_has_six_modules_and_thirty_skills(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["path"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert sum(line[:3] in {f"{i}. " for i in range(1, 7)} for line in lines) == 6
    assert sum(line.startswith(("  ·", "  ○", "  ◔", "  ◑", "  ◕", "  ●")) for line in lines) == 30


def test_path_next_names_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["path", "next"]) == 0
    assert "\n  next:  gradatim " in capsys.readouterr().out


HOURS = {"id": "7f3k9q", "start_s": 1200.0, "horizon_s": 8400.0}
DAYS = {"id": "7f3k9q", "start_s": 43_200.0, "horizon_s": 302_400.0}


@pytest.mark.parametrize(
    ("attempt", "when", "at_s"),
    [
        (HOURS, "5400", 5400.0),
        (HOURS, "09:30", 5400.0),
        (HOURS, "09:30:15", 5415.0),
        (DAYS, "90840", 90_840.0),
        (DAYS, "2/09:14", 90_840.0),
        (DAYS, "day 2 09:14", 90_840.0),
        (DAYS, "day 4 20:00", 302_400.0),
    ],
)
def test_clock_times_are_of_the_attempt(attempt: dict[str, object], when: str, at_s: float) -> None:
    assert judge.as_edits((("2", when),), (), (), attempt) == [{"move": 2, "to_s": at_s}]


def test_the_log_is_listed_in_times_that_can_be_typed() -> None:
    steps = [{"t_ms": 90_840_000, "action": {"kind": "rollback", "change": "C-1042"}}]
    ((number, time, action),) = judge.log_rows(steps, judge.attempt_clock(DAYS))
    assert (number, time, action) == (0, "day 2 09:14:00", "rollback change=C-1042")
    assert judge.as_edits((("0", time),), (), (), DAYS) == [{"move": 0, "to_s": 90_840.0}]


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (
            DAYS,
            [
                '--move 0 09:14: this shift lasts days: name one, as in "day 2 09:14" or 2/09:14',
                "--move 1 5/09:14: this shift runs from day 1 20:00 to day 4 20:00, 43200 to 302400 s",
                "--insert 4500: this shift runs from day 1 20:00 to day 4 20:00, 43200 to 302400 s",
            ],
        ),
        (HOURS, ["--move 1 5/09:14: this shift lasts hours: name no day, as in 09:14"]),
    ],
)
def test_times_that_are_not_of_the_shift(attempt: dict[str, object], told: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        judge.as_edits((("0", "09:14"), ("1", "5/09:14")), (), (("4500", "{}"),), attempt)
    assert refused.value.problems == told
    assert refused.value.next == "gradatim lab replay 7f3k9q"


def test_proofs_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = {"ok": True, "detail": "12 fields"}, {"ok": False, "detail": "0.61 of the way to the oracle"}
    row = {
        "reference": "senior",
        "loss_usd": 812.4,
        "regret_sick": 0.0,
        "regret_healthy": None,
        "pass_rate": 0.97,
    }
    result = {
        "ok": False,
        "1 metadata": good,
        "9 senior": bad,
        "matrix": [row],
        "instances": 8,
        "cpu_s": 61.5,
    }
    author.print_proofs("mine", result)
    out = capsys.readouterr().out
    assert "FAIL  9 senior" in out
    assert "mine: 1 of 2 proofs hold on 8 instances, 61.5 CPU-s" in out
    assert "senior" in out and "$812" in out and "97%" in out

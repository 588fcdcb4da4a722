"""Bad input: what, why and the next command, exit code 2, never a traceback, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradatim.cli import main

TOO_BIG = str(1 << 128)

# Words of the command line, and a text that the message must contain. "{tmp}" is an empty folder.
CASES = {
    "unknown command": ("lba list", 'did you mean "lab"?'),
    "unknown lab command": ("lab strat x", 'did you mean "start"?'),
    "unknown bench": ("bench speed", "known: drift, queue, serving"),
    "unknown option": ("--jsno", "No such option"),
    "port too high": ("--port 70000", "70000"),
    "port is text": ("--port http", "'http' is not a valid integer"),
    "path of what": ("path nxet", 'did you mean "next"?'),
    "seed negative": ("lab start x --seed -1", "outside 0 .. 2**128 - 1"),
    "seed too big": (f"lab start x --seed {TOO_BIG}", "outside 0 .. 2**128 - 1"),
    "seed is text": ("lab start x --seed seven", "'seven' is not an integer"),
    "seed is a fraction": ("lab play x --policy {tmp} --seed 7.5", "'7.5' is not an integer"),
    "lab missing": ("lab show", "Missing argument 'LAB'"),
    "policy missing": ("lab play x --seed 1", "Missing option '--policy'"),
    "policy not there": ("lab play x --policy {tmp}/none.py", "does not exist"),
    "policy is a folder": ("lab play x --policy {tmp}", "is a directory"),
    "submission not there": ("lab submit x {tmp}/none", "does not exist"),
    "check of nothing": ("lab check", "name the labs to check"),
    "check of one and all": ("lab check x --all", "name the labs to check"),
    "what-if of nothing": ("lab whatif 7f3k", "nothing to change"),
    "what-if number": ("lab whatif 7f3k --drop first", "--drop first: not the number of an action"),
    "what-if time": ("lab whatif 7f3k --move 2 9h14", "9h14 is no clock time"),
    "what-if hour": ("lab whatif 7f3k --move 2 25:00", "25:00 is no clock time"),
    "what-if action": ("lab whatif 7f3k --insert 09:20 rollback", "the action is not JSON"),
    "what-if action is a list": ("lab whatif 7f3k --insert 09:20 [1]", "the action is not a JSON object"),
    "rho missing": ("bench queue --servers 4", "Missing option '--rho'"),
    "rho is nan": ("bench queue --rho nan", "nan is not a finite number"),
    "rho is infinite": ("bench queue --rho inf", "inf is not a finite number"),
    "rho is text": ("bench queue --rho high", "'high' is not a number"),
    "rho is zero": ("bench queue --rho 0", "at least 0.001"),
    "rho is negative": ("bench queue --rho -0.5", "at least 0.001"),
    "rho without end": ("bench queue --rho 1", "the queue grows without end"),
    "no servers": ("bench queue --rho 0.5 --servers 0", "0 is not in the range"),
    "service of a kind unknown": ("bench queue --rho 0.5 --service gamma", "'gamma' is not one of"),
    "capacity below servers": ("bench queue --rho 0.5 --servers 4 --capacity 3", "at least --servers 4"),
    "more choices than stations": ("bench queue --rho 0.5 --choices 4 --replicas 3", "only --replicas 3 to"),
    "replicas without choices": ("bench queue --rho 0.5 --replicas 3", "only meant together with --choices"),
    "capacity with choices": ("bench queue --rho 0.5 --choices 2 --capacity 9", "is not simulated"),
    "too few customers": ("bench queue --rho 0.5 --customers 1", "1 is not in the range"),
    "one word too many": ("lab list all", "unexpected extra argument"),
}


def run(line: str, tmp_path: Path, *more: str) -> int:
    return main([*(word.replace("{tmp}", str(tmp_path)) for word in line.split()), *more])


@pytest.mark.parametrize("name", CASES)
def test_bad_input(
    name: str, tmp_path: Path, gradatim_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line, told = CASES[name]
    assert run(line, tmp_path) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert "\n  next:  gradatim" in err
    assert "Traceback" not in err
    assert list(gradatim_home.iterdir()) == []


@pytest.mark.parametrize("name", CASES)
def test_bad_input_as_json(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line, told = CASES[name]
    assert run(line, tmp_path, "--json") == 2
    out, err = capsys.readouterr()
    assert err == ""
    error = json.loads(out)
    assert told in " ".join([error["what"], error["why"], *error.get("problems", [])])
    assert error["next"].startswith("gradatim")


def test_all_problems_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bench queue --servers 0 --service gamma --rho nan --seed x --customers 5", tmp_path) == 2
    err = capsys.readouterr().err
    for option in ("--servers", "--service", "--rho", "--seed", "--customers"):
        assert f"- '{option}'" in err


def test_all_bad_edits_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lab whatif 7f3k --drop x --move y 99:00 --insert soon {", tmp_path) == 2
    assert capsys.readouterr().err.count("\n  - ") == 5

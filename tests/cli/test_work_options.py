"""A call with several things wrong is told all of them: options, their combinations, columns, files to be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradatim.cli.entry import main

WRONG: dict[str, tuple[str, list[str]]] = {
    "drift": (
        (
            "drift t.csv t.csv --window 1y --effect 0 --metric best --delimiter ab --label l --column nope "
            "--html there.html"
        ),
        ["1y", "--effect", "'best'", '"ab"', "--label: only", '"nope"', "there.html: exists already"],
    ),
    "drift, columns": (
        "drift t.csv t.csv --time nix --ignore foo --segment bar --prediction zz --encoding klingon",
        ["klingon", '"nix"', '"foo"', '"bar"', '"zz"'],
    ),
    "drift watch": (
        "drift watch t.csv --column x --alpha 3 --delimiter ab --detector best",
        ["--alpha", '"ab"', "'best'"],
    ),
    "experiment": (
        (
            "experiment t.csv --alpha 3 --power 0.9 --metric nope --guardrail x --arm zz --worth lots "
            "--split q --segment mm"
        ),
        [
            "--alpha",
            "--power belongs to --plan",
            '"nope"',
            "guardrail is COLUMN",
            '"zz"',
            "--worth",
            "--split",
            '"mm"',
        ],
    ),
    "experiment, plan": (
        "experiment --plan --alpha 3 --mde much --formula guess --icc 0.5 --metric x",
        ["--alpha", "--metric belongs to", "--baseline P", "--mde much", "--formula guess", "--icc needs"],
    ),
    "canary": (
        "canary t.csv t.csv --tolerance lots --alpha 1 --metric y --metric x:up --slice nope --time nix --marginal 99",
        ["lots", "--alpha", '"y"', '"x:up"', '"nope"', '"nix"', "--marginal 99 is above"],
    ),
    "canary, one file": (
        "canary t.csv --by track --tolerance -1 --min-points 2 --html there.html",
        ["--by", "-1", "--min-points", "there.html: exists already"],
    ),
    "slo": (
        "slo t.csv --interval soon --timezone Mars --tests none/t.yaml --incidents t.csv --html there.html",
        ["soon", "Mars", "--tests needs --rules", "none/t.yaml", "METRICS", "there.html", "not OpenSLO"],
    ),
    "capacity": (
        "capacity t.csv --goal 2 --value nope --time nix --timeout-ms 5 --zones 0 --html there.html",
        ["--goal", '"nope"', '"nix"', "--timeout-ms 5 is below", "--zones", "--service-ms MS", "there.html"],
    ),
    "capacity, unknown options and one without its value": (
        "capacity --nope 3 t.csv --goal 2 --servce-ms=40 --zones 0 -x --value",
        [
            "No such option '--nope'",
            "--goal",
            "No such option '--servce-ms'",
            "--zones",
            "'-x'",
            "'--value' requires",
        ],
    ),
    "capacity, an unknown letter behind a known one": (
        "capacity t.csv -hz --goal 2 --zones 0 -x5",
        ["No such option '-z'", "No such option '-x'", "--goal", "--zones"],
    ),
    "capacity, a file too many": (
        "capacity t.csv u.csv --goal 2",
        ["--goal", "unexpected extra argument (u.csv)", "--service-ms MS"],
    ),
    "capacity, two files": (
        "capacity t.csv --service-file t.csv --service-column nope --service-cv 1 --value nix --values count",
        ['"nope"', "--service-cv is told by", '"nix"'],
    ),
    "incident": (
        (
            "incident log.csv --mark foo --mark bad=E1 --field bar --tz Mars --encoding klingon --draft none/d.md "
            "--names --review nix.md --actions t.csv"
        ),
        [
            "--mark foo",
            "--mark bad",
            "--field bar",
            "Mars",
            "klingon",
            "none/d.md",
            "nix.md",
            "t.csv cannot be used",
        ],
    ),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "home"))
    Path("t.csv").write_text("time,x\n" + "".join(f"2026-01-01T{i:02d}:00:00Z,{i}\n" for i in range(24)))
    Path("log.csv").write_text("time,kind,text\n2026-11-02T09:10:05Z,impact-start,x\n")
    Path("there.html").write_text("mine")
    return tmp_path


@pytest.mark.parametrize("case", WRONG)
def test_everything_wrong_is_told_at_once(case: str, capsys: pytest.CaptureFixture[str], here: Path) -> None:
    call, parts = WRONG[case]
    before = {path: path.read_bytes() for path in here.iterdir() if path.is_file()}
    assert main(["work", *call.split()]) == 2
    out, err = capsys.readouterr()
    said = out + err
    assert [part for part in parts if part not in said] == [], said
    command = "gradatim work drift watch" if "watch" in case else f"gradatim work {call.split()[0]}"
    assert f"next:  {command} --help" in said
    assert "Traceback" not in said
    assert {path: path.read_bytes() for path in here.iterdir() if path.is_file()} == before


def test_arguments_are_not_judged_where_a_word_may_belong_to_an_unknown_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["work", "capacity", "--nope", "gone.csv", "t.csv"]) == 2
    said = "".join(capsys.readouterr())
    assert (
        "--nope" in said and "gone.csv" not in said and "extra" not in said and "--service-ms MS" not in said
    )


@pytest.mark.parametrize(
    "call",
    [
        "canary t.csv t.csv --tolerance lots",
        "canary t.csv --by track",
        "incident log.csv --mark foo",
        "incident log.csv --mark mitigated=E99",
        "capacity t.csv --service-file t.csv --service-column nope",
        "capacity t.csv --service-ms 5",
        "drift t.csv t.csv --window 1y",
        "experiment t.csv --metric x",
        "slo t.csv",
    ],
)
def test_a_single_mistake_names_the_next_command_too(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work", *call.split()]) == 2
    assert "next:  " in capsys.readouterr().err


def test_a_bad_option_is_not_taken_for_a_missing_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work", "capacity", "t.csv", "--service-ms", "-4", "--value", "x", "--values", "count"]) == 2
    said = capsys.readouterr().err
    assert "--service-ms" in said
    assert "is needed: --service-ms" not in said


@pytest.mark.parametrize(
    "call",
    [
        "drift pipe t.csv --window 1y", "drift merge pipe pipe", "experiment pipe --metric m --alpha 7",
        "canary pipe t.csv", "slo pipe", "slo pipe pipe --own-rules pipe", "capacity pipe --service-ms 40",
        "incident pipe --review pipe",
    ],
)  # fmt: skip
def test_a_pipe_is_refused_and_not_waited_for(
    call: str, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    os.mkfifo(here / "pipe")
    assert main(["work", *call.split()]) == 2
    said = capsys.readouterr()
    assert '"pipe" is a pipe or a device: save what it gives to a file first' in said.err + said.out

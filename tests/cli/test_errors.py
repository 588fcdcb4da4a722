"""Errors become messages and exit codes in one place, whatever the command does."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gradatim.cli import entry, main
from gradatim.core.errors import InputError, StateError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command `gradatim fail` that raises what `RAISES` holds."""
    monkeypatch.setitem(entry.root.commands_at, "fail", f"{__name__}:fail")
    yield
    RAISES.clear()


RAISES: list[BaseException] = []


@click.command()
@click.option("--json", "as_json", is_flag=True)
def fail(as_json: bool) -> None:
    raise RAISES[0]


@pytest.mark.usefixtures("failing")
def test_an_error_the_user_can_mend(capsys: pytest.CaptureFixture[str]) -> None:
    RAISES.append(
        StateError("the store is locked", where="gradatim.db", why="another process", next="gradatim doctor")
    )
    assert main(["fail"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert (
        err
        == "the store is locked\n  where: gradatim.db\n  why:   another process\n  next:  gradatim doctor\n"
    )


@pytest.mark.usefixtures("failing")
def test_an_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    RAISES.append(InputError("bad file", ["line 1", "line 7"], next="mend it"))
    assert main(["fail", "--json"]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "error": "InputError", "what": "bad file", "where": "", "why": "", "next": "mend it",
        "problems": ["line 1", "line 7"],
    }  # fmt: skip


@pytest.mark.usefixtures("failing")
def test_our_own_defect_is_short_and_keeps_the_traceback(
    gradatim_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RAISES.append(ZeroDivisionError("of the loss"))
    assert main(["fail"]) == 1
    out, err = capsys.readouterr()
    (report,) = (gradatim_home / "defects").iterdir()
    assert out == ""
    assert "Traceback" not in err
    assert "ZeroDivisionError: of the loss" in err
    assert f'cat "{report}"' in err
    text = report.read_text()
    assert text.startswith("gradatim fail\n")
    assert "Traceback" in text and "ZeroDivisionError: of the loss" in text


@pytest.mark.usefixtures("failing")
def test_our_own_defect_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "file"))
    RAISES.append(KeyError("state"))
    assert main(["fail", "--json"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["why"] == "KeyError: 'state'"


@pytest.mark.usefixtures("failing")
def test_interrupt_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    RAISES.append(KeyboardInterrupt())
    assert main(["fail"]) == 130
    assert capsys.readouterr().err.strip().count("\n") == 0


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_the_machine_refuses_is_the_users_to_mend(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    RAISES.append(OSError(number, os.strerror(number), "somewhere"))
    assert main(["fail"]) == 2
    err = capsys.readouterr().err
    assert os.strerror(number) in err and "where: somewhere" in err and "next:" in err


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m gradatim --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout == "0\n"


def test_home_that_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "file"))
    assert main(["--no-browser"]) == 2
    assert "the home folder is not a folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"

"""Reading a folder that is handed in, and telling a copy of a shipped solution from an honest mend."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradatim.core.errors import InputError
from gradatim.lab.task.near import nearest
from gradatim.lab.task.submission import TaskSubmission, read_folder


def test_every_problem_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(:\n", encoding="utf-8")
    (tmp_path / "b.py").write_bytes(b"x = '\xff'\n")
    (tmp_path / "c.py").write_text("#" * 70_000, encoding="utf-8")
    (tmp_path / "real.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "d.py").symlink_to(tmp_path / "real.py")
    (tmp_path / "e.py").mkdir()
    os.mkfifo(tmp_path / "g.py")
    with pytest.raises(InputError) as caught:
        read_folder(tmp_path, ["a.py", "b.py", "c.py", "d.py", "e.py", "f.py", "g.py"])
    told = "\n".join(caught.value.problems)
    for words in (
        "a.py, line 1: not valid Python", "b.py: not UTF-8, line 1", "c.py: 68 KiB", "d.py: a link",
        "e.py: not a regular file", "f.py: missing", "g.py: not a regular file",
    ):  # fmt: skip
        assert words in told, told
    with pytest.raises(InputError, match="not a folder"):
        read_folder(tmp_path / "real.py", ["a.py"])


def test_marks_of_an_editor_decide_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n")
    assert read_folder(tmp_path, ["a.py"]) == {"a.py": "x = 1\ny = 2\n"}


def test_a_submission_comes_back_from_its_json() -> None:
    made = TaskSubmission("task-x", "0.1.0", "abc", 1 << 100, {"b.py": "x", "a.py": "y"})
    assert TaskSubmission.parse(made.as_dict()) == made
    other = TaskSubmission("task-x", "0.1.0", "abc", 1 << 100, {"b.py": "x", "a.py": "z"})
    assert other.fingerprint != made.fingerprint
    with pytest.raises(InputError) as caught:
        TaskSubmission.parse({"format": 2, "seed": 5, "files": [1]})
    assert len(caught.value.problems) == 6


LONG = "\n".join(
    f"def f{i}(rows, day):\n    kept = [r for r in rows if r[{i}] < day - {i}]\n    return sum(kept) / {i + 1}"
    for i in range(9)
)


def test_a_copy_is_told_through_names_comments_and_order_and_a_short_mend_is_not() -> None:
    start = "def g(x):\n    return x + 1\n"
    solved = {"a.py": start + LONG}
    hidden = (LONG + "\n").replace("kept", "left").replace("rows", "table").replace("\n", "  # mine\n")
    first, *functions = hidden.split("def ")
    copied = {"a.py": start + "def ".join([first, *reversed(functions)])}
    assert nearest({"a.py": start + LONG}, {"a.py": start}, {"senior": solved}) == "senior"
    assert nearest(copied, {"a.py": start}, {"senior": solved}) == "senior"
    short = {"a.py": "def g(x):\n    return x + 2\n"}
    assert nearest(short, {"a.py": start}, {"senior": short}) == ""
    assert nearest({"a.py": "def (("}, {"a.py": start}, {"senior": solved}) == ""

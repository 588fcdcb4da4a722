"""`gradatim lab` on a performed task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradatim.cli.entry import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def running(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return running


def test_a_task_is_started_handed_in_and_looked_at_again(run: Any, tmp_path: Path) -> None:
    assert "task-pipelines" in run("lab", "list")[1]
    assert "Handed in: features.py, job.py" in run("lab", "show", "task-pipelines")[1]
    folder = tmp_path / "work"
    code, out, _ = run("lab", "start", "task-pipelines", str(folder), "--seed", "5", "--json")
    made = json.loads(out)
    assert code == 0 and made["folder"] == str(folder) and made["next"].endswith(str(folder))
    code, out, _ = run("lab", "submit", "task-pipelines", "--json")  # the folder is known
    verdict = json.loads(out)
    assert code == 0 and verdict["status"] == "fail" and verdict["skill"] == 0
    code, text, _ = run("lab", "score", made["attempt"])
    assert code == 0 and "not passed" in text and "✗ leak" in text
    assert run("lab", "replay", made["attempt"])[1].startswith(f"attempt {made['attempt']}: the same outcome")
    assert "missed: " in run("plan", "prerequisites")[1]


def test_what_does_not_fit_is_refused_with_the_next_command(run: Any, tmp_path: Path) -> None:
    code, _, err = run("lab", "start", "incident-response", str(tmp_path / "x"))
    assert code == 2 and "only for performed tasks" in err
    code, _, err = run("lab", "start", "task-pipelines", "--family", "f")
    assert code == 2 and "no families" in err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("x", encoding="utf-8")
    code, _, err = run("lab", "start", "task-pipelines", str(tmp_path / "full"))
    assert code == 2 and "not empty" in err
    code, _, err = run("lab", "submit", "task-pipelines", str(tmp_path / "full"))
    assert code == 2 and "gradatim lab start task-pipelines" in err

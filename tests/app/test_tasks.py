"""A performed task from its start to the prerequisite: folder out, folder in, verdict, state."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from gradatim.app import App
from gradatim.core.errors import InputError, StateError, UnknownName
from gradatim.lab.task import form as forms
from gradatim.lab.task.lab import task

NAME = "task-pipelines"


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path / "home")


def state(app: App) -> str:
    rows = app.learner.prerequisites()["prerequisites"]
    return str(next(r["state"] for r in rows if r["id"] == "pipelines"))


def mend(folder: Path, seed: int) -> None:
    """Mend the folder of a seed as somebody would who reads the brief."""
    instance = task(NAME).instance(seed)
    values = {**instance.form, "leak": "", "write": "append-again"}
    files = forms.render(instance.task.folder / "starter", values)
    features, day = instance.form["features"], instance.form["day"]
    old = f'store.append("{features}", build(rows, day))'
    files["job.py"] = files["job.py"].replace(
        old, f'store.replace("{features}", {{"{day}": day}}, build(rows, day))'
    )
    for name in instance.task.spec.files:
        (folder / name).write_text(files[name], encoding="utf-8")


def test_from_the_start_to_a_prerequisite_that_is_met(app: App, tmp_path: Path) -> None:
    assert state(app) == "not_checked"
    folder = tmp_path / "work"
    made = app.tasks.start(NAME, folder, seed=11)
    assert {p.name for p in folder.iterdir()} >= {
        "BRIEF.md",
        "features.py",
        "job.py",
        "store.py",
        "try_it.py",
    }
    assert "11" not in (folder / ".gradatim-attempt.json").read_text(encoding="utf-8")
    assert app.next_step()["command"] == made["next"]
    assert app.attempts() == []  # those are labs
    (folder / "job.py").write_text("def run(:", encoding="utf-8")
    (folder / "features.py").unlink()
    with pytest.raises(InputError) as caught:
        app.tasks.submit(NAME, folder)
    assert len(caught.value.problems) == 2 and state(app) == "not_checked"

    mend(folder, 11)
    verdict = app.tasks.submit(NAME, folder)
    assert verdict["status"] == "pass" and verdict["missed"] == [] and "The leak" in verdict["debrief"]
    assert state(app) == "met"
    assert app.tasks.replay(verdict["attempt"])["matches"]
    with pytest.raises(StateError, match="finished"):
        app.tasks.submit(NAME, folder)
    with pytest.raises(StateError, match="performed task"):
        app.score(verdict["attempt"])


def test_what_fails_says_what_was_missed_and_never_locks_anybody_out(app: App, tmp_path: Path) -> None:
    app.tasks.start(NAME, tmp_path / "one", seed=12)
    verdict = app.tasks.submit(NAME, tmp_path / "one")
    assert verdict["status"] == "fail" and verdict["skill"] == 0.0
    assert {m["cause"] for m in verdict["missed"]} >= {"leak", "crash"}
    assert all(m["seen"] and m["draws"] for m in verdict["missed"])
    assert state(app) == "not_yet"
    first = app.tasks.start(NAME, tmp_path / "two")
    second = app.tasks.start(NAME, tmp_path / "three")
    assert app.tasks.attempt(first["attempt"])["status"] == "abandoned"
    with pytest.raises(StateError, match="abandoned"):
        app.tasks.submit(first["attempt"], tmp_path / "two")
    assert app.tasks.show(NAME)["open"]["attempt"] == second["attempt"]


def test_folders_that_are_in_the_way_are_left_as_they_are(app: App, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        app.tasks.start(NAME, tmp_path)
    (tmp_path / "file").write_text("keep", encoding="utf-8")
    with pytest.raises(InputError):
        app.tasks.start(NAME, tmp_path / "file" / "below")
    assert app.tasks.show(NAME)["attempts"] == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "home", "mine.txt"]
    with pytest.raises(UnknownName, match="task-pipeline"):
        app.tasks.start("task-pipeline")
    with pytest.raises(StateError, match="no attempt"):
        app.tasks.submit(NAME, tmp_path)


def test_the_starter_as_a_zip_file_is_the_folder(app: App) -> None:
    made = app.tasks.start(NAME)
    folder = Path(made["folder"])
    with zipfile.ZipFile(io.BytesIO(app.tasks.zipped(made["attempt"]))) as packed:
        inside = {n.partition("/")[2]: packed.read(n).decode() for n in packed.namelist()}
    assert inside.pop(".gradatim-attempt.json") == (folder / ".gradatim-attempt.json").read_text(
        encoding="utf-8"
    )
    assert inside == {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir() if p.name[0] != "."}
    assert (
        json.loads((folder / ".gradatim-attempt.json").read_text(encoding="utf-8"))["attempt"]
        == made["attempt"]
    )

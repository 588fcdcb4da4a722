"""A performed task from its start to the prerequisite: folder out, folder in, verdict, state."""

from __future__ import annotations

import io
import json
import subprocess
import sys
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


def test_two_that_start_at_once_get_a_folder_each_and_one_is_open(app: App) -> None:
    begin = (
        "import sys; from pathlib import Path; from gradatim.app import App; "
        "App(Path(sys.argv[1])).tasks.start(sys.argv[2])"
    )
    app.tasks.all()
    both = [subprocess.Popen([sys.executable, "-c", begin, str(app.home), NAME]) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    rows = app.tasks.show(NAME)["attempts"]
    assert sorted(r["status"] for r in rows) == ["abandoned", "open"]
    assert len({r["folder"] for r in rows}) == 2
    assert sorted(r["issued"] for r in rows) == ["form 1 of 2 issued", "form 2 of 2 issued"]
    opened = next(r for r in rows if r["status"] == "open")
    marker = json.loads((Path(opened["folder"]) / ".gradatim-attempt.json").read_text(encoding="utf-8"))
    assert marker["attempt"] == opened["attempt"]


def test_a_passed_task_says_which_form_it_was_and_lies_about_it_are_found(app: App, tmp_path: Path) -> None:
    """Issued, given up, issued again, passed: the ledger, the pages and the packet count the same."""
    app.tasks.start(NAME, tmp_path / "given-up")
    practice = app.tasks.start(NAME, tmp_path / "practice", seed=11)
    started = app.tasks.start(NAME, tmp_path / "work")
    assert (practice["issued"], started["issued"]) == (None, "form 2 of 2 issued")
    seed = app.store.get_attempt(started["attempt"]).seed
    told = [e.values() for e in app.store.entries("task-issued")]
    assert [e["lab"] for e in told] == [NAME, NAME] and str(seed) not in json.dumps(told)
    mend(tmp_path / "work", seed)
    verdict = app.tasks.submit(NAME, tmp_path / "work")
    assert (verdict["status"], verdict["issued"]) == ("pass", "form 2 of 2 issued")
    row = next(r for r in app.learner.prerequisites()["prerequisites"] if r["id"] == "pipelines")
    assert "form 2 of 2 issued" in row["reason"]
    links = {"links": [{"dimension": "D4", "level": 3}]}
    with pytest.raises(InputError, match="otherwise"):
        app.evidence.from_attempt(verdict["attempt"], {**links, "title": "A task that I passed at once"})
    with pytest.raises(InputError, match="otherwise"):
        app.evidence.from_attempt(verdict["attempt"], {**links, "kind": "work"})
    made = app.evidence.from_attempt(verdict["attempt"], links)
    assert made["grade"] == "self-run" and made["title"].endswith(", passed")
    page, _ = app.packets.build("html", owner="Ines")
    assert b"form 2 of 2 issued" in page
    report = app.packets.verify(page)
    assert report["ok"] and "form 2 of 2 issued" in report["items"][0]["detail"]
    # A title that the files do not give, in a ledger that its owner wrote past the app.
    own = ("kind", "links", "source", "result", "grade", "assistance", "started", "ended")
    app.evidence.withdraw(made["id"], "Another one.")
    app.store.append_entry("evidence", {**{n: made[n] for n in own}, "title": "Performed task: all at once"})
    report = app.packets.verify(app.packets.build("html", owner="Ines")[0], quick=True)
    assert not report["ok"] and "gives title: Performed task" in report["items"][0]["detail"]

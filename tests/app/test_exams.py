"""Exams end to end, on the incident lab with a smaller field: sealed, resumable, spent, recomputable."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import small_lab

from gradatim.app import App, examiner
from gradatim.core.errors import InputError, StateError
from gradatim.lab import catalogue, folders
from gradatim.lab.exam.draw import kinds

LAB = small_lab.LAB
EXPECTED = {"skill": 0.2, "lo": -0.5, "hi": 0.6}
NONCE = next(n for n in range(1000, 2000) if kinds(n, 0) == [False, True, False])


@pytest.fixture(scope="module", autouse=True)
def known_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The small lab, found by its id in this process."""
    before = folders.labs
    made = small_lab.make(tmp_path_factory.mktemp("lab"))
    small_lab.install(made)
    yield made
    folders.labs = before
    catalogue.lab.cache_clear()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, known_lab: Path) -> tuple[Path, str]:
    """A home with one exam, drawn and not opened."""
    home = tmp_path_factory.mktemp("drawn")
    app = App(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradatim.app.exams.secrets.randbits", lambda bits: NONCE)
        exam = app.exams.start(LAB, predicted=EXPECTED, assistance="pair")["id"]
    examiner.draw(app, app.store.get_exam(exam), workers=1)
    app.store.close()
    return home, exam


@pytest.fixture
def exam(drawn: tuple[Path, str], tmp_path: Path) -> Iterator[tuple[App, str]]:
    """An app of its own with that exam."""
    home = shutil.copytree(drawn[0], tmp_path / "home")
    app = App(home)
    yield app, drawn[1]
    app.store.close()


def test_it_says_first_what_is_wrong_with_a_request_all_at_once(exam: tuple[App, str]) -> None:
    app, _ = exam
    with pytest.raises(InputError) as refused:
        app.exams.start(LAB, predicted={"skill": 9, "lo": "x"}, assistance="friends")
    assert len(refused.value.problems) == 4
    with pytest.raises(InputError, match="cannot be issued"):
        app.exams.start(LAB)
    with pytest.raises(StateError, match="not handed in"):
        app.exams.start(LAB, predicted=EXPECTED)


def test_nothing_of_it_is_told_before_it_is_handed_in(exam: tuple[App, str]) -> None:
    app, exam_id = exam
    seeds = [str(s.seed) for s in app.store.sittings(exam_id)]
    attempt = app.exams.next(exam_id)["id"]
    assert app.exams.next(exam_id)["id"] == attempt, "the open one, not another"
    room = app.room(attempt)
    with pytest.raises(StateError):
        room.rewind(1200.0)
    said = app.finish(attempt)
    assert said["status"] == "sealed"
    for refused in (app.score, app.replay, app.debrief, app.submission):
        with pytest.raises(StateError, match="not handed in"):
            refused(attempt)
    with pytest.raises(StateError, match="not handed in"):
        app.whatif(attempt, [{"drop": 0}])
    with pytest.raises(StateError, match="not handed in"):
        app.fork(attempt, 1300.0)
    with pytest.raises(StateError, match="this seed"):
        app.start(LAB, seed=int(seeds[1]))
    with pytest.raises(StateError, match="this seed"):
        app.play(LAB, Path("none.py"), seed=int(seeds[2]))
    with pytest.raises(StateError, match="not handed in"):
        app.exams.verdict(exam_id)
    told = json.dumps(
        [app.exams.show(exam_id), app.attempts(), app.exams.all(), said, app.references(attempt)]
    )
    told += json.dumps(app.room(app.exams.next(exam_id)["id"]).hello()["command"])
    assert not [s for s in seeds if s in told]
    for word in ("healthy", "family_title", 'regret": 0', 'loss_usd": 1'):
        assert word not in told


def test_it_is_gone_on_with_by_another_process_and_handed_in_once(exam: tuple[App, str]) -> None:
    app, exam_id = exam
    first = app.exams.next(exam_id)["id"]
    room = app.room(first)
    room.advance(600)
    assert room.act({"kind": "acknowledge", "alert": "all"})["accepted"]
    room.advance(60)
    other = App(app.home)
    assert other.exams.next(exam_id)["id"] == first
    clock = other.room(first).clock()
    assert clock["t_s"] - clock["start_s"] in (600.0, 660.0)
    other.finish(first)
    assert other.exams.next(exam_id)["id"] != first
    done = other.exams.submit(exam_id)
    verdict = done["verdict"]
    assert verdict["untouched"] == 2 and [i["healthy"] for i in done["instances"]] == kinds(NONCE, 0)
    assert verdict["status"] == "fail" and verdict["estimate"]["n"] == 3
    assert verdict["prediction_held"] is (EXPECTED["lo"] <= verdict["skill"] <= EXPECTED["hi"])
    idle = [app.store.get_references(i, int(x["seed"]), None)["idle"].outcome["outcome"]["loss_usd"]
            for x in done["instances"][1:] for i in [app.store.get_exam(exam_id).lab_digest]]  # fmt: skip
    assert [i["loss_usd"] for i in done["instances"][1:]] == idle, "never opened is idle"
    entries = app.store.entries()
    assert [e.kind for e in entries] == ["exam-issued", "self-prediction", "exam-submitted", "exam-verdict"]
    again = other.exams.submit(exam_id)
    assert again["verdict"] == verdict and app.store.entries() == entries
    with pytest.raises(StateError):
        app.exams.next(exam_id)
    (read,) = app.exams.verdicts()
    assert read["grade"] == "self-run" and read["assistance"] == "pair" and read["predicted"] == EXPECTED
    assert [set(r) for r in read["regrets"]] == [{"regret", "stakes_usd", "healthy"}] * 3
    assert app.score(first)["status"] == "exam"
    other.store.close()


def test_verify_recomputes_and_finds_what_was_changed(exam: tuple[App, str]) -> None:
    app, exam_id = exam
    app.exams.submit(exam_id)
    found = app.exams.verify(exam_id)
    assert found["ok"] and found["exams"][0]["outcomes_recomputed"] == 3

    def problems(statement: str, *values: Any) -> str:
        folder = app.home.parent / f"changed-{abs(hash(statement))}"
        shutil.copytree(app.home, folder)
        with sqlite3.connect(folder / "gradatim.db") as db:
            db.execute(statement, values)
        db.close()
        with_change = App(folder)
        result = with_change.exams.verify(exam_id)
        with_change.store.close()
        assert not result["ok"]
        return "; ".join([*result["ledger"], *result["exams"][0]["problems"]])

    both = "UPDATE exam SET nonce = ?, verdict = replace(verdict, 'fail', 'pass')"
    said = problems(both, f"{1:032x}")
    assert "its nonce is not the one" in said and "not those that its nonce draws" in said
    assert "verdict: the store says another" in said
    edit = '"actions":[{"action":{"kind":"page","team":"data"},"t_ms":2000000}]'
    assert "the ledger says another" in problems(
        "UPDATE attempt SET submission = replace(submission, '\"actions\":[]', ?)", edit
    )
    assert problems("DELETE FROM ledger WHERE kind = 'exam-verdict'")


def test_our_own_failure_draws_another_instance_and_is_written_down(
    exam: tuple[App, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, exam_id = exam
    attempt = app.exams.next(exam_id)["id"]
    seed = app.store.get_attempt(attempt).seed
    room = app.room(attempt)
    monkeypatch.setattr(type(room._session.instance.lab.live), "judge", _broken)
    said = app.finish(attempt)
    monkeypatch.undo()
    assert said["status"] == "error" and app.store.get_attempt(attempt).status == "error"
    fresh = app.exams.next(exam_id)["id"]
    assert fresh != attempt and app.store.get_attempt(fresh).seed != seed
    entry = app.store.entries("exam-redrawn")[0]
    assert entry.value("exam") == exam_id and "ZeroDivisionError" in entry.value("why")
    # As after a kill between noting a failure and drawing another instance.
    app.store.finish_attempt(fresh, status="error")
    third = app.exams.next(exam_id)["id"]
    assert third not in (attempt, fresh)
    done = app.exams.submit(exam_id)
    assert done["replaced"] == 2 and done["instances"][0]["healthy"] == kinds(NONCE, 0)[0]
    assert app.exams.verify(exam_id)["ok"]


def _broken(*_: Any) -> None:
    raise ZeroDivisionError("our defect")


def test_a_policy_sits_one_and_a_failing_one_is_idle_from_there(
    exam: tuple[App, str], tmp_path: Path
) -> None:
    app, exam_id = exam
    policy = tmp_path / "fails.py"
    policy.write_text(
        "def policy(obs, query):\n"
        "    if obs['t_s'] > obs['start_s'] + 300:\n        raise RuntimeError('gave up')\n"
        "    return {'actions': [{'kind': 'page', 'team': 'data'}], 'advance_s': 600}\n"
    )
    done = app.exams.sit(exam_id, policy)
    assert set(done["policy_failed"]) == {"1", "2", "3"} and "gave up" in done["policy_failed"]["1"]
    assert done["status"] == "submitted" and done["verdict"]["untouched"] == 0
    assert app.exams.verify(exam_id)["ok"]


def test_after_two_weeks_it_is_handed_in_as_it_stands(
    exam: tuple[App, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, exam_id = exam
    monkeypatch.setattr("gradatim.store.rows.utc_now", lambda: "2126-01-01T00:00:00Z")
    assert [v["exam_id"] for v in app.exams.verdicts()] == [exam_id]
    assert app.exams.show(exam_id)["verdict"]["untouched"] == 3


def test_an_issued_exam_belongs_to_its_request(exam: tuple[App, str], tmp_path: Path) -> None:
    app, exam_id = exam
    app.store.fail_exam(exam_id, "for this test")
    reviewer = App(tmp_path / "reviewer")
    issued = reviewer.exams.issue(app.exams.request(LAB, "A. Learner"), reviewer="B. Reviewer", hours=2)
    with pytest.raises(InputError) as refused:
        reviewer.exams.start(LAB, predicted=EXPECTED, issue=issued)
    assert "not one that was made here" in refused.value.problems[0]
    made = app.exams.start(LAB, predicted=EXPECTED, issue=issued)
    assert made["grade"] == "issued" and made["issue"]["reviewer"] == "B. Reviewer"
    app.store.fail_exam(made["id"], "for this test")
    with pytest.raises(StateError, match="begun before"):
        app.exams.start(LAB, predicted=EXPECTED, issue=issued)
    reviewer.store.close()


KILLED = """
import sys
from pathlib import Path
from tests import small_lab
small_lab.install(Path(sys.argv[3]))
from gradatim.app import App
app = App(Path(sys.argv[1]))
real = app.store.append_entry
def once(kind, fields, at=None):
    made = real(kind, fields, at=at)
    if kind == "exam-submitted":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    return made
app.store.append_entry = once
app.exams.submit(sys.argv[2])
"""


def test_killed_between_handing_in_and_the_verdict_it_goes_on(
    exam: tuple[App, str], known_lab: Path, root: Path
) -> None:
    app, exam_id = exam
    app.exams.show(exam_id)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(app.home), exam_id, str(known_lab)], cwd=root, check=False
    )
    assert done.returncode == -9
    assert app.store.get_exam(exam_id).status == "open"
    assert app.store.entries("exam-submitted") and not app.store.entries("exam-verdict")
    assert app.exams.submit(exam_id)["status"] == "submitted"
    assert len(app.store.entries("exam-submitted")) == 1
    assert app.exams.verify(exam_id)["ok"]

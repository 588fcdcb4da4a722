"""A learner from the first run to *ready*: six prerequisites, four of them performed; then plan, path and packet.

Nothing stands in for anything: the forms are drawn, the folders are written and handed in, the code runs in the
sandbox, and a reader with an own home recomputes the packet and judges its tasks on draws that nobody has seen.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App
from gradatim.core import chain
from gradatim.core.errors import InputError

solution = runpy.run_path(str(Path(__file__).parents[1] / "honest.py"))["solution"]
TASKS = {
    "pipelines": "task-pipelines",
    "engineering-fundamentals": "task-engineering-fundamentals",
    "deployed-models": "task-deployed-models",
    "python-and-frameworks": "task-python-and-frameworks",
}
RECORDS = {
    "production-experience": [{"what": "Ranking service", "since": "2023-01-01", "attested_by": "A. Reviewer"}],
    "deployed-models": [{"what": "Reranker behind HTTP", "since": "2025-02-01", "attested_by": "A. Reviewer"}],
    "independent-delivery": [
        {"what": f"Feature {n}", "since": f"2025-0{n}-01", "to": f"2025-0{n + 3}-01", "own_share": 0.7,
         "attested_by": "B. Manager"}
        for n in (1, 5)
    ],
}  # fmt: skip
FRESH, SEED = 3, 20261123
pytestmark = pytest.mark.slow


def hand_in(app: App, name: str, folder: Path) -> dict[str, Any]:
    """Start a task, solve the form that was drawn, and hand the folder in."""
    from gradatim.lab.task.lab import task

    started = app.tasks.start(name, folder)
    seed = app.store.get_attempt(started["attempt"]).seed
    for file, text in solution(task(name).instance(seed)).items():
        (folder / file).write_text(text, encoding="utf-8")
    return app.tasks.submit(name, folder)


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[App, list[dict[str, Any]], dict[str, Any]]]:
    """The learner's app, what it said on the way, and the verdict of a shipped solution handed in as one's own."""
    from gradatim.lab.task.lab import task

    folder = tmp_path_factory.mktemp("ready")
    app = App(folder / "home")
    said = [app.learner.prerequisites()]
    app.learner.set(
        {"role": "ML engineer", "months_at_level": 30, "weekly_hours": 6, "opportunities_per_month": 1}
    )
    said.append({"plan": app.plan.show()})
    for prerequisite, records in RECORDS.items():
        for record in records:
            app.learner.record(prerequisite, record)
    said.append(app.learner.prerequisites())
    started = app.tasks.start("task-pipelines", folder / "copied")
    seed = app.store.get_attempt(started["attempt"]).seed
    senior = task("task-pipelines").instance(seed).reference("senior")
    copied = app.tasks.submit_files(started["attempt"], senior)
    said.append(app.learner.prerequisites())
    for name in TASKS.values():
        verdict = hand_in(app, name, folder / name)
        assert verdict["status"] == "pass", verdict["missed"]
        app.evidence.from_attempt(verdict["attempt"], {"links": [{"dimension": "D4", "level": 3}]})
        said.append(app.learner.prerequisites())
    yield app, said, copied
    app.store.close()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[App]:
    made = App(tmp_path / "reader")
    yield made
    made.store.close()


def states(said: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["state"] for row in said["prerequisites"]}


def test_from_the_first_run_to_ready_one_prerequisite_after_the_other(
    story: tuple[App, list[dict[str, Any]], dict[str, Any]],
) -> None:
    _, said, copied = story
    first, _, recorded, after_the_copy, *steps = said
    assert first["overall"] == "open" and set(states(first).values()) == {"not_checked"}
    assert states(recorded)["production-experience"] == states(recorded)["independent-delivery"] == "met"
    assert states(recorded)["deployed-models"] == "gap"  # the record without the task
    assert copied["status"] == "reference" and states(after_the_copy)["pipelines"] == "not_yet"
    for prerequisite, step in zip(TASKS, steps, strict=True):
        assert states(step)[prerequisite] == "met"
    assert [step["overall"] for step in steps][-1] == "ready"
    assert set(states(steps[-1]).values()) == {"met"} and steps[-1]["gaps"] == []


def test_the_plan_begins_with_a_skill_and_the_path_is_as_it_was(
    story: tuple[App, list[dict[str, Any]], dict[str, Any]],
) -> None:
    app, said, _ = story
    before, plan = said[1]["plan"], app.plan.show()
    assert not [item for item in plan["items"] if item["skill"] is None]
    assert plan["hours_left"] <= before["hours_left"]
    assert app.plan.forecast()["possible"]
    # A performed task shows that the path can begin; it is no observation of a skill.
    assert {s["state"] for m in app.path()["modules"] for s in m["skills"]} <= {"not_observed", "no_lab"}
    assert app.next_step()["page"].startswith(("/labs/", "/skills/"))


def test_the_packet_carries_the_tasks_and_a_reader_judges_them_anew(
    story: tuple[App, list[dict[str, Any]], dict[str, Any]], reader: App
) -> None:
    app, _, _ = story
    page, preview = app.packets.build("html", owner="Ines Carvalho", everything=True)
    assert preview["verdict"]["levels"]["D4"] == 3  # simulated: never more
    quick = reader.packets.verify(page, quick=True)
    assert quick["ok"] and all(item["left_out"] for item in quick["items"])
    report = reader.packets.verify(page, fresh=FRESH, seed=SEED)
    assert report["ok"], report["items"]
    assert {i["detail"].partition(":")[0] for i in report["items"]} == set(TASKS.values())
    assert report["counts"] == {"recomputed": 4}
    rows = {row["lab"]: row for row in report["fresh"]}
    assert set(rows) == set(TASKS.values())
    for row in rows.values():
        assert (row["kind"], row["passed"], row["failed"]) == ("task", True, []), row
        assert row["same_version"] and len(row["draws"]) == FRESH
        assert row["starter_points"] > 0


def test_what_an_item_says_of_a_task_is_not_believed(
    story: tuple[App, list[dict[str, Any]], dict[str, Any]], reader: App
) -> None:
    """The whole ledger made anew and sealed with another key: the files come to what they come to."""
    from gradatim.lab.task.outcome import TaskOutcome
    from gradatim.path.evidence.signed import public_key
    from gradatim.path.packet.build import build
    from gradatim.path.packet.render import render
    from gradatim.path.packet.seal import seal

    app, _, _ = story
    given = app.packets.payload(owner="I", everything=True)
    mine = [
        e
        for e in app.store.entries()
        if e.kind == "evidence" and e.value("source")["lab"] == "task-pipelines"
    ]
    right = json.loads(json.dumps(mine[0].value("source")))
    broken = {**right, "submission": {**right["submission"], "files": {
        **right["submission"]["files"], "job.py": "def run(store, day):\n    return None\n"}}}  # fmt: skip
    worse = {**right["outcome"], "pass_mark": 0.1}
    other = {**right["outcome"], "by_cause": {"leak": 3}, "per_draw": [3] + [0] * 9, "skill": 0.97}
    consistent = TaskOutcome.from_dict(other)
    wrong: dict[str, dict[str, Any]] = {
        "files that do nothing": broken,
        "another seed": {**right, "seed": "12"},
        "another skill": {**right, "outcome": {**right["outcome"], "skill": 0.999}},
        "a lower mark": {**right, "outcome": worse},
        "another hash": {**right, "outcome_hash": "0" * 40},
        "an outcome that fits its hash": {**right, "outcome": other, "outcome_hash": consistent.hash},
        "a file more": {**right, "submission": {**right["submission"], "files": {
            **right["submission"]["files"], "store.py": "x = 1"}}},
        "no files": {**right, "submission": {**right["submission"], "files": []}},
        "nothing": {"type": "task"},
        "another task": {**right, "lab": "no-such-task"},
    }  # fmt: skip
    key = "77" * 32
    for what, source in wrong.items():
        # Its issue is not in this ledger: nobody can say more than self-reported of it.
        values = {**mine[0].values(), "source": source, "grade": "self-reported"}
        entry = chain.seal(1, "evidence", mine[0].at, values, chain.START, salt=lambda: "7" * 32)
        made = build(
            [entry], chain.Head(1, entry.hash), app.evidence.rubric, owner="I", key=public_key(key),
            made_by=given["made_by"], now=mine[0].at,
        )  # fmt: skip
        report = reader.packets.verify(seal(render(made, "html"), key), fresh=1, seed=1)
        (item,), (row,) = report["items"], report["fresh"]
        expected = "needs another version" if what == "another task" else "does not match"
        assert item["status"] == expected, (what, item)
        if what == "files that do nothing":
            assert row["skill"] < row["pass_mark"] and not row["passed"]
        elif what in ("nothing", "no files", "another task"):
            assert row["failed"] and row["skill"] is None


def test_what_is_not_handed_in_is_no_evidence_and_no_policy_played_it(app: App, tmp_path: Path) -> None:
    from gradatim.core.errors import StateError

    started = app.tasks.start("task-pipelines", tmp_path / "work")
    with pytest.raises(StateError):
        app.evidence.from_attempt(started["attempt"], {})
    policy = tmp_path / "policy.py"
    policy.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="performed task"):
        app.evidence.from_attempt(started["attempt"], {}, policy=policy)
    assert app.evidence.items() == []

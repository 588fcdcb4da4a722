"""The tasks that ship: what is right passes, what is unchanged is the zero, forms differ, nothing planted is named.

The whole matrix of references is `gradatim lab check TASK`; here one form of each is looked at.
"""

from __future__ import annotations

import pytest

from gradatim.core.canonical import digest
from gradatim.core.errors import InputError, VersionMismatch
from gradatim.lab import folders
from gradatim.lab.task import form as templates
from gradatim.lab.task.check import metadata
from gradatim.lab.task.lab import TaskInstance, draw_key, task

TASKS = sorted(folders.tasks())


def test_the_four_tasks_are_there_and_no_live_lab_is_one() -> None:
    assert TASKS == [
        "task-deployed-models", "task-engineering-fundamentals", "task-pipelines", "task-python-and-frameworks",
    ]  # fmt: skip
    assert not set(TASKS) & set(folders.labs())


@pytest.mark.parametrize("name", TASKS)
def test_the_brief_names_what_is_graded_and_never_what_is_planted(name: str) -> None:
    assert metadata(task(name)) == {"ok": True, "detail": metadata(task(name))["detail"]}
    forms = [task(name).instance(seed) for seed in range(30)]
    assert len({one.fingerprint for one in forms}) >= 29
    # Two forms that ask for the same would have the same right folder, and one's could be handed in for the other.
    assert len({digest(one.reference("senior")) for one in forms}) == 30
    assert task(name).instance(5).starter == task(name).instance(5).starter


@pytest.mark.parametrize("name", TASKS)
def test_the_starter_is_zero_and_a_shipped_solution_loses_nothing_but_does_not_count(name: str) -> None:
    instance = task(name).instance(77)
    key = draw_key(77, "test")
    zero = instance.tried(instance.reference("starter"), key)
    senior = instance.outcome(instance.reference("senior"), key, zero)
    assert senior.loss_points == 0 and senior.skill == 1.0 and senior.status == "reference"
    assert sum(zero.lost()) > 0 and all(zero.notes.values())
    careless = instance.outcome(instance.reference("careless"), key, zero)
    assert careless.status == "fail" and careless.skill < task(name).spec.pass_mark


def honest(instance: TaskInstance) -> dict[str, str]:
    """The pipeline mended in as few lines as it takes, as somebody would who reads the brief."""
    values = {**instance.form, "leak": "", "write": "append-again"}
    files = templates.render(instance.task.folder / "starter", values)
    features, day = instance.form["features"], instance.form["day"]
    files["job.py"] = files["job.py"].replace(
        f'store.append("{features}", build(rows, day))',
        f'store.replace("{features}", {{"{day}": day}}, build(rows, day))',
    )
    return {n: files[n] for n in instance.task.spec.files}


def test_an_honest_mend_passes_and_is_judged_the_same_again() -> None:
    instance = task("task-pipelines").instance(3)
    submission = instance.submission(honest(instance))
    outcome = instance.judge(submission)
    assert outcome.status == "pass" and outcome.loss_points == 0, outcome.notes
    assert instance.judge(submission.as_dict()).hash == outcome.hash
    assert type(outcome).from_dict(outcome.as_dict()) == outcome


def test_a_folder_of_another_form_or_version_is_refused_or_fails() -> None:
    instance, other = task("task-pipelines").instance(3), task("task-pipelines").instance(4)
    submission = instance.submission(honest(instance)).as_dict()
    with pytest.raises(InputError, match="does not belong"):
        other.judge(submission)
    with pytest.raises(VersionMismatch):
        instance.judge({**submission, "digest": "0" * 20})
    moved = other.judge(other.submission(honest(instance)))
    assert moved.status == "fail" and moved.skill < 0.5


def test_code_that_does_not_end_or_kills_its_process_is_a_verdict() -> None:
    instance = task("task-pipelines").instance(3)
    files = honest(instance)
    for body in ("    while True:\n        pass", "    import os\n    os._exit(0)"):
        outcome = instance.outcome({**files, "job.py": f"def run(store, day):\n{body}\n"}, draw_key(3, "x"))
        assert outcome.status == "fail" and outcome.skill < 0.0 and outcome.notes["values"]


@pytest.mark.parametrize(
    ("name", "seed", "reference", "passes"),
    [
        ("task-engineering-fundamentals", 5, "votes", False),
        ("task-engineering-fundamentals", 5, "counts", False),
        (
            "task-engineering-fundamentals",
            5,
            "second",
            True,
        ),  # the last of two equal gaps: its cases must have some
        ("task-python-and-frameworks", 22, "shortcut", False),
    ],
)
def test_memory_and_shortcuts_where_it_is_timed_pass_nothing(
    name: str, seed: int, reference: str, passes: bool
) -> None:
    instance = task(name).instance(seed)
    outcome = instance.outcome(instance.reference(reference), draw_key(seed, "test"))
    assert (outcome.status != "fail") == passes, outcome.notes
    if reference in ("votes", "counts"):
        assert "they remember" in outcome.notes["mutants"][0]

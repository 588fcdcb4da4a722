"""A task in a packet: what is run of it on whose machine, and what a slower clock may explain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradatim.lab.task.lab import task
from gradatim.lab.task.outcome import TaskOutcome
from gradatim.path.packet.confined import NOT_RUN, closes, confined_here
from gradatim.path.packet.fresh import rejudge
from gradatim.path.packet.performed import OUTCOME, again, beyond
from gradatim.path.packet.recompute import RECOMPUTED, SELF_REPORTED

TIMED = "task-python-and-frameworks"


@pytest.fixture(scope="module")
def unchanged() -> dict[str, Any]:
    """The source of an item: the starter of a task with a timed cause, handed in as it is."""
    instance = task(TIMED).instance(5)
    submission = instance.submission(instance.reference("starter"))
    return source_of(submission.as_dict(), instance.judge(submission))


def source_of(submission: dict[str, Any], outcome: TaskOutcome) -> dict[str, Any]:
    told = outcome.as_dict()
    made = {
        "type": "task", "attempt": "a", "lab": submission["lab"], "lab_version": submission["version"],
        "lab_digest": submission["digest"], "seed": submission["seed"], "submission": submission,
        "outcome": {name: told[name] for name in OUTCOME}, "outcome_hash": outcome.hash,
    }  # fmt: skip
    plain: dict[str, Any] = json.loads(json.dumps(made))
    return plain


def test_a_strangers_code_is_run_only_where_files_and_network_are_closed(unchanged: dict[str, Any]) -> None:
    assert closes(["root folder of its own", "network namespace"])
    assert closes(["landlock 4: files, tcp", "seccomp: no processes, programs, sockets, signals"])
    assert not closes(["landlock 7: files, tcp, signals"])  # UDP is open
    assert not closes(["seccomp: no processes, programs, sockets, signals", "cpu 120 s"])
    assert not closes([])
    assert again(unchanged, run_code=False) == (SELF_REPORTED, NOT_RUN)
    assert rejudge(unchanged, 1, 1, run_code=False) == {"failed": [NOT_RUN]}
    assert again(unchanged, run_code=True).status == RECOMPUTED
    assert again(unchanged).status == (RECOMPUTED if confined_here() else SELF_REPORTED)


def test_what_is_timed_explains_no_more_than_its_points(unchanged: dict[str, Any]) -> None:
    graded = task(TIMED).spec.graded
    timed = {cause: g.points for cause, g in graded.items() if g.timed}
    ((cause, points),) = timed.items()
    found = TaskOutcome({"other": 8, cause: 2 * points}, (points + 4, points + 4, 0), 90, "f", "fail", 0.9)

    def said(by_cause: dict[str, int], *per_draw: int) -> list[str]:
        return beyond(TaskOutcome(by_cause, per_draw, 90, "f", "pass", 0.9), found, timed)

    assert said({"other": 8}, 4, 4, 0) == []
    assert said({"other": 8, cause: 3 * points}, points + 4, points + 4, points) == []
    assert "add up" in said({"other": 8}, 0, 0, 0)[0]
    assert "cannot be lost" in said({"other": 8, cause: 1}, 5, 4, 0)[0]
    assert "cannot be lost" in said({"other": 8, cause: 4 * points}, 4 + points, 4 + points, 2 * points)[0]
    assert "by more than what is timed" in said({"other": 8}, 0, 8, 0)[0]


def test_a_slow_submission_that_is_said_to_pass_is_said_not_to_pass_here() -> None:
    instance = task(TIMED).instance(5)
    submission = instance.submission(instance.reference("still_slow"))
    found = instance.judge(submission)
    graded = task(TIMED).spec.graded
    (cause,) = (name for name, g in graded.items() if g.timed)
    assert found.status == "fail" and set(found.by_cause) == {cause}
    fast = TaskOutcome({}, (0,) * len(found.per_draw), found.starter, found.form, "pass", found.pass_mark)
    claim = again(source_of(submission.as_dict(), fast), run_code=True)
    assert claim.status == SELF_REPORTED and claim.detail.startswith("it does not pass on this machine")

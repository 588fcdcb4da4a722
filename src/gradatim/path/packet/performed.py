"""A performed task in a packet: judged again as it was handed in, and on draws of the verifier's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError, PolicyError, VersionMismatch
from gradatim.path.packet.confined import NOT_RUN, confined_here
from gradatim.path.packet.recompute import MISMATCH, RECOMPUTED, SELF_REPORTED, Found

if TYPE_CHECKING:
    from gradatim.lab.task.lab import TaskInstance
    from gradatim.lab.task.outcome import TaskOutcome
    from gradatim.lab.task.submission import TaskSubmission

OUTCOME = ("status", "by_cause", "per_draw", "starter_points", "form", "pass_mark", "skill")
"""What an item says of an outcome: all that is hashed, and the figures a reader sees."""
_EXACT = 1e-6


def again(source: Mapping[str, Any], *, run_code: bool | None = None) -> Found:
    """Judge the files of an item once more, on the draws that they were judged on.

    What is timed is measured on this machine: where nothing but that differs, it is said and is no mismatch.

    Args:
        run_code: whether the files are run; None for only where the sandbox closes files and network.

    Raises:
        GradatimError: the task is not installed, of another version, or the files are not a submission.
    """
    from gradatim.lab.task.lab import check_version
    from gradatim.lab.task.outcome import TaskOutcome

    instance, submission = _opened(source)
    check_version(instance.task, submission.version, submission.digest)
    said = TaskOutcome.from_dict(source["outcome"])
    problems = _misstated(source, submission, said)
    if said.pass_mark != instance.task.spec.pass_mark:
        problems.append(f"its pass mark is {instance.task.spec.pass_mark}, said to be {said.pass_mark}")
    if problems:
        return Found(MISMATCH, "; ".join(problems))
    if not (confined_here() if run_code is None else run_code):
        return Found(SELF_REPORTED, NOT_RUN)
    try:
        found = instance.judge(submission)
    except PolicyError as error:
        return Found(SELF_REPORTED, f"it cannot be judged on this machine: {error.what}")
    if found.hash == said.hash:
        return Found(RECOMPUTED, f"{instance.task.id}: skill {found.skill:.2f}, hash {found.hash[:8]}")
    timed = {cause: graded.points for cause, graded in instance.task.spec.graded.items() if graded.timed}
    if timed and _but_for(found, timed) == _but_for(said, timed) and not _copied(found, said):
        if problems := beyond(said, found, timed):
            return Found(MISMATCH, "; ".join(problems))
        names = ", ".join(sorted(timed))
        detail = f"all but {names} comes out again; that is timed, and on this machine the skill is {found.skill:.2f}"
        if found.status == "fail" and said.status != "fail":
            detail = f"it does not pass on this machine, {found.pass_mark:.2f} passes: {detail}"
        return Found(SELF_REPORTED, detail)
    return Found(MISMATCH, f"the files come to skill {found.skill:.2f}, hash {found.hash[:8]}")


def redrawn(source: Mapping[str, Any], seed: int, draws: int) -> dict[str, Any]:
    """Judge the files of an item on draws that nobody could have seen: keyed by the verifier's seed.

    The form stays the one that the files were written for; the data, mutants and requests are new.

    Args:
        seed: the verifier's own, 0 to 2**128 - 1.
        draws: how many; a task with fewer things to draw has fewer.

    Returns:
        {kind, lab, lab_version, same_version, draws: [{draw, lost_points}], starter_points, missed, skill, pass_mark,
        passed, near, failed}. Skill is 1 minus the points lost over those that the starter loses on the same draws;
        `near` to a solution that ships is not passed.

    Raises:
        GradatimError: the task is not installed, another version of it shows another form, or it cannot be judged here.
    """
    from gradatim.lab.task.lab import draw_key

    instance, submission = _opened(source)
    task = instance.task
    if instance.fingerprint != source["outcome"]["form"]:
        raise VersionMismatch(
            f"{task.id} {source.get('lab_version')} shows another form than {task.spec.version}",
            why="the files were written for the form of that version", next="install the version that made it",
        )  # fmt: skip
    outcome = instance.outcome(submission.files, draw_key(seed, submission.fingerprint), draws=draws)
    return {
        "kind": "task",
        "lab": task.id,
        "lab_version": task.spec.version,
        "same_version": task.digest == submission.digest,
        "draws": [{"draw": i, "lost_points": lost} for i, lost in enumerate(outcome.per_draw, 1)],
        "starter_points": outcome.starter,
        "missed": outcome.by_cause,
        "skill": outcome.skill,
        "pass_mark": outcome.pass_mark,
        "passed": outcome.status == "pass",
        "near": outcome.status == "reference",
        "failed": [],
    }


def _opened(source: Mapping[str, Any]) -> tuple[TaskInstance, TaskSubmission]:
    """The form and the files.

    Raises:
        InputError: the files cannot be judged.
        UnknownName: the task is not here.
    """
    from gradatim.lab.task.lab import task
    from gradatim.lab.task.submission import TaskSubmission, check_texts

    made = task(str(source["lab"]))
    submission = TaskSubmission.parse(source["submission"])
    problems = check_texts(submission.files, made.spec.files)
    problems += ["files: more than are handed in"] if set(submission.files) - set(made.spec.files) else []
    if problems:
        raise InputError("the files of this item cannot be judged", problems)
    return made.instance(submission.seed), submission


def _misstated(source: Mapping[str, Any], submission: TaskSubmission, said: TaskOutcome) -> list[str]:
    """Where an item contradicts itself: the figures beside the outcome, the outcome and its hash."""
    told = {
        "lab": submission.lab,
        "lab_version": submission.version,
        "lab_digest": submission.digest,
        "seed": str(submission.seed),
    }
    problems = [
        f"{name}: another than that of the files" for name, value in told.items() if source[name] != value
    ]
    if said.hash != source["outcome_hash"]:
        problems.append("its outcome is not the one of its hash")
    if abs(said.skill - float(source["outcome"]["skill"])) > _EXACT:
        problems.append(f"its points come to skill {said.skill:.4f}, said to be {source['outcome']['skill']}")
    if (said.status == "fail") != (said.skill < said.pass_mark):
        problems.append(
            f"skill {said.skill:.4f} is said to be a {said.status} at the pass mark {said.pass_mark}"
        )
    return problems


def beyond(said: TaskOutcome, found: TaskOutcome, timed: Mapping[str, int]) -> list[str]:
    """What the clock of another machine cannot explain in an outcome that differs in what is timed.

    Args:
        timed: the points on one draw of each cause that is timed.
    """
    problems = []
    if sum(said.per_draw) != sum(said.by_cause.values()):
        problems.append("the points by draw and by cause do not add up to the same")
    draws = len(found.per_draw)
    for cause, points in timed.items():
        lost = said.by_cause.get(cause, 0)
        if lost % points or not 0 <= lost <= points * draws:
            problems.append(f"{cause}: {lost} points cannot be lost on {draws} draws of {points}")
    most = sum(timed.values())
    if any(abs(a - b) > most for a, b in zip(said.per_draw, found.per_draw, strict=True)):
        problems.append("a draw differs by more than what is timed")
    return problems


def _but_for(outcome: TaskOutcome, causes: Collection[str]) -> tuple[Any, ...]:
    kept = {cause: points for cause, points in outcome.by_cause.items() if cause not in causes}
    return kept, outcome.starter, outcome.form, len(outcome.per_draw)


def _copied(one: TaskOutcome, other: TaskOutcome) -> bool:
    """Whether only one of two verdicts says that the files are near to a solution that ships."""
    passed = {one.status, other.status} - {"fail"}
    return len(passed) > 1

"""An exam as the faces show it. Before it is handed in: where it stands, never what was true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store import Attempt
    from gradatim.store.exams import Exam, Sitting

TIME = "%Y-%m-%dT%H:%M:%SZ"


def sheet(app: App, exam: Exam, drawing: dict[str, Any]) -> dict[str, Any]:
    """Everything the exam's page shows."""
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec

    at = folders.labs().get(exam.lab_id)
    spec = load_spec(at) if at is not None else None
    sittings = app.store.sittings(exam.id)
    rows = [line(app, exam, s) for s in sittings]
    told = exam.status == "submitted" and exam.verdict is not None
    return {
        "id": exam.id,
        "lab_id": exam.lab_id,
        "lab_title": spec.title if spec else exam.lab_id,
        "lab_version": exam.lab_version,
        "playable": at is not None and folders.version_digest(at) == exam.lab_digest,
        "status": exam.status,
        "grade": exam.grade,
        "player": exam.player,
        "assistance": exam.assistance,
        "created_at": exam.created_at,
        "expires_at": expires_at(exam),
        "submitted_at": exam.submitted_at,
        "predicted": exam.predicted,
        "pass_mark": spec.pass_mark if spec else None,
        "drawing": drawing,
        "n": len(rows),
        "worked": sum(r["state"] == "worked" for r in rows),
        "replaced": app.store.replaced_sittings(exam.id),
        "instances": rows,
        "issue": issue_facts(exam),
        "verdict": exam.verdict if told else None,
        "command": command(exam, rows),
    }


def line(app: App, exam: Exam, sitting: Sitting) -> dict[str, Any]:
    """One instance."""
    from gradatim.app.figures import clock_of
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec

    a = None if sitting.attempt_id is None else app.store.get_attempt(sitting.attempt_id)
    at = folders.labs().get(exam.lab_id)
    clock = clock_of(load_spec(at) if at is not None else None, 0.0 if a is None else a.t_s)
    state = "not opened" if a is None else "open" if a.status == "open" else "worked"
    made: dict[str, Any] = {
        "number": sitting.ordinal + 1,
        "state": state,
        "attempt_id": sitting.attempt_id,
        "clock": None if a is None else clock.text(a.t_s, seconds=True),
    }
    if exam.status == "submitted" and exam.verdict is not None:
        mark = exam.verdict["instances"][sitting.ordinal]
        made |= {**mark, "seed": str(sitting.seed), "family_title": family_title(app, a)}
    return made


def family_title(app: App, a: Attempt | None) -> str:
    """What an instance was, once it may be told; empty when its version is not installed."""
    if a is None:
        return ""
    lab = app._lab(a.lab_id)
    if lab.digest != a.lab_digest:
        return ""
    family = lab.live.family_of(a.seed)
    return lab.spec.family_titles.get(family, family)


def issue_facts(exam: Exam) -> dict[str, Any] | None:
    """Who issued it, when, and how long it took from there to handing in, in wall minutes."""
    from gradatim.lab.exam.issue import late, minutes_between

    if exam.issue is None:
        return None
    end = exam.submitted_at
    start = exam.issue["issued_at"]
    return {
        "reviewer": exam.issue["reviewer"],
        "public_key": exam.issue["public_key"],
        "issued_at": start,
        "expires_at": exam.issue["expires_at"],
        "minutes_to_submit": None if end is None else minutes_between(start, end),
        "late": None if end is None else late(exam.issue, end),
    }


def expires_at(exam: Exam) -> str:
    """Until when an exam can be worked, UTC; for one that was issued, until when it keeps its grade is another."""
    from gradatim.app.exams import DAYS

    begun = datetime.strptime(exam.created_at, TIME).replace(tzinfo=UTC)
    return (begun + timedelta(days=DAYS)).strftime(TIME)


def command(exam: Exam, rows: list[dict[str, Any]]) -> str:
    """The one next command."""
    if exam.status == "submitted":
        return f"gradatim exam verdict {exam.id}"
    if exam.status == "failed":
        return f"gradatim exam start {exam.lab_id}"
    if exam.status == "drawing":
        return f"gradatim exam show {exam.id}"
    left = any(r["state"] != "worked" for r in rows)
    return f"gradatim exam {'next' if left else 'submit'} {exam.id}"


def for_estimates(app: App, exam: Exam) -> dict[str, Any]:
    """A verdict as estimates and evidence read it."""
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec

    assert exam.verdict is not None
    at = folders.labs().get(exam.lab_id)
    return {
        "exam_id": exam.id,
        "lab_id": exam.lab_id,
        "skills": list(load_spec(at).skills) if at is not None else [],
        "at": exam.submitted_at,
        "regrets": [
            {"regret": m["regret"], "stakes_usd": m["stakes_usd"], "healthy": m["healthy"]}
            for m in exam.verdict["instances"]
        ],
        "skill": exam.verdict["skill"],
        "status": exam.verdict["status"],
        "best_skill_free_regret": exam.verdict["best_skill_free"]["mean_regret"],
        "hints": exam.verdict["hints"],
        "grade": exam.verdict["grade"],
        "assistance": exam.assistance,
        "predicted": exam.predicted,
    }

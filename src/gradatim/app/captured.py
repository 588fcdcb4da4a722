"""What the product already knows of an item: from an attempt, an exam, a report, a range of commits."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError
from gradatim.path.evidence.wording import WORDING, attempt_words, counted, exam_words, task_words

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store import Attempt

LARGEST_POLICY = 200_000
SMALLEST_SHARE = 0.005


def waiting(app: App) -> list[dict[str, str]]:
    """What is finished here and not in the ledger yet, newest first; `what` names it."""
    sources = [r.values.get("source") or {} for r in app.evidence.records() if r.stands]
    there = {str(s.get(s.get("type", ""), s.get("attempt"))) for s in sources}
    found = []
    for exam in app.store.list_exams():
        if exam.status == "submitted" and exam.id not in there:
            day = str(exam.submitted_at or exam.created_at)
            found.append({"what": f"exam/{exam.id}", "title": f"Exam {exam.id} in {exam.lab_id}", "day": day})
    for a in app.store.list_attempts():
        if a.outcome is None or a.id in there or app.exams.sealed(a) is not None or a.kind == "exam":
            continue
        sort = "Performed task" if a.kind == "artefact" else "Attempt"
        title = f"{sort} {a.id} in {a.lab_id}"
        found.append({"what": f"attempt/{a.id}", "title": title, "day": a.updated_at})
    return sorted(found, key=lambda one: one["day"], reverse=True)


def attempt_item(app: App, attempt_id: str, policy: Path | None = None) -> dict[str, Any]:
    """An item of kind `lab` from one finished attempt. Raises UnknownName, StateError, InputError."""
    a = app._finished(attempt_id)
    app.exams.refuse(a)
    row = app.attempt(attempt_id)
    source: dict[str, Any] = {"type": "attempt", **attempt_source(app, a)}
    if policy is not None:
        source["policy"] = _policy(policy)
    source |= {"wording": WORDING, "assistance": a.assistance}
    done = f"{len(app._submission(a)['actions'])} actions" if a.kind != "policy" else f"played by {a.player}"
    return {
        "kind": "lab",
        **attempt_words(source, row["lab_title"]),
        "context": f"Lab {a.lab_id} {a.lab_version}, seed {a.seed}, simulated. One instance shows no level.",
        "action": f"One instance, {done}; {a.rewinds} rewinds, {a.hints_taken} hints.",
        "own_share": 1.0,
        "started": a.created_at[:10],
        "ended": a.updated_at[:10],
        "project": f"lab {a.lab_id}",
        "assistance": a.assistance,
        # A rewound or chosen instance is practice: nobody issued it.
        "grade": "self-run" if a.kind == "exam" else "self-reported",
        "source": source,
    }


def attempt_source(app: App, a: Attempt) -> dict[str, Any]:
    """Everything from which the outcome of an attempt is recomputed, and what it should be."""
    assert a.submission is not None
    return {
        "attempt": a.id,
        "lab": a.lab_id,
        "lab_version": a.lab_version,
        "lab_digest": a.lab_digest,
        "seed": str(a.seed),
        "family": a.family,
        "kind": a.kind,
        "player": a.player,
        "submission": json.loads(a.submission),
        "outcome_hash": a.outcome_hash,
        "loss_micro": a.loss_micro,
    }


def task_item(app: App, attempt_id: str) -> dict[str, Any]:
    """An item of kind `lab` from a performed task that was handed in: its files whole, and what they came to.

    Raises:
        UnknownName: there is no such attempt.
        StateError: it is not handed in.
    """
    from gradatim.app.task_issue import issued
    from gradatim.path.packet.performed import OUTCOME

    verdict = app.tasks.verdict(attempt_id)
    a = app.store.get_attempt(attempt_id)
    assert a.submission is not None and a.outcome is not None
    submission = json.loads(a.submission)
    source = {
        "type": "task",
        "attempt": a.id,
        "lab": a.lab_id,
        "lab_version": a.lab_version,
        "lab_digest": a.lab_digest,
        "seed": str(a.seed),
        "submission": submission,
        "outcome": {name: a.outcome[name] for name in OUTCOME},
        "outcome_hash": a.outcome_hash,
        "wording": WORDING,
        "assistance": a.assistance,
    }
    return {
        "kind": "lab",
        **task_words(source, verdict["title"]),
        "context": f"Task {a.lab_id} {a.lab_version}, a drawn form, simulated. It shows that the path can begin.",
        "action": f"Handed in {', '.join(submission['files'])}; judged by running it, {verdict['draws']} hidden draws.",
        "own_share": 1.0,
        "started": a.created_at[:10],
        "ended": a.updated_at[:10],
        "project": f"task {a.lab_id}",
        "assistance": a.assistance,
        "grade": "self-run" if a.id in issued(app, a.lab_id) else "self-reported",
        "source": source,
    }


def exam_item(app: App, exam_id: str) -> dict[str, Any]:
    """An item of kind `lab` from an exam that is handed in: the verdict and each instance's log.

    Raises:
        UnknownName: there is no such exam.
        StateError: it is not handed in.
    """
    exam = app.store.get_exam(exam_id)
    verdict = app.exams.verdict(exam_id)["verdict"]
    sittings = app.store.sittings(exam.id)
    attempts = [app.store.get_attempt(str(s.attempt_id)) for s in sittings]
    skills = ", ".join(app.lab(exam.lab_id)["skills"])
    source = {
        "type": "exam",
        "exam": exam.id,
        "lab": exam.lab_id,
        "lab_version": exam.lab_version,
        "lab_digest": exam.lab_digest,
        "nonce": f"{exam.nonce:032x}",
        "issue": exam.issue,
        "healthy": [s.healthy for s in sittings],
        "skill": verdict["skill"],
        "mean_regret": verdict["mean_regret"],
        "status": verdict["status"],
        "attempts": [attempt_source(app, a) for a in attempts],
        "wording": WORDING,
        "assistance": exam.assistance,
    }
    return {
        "kind": "lab",
        **exam_words(source, app.lab(exam.lab_id)["title"]),
        "context": f"Exam {exam.id} of lab {exam.lab_id} {exam.lab_version}, simulated; it practises {skills}.",
        "action": f"{len(attempts)} fresh instances, {verdict.get('hints', 0)} hints; each is judged by its log.",
        "own_share": 1.0,
        "started": exam.created_at[:10],
        "ended": str(exam.submitted_at or exam.created_at)[:10],
        "project": f"lab {exam.lab_id}",
        "assistance": exam.assistance,
        "grade": verdict.get("grade", "self-run"),
        "source": source,
    }


def report_item(report: Mapping[str, Any], now: datetime.datetime) -> dict[str, Any]:
    """An item of kind `work` from a work command's report in its JSON form.

    Raises:
        InputError: it is no such report.
    """
    from gradatim.core.canonical import digest

    try:
        verdict, inputs = report["verdict"], report["inputs"]
        command, headline = str(report["command"]), str(verdict["headline"])
        files = [_input(i) for i in inputs]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "this is not the report of a work command", [f"missing or malformed: {error}"]
        ) from None
    why = verdict.get("why") or ()
    day = now.date().isoformat()
    return {
        "kind": "work",
        "title": headline[:160],
        "context": f"Looked at with: gradatim {command.removeprefix('gradatim ')}"[:4000],
        "result": "\n".join([headline, *(str(w) for w in why)])[:4000],
        "started": day,
        "ended": day,
        "artefacts": files,
        "source": {
            "type": "report", "command": command, "verdict": str(verdict.get("kind")),
            "report_digest": digest(json.loads(json.dumps(report, default=str))),
            "said": {"title": headline[:160]},
            "not_checked": [str(n) for n in report.get("not_checked", ())][:40],
        },
    }  # fmt: skip


def _input(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": str(raw["name"])[:400], "digest": str(raw["digest"]), "bytes": int(raw["bytes"])}


def git_item(repository: Path, what: str, mine: Sequence[str]) -> dict[str, Any]:
    """An item of kind `work` from a range of commits. Raises InputError."""
    from gradatim.path.evidence import git

    mails = list(mine) or [m for m in [git.own_mail(repository)] if m]
    if not mails:
        raise InputError(
            "whose commits?", ["no address was given, and git knows none here"],
            next=f"gradatim evidence add --git . --range {what} --author you@example.org",
        )  # fmt: skip
    found = git.shares(repository, what, mails)
    # Rounded down, so that rounding never brings the parts above one.
    others = [
        {"name": name, "share": int(part * 1000) / 1000}
        for name, part in list(found.others.items())[:40]
        if part >= SMALLEST_SHARE
    ]
    return {
        "kind": "work",
        "title": counted(found.commits, found.files),
        "context": f"Commits {found.first[:10]} to {found.last[:10]}, {found.started} to {found.ended}.",
        "own_share": max(int(found.own * 1000) / 1000, 0.001),
        "co_authors": others,
        "started": found.started.isoformat(),
        "ended": found.ended.isoformat(),
        "source": found.as_source(what),
    }


def _policy(path: Path) -> dict[str, Any]:
    from gradatim.path.evidence.artefact import file_digest
    from gradatim.path.evidence.text import file_name

    try:
        if path.stat().st_size > LARGEST_POLICY:
            raise InputError(f"the policy is larger than {LARGEST_POLICY:,} bytes", where=str(path))
        return {
            "name": file_name(path.name),
            "text": path.read_text(encoding="utf-8"),
            "digest": file_digest(path),
        }
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the policy cannot be read", [str(error)[:200]], where=str(path)) from None

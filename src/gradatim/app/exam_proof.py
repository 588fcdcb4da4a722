"""Handing an exam in, and recomputing one: from the nonce to the verdict, and the ledger it is written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.exam.verdict import ExamVerdict
    from gradatim.lab.lab import Lab
    from gradatim.store import Attempt
    from gradatim.store.exams import Exam, Sitting

Record = Callable[[str, "Exam", Mapping[str, Any]], str]


def hand_in(app: App, exam: Exam, record: Record) -> Exam:
    """Write what was handed in, then the verdict, to the ledger, and close the exam. Killed between, it goes on."""
    from gradatim.lab.exam.issue import late

    lab = app._lab(exam.lab_id)
    sittings = app.store.sittings(exam.id)
    attempts = [app.store.get_attempt(str(s.attempt_id)) for s in sittings]
    at = record(
        "exam-submitted",
        exam,
        {
            "nonce": f"{exam.nonce:032x}",
            "instances": [
                {"attempt": a.id, "seed": str(a.seed), "hash": a.outcome_hash, "loss_micro": a.loss_micro}
                for a in attempts
            ],
        },
    )
    verdict = {
        **_judged(app, lab, sittings, attempts).as_dict(),
        "grade": "issued" if exam.issue is not None and not late(exam.issue, at) else "self-run",
        "hints": sum(_hints(a) for a in attempts),
        "untouched": sum(_untouched(a) for a in attempts),
    }
    if exam.predicted is not None:
        verdict["prediction_held"] = exam.predicted["lo"] <= verdict["skill"] <= exam.predicted["hi"]
    record("exam-verdict", exam, verdict)
    return app.store.submit_exam(exam.id, verdict, at)


def _judged(app: App, lab: Lab, sittings: list[Sitting], attempts: list[Attempt]) -> ExamVerdict:
    from gradatim.app.examiner import known_losses, slot_in
    from gradatim.lab.exam.verdict import judge

    losses = known_losses(app, lab, [slot_in(lab, s) for s in sittings], None)
    yours = [int(a.loss_micro or 0) for a in attempts]
    return judge(lab.spec, losses, yours, [s.healthy for s in sittings])


def _log(a: Attempt) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(a.submission or "{}").get("actions", [])
    return found


def _hints(a: Attempt) -> int:
    return sum(step["action"]["kind"] == "take_hint" for step in _log(a))


def _untouched(a: Attempt) -> bool:
    return not _log(a)


def verify(app: App, exam_id: str | None, *, full: bool) -> dict[str, Any]:
    """Recompute exams that are handed in.

    Args:
        exam_id: one exam, or None for all.
        full: play the references again as well (about ten seconds an instance).

    Returns:
        {ok, ledger: [problem], exams: [{exam, ok, problems, outcomes, redrawn}]}.
    """
    exams = [app.store.get_exam(exam_id)] if exam_id is not None else app.store.list_exams()
    ledger = app.store.verify_ledger()
    checked = []
    for exam in exams:
        problems, outcomes = _check(app, exam, full=full)
        checked.append(
            {
                "exam": exam.id,
                "status": exam.status,
                "ok": not problems,
                "problems": problems,
                "outcomes_recomputed": outcomes,
                "replaced": app.store.replaced_sittings(exam.id),
            }
        )
    return {"ok": not ledger and all(c["ok"] for c in checked), "ledger": ledger, "exams": checked}


def _check(app: App, exam: Exam, *, full: bool) -> tuple[list[str], int]:
    from gradatim.lab.exam.draw import commitment

    problems: list[str] = []
    issued = _entry(app, "exam-issued", exam)
    if issued is None:
        problems.append("the ledger does not say that it was issued")
    elif issued.value("commitment") != commitment(exam.nonce):
        problems.append("its nonce is not the one that the ledger was told when it was issued")
    if exam.status != "submitted":
        return problems, 0
    submitted, said = _entry(app, "exam-submitted", exam), _entry(app, "exam-verdict", exam)
    if submitted is None or said is None:
        return [*problems, "the ledger has no submission or no verdict of it"], 0
    if issued is not None and not issued.number < submitted.number < said.number:
        problems.append("the ledger's entries of it are out of order")
    lab = app._lab(exam.lab_id)
    try:
        lab.check_version(exam.lab_version, exam.lab_digest)
    except GradatimError as error:
        return [*problems, error.describe().replace("\n", "; ")], 0
    sittings = app.store.sittings(exam.id)
    attempts = [app.store.get_attempt(str(s.attempt_id)) for s in sittings]
    problems += _issue_problems(exam) + _draw_problems(app, lab, exam, sittings)
    told = submitted.value("instances", [])
    outcomes = 0
    for i, a in enumerate(attempts):
        try:
            outcome = app.instance(a).judge(app._submission(a))
        except GradatimError as error:
            said_so = error.describe().replace("\n", "; ")
            problems.append(f"instance {i + 1}: {said_so}; the ledger says another")
            continue
        outcomes += 1
        facts = {"attempt": a.id, "seed": str(a.seed), "hash": outcome.hash, "loss_micro": outcome.loss_micro}
        if i >= len(told) or told[i] != facts:
            problems.append(f"instance {i + 1}: recomputed {outcome.hash[:12]}, the ledger says another")
        elif (a.outcome_hash, a.loss_micro) != (outcome.hash, outcome.loss_micro):
            problems.append(f"instance {i + 1}: recomputed {outcome.hash[:12]}, the store says another")
    if full:
        problems += _reference_problems(app, lab, sittings)
    verdict = _judged(app, lab, sittings, attempts).as_dict()
    problems += [
        f"verdict: {name} recomputed as {verdict[name]!r}, said to be {said.value(name)!r}"
        for name in ("status", "skill", "mean_regret")
        if verdict[name] != said.value(name)
    ]
    if exam.verdict is not None and any(exam.verdict.get(k) != v for k, v in verdict.items()):
        problems.append("verdict: the store says another one than is recomputed")
    return problems, outcomes


def _issue_problems(exam: Exam) -> list[str]:
    from gradatim.core.errors import InputError
    from gradatim.lab.exam import issue as signed

    if exam.issue is None:
        return []
    try:
        checked = signed.check(exam.issue)
    except InputError as error:
        return [f"issue: {p}" for p in error.problems]
    if signed.joint_nonce(checked) != exam.nonce:
        return ["issue: the nonce of the exam does not follow from it"]
    return []


def _draw_problems(app: App, lab: Lab, exam: Exam, sittings: list[Sitting]) -> list[str]:
    """The instances must be those that the nonce draws: a whole round, or replaced one by one."""
    from gradatim.lab.exam.draw import MOST_ROUNDS, kinds, seed_at, slot_of

    for s in sittings:
        if slot_of(lab, s.seed).healthy != s.healthy:
            return [f"instance {s.ordinal + 1} is not of the sort that the store says"]
    replaced = app.store.replaced_sittings(exam.id)
    seeds = [s.seed for s in sittings]
    for again in range(MOST_ROUNDS):
        if [s.healthy for s in sittings] != kinds(exam.nonce, again):
            continue
        own = [
            seed in {seed_at(exam.nonce, f"{again}/{i}", t) for t in range(400)}
            for i, seed in enumerate(seeds)
        ]
        if len(own) - sum(own) <= replaced:
            return []
    return ["its instances are not those that its nonce draws"]


def _reference_problems(app: App, lab: Lab, sittings: list[Sitting]) -> list[str]:
    from gradatim.lab.exam.field import needed, play_all

    names = needed(lab.spec)
    problems = []
    for seed, results in play_all(lab.folder, {s.seed: names for s in sittings}):
        if isinstance(results, Exception):
            problems.append(f"a reference failed: {type(results).__name__}: {results}"[:300])
            continue
        known = app.store.get_references(lab.digest, seed, None)
        problems += [
            f"reference {n}: another outcome than the one that the verdict used"
            for n in names
            if n in known and known[n].outcome_hash != results[n]["outcome"]["hash"]
        ]
    return problems


def _entry(app: App, kind: str, exam: Exam) -> Any:
    return next((e for e in app.store.entries(kind) if e.value("exam") == exam.id), None)

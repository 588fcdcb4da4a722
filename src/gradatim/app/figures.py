"""Rows and figures of attempts as the faces show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradatim.core.clock import ShiftClock
from gradatim.core.money import micro, usd

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.spec import LabSpec
    from gradatim.store import Attempt

SCORING_KINDS = ("skill_free", "computed")


def row(app: App, a: Attempt) -> dict[str, Any]:
    """One attempt: what an attempts table needs. Never a truth about an open instance."""
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec

    # The lab of an old attempt may be gone; the attempt is listed all the same.
    at = folders.labs().get(a.lab_id)
    spec = load_spec(at) if at is not None else None
    title = spec.title if spec else a.lab_id
    made: dict[str, Any] = {
        "id": a.id,
        "lab_id": a.lab_id,
        "lab_title": title,
        "title": title,
        "lab_version": a.lab_version,
        "playable": at is not None and folders.version_digest(at) == a.lab_digest,
        "kind": a.kind,
        "seed": str(a.seed),
        "family": a.family,
        "player": a.player,
        "status": a.status,
        "started_at": a.created_at,
        "updated_at": a.updated_at,
        "finished_at": a.updated_at if a.status == "finished" else None,
        "ended": a.status != "open",
        "t_s": a.t_s,
        "start_s": spec.shift_of(a.t_s)[0] if spec else 0.0,
        "horizon_s": spec.shift_of(a.t_s)[1] if spec else a.t_s,
        "clock": clock_of(spec, a.t_s).text(a.t_s, seconds=True),
        "parent_id": a.parent_id,
        "fork_at_s": a.fork_at_s,
        "rewinds": a.rewinds,
        "loss_usd": None if a.loss_micro is None else usd(a.loss_micro),
        "hash": a.outcome_hash,
        "regret": None,
    }
    if a.kind == "exam":
        exam = app.store.exam_of(a.id)
        made["exam_id"] = exam.id if exam is not None else None
        if exam is not None and exam.status == "open":
            # What it cost, and the seed by which it could be played elsewhere, come with the verdict.
            return {**made, "seed": "sealed", "loss_usd": None, "hash": None}
    if spec is not None and a.status == "finished" and a.outcome is not None:
        made["regret"] = regret_of(app, a)["regret"]
    return made


def clock_of(spec: LabSpec | None, t_s: float) -> ShiftClock:
    """The clock of the shift in which an attempt of this lab stands at `t_s`; of hours where the lab is gone."""
    return ShiftClock.of(*spec.shift_of(t_s)) if spec else ShiftClock(False)


def verdict(a: Attempt) -> dict[str, Any]:
    """The outcome of a finished attempt."""
    assert a.outcome is not None
    return {
        "attempt": a.id,
        "lab": a.lab_id,
        "seed": str(a.seed),
        "status": ("exam" if a.kind == "exam" else "practice") if a.status == "finished" else a.status,
        "loss_usd": a.outcome["loss_usd"],
        "by_cause_usd": {c: usd(m) for c, m in a.outcome["by_cause"].items()},
        "by_cause": {c: usd(m) for c, m in a.outcome["by_cause"].items()},
        "signals": a.outcome["signals"],
        "hash": a.outcome_hash,
    }


def regret_of(app: App, a: Attempt) -> dict[str, Any]:
    """Regret of an attempt, and whom it is compared with; figures are None until the references are known."""
    from gradatim.lab import folders
    from gradatim.lab.score import regret, stakes
    from gradatim.lab.spec import load_spec

    spec = load_spec(folders.folder(a.lab_id))
    known = app.store.get_references(a.lab_digest, a.seed, a.family)
    loss = {name: micro(r.outcome["outcome"]["loss_usd"]) for name, r in known.items()}
    senior = next((r.name for r in spec.reference if r.kind == "senior"), "senior")
    free = [r.name for r in spec.reference if r.kind in SCORING_KINDS]
    missing = [n for n in (senior, *free) if n not in loss]
    figures: dict[str, Any] = {
        "regret": None,
        "stakes_usd": None,
        "references_known": len(known),
        "references_total": len(spec.reference) + 1,
        "senior_usd": usd(loss[senior]) if senior in loss else None,
        "idle_usd": usd(loss["idle"]) if "idle" in loss else None,
        "oracle_usd": usd(loss["oracle"]) if "oracle" in loss else None,
    }
    if missing or a.loss_micro is None:
        return figures
    at = stakes(loss[senior], [loss[n] for n in free], micro(spec.usual_stakes_usd))
    return {**figures, "regret": regret(a.loss_micro, at), "stakes_usd": at.stakes / 1e6}

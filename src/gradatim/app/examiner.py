"""Drawing an exam: the references play candidate sets, in a process of their own, until one has the margin.

Which instances are healthy, and whether a set was rejected, is told to nobody. The draw is a pure function of
the exam's nonce, and every result goes to the store as soon as it is there: a killed examiner goes on where it
was. Started as `python -m gradatim.app.examiner HOME EXAM`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import StateError

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.exam.draw import Slot
    from gradatim.lab.lab import Lab
    from gradatim.store.exams import Exam, Sitting

VARIABLE = "GRADATIM_REFERENCES"
LOCK = "examiner.lock"
Tell = Callable[[int, int], None]

_running: dict[str, subprocess.Popen[bytes]] = {}
_lock = threading.Lock()


def ensure(app: App, exam: Exam) -> dict[str, Any]:
    """Start the examiner of an exam that is being drawn, unless it runs; say how far it is.

    Returns:
        {done, total, state}: state is drawing, drawn, failed or off; `done` and `total` count reference runs,
        and `total` goes up when a set has to be drawn again.
    """
    said = {"done": exam.progress.get("done", 0), "total": exam.progress.get("total", 0)}
    if exam.status == "failed":
        return {**said, "state": "failed", "why": exam.progress.get("why", "")}
    if exam.status != "drawing":
        return {**said, "state": "drawn"}
    if os.environ.get(VARIABLE) == "off":
        return {**said, "state": "off"}
    with _lock:
        process = _running.get(exam.id)
        if process is None or process.poll() is not None:
            if process is not None and process.returncode not in (0, None):
                return {**said, "state": "failed", "why": "the process that draws it died; try again"}
            _running[exam.id] = subprocess.Popen(
                [sys.executable, "-m", "gradatim.app.examiner", str(app.home), exam.id],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    return {**said, "state": "drawing"}


def draw(app: App, exam: Exam, workers: int | None = None) -> Exam:
    """Draw sets until one has the margin, and open the exam with it."""
    from gradatim.lab.exam.draw import MOST_ROUNDS
    from gradatim.lab.exam.draw import draw as slots_of
    from gradatim.lab.exam.verdict import has_margin

    lab = app._lab(exam.lab_id)
    lab.check_version(exam.lab_version, exam.lab_digest)
    before = 0

    def tell(done: int, total: int) -> None:
        app.store.set_exam_progress(exam.id, {"done": before + done, "total": before + total})

    for again in range(MOST_ROUNDS):
        slots = slots_of(lab, exam.nonce, again)
        try:
            losses = known_losses(app, lab, slots, workers, tell)
        except ReferenceFailed as error:
            _redrawn(app, exam, None, str(error))
            continue
        if has_margin(lab.spec, losses):
            return app.store.open_exam(exam.id, [(s.seed, s.healthy) for s in slots])
        before = int(app.store.get_exam(exam.id).progress.get("total", 0))
    why = f"no set of instances had the margin in {MOST_ROUNDS} draws; run gradatim lab check {lab.id}"
    return app.store.fail_exam(exam.id, why)


def replace(app: App, exam: Exam, ordinal: int, why: str) -> Sitting:
    """Another instance of the same sort for one that our own code failed on; kept in the ledger."""
    from gradatim.lab.exam.draw import MOST_ROUNDS, find
    from gradatim.lab.exam.verdict import has_margin

    lab = app._lab(exam.lab_id)
    sittings = app.store.sittings(exam.id)
    healthy = sittings[ordinal].healthy
    _redrawn(app, exam, ordinal, why)
    replaced = app.store.replaced_sittings(exam.id)
    for tried in range(MOST_ROUNDS):
        slot = find(lab, exam.nonce, f"again/{replaced}/{tried}", healthy)
        others = [slot_in(lab, s) for s in sittings if s.ordinal != ordinal]
        try:
            losses = known_losses(app, lab, [*others, slot], None)
        except ReferenceFailed as error:
            _redrawn(app, exam, ordinal, str(error))
            continue
        if has_margin(lab.spec, losses):
            return app.store.replace_sitting(exam.id, ordinal, why, (slot.seed, slot.healthy))
    raise StateError(f"no instance could take the place of number {ordinal + 1} of exam {exam.id}")


class ReferenceFailed(Exception):
    """A reference player raised: our defect, and the set is drawn again."""


def known_losses(
    app: App, lab: Lab, slots: Sequence[Slot], workers: int | None, tell: Tell | None = None
) -> list[dict[str, int]]:
    """Micro-dollars by reference on each instance; what the store does not have is played and kept.

    Raises:
        ReferenceFailed: a reference raised.
    """
    from gradatim.lab.exam.field import needed, play_all
    from gradatim.lab.exam.verdict import losses_of

    names = needed(lab.spec)
    found = {s.seed: stored(app, lab, s.seed, names) for s in slots}
    todo = {seed: [n for n in names if n not in r] for seed, r in found.items()}
    todo = {seed: missing for seed, missing in todo.items() if missing}
    done = sum(len(r) for r in found.values())
    total = len(names) * len(slots)
    if tell is not None:
        tell(done, total)
    for seed, results in play_all(lab.folder, todo, workers):
        if isinstance(results, Exception):
            raise ReferenceFailed(f"{type(results).__name__}: {results}"[:300]) from results
        for name, result in results.items():
            app.store.put_reference(lab.digest, seed, None, name, result, result["outcome"]["hash"])
        found[seed] |= results
        done += len(results)
        if tell is not None:
            tell(done, total)
    return [losses_of(found[s.seed]) for s in slots]


def stored(app: App, lab: Lab, seed: int, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the store has of some references on an instance."""
    known = app.store.get_references(lab.digest, seed, None)
    return {n: known[n].outcome for n in names if n in known}


def slot_in(lab: Lab, sitting: Sitting) -> Slot:
    """An instance of an exam as it was drawn."""
    from gradatim.lab.exam.draw import Slot

    return Slot(sitting.seed, lab.live.family_of(sitting.seed), sitting.healthy)


def _redrawn(app: App, exam: Exam, ordinal: int | None, why: str) -> None:
    app.store.append_entry(
        "exam-redrawn",
        {
            "exam": exam.id,
            "instance": None if ordinal is None else ordinal + 1,
            "status": "error",
            "why": why,
        },
    )


def main(home: str, exam_id: str) -> None:
    """The process: one at a time for a home, and never in the learner's way."""
    from gradatim.app.app import App
    from gradatim.app.background import yield_to_the_learner
    from gradatim.store.filelock import held

    yield_to_the_learner()
    app = App(Path(home))
    with held(Path(home) / LOCK, 3600.0) as mine:
        exam = app.store.get_exam(exam_id)
        if mine and exam.status == "drawing":
            draw(app, exam)


if __name__ == "__main__":
    main(*sys.argv[1:3])

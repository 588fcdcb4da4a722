"""Proof 7: a grader with one part dropped, inverted or left alone is noticed by the references.

A mutant is a changed sum over causes. It is killed when, under it, a reference lands where it may not: one that
loses to the senior no longer does; or one that is the senior but for a single extra or omission loses less than
half of what that costs it under the real grader.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean
from typing import TYPE_CHECKING, Any

from gradatim.lab.check.matrix import Cell, Draw

if TYPE_CHECKING:
    from gradatim.lab.check.run import Players
    from gradatim.lab.lab import Lab

Grade = Callable[[Cell], float]


def proof(draws: list[Draw], p: Players, lab: Lab) -> dict[str, Any]:
    """Kill rate over all mutants of all causes, survivors with the reason."""
    causes = list(lab.spec.graded)
    killed, survivors = 0, []
    for cause in causes:
        for how, grade in _mutants(cause).items():
            if _notices(draws, p, grade):
                killed += 1
            else:
                survivors.append(f"{cause} {how}: {_reason(draws, cause)}")
    total = killed + len(survivors)
    rate = killed / total
    return {
        "ok": rate >= 0.9,
        "kill_rate": rate,
        "survivors": survivors,
        "detail": f"{killed} of {total} killed"
        + (f"; survive: {'; '.join(survivors[:4])}" if survivors else ""),
    }


def _mutants(cause: str) -> dict[str, Grade]:
    return {
        "dropped": lambda c: c.loss - c.by_cause.get(cause, 0),
        "inverted": lambda c: c.loss - 2 * c.by_cause.get(cause, 0),
        "alone": lambda c: float(c.by_cause.get(cause, 0)),
    }


def _notices(draws: list[Draw], p: Players, grade: Grade) -> bool:
    """Whether an order, or the price of one omission, that holds under the real grader breaks under this one."""
    senior = [grade(d.cells[p.senior]) for d in draws]
    derived = {*p.careless, *p.ablations}
    for n in (*p.careless, *p.late, *p.ablations, *p.gaming, *p.free, *p.mids):
        real = mean(d.cells[n].loss - d.cells[p.senior].loss for d in draws)
        mutated = mean(grade(d.cells[n]) - s for d, s in zip(draws, senior, strict=True))
        if real > 0 and mutated <= (0.5 * real if n in derived else 0.0):
            return True
    return False


def _reason(draws: list[Draw], cause: str) -> str:
    if all(not c.by_cause.get(cause) for d in draws for c in d.cells.values()):
        return "no reference loses anything by it"
    return "other parts outweigh it for every reference"

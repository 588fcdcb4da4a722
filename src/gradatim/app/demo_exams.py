"""Exam results of a constructed learner: for the demo only, marked wherever they are shown.

They are figures, not exams: no nonce, no logs, no row in the table of exams, no entry in the ledger. So nothing can
verify them, nothing can record them as evidence, and no badge can name them; only estimates, calibration and re-tests
of a demo home read them. A home is a demo once its marker file is there, which `gradatim demo` writes.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradatim.app.app import App

MARKER = "demo.json"
KEY = "demo/exams"
GRADE = "constructed example"


def is_demo(home: Path) -> bool:
    """Whether a home is the demo's."""
    return (home / MARKER).is_file()


def keep(app: App, told: Sequence[Mapping[str, Any]], today: datetime.date) -> None:
    """Keep results as the demo's data has them: days ago, predicted skill with interval, regret of each instance."""
    made = []
    for number, one in enumerate(told, 1):
        at = datetime.datetime.combine(today, datetime.time(18, 30), datetime.UTC)
        at -= datetime.timedelta(days=one["days_ago"])
        made.append(
            {
                "exam_id": f"demo-{number}",
                "lab_id": one["lab"],
                "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "regrets": one["regrets"],
                "predicted": dict(zip(("skill", "lo", "hi"), one["predicted"], strict=True)),
                "hints": one.get("hints", 0),
            }
        )
    app.store.set_setting(KEY, made)


def verdicts(app: App) -> list[dict[str, Any]]:
    """The kept results in the form of an exam's verdict; nothing outside a demo home."""
    if not is_demo(app.home):
        return []
    labs = {lab.id: lab for lab in app.packs.catalogue.labs}
    found = []
    for one in app.store.get_setting(KEY, []):
        lab = labs.get(one["lab_id"])
        if lab is None:
            continue
        # Regrets are over the best skill-free policy's, whose mean is 1: so skill is 1 minus their mean.
        skill = 1.0 - sum(one["regrets"]) / len(one["regrets"])
        found.append(
            {
                **one,
                "skills": list(lab.skills),
                "skill": skill,
                "status": "pass" if skill >= app.estimates._pass_mark(lab.id) else "fail",
                "regrets": [{"regret": r, "stakes_usd": 0.0, "healthy": False} for r in one["regrets"]],
                "best_skill_free_regret": 1.0,
                "grade": GRADE,
                "assistance": "none",
                "sample": True,
            }
        )
    return found

"""What the exam's page shows, laid out from `Exams.show`."""

from __future__ import annotations

from typing import Any

LEAST, MOST = -1.5, 1.5
"""The ends of the drawn scale of skill; what lies beyond is drawn at the end, its figure says where."""


def exam_view(exam: dict[str, Any]) -> dict[str, Any]:
    """Template variables for `exam.html`."""
    left = exam["n"] - exam["worked"]
    current = next((i for i in exam["instances"] if i["state"] != "worked"), None)
    return {
        "exam": exam,
        "left": left,
        "current": current,
        "verdict": exam["verdict"],
        "scale": _scale(exam) if exam["verdict"] else None,
        "commands": _commands(exam),
    }


def _scale(exam: dict[str, Any]) -> dict[str, Any]:
    """The skill of the set, the estimate and the prediction on one axis, places in percent."""
    v, predicted = exam["verdict"], exam["predicted"]
    e = v["estimate"]
    rows = [
        {
            "name": "This set",
            "text": "exact, on these instances",
            "value": v["skill"],
            "lo": None,
            "hi": None,
        },
        {
            "name": "Estimate",
            "text": "in the long run, nine times in ten",
            "value": e["skill"],
            "lo": e["skill_low"],
            "hi": e["skill_high"],
        },
    ]
    if predicted is not None:
        rows.append(
            {
                "name": "You expected",
                "text": "four times in five",
                "value": predicted["skill"],
                "lo": predicted["lo"],
                "hi": predicted["hi"],
            }
        )
    for row in rows:
        row["x"] = place(row["value"])
        row["x1"] = None if row["lo"] is None else place(row["lo"])
        row["x2"] = None if row["hi"] is None else place(row["hi"])
    marks = [
        {"x": place(0.0), "label": "0 best trick"},
        {"x": place(exam["verdict"]["pass_mark"]), "label": "pass"},
        {"x": place(1.0), "label": "1 senior"},
    ]
    return {"rows": rows, "marks": marks}


def place(skill: float) -> float:
    """Where a skill is drawn, percent of the width."""
    return round(100.0 * (min(max(skill, LEAST), MOST) - LEAST) / (MOST - LEAST), 2)


def _commands(exam: dict[str, Any]) -> list[str]:
    if exam["status"] == "submitted":
        return [f"gradatim exam verdict {exam['id']}", f"gradatim exam verify {exam['id']}"]
    return [exam["command"]]

"""A rubric as a ladder file: what `read` makes the same dimensions of again."""

from __future__ import annotations

import csv
import io
from typing import Any

from gradatim.path.rubric import Rubric

COLUMNS = ("dimension", "title", "question", "level", "statement", "signals", "example", "counter_signal", "evidence",
           "weight", "covers")  # fmt: skip


def as_csv(rubric: Rubric) -> str:
    """One row a level of a dimension; signals stand on lines of their own in their cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in rubric.dimensions:
        for level in one.levels:
            writer.writerow(
                (one.id, one.title, one.question, level.word, level.statement, "\n".join(level.signals), level.example,
                 level.counter_signal, " ".join(level.evidence), f"{rubric.weight(one.id):g}", one.id)
            )  # fmt: skip
    return out.getvalue()


def as_yaml(rubric: Rubric) -> str:
    """Head and dimensions, with the contrast of each."""
    import yaml

    words = {level.word: level.level for level in rubric.dimensions[0].levels}
    data: dict[str, Any] = {
        "title": rubric.title,
        "levels": words,
        "dimensions": [
            {
                "id": one.id,
                "title": one.title,
                "question": one.question,
                "weight": rubric.weight(one.id),
                "covers": [one.id],
                "contrast": one.contrast.model_dump(),
                "levels": {
                    level.word: {
                        "statement": level.statement,
                        "signals": list(level.signals),
                        "example": level.example,
                        "counter_signal": level.counter_signal,
                        "evidence": list(level.evidence),
                    }
                    for level in one.levels
                },
            }
            for one in rubric.dimensions
        ],
    }
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
    return text

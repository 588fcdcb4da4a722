"""States of skills as the map shows them: a shape and a word for each."""

from __future__ import annotations

from collections import Counter
from typing import Any

STATES = {
    "not_observed": "not observed",
    "practising": "practising",
    "shown": "shown in the lab",
    "shown_again": "shown again later",
    "used": "used at work",
    "no_lab": "no lab yet",
}
"""State -> word, in the order of the legend; the shape of a state has its name in `partials/glyphs.html`."""


def key(state: str) -> str:
    """The key of a state, given its key or its word.

    Raises:
        ValueError: no such state.
    """
    for name, word in STATES.items():
        if state.replace("-", "_") == name or state == word:
            return name
    raise ValueError(f"unknown state of a skill: {state!r}")


def decorate(path: dict[str, Any], next_lab: str | None = None) -> list[dict[str, Any]]:
    """The modules of `App.path()`; each skill gets `state`, `word`, `waiting` (for what) and `is_next`."""
    skills = {skill["id"]: skill for module in path["modules"] for skill in module["skills"]}
    modules = []
    for module in path["modules"]:
        row = []
        for skill in module["skills"]:
            state = key(skill["state"])
            waiting = [
                skills[other]["short"]
                for other in skill["after"]
                if key(skills[other]["state"]) in ("not_observed", "no_lab")
            ]
            labs = [lab if isinstance(lab, str) else lab["id"] for lab in skill["labs"]]
            row.append(
                {
                    **skill,
                    "state": state,
                    "word": STATES[state],
                    "waiting": waiting,
                    "after_names": [skills[other]["short"] for other in skill["after"]],
                    "is_next": next_lab is not None and next_lab in labs,
                }
            )
        modules.append({**module, "skills": row})
    return modules


def count(modules: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """(state, word, how many skills) for the legend."""
    counts = Counter(skill["state"] for module in modules for skill in module["skills"])
    return [(state, word, counts[state]) for state, word in STATES.items()]

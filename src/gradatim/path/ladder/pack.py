"""A pack out of a ladder: the open path's modules and skills, judged by the company's own dimensions.

A ladder says less than a rubric needs. What is missing is filled in from its own words, is marked as filled in, and
is told in notes; nothing is taken from the rubric that it replaces but the bar, the gates, and which skills feed what.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError
from gradatim.path.catalogue import PATH_FILE
from gradatim.path.evidence.item import KINDS
from gradatim.path.rubric import RUBRIC_FILE, SENIOR, Rubric
from gradatim.path.toml import toml

from .ladder import Ladder, Rung, Side
from .read import NEXT
from .words import nearest

FILLED = "(Filled in at import: the ladder has no such level.)"
NO_EXAMPLE = "The ladder names none: agree on one with those who use it."
_SHORTEST = 20


def pack_files(
    ladder: Ladder, base: Path, rubric: Rubric, *, title: str = ""
) -> tuple[dict[str, str], list[str]]:
    """The texts of `path.toml` and `rubric.toml`, and notes on what was filled in.

    Args:
        ladder: what was read.
        base: folder of the pack whose modules and skills are taken.
        rubric: that pack's rubric; bar and gates are taken from it.
        title: what the new rubric is called.

    Raises:
        InputError: `covers` names a dimension that the base has not, or two dimensions have one id.
    """
    known = [d.id for d in rubric.dimensions]
    problems = [
        f"{side.id}: covers {one}, which is no dimension of {rubric.title} ({', '.join(known)})"
        for side in ladder.sides
        for one in side.covers
        if one not in known
    ]
    ids = [side.id for side in ladder.sides]
    problems += [f"two dimensions have the id {one}" for one in dict.fromkeys(ids) if ids.count(one) > 1]
    if problems:
        raise InputError("this ladder cannot become a path", problems, where=ladder.title, next=NEXT)
    called = title or ladder.title
    notes = [f"level {name} is left out: the rubric tells five levels apart" for name in ladder.left_out]
    empty = [str(n) for n in (1, 3, 5) if n not in ladder.placed.values()]
    if empty:
        notes.append(f"levels {', '.join(empty)} are filled in from mid and senior")
    feeds, guessed = _feeds(ladder, rubric)
    notes += guessed
    judged = {
        "id": ladder.id,
        "title": called,
        "bar": _bar(rubric, len(ids)),
        "weights": {side.id: side.weight for side in ladder.sides},
        "gates": [g.model_dump(mode="json", exclude_none=True) for g in rubric.gates],
        "dimensions": [_dimension(side, ladder) for side in ladder.sides],
    }
    path = tomllib.loads((base / PATH_FILE).read_text(encoding="utf-8"))
    path["id"], path["title"] = ladder.id, f"{path['title']}, by {called}"
    path["from_first_month"] = _mapped(path.get("from_first_month", ()), feeds)
    for module in path["modules"]:
        for skill in module["skills"]:
            skill["dimensions"] = _mapped(skill.get("dimensions", ()), feeds)
    source = (
        f"Made by `gradatim path ladder import` from: {ladder.title}\nCheck it with `gradatim path lint`."
    )
    return {
        RUBRIC_FILE: toml(judged, comment=source),
        PATH_FILE: toml(path, comment=f"{source}\nModules and skills: those of {rubric.id}."),
    }, notes


def _bar(rubric: Rubric, dimensions: int) -> dict[str, Any]:
    """The base's bar, its "so many of ten" kept as a share, rounded up."""
    bar = rubric.bar.model_dump(mode="json")
    return {**bar, "of": dimensions, "at_four": math.ceil(bar["at_four"] * dimensions / bar["of"] - 1e-9)}


def _feeds(ladder: Ladder, rubric: Rubric) -> tuple[dict[str, list[str]], list[str]]:
    """Base dimension -> dimensions of the ladder that its skills feed; every one of both sides is used."""
    feeds: dict[str, list[str]] = {d.id: [] for d in rubric.dimensions}
    notes: list[str] = []
    score = nearest(ladder, rubric)
    titles = {d.id: d.title for d in rubric.dimensions}
    for side in ladder.sides:
        named = side.covers or (max(feeds, key=lambda d: score[side.id, d]),)
        for one in named:
            feeds[one].append(side.id)
        if not side.covers:
            of = f"{named[0]} {titles[named[0]]}"
            notes.append(
                f"{side.id} is fed by the skills of {of}, by its words (`covers` in the file decides it)"
            )
    for one, fed in feeds.items():
        if not fed:
            fed.append(max((s.id for s in ladder.sides), key=lambda s: score[s, one]))
            notes.append(f"the skills of {one} {titles[one]} feed {fed[0]}, by its words")
    return feeds, notes


def _mapped(named: Iterable[str], feeds: Mapping[str, list[str]]) -> list[str]:
    return list(dict.fromkeys(new for old in named for new in feeds.get(old, ())))


def _dimension(side: Side, ladder: Ladder) -> dict[str, Any]:
    at = {number: name for name, number in ladder.placed.items()}
    texts = {n: side.rungs.get(at[n]) if n in at else None for n in range(1, 6)}
    mid, senior = texts[2], texts[4]
    assert mid is not None and senior is not None  # `read` has refused a ladder without them
    filled = {
        1: f"Does not yet do what {at[2]} asks. {FILLED} {mid.statement}",
        3: f"Does what {at[4]} asks in part, or not every time. {FILLED} {senior.statement}",
        5: f"Goes beyond what {at[4]} asks, in reach or in effect. {FILLED} {senior.statement}",
    }
    levels = []
    below = ""
    for number in range(1, 6):
        told = texts[number] or Rung(filled[number])
        levels.append(_level(side, number, told, below))
        below = told.statement
    contrast = {
        "mid": _short(mid.statement),
        "senior": _short(senior.statement),
        "not_yet": _short(levels[SENIOR - 1]["counter_signal"]),
        "proof": "Work of the kinds named at each level, by more than one independent item at level 4",
        **{
            k: v
            for k, v in side.contrast.items()
            if k in ("mid", "senior", "not_yet", "proof") and len(v) >= 3
        },
    }
    question = side.question if len(side.question) >= 10 else f"What is seen of {side.title} in the work?"
    title = side.title if len(side.title) >= 3 else f"{side.title} ({side.id})"
    return {"id": side.id, "title": title, "question": question, "contrast": contrast, "levels": levels}


def _level(side: Side, number: int, told: Rung, below: str) -> dict[str, Any]:
    text = " ".join(told.statement.split())
    if len(text) < _SHORTEST:
        text = f"{side.title}, as the ladder words it: {text}"
    bullets = told.signals or tuple(
        part for line in told.statement.split("\n") if len(part := line.strip(" \t-*•·")) >= 3
    )
    counter = told.counter_signal or (
        f"Not more than the level below: {_short(below)}"
        if below
        else "No signal of this dimension is seen at all."
    )
    kinds = [k for k in KINDS if k != "lab" or number < SENIOR]
    evidence = told.evidence or tuple(kinds)
    if number >= SENIOR and "work" not in evidence:
        evidence = ("work", *evidence)
    return {
        "level": number,
        "statement": text,
        "signals": list(bullets) or [text],
        "example": told.example if len(told.example) >= 10 else NO_EXAMPLE,
        "counter_signal": counter if len(counter) >= 10 else f"Looks like it and is not: {counter}",
        "evidence": list(evidence),
    }


def _short(text: str, most: int = 160) -> str:
    """The first sentence, or as much of it as fits on a line."""
    first = re.split(r"(?<=[.!?])\s|\n", text.strip(), maxsplit=1)[0].rstrip(".")
    return first if len(first) <= most else f"{first[: most - 1].rstrip()}…"

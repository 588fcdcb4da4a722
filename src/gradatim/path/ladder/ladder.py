"""What a ladder says once its file is read, whatever form the file had."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gradatim.path.rubric import LEVELS

MOST_DIMENSIONS, MOST_LEVELS, LONGEST = 40, 20, 4000


class Rung(NamedTuple):
    """What one dimension asks at one level; empty where the ladder does not say."""

    statement: str
    signals: tuple[str, ...] = ()
    example: str = ""
    counter_signal: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One dimension of a ladder.

    Attributes:
        rungs: by the ladder's own name of a level.
        covers: dimensions of the open rubric whose skills feed this one; empty lets the words decide.
        contrast: mid, senior, not_yet, proof on a line each, where the file has them.
    """

    id: str
    title: str
    rungs: Mapping[str, Rung]
    question: str = ""
    weight: float = 1.0
    covers: tuple[str, ...] = ()
    contrast: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ladder:
    """A whole ladder.

    Attributes:
        levels: names in the order of the file.
        placed: name -> 1 to 5 on the scale of the rubric; a name that is not here is left out.
        left_out: names for which the rubric's five levels have no room.
    """

    id: str
    title: str
    levels: tuple[str, ...]
    placed: Mapping[str, int]
    sides: tuple[Side, ...]
    left_out: tuple[str, ...] = ()

    @property
    def covers(self) -> dict[str, tuple[str, ...]]:
        """Dimension -> what the file says it covers."""
        return {side.id: side.covers for side in self.sides}


_WORDS = (
    (5, r"staff|principal|distinguished|fellow|lead|leads|head|expert|architect|beyond|director"),
    (1, r"below|junior|jr|entry|associate|graduate|grad|intern|trainee|beginner|novice"),
    (2, r"mid|middle|intermediate|medior|regular"),
    (4, r"senior|sr"),
)


def place(
    levels: Iterable[str], mid: str | None = None, senior: str | None = None
) -> tuple[dict[str, int], tuple[str, ...], list[str]]:
    """Where the levels of a ladder stand on the rubric's scale: 2 is mid, 4 is senior.

    By the rubric's own words, by `mid` and `senior`, by words such as "junior" or "staff", or, for five levels with
    names that say nothing (L1 to L5), in order.

    Returns:
        (placed, left out, problems).
    """
    names = _in_order(levels)
    keys = {_key(name): name for name in names}
    problems = [f"level {said!r} is not in the ladder; it has {', '.join(names)}" for said in (mid, senior)
                if said is not None and _key(said) not in keys]  # fmt: skip
    if problems:
        return {}, (), problems
    if mid is None and senior is None and {"mid", "senior"} <= {_key(n) for n in names} <= set(LEVELS):
        return {n: LEVELS.index(_key(n)) + 1 for n in names}, (), []
    found = {n: level for n in names if (level := _by_word(n)) is not None}
    low = keys[_key(mid)] if mid is not None else _only(found, 2)
    high = keys[_key(senior)] if senior is not None else _only(found, 4)
    if low is None or high is None or low == high:
        if mid is None and senior is None and len(names) == len(LEVELS) and not found:
            return {n: i for i, n in enumerate(names, 1)}, (), []
        return (
            {},
            (),
            [
                f"which level is mid, and which is senior? there are {', '.join(names)}: say --mid and --senior"
            ],
        )
    # Some ladders are written from the top down.
    order = names if names.index(low) < names.index(high) else names[::-1]
    a, b = order.index(low), order.index(high)
    slots = {1: order[:a][::-1], 2: [low], 3: order[a + 1 : b][::-1], 4: [high], 5: order[b + 1 :]}
    placed = {some[0]: level for level, some in slots.items() if some}
    return placed, tuple(n for n in names if n not in placed), []


def _in_order(levels: Iterable[str]) -> list[str]:
    """The names in the order of the file, or by their numbers where each has one of its own (L3, L4, L5)."""
    names = list(levels)
    numbers = [re.fullmatch(r"\D*(\d{1,3})\D*", name) for name in names]
    found = [int(n[1]) for n in numbers if n]
    if len(set(found)) < len(names):
        return names
    return [name for _, name in sorted(zip(found, names, strict=True))]


def _key(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _by_word(name: str) -> int | None:
    words = set(re.findall(r"[a-z]+", _key(name)))
    # "Senior staff engineer" is above senior, "associate senior" is not a junior: the first that matches decides.
    for level, pattern in _WORDS:
        if any(re.fullmatch(pattern, word) for word in words):
            return level
    return None


def _only(found: Mapping[str, int], level: int) -> str | None:
    names = [n for n, at in found.items() if at == level]
    return names[0] if len(names) == 1 else None


def dimension_ids(titles: Iterable[str]) -> list[str]:
    """An id for each title, as the rubric wants them: capital letters and digits, each once, in order."""
    made: list[str] = []
    for number, title in enumerate(titles, 1):
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().upper()
        words = re.findall(r"[A-Z0-9]+", plain)
        found = [w for w in ("".join(words[:n]) for n in range(1, len(words) + 1)) if w[:1].isalpha()]
        free = next((w[:24] for w in found if w[:24] not in made), None)
        made.append(free or f"DIM{number}")
    return made


def slug(text: str) -> str:
    """A text as an id of a pack."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("-") or "ladder"

"""Anchor packets: small constructed examples whose levels are known, to find out how severe a reviewer is."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from gradatim.core.errors import InputError, UnknownName

FOLDER = Path(__file__).parent / "anchors"


class AnchorItem(BaseModel):
    """What there is to read on one dimension; `level` and `why` are shown once it is rated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dimension: str
    level: int = Field(ge=1, le=5)
    text: str = Field(min_length=40)
    why: str = Field(min_length=20)


class Anchor(BaseModel):
    """One constructed packet. Nobody real; every face says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    rubric: str
    items: tuple[AnchorItem, ...]

    @property
    def levels(self) -> dict[str, int]:
        """The level that each dimension is held to have."""
        return {item.dimension: item.level for item in self.items}


@cache
def anchors(rubric_id: str) -> dict[str, Anchor]:
    """The anchors of a rubric, by id, in the order in which they are to be rated."""
    found = [
        Anchor.model_validate(tomllib.loads(p.read_text(encoding="utf-8")))
        for p in sorted(FOLDER.glob("*.toml"))
    ]
    order = {"first": 0, "second": 1, "third": 2}
    return {a.id: a for a in sorted(found, key=lambda a: (order.get(a.id, 9), a.id)) if a.rubric == rubric_id}


def anchor(rubric_id: str, anchor_id: str) -> Anchor:
    """One anchor.

    Raises:
        UnknownName: there is none.
    """
    known = anchors(rubric_id)
    if anchor_id not in known:
        raise UnknownName("anchor packet", anchor_id, known, next="gradatim review anchors")
    return known[anchor_id]


def checked(levels: dict[str, int], wanted: list[str]) -> dict[str, int]:
    """Levels for every dimension, from 1 to 5.

    Raises:
        InputError: lists every problem.
    """
    problems = [f"{d}: not rated" for d in wanted if d not in levels]
    problems += [f"{d}: no such dimension" for d in levels if d not in wanted]
    problems += [
        f"{d}: {x!r} is not a level from 1 to 5"
        for d, x in levels.items()
        if not isinstance(x, int) or isinstance(x, bool) or not 1 <= x <= 5
    ]
    if problems:
        raise InputError(
            "these ratings are not complete", problems, next='gradatim review rate --levels "D1=3 D2=4 …"'
        )
    return levels

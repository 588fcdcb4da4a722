"""A rating: what one reviewer saw in a packet, blind, with how severe they were on the anchors. Signed by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gradatim.core.errors import InputError
from gradatim.path.evidence.signed import Signed, check_signed, sign
from gradatim.path.evidence.text import visible
from gradatim.path.review.panel import Rater
from gradatim.path.review.severity import severity

RATING = "rating"


def _line(text: str) -> str:
    return visible(" ".join(text.split()), lines=False)


def _words(text: str) -> str:
    return visible(text.strip())


Line = Annotated[str, AfterValidator(_line)]
Words = Annotated[str, Field(max_length=2000), AfterValidator(_words)]
Level = Annotated[int, Field(ge=1, le=5, strict=True)]


class Rating(BaseModel):
    """One reviewer on one packet.

    Attributes:
        packet: digest of the packet file that was read.
        seen: number and hash of each item that it showed.
        anchors: the reviewer's own ratings of anchor packets: anchor -> dimension -> level.
        anchor_levels: the levels that those anchors are held to have, as their copy had them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    packet: str = Field(pattern=r"^[0-9a-f]{64}$")
    owner: Line = Field(max_length=120)
    reviewer: Line = Field(min_length=2, max_length=120)
    role: Line = Field(min_length=2, max_length=120)
    levels: dict[str, Level] = Field(min_length=1, max_length=40)
    words: dict[str, Words] = Field(default_factory=dict, max_length=40)
    seen: dict[str, str] = Field(default_factory=dict, max_length=500)
    anchors: dict[str, dict[str, Level]] = Field(default_factory=dict, max_length=20)
    anchor_levels: dict[str, dict[str, Level]] = Field(default_factory=dict, max_length=20)
    rated_at: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def rater(self) -> Rater:
        """This reviewer with their severity, from the anchors they have rated."""
        pairs = [
            (given, self.anchor_levels[anchor][dimension])
            for anchor, ratings in self.anchors.items()
            for dimension, given in ratings.items()
            if dimension in self.anchor_levels.get(anchor, {})
        ]
        return Rater(self.reviewer, self.levels, severity(pairs))


def parse_rating(raw: Mapping[str, Any], *, dimensions: Collection[str], where: str = "") -> Rating:
    """A rating from outside data, every dimension rated once.

    Raises:
        InputError: lists every problem.
    """
    problems: list[str] = []
    rating = None
    try:
        rating = Rating.model_validate(dict(raw))
    except ValidationError as error:
        problems += [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
    given = raw.get("levels")
    if isinstance(given, Mapping):
        problems += [f"levels: {d} is not rated" for d in dimensions if d not in given]
        problems += [f"levels: no dimension {_line(str(d))[:40]}" for d in given if d not in dimensions]
    if problems or rating is None:
        raise InputError(
            "this rating is not complete", problems, where=where, next="gradatim review rate --help"
        )
    return rating


def signed_rating(rating: Rating, private: str) -> dict[str, Any]:
    """The rating as the file that goes back to the owner."""
    return sign(RATING, rating.model_dump(), private)


def read_rating(data: Any, *, dimensions: Collection[str], where: str = "") -> tuple[Rating, Signed]:
    """A rating file with its signature checked. Raises InputError, VersionMismatch."""
    opened = check_signed(RATING, data, where=where)
    return parse_rating(opened.payload, dimensions=dimensions, where=where), opened


def newest(ratings: Sequence[tuple[Rating, str]]) -> list[Rating]:
    """The last rating of each reviewer, by the key that signed it, in the order of their first."""
    last = {key: rating for rating, key in ratings}
    return list(last.values())

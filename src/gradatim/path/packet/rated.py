"""The ratings in a packet beside those that its ledger was given: whose they are, of what, and none left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradatim.core.chain import Entry
from gradatim.core.errors import GradatimError
from gradatim.path.evidence.record import EVIDENCE, item_id
from gradatim.path.evidence.signed import fingerprint
from gradatim.path.packet.payload import RATING, last_ratings, rated_by
from gradatim.path.review.rating import Rating, read_rating


@dataclass
class Rated:
    """What was found of the ratings.

    Attributes:
        ratings: those that can be read, each with the key that signed it.
        wrong: what does not match, by number of the rating in the packet, from 1; 0 for all of them together.
        told: whose they are, for the reader.
    """

    ratings: list[tuple[Rating, str]] = field(default_factory=list)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    told: str = ""


def check_ratings(payload: Mapping[str, Any], entries: Sequence[Entry], dimensions: Collection[str]) -> Rated:
    """Check the ratings of a packet.

    Every rating that a ledger was given is an entry that names the key of its reviewer, in every packet; the last of
    each key is open. So one that was recorded cannot be left out. One that was never recorded cannot be known.
    """
    found = Rated()
    hashes = {item_id(e.number): e.hash for e in entries if e.kind == EVIDENCE}
    said = []
    for i, raw in enumerate(payload["ratings"], 1):
        try:
            rating, opened = read_rating(raw, dimensions=dimensions)
        except GradatimError as error:
            problems = [error.what, *getattr(error, "problems", [])]
            found.wrong.append((i, "; ".join(problems)[:300]))
            continue
        found.ratings.append((rating, opened.key))
        if opened.key == payload["key"]:
            found.wrong.append((i, "it is signed with the packet's own key: nobody rates their own packet"))
        if not rating.seen or any(hashes.get(item) != digest for item, digest in rating.seen.items()):
            found.wrong.append((i, "it is about items that are not in this ledger"))
        of = "" if rating.owner == payload["owner"] else f", of a packet by {rating.owner}"
        said.append(f"{rating.reviewer} ({fingerprint(opened.key)}{of})")
    found.wrong += [(0, problem) for problem in _against_the_ledger(payload, entries)]
    given = sum(e.kind == RATING for e in entries)
    found.told = f"signed by {', '.join(said)}" if said else ""
    if found.told and given > len(said):
        found.told += f"; of {given} that the ledger was given, the last of each reviewer"
    return found


def _against_the_ledger(payload: Mapping[str, Any], entries: Sequence[Entry]) -> list[str]:
    problems = []
    for entry in entries:
        file = entry.value("file")
        if entry.kind != RATING:
            continue
        if rated_by(entry) is None:
            problems.append(f"entry {entry.number} withholds whose rating it is")
        elif isinstance(file, Mapping) and file.get("key") != rated_by(entry):
            problems.append(f"entry {entry.number} names another reviewer than its rating")
    last = last_ratings(entries)
    if any(e.value("file") is None for e in last.values()):
        problems.append("a rating that the ledger was given is withheld")
    elif [e.value("file") for e in last.values()] != payload["ratings"]:
        problems.append(
            f"the ledger was given ratings by {len(last)} reviewers; those here are not the last of each"
        )
    return problems

"""What the rules of the bar need to know of an item of evidence."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradatim.path.evidence.record import Record

CONFIRMS, DISPUTES = ("confirms", "confirms in part"), "disputes"


@dataclass(frozen=True)
class Exhibit:
    """One item.

    Attributes:
        claims: dimension -> claimed level.
        keys: what it was taken from (files, logs, reports, its own words); two items that share one are not
            independent of each other.
        days: first and last day; None where they are withheld.
        confirmed: people other than the owner who confirmed it, by the keys of their open answers: without what they
            signed, anybody could have written that they did.
        disputed: somebody disputes it: it backs nothing until that is settled.
        stranger: a badge whose subject is not confirmed as the owner's.
    """

    id: str
    kind: str
    claims: Mapping[str, int]
    keys: frozenset[str] = frozenset()
    project: str = ""
    days: tuple[datetime.date, datetime.date] | None = None
    own_share: float | None = None
    explained: bool = True
    confirmed: int = 0
    disputed: bool = False
    grade: str = "self-reported"
    assistance: str = "none"
    stranger: bool = False
    number: int = field(default=0, compare=False)

    @property
    def simulated(self) -> bool:
        """A lab: it shows a skill, never sustained impact."""
        return self.kind == "lab"

    @property
    def penalty(self) -> int:
        """How much less an outsider gets from it than from the best kind of item; breaks ties, no more."""
        weak = [
            self.own_share is None,
            not self.explained,
            not self.project,
            self.days is None,
            not self.confirmed,
            self.stranger,
        ]
        return sum(weak) + (self.grade == "self-reported")

    def independent_of(self, other: Exhibit) -> bool:
        """Whether the two were taken from different things."""
        return self.keys.isdisjoint(other.keys)


def exhibit(record: Record) -> Exhibit:
    """The exhibit of a ledger's item."""
    v = record.values
    return Exhibit(
        id=record.id,
        kind=str(v.get("kind") or "withheld"),
        claims=dict(record.claims),
        keys=frozenset(_keys(record)),
        project=str(v.get("project") or "").casefold(),
        days=_days(v),
        own_share=v.get("own_share"),
        explained=bool(v.get("action") and v.get("result")),
        confirmed=len({str(a["answer"].get("key")) for a in record.attestations
                       if a.get("stance") in CONFIRMS and others_word(a)}),
        disputed=disputed(record),
        grade=str(v.get("grade") or "self-reported"),
        assistance=str(v.get("assistance") or "none"),
        stranger=stranger(record),
        number=record.entry.number,
    )  # fmt: skip


def others_word(attestation: Mapping[str, Any]) -> bool:
    """Whether an attestation carries what somebody other than the owner signed; `verify` checks the signature."""
    return isinstance(attestation.get("answer"), Mapping) and attestation.get("by_owner") is False


def disputed(record: Record) -> bool:
    """Whether anybody disputes an item: told by what every packet opens of every attestation."""
    return any(a.get("stance") == DISPUTES for a in record.attestations)


def stranger(record: Record) -> bool:
    """Whether it is a badge whose subject is not confirmed: one without its token can be compared with nothing."""
    if record.subject_confirmed is None:
        return False
    return not record.subject_confirmed or not isinstance(record.values["source"].get("token"), str)


def exhibits(found: Iterable[Record]) -> list[Exhibit]:
    """The exhibits of the items that stand, in order."""
    return [exhibit(r) for r in found if r.stands]


def _keys(record: Record) -> Iterable[str]:
    v = record.values
    for artefact in v.get("artefacts") or ():
        yield artefact["digest"]
    source = v.get("source") or {}
    for name in ("digest", "report_digest", "attempt", "exam", "first", "last", "credential"):
        if source.get(name):
            yield f"{source.get('type')}/{name}/{source[name]}"
    for attempt in source.get("attempts") or ():
        yield f"attempt/attempt/{attempt['attempt']}"
    # The same words twice are the same thing told twice.
    told = [
        " ".join(str(v.get(name) or "").casefold().split())
        for name in ("title", "context", "action", "result")
    ]
    yield f"told/{told}"
    yield f"title/{told[0] or record.id}"


def _days(values: Mapping[str, Any]) -> tuple[datetime.date, datetime.date] | None:
    try:
        return datetime.date.fromisoformat(values["started"]), datetime.date.fromisoformat(values["ended"])
    except (KeyError, TypeError, ValueError):
        return None

"""Items as the ledger holds them: with number, time, hash, attestations, and what was withheld since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradatim.core.chain import Entry

BY_KEY, BY_IDENTITY, NOT_CONFIRMED = "key", "identity", "not confirmed"
"""How the subject of a badge was found to be the ledger's owner; see `gradatim.path.badges.subject`."""
EVIDENCE, ATTESTATION, WITHDRAWAL, OPPORTUNITY = "evidence", "attestation", "withdrawal", "opportunity"
TASK_ISSUED = "task-issued"


def item_id(number: int) -> str:
    """`E-012` for entry 12."""
    return f"E-{number:03d}"


def number_of(text: str) -> int | None:
    """12 for `E-012`, `e12` or `12`; None for anything else."""
    digits = text.strip().upper().removeprefix("E").removeprefix("-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def subject_confirmed(source: Any) -> bool | None:
    """Whether the subject of a badge was found to be the ledger's owner; None where the source is no badge.

    A badge that was taken in before subjects were compared says nothing of its own, so it is not confirmed.
    """
    if not isinstance(source, Mapping) or source.get("type") != "badge":
        return None
    said = source.get("subject")
    return isinstance(said, Mapping) and said.get("status") in (BY_KEY, BY_IDENTITY)


@dataclass(frozen=True)
class Record:
    """One item of the ledger. A withheld field is None in `values` and named in `withheld`."""

    entry: Entry
    values: Mapping[str, Any]
    withheld: tuple[str, ...]
    attestations: tuple[Mapping[str, Any], ...] = ()
    withdrawn: str | None = None
    replaced_by: int | None = None
    claims: Mapping[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`E-012`."""
        return item_id(self.entry.number)

    @property
    def stands(self) -> bool:
        """False once it was withdrawn or replaced."""
        return self.withdrawn is None and self.replaced_by is None

    @property
    def subject_confirmed(self) -> bool | None:
        """Whether a badge names the ledger's owner; None for everything else."""
        return subject_confirmed(self.values.get("source"))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the faces."""
        return {
            "id": self.id,
            "number": self.entry.number,
            "recorded_at": self.entry.at,
            "hash": self.entry.hash,
            **self.values,
            "withheld": list(self.withheld),
            "attestations": [dict(a) for a in self.attestations],
            "withdrawn": self.withdrawn,
            "replaced_by": None if self.replaced_by is None else item_id(self.replaced_by),
            "stands": self.stands,
            "subject_confirmed": self.subject_confirmed,
        }


def records(entries: Iterable[Entry]) -> list[Record]:
    """Every item of a ledger, oldest first, with what later entries say of it."""
    everything = list(entries)
    about: dict[int, list[Mapping[str, Any]]] = {}
    withdrawn: dict[int, str] = {}
    replaced: dict[int, int] = {}
    for entry in everything:
        target = entry.value("entry")
        if entry.kind == ATTESTATION and isinstance(target, int):
            said = {"number": entry.number, "recorded_at": entry.at, **entry.values()}
            about.setdefault(target, []).append(said)
        elif entry.kind == WITHDRAWAL and isinstance(target, int):
            withdrawn[target] = str(entry.value("why", ""))
        elif entry.kind == EVIDENCE and isinstance(entry.value("replaces"), int):
            replaced[entry.value("replaces")] = entry.number
    return [
        Record(
            entry=entry,
            values={name: f.value for name, f in entry.fields.items()},
            withheld=tuple(sorted(name for name, f in entry.fields.items() if f.withheld)),
            attestations=tuple(about.get(entry.number, ())),
            withdrawn=withdrawn.get(entry.number),
            replaced_by=replaced.get(entry.number),
            claims={link["dimension"]: link["level"] for link in entry.value("links") or ()},
        )
        for entry in everything
        if entry.kind == EVIDENCE
    ]

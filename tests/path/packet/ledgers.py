"""A ledger, what was said of its items, and the packet over it, made by hand with fixed keys and salts."""

from __future__ import annotations

import json
from typing import Any

from gradatim.content import senior_ai_engineer
from gradatim.core import chain
from gradatim.core.chain import Entry, Head
from gradatim.path import rubric
from gradatim.path.evidence import attest
from gradatim.path.evidence.signed import public_key
from gradatim.path.packet.build import build
from gradatim.path.packet.render import maker, render
from gradatim.path.packet.seal import seal
from gradatim.path.packet.verify import MISMATCH, Report
from gradatim.path.review.rating import Rating, signed_rating

OWNER, OTHER, REVIEWERS = "11" * 32, "22" * 32, ["33" * 32, "44" * 32, "55" * 32]
NOW = "2026-11-19T10:00:00Z"
RUBRIC = rubric.load(senior_ai_engineer.FOLDER)
HOSTILE = (
    "</script><script>alert(1)</script> ![x](javascript:alert(1)) "
    '"seal": "gradatim-seal:v1:0" #import "x" `$(rm)`'
)


def piece(d: int, k: int) -> dict[str, Any]:
    return {
        "kind": "work", "title": f"Piece {d}.{k}", "context": HOSTILE, "action": "Did it.", "result": "It held.",
        "own_share": 0.6, "co_authors": [{"name": "M. Sato", "share": 0.4}], "started": "2026-01-10",
        "ended": "2026-09-30", "project": f"p{k}", "links": [{"dimension": f"D{d}", "level": 4 if d < 8 else 3}],
        "assistance": "none", "grade": "self-reported", "source": {"type": "form"},
    }  # fmt: skip


def ledger(*more: tuple[str, dict[str, Any]]) -> list[Entry]:
    """Two items at level 4 for D1 to D7, one at 3 for the others: 17 entries, then `more`."""
    numbers = iter(range(10_000))
    told = [("evidence", piece(d, k)) for d in range(1, 11) for k in range(2 if d < 8 else 1)]
    entries: list[Entry] = []
    for kind, fields in [*told, *more]:
        prev = entries[-1].hash if entries else chain.START
        entries.append(
            chain.seal(len(entries) + 1, kind, NOW, fields, prev, salt=lambda: f"{next(numbers):032x}")
        )
    return entries


def attested(entries: list[Entry], private: str = OTHER) -> list[Entry]:
    request = attest.ask(entries[0], nonce="ab" * 16, owner="Ines", person="M. Sato", now=NOW, private=OWNER)
    said = {
        "name": "M. Sato",
        "role": "Lead",
        "relation": "Co-author",
        "stance": "confirms",
        "words": "So it was.\u2028\u202e",
    }
    file = attest.answer(attest.read_request(request), said, now=NOW, private=private)
    fields = {**json.loads(file["payload"]), "key": file["key"], "by_owner": private == OWNER}
    fields["answer"] = {k: file[k] for k in ("payload", "key", "signature")}
    kept = {k: v for k, v in fields.items() if v is not None and k != "shown"}
    made = chain.seal(len(entries) + 1, "attestation", NOW, kept, entries[-1].hash, salt=lambda: "a" * 32)
    return [*entries, made]


def payload(entries: list[Entry] | None = None, **more: Any) -> dict[str, Any]:
    entries = attested(ledger()) if entries is None else entries
    head = Head(len(entries), entries[-1].hash)
    return build(
        entries,
        head,
        RUBRIC,
        owner="Ines <Carvalho>",
        key=public_key(OWNER),
        made_by=MADE_BY,
        now=NOW,
        **more,
    )


MADE_BY = maker()


def sealed(made: dict[str, Any], form: Any = "html", private: str = OWNER) -> bytes:
    return seal(render(made, form), private)


def wrong(report: Report) -> list[str]:
    return [c.name for c in report.checks if c.status == MISMATCH] + [
        i.id for i in report.items if i.status == MISMATCH
    ]


def rating(i: int, level: int = 4) -> tuple[Rating, dict[str, Any]]:
    levels = {d.id: level for d in RUBRIC.dimensions}
    anchors = {"a": dict.fromkeys(levels, 3)}
    made = Rating(
        packet="0" * 64, owner="Ines", reviewer=f"R{i} Reader", role="Staff", levels=levels, words={"D1": HOSTILE},
        seen={"E-001": ledger()[0].hash}, anchors=anchors, anchor_levels=anchors, rated_at=NOW,
    )  # fmt: skip
    return made, signed_rating(made, REVIEWERS[i])


def rated(*ratings: tuple[Rating, dict[str, Any]], keyed: bool = True) -> dict[str, Any]:
    """The payload over a ledger that was given these ratings in this order; the last of each key is in the packet."""
    entries = attested(ledger())
    for k, (made, file) in enumerate(ratings):
        fields = {"reviewer": made.reviewer, "file": file, **({"key": file["key"]} if keyed else {})}
        entries.append(
            chain.seal(
                len(entries) + 1, "rating", NOW, fields, entries[-1].hash, salt=lambda k=k: f"{k:032x}"
            )
        )
    last = {file["key"]: (made, file) for made, file in ratings}
    return payload(entries, ratings=list(last.values()))

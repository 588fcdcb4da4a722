"""Building the payload of a packet from a ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gradatim.core.chain import Entry, Head
from gradatim.core.errors import StateError
from gradatim.path.evidence.record import Record, records
from gradatim.path.packet.cover import smallest
from gradatim.path.packet.exhibit import Exhibit, exhibits
from gradatim.path.packet.panel import panel
from gradatim.path.packet.payload import FORMAT, VERSION, Opening, open_chain
from gradatim.path.packet.support import Rules
from gradatim.path.packet.verdict import fragile, judge, not_proved
from gradatim.path.review.rating import Rating
from gradatim.path.rubric import Rubric


def build(
    entries: Sequence[Entry],
    head: Head,
    rubric: Rubric,
    *,
    owner: str,
    key: str,
    made_by: str,
    now: str,
    committee: str | None = None,
    hidden: Collection[tuple[int, str]] = (),
    everything: bool = False,
    ledger_problems: Sequence[str] = (),
    opportunities: Sequence[Mapping[str, Any]] = (),
    ratings: Sequence[tuple[Rating, Mapping[str, Any]]] = (),
) -> dict[str, Any]:
    """The payload.

    Args:
        key: the owner's public key, hex; the one that the file will be sealed with.
        hidden: (entry, field) that this packet withholds; what that takes away is gone from the verdict too.
        everything: show every standing item, not the smallest set.
        ratings: each with the signed file it came from.

    Raises:
        StateError: the ledger holds no item that stands.
    """
    rules = Rules.of(rubric)
    seen_by_reader = open_chain(entries, Opening(tuple(e.number for e in entries), frozenset(hidden)))
    standing = [r for r in records(seen_by_reader) if r.stands]
    if not standing:
        raise StateError(
            "there is no evidence to build a packet from", why="no item of the ledger stands",
            next="gradatim evidence add --help",
        )  # fmt: skip
    everyone = exhibits(standing)
    # An item that claims nothing shows nothing: it does not stretch the time or the projects either.
    whole = [x for x in everyone if x.claims]
    cover = smallest(rules, whole)
    chosen = everyone if everything or not cover.items else list(cover.items)
    numbers = sorted(x.number for x in chosen)
    shown = open_chain(entries, Opening(tuple(numbers), frozenset(hidden)))
    facts = derived(rules, chosen, [r for r, _ in ratings], seed=head.hash)
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": made_by,
        "made_at": now,
        "owner": owner,
        "key": key,
        "committee": committee,
        "rubric": rubric.model_dump(mode="json"),
        "chain": [e.as_dict() for e in shown],
        "head": {"count": head.count, "hash": head.hash},
        "items": numbers,
        "cover": {
            "standing": len(everyone), "shown": len(chosen), "smallest": not everything,
            "exact": bool(cover.exact and not everything),
        },
        "ledger_problems": list(ledger_problems),
        "ratings": [dict(file) for _, file in ratings],
        **facts,
        "fragile": fragile(rules, chosen, whole),
        "not_proved": not_proved(rules, chosen, everyone, opportunities, facts["verdict"]["levels"]),
        "opportunities": [dict(o) for o in opportunities],
        "withheld": sorted([n, name] for n, name in hidden if n in numbers),
    }  # fmt: skip


def derived(
    rules: Rules, chosen: Sequence[Exhibit], ratings: Sequence[Rating], *, seed: str
) -> dict[str, Any]:
    """What follows from the items and ratings alone; a verifier computes it again and compares."""
    first = judge(rules, chosen)
    board = panel(rules, ratings, first.supported, seed=seed)
    levels = board["levels"] if board is not None and board["decides"] else None
    return {"verdict": judge(rules, chosen, levels).as_dict(), "panel": board}


def of_records(found: Sequence[Record]) -> list[Exhibit]:
    """The exhibits of a packet's own items, standing or not: what a withdrawn one shows is judged by `verify`."""
    from gradatim.path.packet.exhibit import exhibit

    return [exhibit(r) for r in found]

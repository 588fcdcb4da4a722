"""What a packet tells beside its verdict, compared with what its chain and its items say of the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradatim.core.chain import Entry
from gradatim.path.evidence.record import EVIDENCE, WITHDRAWAL
from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.support import Rules
from gradatim.path.packet.verdict import not_proved

RATING = "rating"
_DISPUTED = "Disputed"


def misstated(
    payload: Mapping[str, Any],
    entries: Sequence[Entry],
    rules: Rules,
    chosen: Sequence[Exhibit],
    levels: Mapping[str, int],
) -> list[str]:
    """What is told otherwise than it is; empty when nothing is.

    What items that are not shown would add (why a dimension is short, what is disputed) cannot be known here: of
    those sentences only which ones there are is compared.
    """
    problems = []
    rows = [(str(r["what"]), str(r["why"])) for r in payload["not_proved"]]
    right = [
        (r["what"], r["why"]) for r in not_proved(rules, chosen, chosen, payload["opportunities"], levels)
    ]
    short = {f"{rules.titles[d]} ({d})" for d, level in levels.items() if level < 4}
    free = {*short, _DISPUTED}
    if {r for r in rows if r[0] not in free} != {r for r in right if r[0] not in free}:
        problems.append("not proved: other sentences than follow from its items")
    if len({what for what, _ in rows}) != len(rows):
        problems.append("not proved: a sentence stands there twice")
    cover, items = payload["cover"], payload["items"]
    most = _standing(entries)
    if cover.get("shown") != len(items) or not len(items) <= cover.get("standing", 0) <= most:
        problems.append(f"{cover.get('shown')} of {cover.get('standing')} items are said to be shown, "
                        f"{len(items)} of {most} are at most")  # fmt: skip
    by_number = {e.number: e for e in entries}
    for number, name in payload["withheld"]:
        field = by_number[number].fields.get(name) if number in items and number in by_number else None
        if field is None or not field.withheld:
            problems.append(f"entry {number} is said to withhold {str(name)[:40]}, and does not")
    return problems


def left_out(payload: Mapping[str, Any], entries: Sequence[Entry]) -> tuple[int, int]:
    """How many ratings the ledger was given, and how many are in the packet: the last of each reviewer."""
    return sum(e.kind == RATING for e in entries), len(payload["ratings"])


def _standing(entries: Sequence[Entry]) -> int:
    """Items of a ledger that can still stand: those that no withdrawal names."""
    withdrawn = {e.value("entry") for e in entries if e.kind == WITHDRAWAL}
    return sum(e.kind == EVIDENCE and e.number not in withdrawn for e in entries)

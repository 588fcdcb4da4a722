"""What a packet tells beside its verdict, compared with what its chain and its items say of the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradatim.core.chain import Entry
from gradatim.path.evidence.record import records
from gradatim.path.packet.cover import smallest
from gradatim.path.packet.exhibit import Exhibit, disputed
from gradatim.path.packet.support import Rules, levels
from gradatim.path.packet.verdict import DISPUTED, could_say, disputed_row, not_proved


def misstated(
    payload: Mapping[str, Any],
    entries: Sequence[Entry],
    rules: Rules,
    chosen: Sequence[Exhibit],
    seen: Mapping[str, int],
) -> list[str]:
    """What is told otherwise than it is; empty when nothing is.

    What is withdrawn, replaced or disputed is open for every item, so how many stand and the sentence on disputes are
    compared exactly. Why a dimension is short may rest on items that are not shown: there a reason is accepted that
    could be given beside the shown ones, and the exact one is wanted where all that stand are shown.

    Args:
        chosen: the exhibits of the items that are shown.
        seen: the levels of the verdict.
    """
    problems = []
    standing = [r for r in records(entries) if r.stands]
    rows = [(str(r["what"]), str(r["why"])) for r in payload["not_proved"]]
    right = [
        (r["what"], r["why"])
        for r in not_proved(rules, chosen, chosen, payload["opportunities"], seen)
        if r["what"] != DISPUTED
    ]
    right += [(r["what"], r["why"]) for r in disputed_row([r.id for r in standing if disputed(r)])]
    # Only these may say more than follows from what is shown.
    carried = levels(rules, chosen)
    free = {
        f"{rules.titles[d]} ({d})": d
        for d, level in seen.items()
        if level < 4 and level == carried[d] and len(chosen) < len(standing)
    }
    if {r for r in rows if r[0] not in free} != {r for r in right if r[0] not in free}:
        problems.append("not proved: other sentences than follow from its items")
    chances = {c["dimension"]: c for c in payload["opportunities"]}
    for what, why in rows:
        d = free.get(what)
        if d is not None and not could_say(rules, chosen, d, seen[d], chances.get(d, {}), why):
            problems.append(f"not proved: {d} for a reason that its items do not give")
    if len({what for what, _ in rows}) != len(rows):
        problems.append("not proved: a sentence stands there twice")
    cover, items = payload["cover"], payload["items"]
    if (cover.get("shown"), cover.get("standing")) != (len(items), len(standing)):
        problems.append(f"{cover.get('shown')} of {cover.get('standing')} items are said to be shown, "
                        f"{len(items)} of {len(standing)} are")  # fmt: skip
    problems += _smallest(cover, rules, chosen, len(standing))
    by_number = {e.number: e for e in entries}
    for number, name in payload["withheld"]:
        field = by_number[number].fields.get(name) if number in items and number in by_number else None
        if field is None or not field.withheld:
            problems.append(f"entry {number} is said to withhold {str(name)[:40]}, and does not")
    return problems


def _smallest(cover: Mapping[str, Any], rules: Rules, chosen: Sequence[Exhibit], standing: int) -> list[str]:
    """What refutes that no smaller set would do: one inside what is shown, which is all that can be looked at."""
    least, exact = cover.get("smallest"), cover.get("exact")
    if not isinstance(least, bool) or not isinstance(exact, bool) or (exact and not least):
        return ["how the items were chosen is not told"]
    if not least:
        return [] if len(chosen) == standing else ["all items that stand are said to be shown, and are not"]
    found = smallest(rules, [x for x in chosen if x.claims])
    if exact and found.exact and 0 < len(found.items) < len(chosen):
        return [f"{len(found.items)} of its {len(chosen)} items show as much as the set said to be smallest"]
    return []

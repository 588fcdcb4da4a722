"""The verdict against the bar, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.gates import Passed, passed
from gradatim.path.packet.support import NOTHING, Rules, levels, supporters
from gradatim.path.rubric import SENIOR

_EXACT = 1e-9
DISPUTED = "Disputed"
_NO_CLAIM = "Shown at level {}; nothing claims level 4."
_LABS = "Only labs claim level 4, and a lab never carries it alone."
_NO_WORK = "No item at level 4 is work."
_DEPENDENT = "The items at level 4 are not independent of each other."
_FEW = re.compile(
    r"(\d{1,2}) of (\d{1,2}) items at level 4\."
    r"(?: The others are of kinds that do not count there \([a-z]*(?:, [a-z]+)*\)\.)?"
)


@dataclass(frozen=True)
class Line:
    """One condition of the bar: what is needed, what is here, and whether that is enough."""

    name: str
    needed: str
    here: str
    met: bool | None


@dataclass(frozen=True)
class Verdict:
    """Levels by dimension, the bar line by line, the gates.

    Attributes:
        supported: what the items carry by the rules.
        levels: the same, lowered to what a panel of reviewers saw, where one has rated.
    """

    met: bool
    mean: float
    at_four: int
    lowest: int
    supported: Mapping[str, int]
    levels: Mapping[str, int]
    lines: tuple[Line, ...]
    gates: tuple[Passed, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "met": self.met,
            "mean": round(self.mean, 4),
            "at_four": self.at_four,
            "lowest": self.lowest,
            "supported": dict(self.supported),
            "levels": dict(self.levels),
            "lines": [vars_of(line) for line in self.lines],
            "gates": [g._asdict() for g in self.gates],
        }


def vars_of(line: Line) -> dict[str, Any]:
    """A line as plain data."""
    return {"name": line.name, "needed": line.needed, "here": line.here, "met": line.met}


def bar_met(rules: Rules, found: Mapping[str, int]) -> bool:
    """Whether levels reach the bar by themselves: mean, how many at 4, none too low."""
    return (
        mean(rules, found) >= rules.bar.mean - _EXACT
        and sum(level >= SENIOR for level in found.values()) >= rules.bar.at_four
        and min(found.values()) >= rules.bar.none_below
    )


def mean(rules: Rules, found: Mapping[str, float]) -> float:
    """The weighted mean over all dimensions."""
    total = sum(rules.weights.values())
    return sum(rules.weights[d] * found[d] for d in rules.dimensions) / total


def judge(rules: Rules, items: Collection[Exhibit], panel: Mapping[str, int] | None = None) -> Verdict:
    """The verdict over some items.

    Args:
        panel: the level that reviewers saw, by dimension, after correction for severity. A panel can lower
            what the items carry, never raise it.
    """
    supported = levels(rules, items)
    found = {d: min(level, (panel or {}).get(d, level)) for d, level in supported.items()}
    at_four = sum(level >= SENIOR for level in found.values())
    value, lowest = mean(rules, found), min(found.values())
    gates = passed(rules, items)
    bar = rules.bar
    lines = (
        Line(f"Mean over {len(found)} dimensions", f"{bar.mean:g}", f"{value:.2f}", value >= bar.mean - _EXACT),
        Line("Dimensions at level 4", f"{bar.at_four} of {bar.of}", str(at_four), at_four >= bar.at_four),
        Line("Lowest dimension", str(bar.none_below), str(lowest), lowest >= bar.none_below),
        Line(
            f"Independent items behind each 4: {bar.independent_items}, of them work: {bar.work_items}",
            "each", f"{at_four} of {at_four}" if at_four else "no 4 yet", True if at_four else None,
        ),
    )  # fmt: skip
    met = bar_met(rules, found) and all(g.met is not False for g in gates)
    return Verdict(met, value, at_four, lowest, supported, found, lines, tuple(gates))


def fragile(
    rules: Rules, items: Collection[Exhibit], everything: Collection[Exhibit]
) -> list[dict[str, Any]]:
    """Which single items a level rests on.

    For each item of the packet without which a level falls: the levels, whether the bar falls, and whether
    something else in the ledger would take its place.
    """
    whole = levels(rules, items)
    all_of_it = levels(rules, everything)
    at_bar = bar_met(rules, whole)
    rows = []
    for item in items:
        rest = levels(rules, [x for x in items if x.id != item.id])
        falls = {d: rest[d] for d in whole if rest[d] < whole[d]}
        if not falls:
            continue
        elsewhere = levels(rules, [x for x in everything if x.id != item.id])
        rows.append(
            {
                "item": item.id,
                "falls": [{"dimension": d, "from": whole[d], "to": to} for d, to in falls.items()],
                "mean": round(mean(rules, rest), 4),
                "bar_falls": at_bar and not bar_met(rules, rest),
                "irreplaceable": [d for d in falls if elsewhere[d] < all_of_it[d]],
            }
        )
    return rows


def not_proved(
    rules: Rules,
    items: Collection[Exhibit],
    everything: Collection[Exhibit],
    chances: Collection[Mapping[str, Any]],
    seen: Mapping[str, int] | None = None,
) -> list[dict[str, str]]:
    """What the packet does not prove, one sentence each: dimensions below 4, gates, how far items were checked.

    Args:
        chances: the rows of the opportunity map.
        seen: the levels of the verdict, where a panel has lowered what the items carry.
    """
    supported = levels(rules, items)
    map_of = {c["dimension"]: c for c in chances}
    rows = []
    for d, level in (seen or supported).items():
        if level < supported[d] and level < SENIOR:
            why = f"The items carry level {supported[d]}; the panel sees level {level}."
            rows.append({"what": f"{rules.titles[d]} ({d})", "why": why})
        elif level < SENIOR:
            why = _short(rules, everything, d, level, map_of.get(d, {}))
            rows.append({"what": f"{rules.titles[d]} ({d})", "why": why})
    rows += [{"what": g.title, "why": g.here} for g in passed(rules, items) if g.met is False]
    alone = [x.id for x in items if not x.confirmed and not x.simulated]
    if alone:
        rows.append(
            {"what": "Nobody else's word", "why": f"not confirmed by another person: {', '.join(alone)}"}
        )
    if simulated := [x.id for x in items if x.simulated]:
        why = f"{', '.join(simulated)}: simulated. They show a skill, never sustained impact."
        rows.append({"what": "Labs", "why": why})
    if helped := [f"{x.id} ({x.assistance})" for x in items if x.assistance != "none"]:
        rows.append({"what": "Done alone", "why": f"with help: {', '.join(helped)}"})
    if strangers := [x.id for x in items if x.stranger]:
        why = f"{', '.join(strangers)}: a badge whose subject is not confirmed as the owner's"
        rows.append({"what": "Whose badge it is", "why": why})
    return [*rows, *disputed_row([x.id for x in everything if x.disputed])]


def disputed_row(ids: Sequence[str]) -> list[dict[str, str]]:
    """The sentence on disputed items; none where nothing is."""
    why = f"{', '.join(ids)}: a named person disputes it; it backs nothing"
    return [{"what": DISPUTED, "why": why}] if ids else []


def _short(
    rules: Rules, items: Collection[Exhibit], dimension: str, level: int, chance: Mapping[str, Any]
) -> str:
    """Why a dimension is below 4, from the whole ledger."""
    return _reason(rules, items, dimension, level) + _in_hand(chance)


def could_say(
    rules: Rules,
    shown: Collection[Exhibit],
    dimension: str,
    level: int,
    chance: Mapping[str, Any],
    why: str,
) -> bool:
    """Whether `not_proved` could give this reason for a dimension, whatever the items are that are not shown.

    What the shown items rule out, and the level and the opportunity, are compared; how many items that are not shown
    claim more, and of which kinds these are, cannot be known from them.
    """
    end = _in_hand(chance)
    if not why.endswith(end):
        return False
    said = why.removesuffix(end)
    if level == NOTHING:
        return said == "Nothing is shown."
    claimed = [x for x in shown if x.claims.get(dimension, 0) >= SENIOR]
    backing = supporters(rules, shown, dimension, SENIOR)
    wanted = rules.need(SENIOR)
    possible = {_DEPENDENT}
    if not claimed:
        possible.add(_NO_CLAIM.format(level))
    if all(x.simulated for x in claimed):
        possible.add(_LABS)
    if sum(x.kind == "work" for x in backing) < wanted.work:
        possible.add(_NO_WORK)
    few = _FEW.fullmatch(said)
    return said in possible or (
        few is not None and int(few[2]) == wanted.items and len(backing) <= int(few[1]) < wanted.items
    )


def _reason(rules: Rules, items: Collection[Exhibit], dimension: str, level: int) -> str:
    claimed = [x for x in items if x.claims.get(dimension, 0) >= SENIOR]
    backing = supporters(rules, items, dimension, SENIOR)
    wanted = rules.need(SENIOR)
    if level == NOTHING:
        said = "Nothing is shown."
    elif not claimed:
        said = _NO_CLAIM.format(level)
    elif all(x.simulated for x in claimed):
        said = _LABS
    elif len(backing) < wanted.items:
        kinds = ", ".join(sorted({x.kind for x in claimed if x not in backing}))
        other = f" The others are of kinds that do not count there ({kinds})." if kinds else ""
        said = f"{len(backing)} of {wanted.items} items at level 4.{other}"
    elif sum(x.kind == "work" for x in backing) < wanted.work:
        said = _NO_WORK
    else:
        said = _DEPENDENT
    return said


def _in_hand(chance: Mapping[str, Any]) -> str:
    match chance.get("state"):
        case "none":
            return f" No opportunity since {chance['since']}; action: {chance['action']} ({chance['who']})."
        case "have":
            return f" Work in hand: {chance['work']}."
    return ""

"""The smallest set of items that shows all that the ledger shows. Exact, by branch and bound."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.gates import passed, projects, quarters
from gradatim.path.packet.support import NOTHING, Rules, carried, levels, supporters

NODES = 60_000
_COUNTED = ("quarters", "projects")


class Cover(NamedTuple):
    """The chosen items in their order; `exact` is False when the search was cut off before it had looked everywhere."""

    items: tuple[Exhibit, ...]
    exact: bool


def smallest(rules: Rules, items: Sequence[Exhibit], *, nodes: int = NODES) -> Cover:
    """The fewest items that carry every level, and pass every counted gate, that all of them do together.

    Among sets of the same size, the one an outsider gets most from. What a smaller set cannot lose by design
    (own share stated, action and result told) decides only between sets of one size.

    Args:
        nodes: how many partial sets are looked at before the best found so far is returned.
    """
    return _Search(rules, items, nodes).run()


class _Search:
    def __init__(self, rules: Rules, items: Sequence[Exhibit], nodes: int) -> None:
        self.rules = rules
        self.items = list(items)
        self.wanted = {d: level for d, level in levels(rules, items).items() if level > NOTHING}
        self.backing = {
            d: {x.id for x in supporters(rules, items, d, level)} for d, level in self.wanted.items()
        }
        met = {g.id for g in passed(rules, items) if g.met}
        self.quarters = max((g.quarters or 0 for g in rules.gates if g.id in met), default=0)
        self.projects = max((g.projects or 0 for g in rules.gates if g.id in met), default=0)
        # How many dimensions an item helps: the most promising branch first.
        self.use = {x.id: sum(x.id in found for found in self.backing.values()) for x in items}
        self.nodes = nodes
        self.best: tuple[int, int] = (len(self.items) + 1, 0)
        self.found: tuple[Exhibit, ...] = tuple(self.items)

    def run(self) -> Cover:
        self._descend((), frozenset())
        order = {x.id: i for i, x in enumerate(self.items)}
        return Cover(tuple(sorted(self.found, key=lambda x: order[x.id])), self.nodes > 0)

    def _descend(self, chosen: tuple[Exhibit, ...], left_out: frozenset[str]) -> None:
        self.nodes -= 1
        if self.nodes <= 0:
            return
        missing = self._missing(chosen)
        penalty = sum(x.penalty for x in chosen)
        if not missing:
            if (len(chosen), penalty) < self.best:
                self.best, self.found = (len(chosen), penalty), chosen
            return
        most = max((sum(x.id in self.backing.get(d, ()) for d in missing) for x in self.items), default=0)
        lowest = max(
            *missing.values(), -(-sum(missing[d] for d in missing if d in self.backing) // max(most, 1))
        )
        if (len(chosen) + lowest, penalty) >= self.best:
            return
        branches = min((self._helpers(d, chosen, left_out) for d in missing), key=len)
        for i, item in enumerate(branches):
            self._descend((*chosen, item), left_out | {x.id for x in branches[:i]})

    def _missing(self, chosen: tuple[Exhibit, ...]) -> dict[str, int]:
        """What is not carried yet, and how many more items it takes at least."""
        found: dict[str, int] = {}
        for dimension, level in self.wanted.items():
            have = [x for x in chosen if x.id in self.backing[dimension]]
            if not carried(self.rules, have, level):
                found[dimension] = max(1, self.rules.need(level).items - len(have))
        if self.projects > (named := projects(chosen)):
            found["projects"] = self.projects - named
        if self.quarters > quarters(chosen):
            found["quarters"] = 1
        return found

    def _helpers(self, name: str, chosen: Collection[Exhibit], left_out: frozenset[str]) -> list[Exhibit]:
        """The items of which at least one must join for this to be carried."""
        taken = {x.id for x in chosen} | left_out
        free = [x for x in self.items if x.id not in taken]
        if name in _COUNTED:
            free = [x for x in free if not x.simulated]
        else:
            free = [x for x in free if x.id in self.backing[name]]
        return sorted(free, key=lambda x: (-self.use[x.id], x.penalty, x.id))

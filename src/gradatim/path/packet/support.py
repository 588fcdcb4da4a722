"""Which level of a dimension some items carry, by the rules of the rubric."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.rubric import SENIOR, Bar, Gate, Rubric

WORK = "work"
NOTHING = 1
"""The level of a dimension for which nothing was shown."""


class Need(NamedTuple):
    """What a level asks of the items behind it: how many independent ones, and how many of these are work."""

    items: int
    work: int


@dataclass(frozen=True)
class Rules:
    """The part of a rubric that decides: the bar, the gates, weights, and the kinds that count for each level."""

    bar: Bar
    gates: tuple[Gate, ...]
    weights: Mapping[str, float]
    titles: Mapping[str, str]
    kinds: Mapping[tuple[str, int], frozenset[str]]

    @classmethod
    def of(cls, rubric: Rubric) -> Rules:
        """The rules of a rubric."""
        return cls(
            rubric.bar,
            rubric.gates,
            {d.id: rubric.weight(d.id) for d in rubric.dimensions},
            {d.id: d.title for d in rubric.dimensions},
            {(d.id, one.level): frozenset(one.evidence) for d in rubric.dimensions for one in d.levels},
        )

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Ids of the dimensions, in order."""
        return tuple(self.titles)

    def need(self, level: int) -> Need:
        """Levels from senior up need independent items, some of them work; below, one item is enough."""
        if level >= SENIOR:
            return Need(self.bar.independent_items, self.bar.work_items)
        return Need(1, 0) if level > NOTHING else Need(0, 0)


def supporters(rules: Rules, items: Iterable[Exhibit], dimension: str, level: int) -> list[Exhibit]:
    """The items that count towards a level: it is claimed, nobody disputes them, their kind is one that counts.

    A simulated item counts for no level from senior up, whatever the rubric says.
    """
    return [
        x
        for x in items
        if not x.disputed
        and (claimed := x.claims.get(dimension, 0)) >= level
        and (x.kind in rules.kinds[dimension, level] or x.kind in rules.kinds.get((dimension, claimed), ()))
        and not (x.simulated and level >= SENIOR)
    ]


def carried(rules: Rules, backing: Sequence[Exhibit], level: int) -> bool:
    """Whether supporters of a level are enough: pairwise independent, and enough of them work."""
    wanted = rules.need(level)
    if len(backing) < wanted.items or sum(x.kind == WORK for x in backing) < wanted.work:
        return False
    return any(
        sum(x.kind == WORK for x in group) >= wanted.work
        and all(a.independent_of(b) for a, b in combinations(group, 2))
        for group in combinations(backing, wanted.items)
    )


def level_of(rules: Rules, items: Collection[Exhibit], dimension: str) -> int:
    """The highest level of a dimension that the items carry; 1 when they show nothing of it."""
    for level in (5, 4, 3, 2):
        if carried(rules, supporters(rules, items, dimension, level), level):
            return level
    return NOTHING


def levels(rules: Rules, items: Collection[Exhibit]) -> dict[str, int]:
    """The level of every dimension."""
    return {dimension: level_of(rules, items, dimension) for dimension in rules.dimensions}

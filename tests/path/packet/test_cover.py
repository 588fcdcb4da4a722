"""The smallest covering set, against every subset there is."""

from __future__ import annotations

import datetime
import random
import time
from itertools import combinations
from typing import Any

import pytest

from gradatim.path.packet.cover import smallest
from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.gates import passed
from gradatim.path.packet.support import Rules, levels

KINDS = ("work", "work", "decision", "review", "lab", "teaching")


def draw(rng: random.Random, n: int, keys: int = 6) -> list[Exhibit]:
    found = []
    for i in range(n):
        claims = {f"D{rng.randint(1, 10)}": rng.randint(2, 5) for _ in range(rng.randint(1, 3))}
        first = datetime.date(2026, 1, 1) + datetime.timedelta(days=rng.randrange(250))
        found.append(
            Exhibit(
                f"E-{i:03d}",
                rng.choice(KINDS),
                claims,
                keys=frozenset({f"k{rng.randrange(keys)}" for _ in range(rng.randint(0, 2))} | {f"own{i}"}),
                project=rng.choice(["", "p", "q", "r"]),
                days=(first, first + datetime.timedelta(days=rng.randrange(60))),
                own_share=rng.choice([None, 0.5]),
                confirmed=rng.randint(0, 1),
                disputed=rng.random() < 0.1,
            )
        )
    return found


def shows(rules: Rules, items: Any) -> tuple[dict[str, int], list[bool]]:
    gates = {g.id: g.met for g in passed(rules, items)}
    return levels(rules, items), [bool(gates["sustained"]), bool(gates["repeated"])]


def keeps(rules: Rules, some: Any, everything: Any) -> bool:
    few, all_of_it = shows(rules, some), shows(rules, everything)
    return few[0] == all_of_it[0] and all(a or not b for a, b in zip(few[1], all_of_it[1], strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_nothing_smaller_shows_as_much(rules: Rules, seed: int) -> None:
    items = draw(random.Random(seed), 10)
    cover = smallest(rules, items)
    assert cover.exact
    assert keeps(rules, cover.items, items)
    size, penalty = len(cover.items), sum(x.penalty for x in cover.items)
    for k in range(size + 1):
        for group in combinations(items, k):
            if keeps(rules, group, items):
                assert (k, sum(x.penalty for x in group)) >= (size, penalty)


def test_two_hundred_items_take_seconds(rules: Rules) -> None:
    items = draw(random.Random(7), 200, keys=400)
    before = time.process_time()
    cover = smallest(rules, items)
    assert time.process_time() - before < 20
    assert keeps(rules, cover.items, items)
    assert len(cover.items) <= 20


def test_a_search_that_is_cut_off_says_so_and_still_shows_everything(rules: Rules) -> None:
    items = draw(random.Random(3), 60, keys=100)
    cover = smallest(rules, items, nodes=3)
    assert not cover.exact
    assert keeps(rules, cover.items, items)


def test_nothing_needs_nothing(rules: Rules) -> None:
    assert smallest(rules, []) == ((), True)


def test_the_order_of_the_ledger_is_kept(rules: Rules) -> None:
    items = draw(random.Random(5), 30, keys=60)
    ids = [x.id for x in smallest(rules, items).items]
    assert ids == sorted(ids)

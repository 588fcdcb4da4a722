"""The draw: a function of the nonce alone, with the promised shares."""

from __future__ import annotations

from statistics import mean

from gradatim.lab.exam.draw import commitment, draw, kinds, seed_at, slot_of
from gradatim.lab.lab import Lab


def test_the_same_nonce_draws_the_same_and_another_another(lab: Lab) -> None:
    first = draw(lab, 7)
    assert draw(lab, 7) == first
    assert draw(lab, 8) != first and draw(lab, 7, again=1) != first
    assert commitment(7) != commitment(8)


def test_every_set_has_one_of_each_and_about_a_third_is_healthy(lab: Lab) -> None:
    sets = [kinds(nonce, 0) for nonce in range(600)]
    assert {len(s) for s in sets} == {3, 4, 5}
    assert all(any(s) and not all(s) for s in sets)
    share = mean(h for s in sets for h in s)
    # Redrawing sets of one sort moves the share up a little from one third.
    assert 0.33 < share < 0.43


def test_a_slot_is_what_its_seed_draws(lab: Lab) -> None:
    for nonce in (3, 2**127 + 5):
        slots = draw(lab, nonce)
        assert [s.healthy for s in slots] == kinds(nonce, 0)
        assert all(slot_of(lab, s.seed) == s and 0 <= s.seed < 2**128 for s in slots)
        assert len({s.seed for s in slots}) == len(slots)


def test_seeds_do_not_follow_from_one_another() -> None:
    seeds = {seed_at(1, f"{again}/{k}", t) for again in range(3) for k in range(5) for t in range(20)}
    assert len(seeds) == 300

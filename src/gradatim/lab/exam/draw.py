"""Drawing the instances of an exam from 128 bits: a pure function of (lab version, nonce, round).

Each instance is healthy with probability one third, redrawn until at least one is and one is not. Which ones
are, and how many, is decided before anybody plays and is shown to nobody before the verdict.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from gradatim.core.streams import Stream

if TYPE_CHECKING:
    from gradatim.lab.lab import Lab

LEAST, MOST = 3, 5
HEALTHY = 1 / 3
MOST_ROUNDS = 60
"""A lab that rejects this many sets in a row cannot be examined; `lab check` refuses it (proof 8)."""
MOST_SEEDS = 400


class Slot(NamedTuple):
    """One instance of an exam: its seed, the family that the seed draws, and whether nothing is broken."""

    seed: int
    family: str
    healthy: bool


def draw(lab: Lab, nonce: int, again: int = 0) -> list[Slot]:
    """The instances of round `again`: three to five.

    Args:
        lab: a live lab.
        nonce: 128 bits.
        again: 0, and one more each time that a set was rejected.
    """
    wanted = kinds(nonce, again)
    slots: list[Slot] = []
    for place, healthy in enumerate(wanted):
        slots.append(find(lab, nonce, f"{again}/{place}", healthy))
    return slots


def kinds(nonce: int, again: int) -> list[bool]:
    """Whether each instance of a round is healthy: at least one is, at least one is not."""
    s = Stream(nonce, "exam/kinds")
    for redrawn in range(1000):
        n = s.integer(LEAST, MOST, again, redrawn)
        found = [s.uniform(again, redrawn, 1, k) < HEALTHY for k in range(n)]
        if any(found) and not all(found):
            return found
    raise RuntimeError("no exam could be drawn")  # one chance in 10 ** 200


def find(lab: Lab, nonce: int, place: str, healthy: bool) -> Slot:
    """The first seed of a place that draws a healthy instance, or one with a fault; a lab of one sort gives that."""
    for tried in range(MOST_SEEDS):
        seed = seed_at(nonce, place, tried)
        slot = slot_of(lab, seed)
        if slot.healthy == healthy:
            return slot
    return slot_of(lab, seed_at(nonce, place, 0))


def slot_of(lab: Lab, seed: int) -> Slot:
    """What a seed draws."""
    family = lab.live.family_of(seed)
    return Slot(seed, family, bool(lab.live.scenario(seed, family).healthy))


def seed_at(nonce: int, place: str, tried: int) -> int:
    """Seed number `tried` of a place, 128 bits; without the nonce it says nothing about another one."""
    key = nonce.to_bytes(16, "little")
    h = hashlib.blake2b(f"{place}/{tried}".encode(), key=key, person=b"exam seed", digest_size=16)
    return int.from_bytes(h.digest(), "little")


def commitment(nonce: int) -> str:
    """What may be told of a nonce before the exam is handed in: its BLAKE2b-256."""
    return hashlib.blake2b(nonce.to_bytes(16, "little"), person=b"exam nonce", digest_size=32).hexdigest()

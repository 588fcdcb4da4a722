"""Chance, keyed by (seed, purpose, entity), never drawn from one shared generator.

A *purpose key* is BLAKE2b(seed, purpose): made once, it cannot be guessed from a few draws.
An entity (a request, an attempt, a minute) is then mixed in with splitmix64. The same entity has
the same draw whatever was drawn before it; this is what makes a counterfactual exact.

Source of the mixer: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def purpose_key(seed: int, purpose: str) -> int:
    """The 64-bit key of a purpose. `seed` may be any non-negative integer of up to 128 bits."""
    if not 0 <= seed < 1 << 128:
        raise ValueError(f"seed {seed} is outside 0 .. 2**128 - 1")
    digest = hashlib.blake2b(purpose.encode(), key=seed.to_bytes(16, "little"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def splitmix64(x: int) -> int:
    """One splitmix64 output for the 64-bit input `x`."""
    z = (x + GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Stream:
    """Draws of one purpose. `entity` is one integer or several, mixed in order."""

    __slots__ = ("key",)

    def __init__(self, seed: int, purpose: str) -> None:
        self.key = purpose_key(seed, purpose)

    def bits(self, *entity: int) -> int:
        """64 uniform bits."""
        x = self.key
        for e in entity or (0,):
            x = splitmix64(x ^ ((e * GOLDEN) & MASK))
        return x

    def uniform(self, *entity: int) -> float:
        """Uniform in [0, 1), 53 bits."""
        return (self.bits(*entity) >> 11) * 2.0**-53

    def between(self, low: float, high: float, *entity: int) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.uniform(*entity)

    def integer(self, low: int, high: int, *entity: int) -> int:
        """Uniform integer in low .. high, both included."""
        return low + int(self.uniform(*entity) * (high - low + 1))

    def choice(self, options: Sequence[T], *entity: int) -> T:
        """One of `options`, all equally likely."""
        return options[self.integer(0, len(options) - 1, *entity)]

    def shuffled(self, options: Sequence[T], *entity: int) -> list[T]:
        """A new list with `options` in random order."""
        order = sorted(range(len(options)), key=lambda i: self.bits(*entity, i))
        return [options[i] for i in order]

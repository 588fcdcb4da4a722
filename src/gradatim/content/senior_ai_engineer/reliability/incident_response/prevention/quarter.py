"""The hidden quarter: ten incidents of the family, five of siblings, ten good releases, ninety-one ordinary days.

Everything is drawn by (seed, purpose "prevention", entity), before any guardrail is looked at: the same quarter
meets every prevention, and a learner cannot know it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from gradatim.core.streams import Stream

from .exposures import Exposure, Range, of_variant, others, siblings

OWN, SIBLINGS, RELEASES, DAYS = 10, 5, 10, 91
SAME_SHARE = 0.9
"""Of the ten, how many have the very mechanism of the shift; the others are variants of the family."""
SIBLING_WEIGHT = 0.25
"""Incidents of other families are counted for a quarter: they are somebody else's prevention first."""
_INCIDENT, _RELEASE, _NOISE, _DAY = 1, 2, 3, 4

KINDS = ("model", "runtime", "config", "client")
HONEST: dict[str, Range] = {
    # What a good quarter asks for at its peaks; a limit below it refuses what is right.
    "queue": (26.0, 66.0),
    "store_reads": (7.0, 18.0),
    "feature_file": (80.0, 160.0),
    "memory_mb": (905.0, 1180.0),
    "retries": (0.02, 0.075),
    "batch_wait": (10.0, 80.0),
}
REGRESSION: dict[str, Range] = {
    # How much worse a good release looks when it is measured without noise.
    "good_answers": (-0.003, 0.003),
    "latency": (-0.04, 0.07),
    "attempts": (-0.003, 0.003),
    "score": (-0.012, 0.012),
    "memory": (0.0, 0.004),
}


class Incident(NamedTuple):
    """One hidden incident. `usd_per_min` is its harm while nothing bounds it."""

    number: int
    exposure: Exposure
    own: bool
    find_min: float
    mend_min: float
    usd_per_min: float
    size: Mapping[str, float]
    shown: Mapping[str, float]
    canary: Mapping[str, float]

    @property
    def harm_usd(self) -> float:
        """What it costs when nothing is done."""
        return self.usd_per_min * (self.find_min + self.mend_min)


class GoodRelease(NamedTuple):
    """One release that should go out, and the honest peak of its week."""

    number: int
    kind: str
    regression: Mapping[str, float]
    needs: Mapping[str, float]
    surge_min: float


class Quarter(NamedTuple):
    """What prevention is tried on."""

    incidents: tuple[Incident, ...]
    releases: tuple[GoodRelease, ...]
    noise: Stream
    days: Stream

    def deviate(self, entity: int, what: str) -> float:
        """A uniform draw for a measurement on a release or an incident: the same for every guardrail that measures."""
        return self.noise.uniform(entity, _number(what))

    def day(self, day: int, what: str) -> float:
        """A uniform draw for one metric on one ordinary day."""
        return self.days.uniform(day, _number(what))


def draw(seed: int, family: str, variant: str) -> Quarter:
    """The hidden quarter of an instance.

    Raises:
        KeyError: the family has no exposure.
    """
    s = Stream(seed, "prevention")
    noise, days = Stream(seed, "prevention/measured"), Stream(seed, "prevention/days")
    incidents = []
    cause = of_variant(family, variant)
    if cause is not None:
        kin, rest = others(family, variant), siblings(family)
        for i in range(OWN):
            same = s.uniform(_INCIDENT, i, 1) < SAME_SHARE
            incidents.append(_incident(s, i, cause if same else s.choice(kin, _INCIDENT, i, 2), own=True))
        if rest:
            incidents += [
                _incident(s, i, s.choice(rest, _INCIDENT, i, 2), own=False)
                for i in range(OWN, OWN + SIBLINGS)
            ]
    releases = tuple(_release(s, i) for i in range(RELEASES))
    return Quarter(tuple(incidents), releases, noise, days)


@cache
def _number(what: str) -> int:
    """An entity number for a name; the same everywhere."""
    return int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), "little")


def _incident(s: Stream, i: int, e: Exposure, *, own: bool) -> Incident:
    def within(r: Range, *entity: int) -> float:
        return s.between(r[0], r[1], _INCIDENT, i, *entity)

    usual_min = (e.find_min[0] + e.find_min[1] + e.mend_min[0] + e.mend_min[1]) / 2
    usd = e.usual_usd * within((0.85, 1.15), 3) * (1.0 if own else SIBLING_WEIGHT)

    def drawn(ranges: Mapping[str, Range], k: int) -> dict[str, float]:
        return {name: within(r, k, _number(name)) for name, r in ranges.items()}

    return Incident(
        i,
        e,
        own,
        within(e.find_min, 4),
        within(e.mend_min, 5),
        usd / usual_min,
        drawn(e.size, 6),
        drawn(e.shown, 7),
        drawn(e.canary, 8),
    )


def _release(s: Stream, i: int) -> GoodRelease:
    def within(r: Range, name: str) -> float:
        return s.between(r[0], r[1], _RELEASE, i, _number(name))

    # Every kind at least twice, so that a gate on any of them has something to be wrong about.
    kind = KINDS[i % 4] if i < 8 else s.choice(KINDS, _RELEASE, i)
    return GoodRelease(
        i,
        kind,
        {name: within(r, name) for name, r in REGRESSION.items()},
        {name: within(r, "needs " + name) for name, r in HONEST.items()},
        within((1.0, 4.0), "surge"),
    )

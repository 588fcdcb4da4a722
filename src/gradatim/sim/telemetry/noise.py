"""Keyed noise over arrays: the streams of `core`, vectorised, plus slow wander and rare excursions.

Every value is a function of (seed, purpose, tick) alone, so it can be computed for any range of ticks,
in any order and in any portions, with the same result to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradatim.core.streams import Stream, purpose_key

U64 = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_LOW16 = np.uint64(0xFFFF)
_BELL_SCALE = 1.0 / (65536.0 * (4 / 12) ** 0.5)


def keys(seed: int, purposes: Sequence[str]) -> U64:
    """The purpose keys of `core.streams` as an array."""
    return np.array([purpose_key(seed, p) for p in purposes], dtype=np.uint64)


def bits(key: U64 | np.uint64, entity: npt.NDArray[Any]) -> U64:
    """64 uniform bits per (key, entity), broadcast; equal to `core.streams.Stream.bits(entity)`."""
    e = entity.astype(np.int64).view(np.uint64)
    z = (key ^ (e * _GOLDEN)) + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _M1
    z = (z ^ (z >> np.uint64(27))) * _M2
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def uniform(key: U64 | np.uint64, entity: npt.NDArray[Any]) -> FloatArray:
    """Uniform in [0, 1), 53 bits."""
    return (bits(key, entity) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def bell(key: U64 | np.uint64, entity: npt.NDArray[Any]) -> FloatArray:
    """Nearly normal, mean 0 and deviation 1, never beyond 3.47: the sum of four 16-bit draws.

    Bounded on purpose: three sigma by chance alone is as good as never, so an excursion is drawn,
    counted and tested rather than left to the tail of a distribution.
    """
    z = bits(key, entity)
    total = (z & _LOW16).astype(np.float64)
    for shift in (16, 32, 48):
        total += ((z >> np.uint64(shift)) & _LOW16).astype(np.float64)
    return (total - 131_070.0) * _BELL_SCALE


def smooth(key: U64 | np.uint64, x: FloatArray) -> FloatArray:
    """Value noise: `bell` at whole numbers, smoothstep between them."""
    cell = np.floor(x)
    u = x - cell
    u = u * u * (3.0 - 2.0 * u)
    left, right = bell(key, cell), bell(key, cell + 1.0)
    return left + (right - left) * u


def wander(key: U64 | np.uint64, tick: npt.NDArray[Any]) -> FloatArray:
    """Autocorrelated noise of deviation about 1: white, minutes and quarter hours (in ticks) mixed."""
    t = tick.astype(np.float64)
    shifted = key ^ np.uint64(0x5DEECE66D)
    slow = key ^ np.uint64(0xB5026F5AA)
    return np.asarray(
        0.62 * bell(key, tick) + 0.60 * smooth(shifted, t / 7.0) + 0.60 * smooth(slow, t / 41.0)
    )


@dataclass(frozen=True, slots=True)
class Excursion:
    """A harmless departure of one series: `height` sigmas (a dip below 0), `length` ticks from `first`."""

    name: str
    first: int
    length: int
    height: float
    shape: str

    def at(self, tick: npt.NDArray[Any]) -> FloatArray:
        """Its contribution in sigmas at each tick."""
        u = (tick.astype(np.float64) - self.first + 0.5) / self.length
        inside = (u > 0.0) & (u < 1.0)
        if self.shape == "bump":
            form = (4.0 * u * (1.0 - u)) ** 2
        elif self.shape == "ramp":
            form = np.minimum(u * 1.25, 1.0)
        else:
            form = np.ones_like(u)
        return np.where(inside, self.height * form, 0.0)


@dataclass(frozen=True, slots=True)
class Unquiet:
    """How a series may depart: which way (+1 or -1) and by how many sigmas so that its alert would fire.

    `alert_sigmas` is 0 for a series that no alert watches.
    """

    name: str
    sign: int = 1
    alert_sigmas: float = 0.0
    shape: str = "bump"


def draw_excursions(seed: int, series: Sequence[Unquiet], first_tick: int, n_ticks: int) -> list[Excursion]:
    """The departures of one instance: two to four alerting series, six to nine others, at drawn times.

    They depend on the seed and the length of the instance only, never on what the platform does.
    Lengths are in ticks, so an instance of days has departures of hours.
    """
    draw = Stream(seed, "telemetry/excursions")
    span = max(1, n_ticks - first_tick)
    alerting = draw.shuffled([s for s in series if s.alert_sigmas], 1)
    others = draw.shuffled([s for s in series if not s.alert_sigmas], 2)
    chosen = alerting[: draw.integer(2, 4, 3)] + others[: draw.integer(6, 9, 4)]
    result = []
    for i, s in enumerate(chosen):
        longest = max(4, min(54, span // 12))
        shortest = max(4, min(30 if s.alert_sigmas else 8, span // 20))
        length = draw.integer(min(shortest, longest), longest, 5, i)
        first = first_tick + int(span * draw.between(0.02, 0.90, 6, i))
        height = max(draw.between(8.0, 12.0, 7, i), s.alert_sigmas * draw.between(1.0, 1.3, 8, i))
        result.append(Excursion(s.name, first, length, s.sign * height, s.shape))
    return result

"""The keyed streams of `gradatim.core.streams`, for whole arrays of entities at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gradatim.core.streams import GOLDEN, purpose_key

_GOLDEN = np.uint64(GOLDEN)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def bits(seed: int, purpose: str, entity: ArrayLike) -> NDArray[np.uint64]:
    """64 uniform bits per entity: the same as `Stream(seed, purpose).bits(e)` for each."""
    e = np.atleast_1d(np.asarray(entity)).astype(np.uint64)
    x = np.uint64(purpose_key(seed, purpose)) ^ (e * _GOLDEN)
    z = x + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _M1
    z = (z ^ (z >> np.uint64(27))) * _M2
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def uniforms(seed: int, purpose: str, entity: ArrayLike) -> NDArray[np.float64]:
    """Uniforms in [0, 1) with 53 bits, one per entity."""
    return (bits(seed, purpose, entity) >> np.uint64(11)).astype(np.float64) * 2.0**-53

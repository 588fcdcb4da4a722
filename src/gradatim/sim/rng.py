"""Keyed chance inside numba kernels: the same bits as `core.streams`, without libm.

`bits(key, entity)` equals `Stream(seed, purpose).bits(entity)` when `key` is the purpose's key.
The logarithm is written out in IEEE additions and multiplications, because the last bit of a libm's
`log` differs between machines and an outcome must not.

Sources: splitmix64 as in `core.streams`; the table of the logarithm from fdlibm's e_log.c (Sun
Microsystems, 1993), the reduction from Tang, "Table-driven implementation of the logarithm function in
IEEE floating-point arithmetic", ACM TOMS 16 (1990).
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from gradatim.sim.jit import inlined

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31 = np.uint64(27), np.uint64(30), np.uint64(31)

_LN2 = 0.6931471805599453
_START = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2): numbers are reduced to sqrt(1/2) .. sqrt(2)
_EXPONENT = np.int64(-1 << 52)
_TABLE_BITS = 7


def _float(word: int) -> float:
    return float(struct.unpack("<d", struct.pack("<q", word))[0])


def _fdlibm_log(x: float) -> float:
    """The logarithm of a number within sqrt(1/2) .. sqrt(2), below one unit in the last place."""
    f = x - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = 1.818357216161805012e-01 + w * 1.479819860510658591e-01
    odd = 6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * odd)
    even = 3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    half = 0.5 * f * f
    return s * (half + (z * odd + w * even)) - half + f


_CENTRES = [
    _float(_START + (i << (52 - _TABLE_BITS)) + (1 << (51 - _TABLE_BITS))) for i in range(1 << _TABLE_BITS)
]
_INVERSE = np.array([1.0 / c for c in _CENTRES])
_CENTRE = np.array(_CENTRES)
_LOG = np.array([_fdlibm_log(c) for c in _CENTRES])


@inlined
def bits(key: Any, entity: Any) -> Any:
    """64 uniform bits of `entity` (int64) under the purpose key `key` (uint64)."""
    z = (key ^ (np.uint64(entity) * GOLDEN)) + GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@inlined
def field(word: Any, shift: Any, width: Any) -> Any:
    """`width` bits of a 64-bit word from bit `shift` on, as int64 (width below 64)."""
    return np.int64((word >> np.uint64(shift)) & np.uint64((1 << width) - 1))


@inlined
def below(draw: Any, width: Any, n: Any) -> Any:
    """A draw of `width` bits scaled to 0 .. n - 1 without a division."""
    return (draw * n) >> width


@inlined
def log(x: Any) -> Any:
    """Natural logarithm of a positive normal float64.

    The error is below 2**-51 of the larger of 0.01 and the result.
    """
    ix = np.float64(x).view(np.int64)
    shifted = ix - _START
    i = (shifted >> (52 - _TABLE_BITS)) & ((1 << _TABLE_BITS) - 1)
    z = np.int64(ix - (shifted & _EXPONENT)).view(np.float64)
    r = (z - _CENTRE[i]) * _INVERSE[i]  # the difference is exact
    r2 = r * r
    tail = (r * 0.3333333333333333 - 0.5) + r2 * ((r * 0.2 - 0.25) - r2 * 0.16666666666666666)
    return np.float64(shifted >> 52) * _LN2 + (_LOG[i] + (r + r2 * tail))


@inlined
def exponential(draw: Any, width: Any) -> Any:
    """Exp(1) from a draw of `width` bits (at most 52); never negative, at most width x ln 2."""
    scale = np.int64((1023 - width) << 52).view(np.float64)
    return max(-log((np.float64(draw) + 1.0) * scale), 0.0)

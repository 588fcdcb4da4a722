"""Keyed chance inside numba kernels: the same bits as `core.streams`, without libm.

`bits(key, entity)` equals `Stream(seed, purpose).bits(entity)` when `key` is the purpose's key.
The logarithm is written out in IEEE additions, multiplications and one division, because the last
bit of a libm's `log` differs between machines and an outcome must not.

Sources: splitmix64 as in `core.streams`; the logarithm is fdlibm's e_log.c (Sun Microsystems, 1993;
error below one unit in the last place).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatim.sim.jit import inlined

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31 = np.uint64(27), np.uint64(30), np.uint64(31)

_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_EXPONENT = np.int64(-1 << 52)
_LN2_HI, _LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_L1, _L2, _L3, _L4 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
)
_L5, _L6, _L7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01


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
    """Natural logarithm of a positive normal float64."""
    ix = np.float64(x).view(np.int64)
    shifted = ix - _SQRT_HALF_BITS
    k = np.float64(shifted >> 52)
    f = np.int64(ix - (shifted & _EXPONENT)).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    r = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7))) + w * (_L2 + w * (_L4 + w * _L6))
    half = 0.5 * f * f
    return s * (half + r) + k * _LN2_LO - half + f + k * _LN2_HI


@inlined
def exponential(draw: Any, width: Any) -> Any:
    """Exp(1) from a draw of `width` bits (at most 52); never negative, at most width x ln 2."""
    scale = np.int64((1023 - width) << 52).view(np.float64)
    return -log((np.float64(draw) + 1.0) * scale)

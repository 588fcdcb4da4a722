"""Keyed chance: the kernel and the standard library agree, and the logarithm is exact enough."""

from __future__ import annotations

import numpy as np
from numba import njit

from gradatim.core.streams import Stream
from gradatim.sim import rng

FIXED = [
    -4611004657371359979,
    -4618953502541334033,
    -4623275132358410417,
    -4661115220556014732,
    -4596845738403823688,
    4607626529066517258,
]


@njit
def _bits(key, entities):
    out = np.empty(entities.size, np.uint64)
    for i in range(entities.size):
        out[i] = rng.bits(key, entities[i])
    return out


@njit
def _log(x):
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = rng.log(x[i])
    return out


@njit
def _exponentials(key, n, width):
    out = np.empty(n)
    for i in range(n):
        out[i] = rng.exponential(rng.field(rng.bits(key, i), 64 - width, width), width)
    return out


@njit
def _fields(word):
    return rng.field(word, 0, 22), rng.field(word, 22, 14), rng.field(word, 50, 14), rng.below(9, 4, 5)


def test_kernel_and_core_draw_the_same_bits() -> None:
    entities = np.array([0, 1, 2, 7, 12_345, 2**31, 2**40 + 3], np.int64)
    for seed in (0, 7, 2**128 - 1):
        stream = Stream(seed, "serving.request")
        assert [int(b) for b in _bits(np.uint64(stream.key), entities)] == [
            stream.bits(int(e)) for e in entities
        ]


def test_logarithm_is_as_exact_as_it_says() -> None:
    rng_x = np.random.default_rng(0)
    x = np.concatenate(
        [rng_x.random(200_000), 1.0 + rng_x.normal(0, 1e-4, 50_000), 2.0 ** -np.arange(60.0), [2.0, 1e10]]
    )
    exact = np.log(x)
    assert np.all(np.abs(_log(x) - exact) <= 2.0**-51 * np.maximum(np.abs(exact), 0.01))


def test_logarithm_has_a_fixed_last_bit() -> None:
    # Computed once; any machine must find the same 64-bit patterns.
    x = np.array([0.1, 0.5, 0.7, 0.999, 1e-9, 3.0])
    assert _log(x).view(np.int64).tolist() == FIXED
    assert "vfm" not in next(iter(_log.inspect_asm().values()))  # no fused multiply-add


def test_exponentials_have_the_right_moments_and_are_never_negative() -> None:
    for width in (32, 52):
        e = _exponentials(np.uint64(99), 400_000, width)
        assert e.min() >= 0.0
        assert abs(e.mean() - 1.0) < 5 / 400_000**0.5
        assert abs((e**2).mean() - 2.0) < 5 * 20**0.5 / 400_000**0.5


def test_fields_cut_the_word() -> None:
    word = 0x0123456789ABCDEF
    expected = (word & (2**22 - 1), word >> 22 & (2**14 - 1), word >> 50, 9 * 5 // 16)
    assert _fields(np.uint64(word)) == expected

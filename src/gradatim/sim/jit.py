"""How kernels are compiled: one way for the entry points, one for what is inlined into them.

No fastmath and no contraction anywhere: results are the same to the bit on any x86-64. Divisions and
indices are not checked; the callers validate.
"""

from __future__ import annotations

from typing import Any

from numba import njit

entry = njit(cache=True, nogil=True, error_model="numpy")
"""Compiled once per machine and loaded from the cache after; runs without the interpreter's lock."""

_OPTIONS: dict[str, Any] = {"forceinline": True, "error_model": "numpy", "_nrt": False}
inlined = njit(**_OPTIONS)
"""Always inlined. It borrows its arrays: counting references (two atomic operations per array and call)
would cost a third of the kernel's time, and the entry point holds them anyway."""

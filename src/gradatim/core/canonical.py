"""Canonical JSON and digests: the only form in which anything is hashed.

Keys sorted, no spaces, UTF-8, integers and strings only where an outcome is hashed: a float in a
hashed record is a defect, because its last bit is not a promise.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a JSON value. NaN and infinity are refused."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: Any) -> str:
    """BLAKE2b-160 of the canonical JSON, as hex."""
    return hashlib.blake2b(canonical_json(value), digest_size=20).hexdigest()


def outcome_digest(value: Any) -> str:
    """As `digest`, but refuses floats anywhere in the value."""
    _refuse_floats(value, "$")
    return digest(value)


def _refuse_floats(value: Any, where: str) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float at {where} cannot be part of a hashed outcome")
    if isinstance(value, dict):
        for k, v in value.items():
            _refuse_floats(k, f"a key of {where}")
            _refuse_floats(v, f"{where}.{k}")
    elif isinstance(value, (list, tuple)):
        for i, v in enumerate(value):
            _refuse_floats(v, f"{where}[{i}]")

"""Messages on the incident room's WebSocket: strict JSON out, checked JSON in."""

from __future__ import annotations

import json
import math
from typing import Any

from gradatim.core.errors import InputError

LONGEST_MESSAGE = 256_000

INTERNAL: dict[str, Any] = {
    "error": "Internal",
    "what": "an error in the server, not in what you sent; nothing was changed",
    "where": "",
    "why": "",
    "next": "the server's log has the details; try again or reload",
}


def encode(message: dict[str, Any]) -> str:
    """Strict JSON: a gap in a series is null, never NaN; anything else SQL returns is text."""
    try:
        return json.dumps(message, allow_nan=False, default=_plain, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(message), allow_nan=False, default=_plain, separators=(",", ":"))


def decode(text: str | None) -> dict[str, Any]:
    """A message from a page.

    Raises:
        InputError: not text, too long, not JSON, not an object.
    """
    if text is None:
        raise InputError("a message must be text, not bytes")
    if len(text) > LONGEST_MESSAGE:
        raise InputError(f"a message is at most {LONGEST_MESSAGE:,} characters", [f"{len(text):,} came"])
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("a message must be JSON", [str(error)[:200]]) from None
    if not isinstance(message, dict):
        raise InputError("a message must be a JSON object", [f"a {type(message).__name__} came"])
    return message


def number_of(message: dict[str, Any], name: str, low: float, high: float) -> float:
    """A finite number field within bounds, or an `InputError`."""
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} must be a number from {low:g} to {high:g}", [f"{name}: {value!r}"[:120]])
    return float(value)


def dict_of(message: dict[str, Any], name: str) -> dict[str, Any]:
    """An object field, or an `InputError`."""
    value = message.get(name)
    if not isinstance(value, dict):
        raise InputError(f"{name} must be an object", [f"{name}: {value!r}"[:120]])
    return value


def text_of(message: dict[str, Any], name: str) -> str:
    """A text field, or an `InputError`."""
    value = message.get(name)
    if not isinstance(value, str):
        raise InputError(f"{name} must be text", [f"{name}: {value!r}"[:120]])
    return value


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value

"""Frames of JSON over one descriptor: four bytes of length, big endian, then UTF-8."""

from __future__ import annotations

import json
import os
from typing import Any


class Closed(BaseException):
    """The other side is gone: nothing is left to do. Learner code must not catch it as an Exception."""


class Channel:
    """Blocking frames, for the side of the policy."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, message: dict[str, Any]) -> None:
        """Send one message.

        Raises:
            ValueError: the message holds what JSON has no word for (NaN, an object).
        """
        body = json.dumps(message, allow_nan=False, separators=(",", ":"), default=plain).encode(
            "utf-8", "replace"
        )
        data = memoryview(len(body).to_bytes(4, "big") + body)
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except OSError:
                raise Closed from None

    def receive(self) -> dict[str, Any]:
        """Wait for one message."""
        message: dict[str, Any] = json.loads(self._read(int.from_bytes(self._read(4), "big")))
        return message

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            try:
                part = os.read(self._descriptor, min(size, 1 << 20))
            except OSError:
                raise Closed from None
            if not part:
                raise Closed
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def plain(value: Any) -> Any:
    """numpy scalars and arrays as plain values, by their own methods (numpy may not be loaded)."""
    for name in ("tolist", "item"):
        convert = getattr(value, name, None)
        if callable(convert):
            return convert()
    raise TypeError(
        f"a {type(value).__name__} cannot cross the border; use numbers, strings, lists and dicts"
    )

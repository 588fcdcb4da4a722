"""Our end of the border: frames to and from the policy's process, never blocked by it.

Whatever arrives was written by a process that runs learner code: length, JSON and type are checked.
"""

from __future__ import annotations

import json
import math
import os
import selectors
import socket
import time
from typing import Any

_LENGTH_BYTES = 4
_NEVER_MORE = 1 << 20  # printed bytes read in one go


class Ended(Exception):
    """The process closed its end."""


class TimedOut(Exception):
    """The deadline passed."""


class Garbled(Exception):
    """A frame is too long or is not a JSON object."""


class Wire:
    """Frames over a socket, and what the process prints, kept up to a bound.

    Args:
        channel: our end of the socket pair.
        printed: the reading end of the pipe behind the process's stdout and stderr.
        keep_bytes: printed bytes that are kept.
        frame_bytes: the longest frame that is accepted.
    """

    def __init__(self, channel: socket.socket, printed: int, *, keep_bytes: int, frame_bytes: int) -> None:
        self._channel, self._printed = channel, printed
        self._keep_bytes, self._frame_bytes = keep_bytes, frame_bytes
        self._received = bytearray()
        self._kept = bytearray()
        self.dropped_bytes = 0
        channel.setblocking(False)
        os.set_blocking(printed, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(printed, selectors.EVENT_READ)

    @property
    def output(self) -> str:
        """What the process printed so far, with a note when some was dropped."""
        text = self._kept.decode("utf-8", "replace")
        return text + (f"\n[{self.dropped_bytes:,} bytes more were dropped]\n" if self.dropped_bytes else "")

    def send(self, message: dict[str, Any], deadline: float) -> None:
        """Send one message before `deadline` (monotonic seconds).

        Raises:
            TimedOut: the process stopped reading.
            Ended: the process is gone.
        """
        body = json.dumps(message, separators=(",", ":")).encode()
        data = memoryview(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
        self._selector.modify(self._channel, selectors.EVENT_READ | selectors.EVENT_WRITE)
        try:
            while data:
                if self._wait(deadline) & selectors.EVENT_WRITE:
                    try:
                        data = data[self._channel.send(data) :]
                    except BlockingIOError:
                        continue
                    except OSError:
                        raise Ended from None
        finally:
            self._selector.modify(self._channel, selectors.EVENT_READ)

    def receive(self, deadline: float) -> dict[str, Any]:
        """The next message.

        Raises:
            TimedOut, Ended, Garbled
        """
        while True:
            if len(self._received) >= _LENGTH_BYTES:
                size = int.from_bytes(self._received[:_LENGTH_BYTES], "big")
                if size > self._frame_bytes:
                    raise Garbled(f"{size / 1024:,.0f} KiB")
                if len(self._received) >= _LENGTH_BYTES + size:
                    body = bytes(self._received[_LENGTH_BYTES : _LENGTH_BYTES + size])
                    del self._received[: _LENGTH_BYTES + size]
                    return _parse(body)
            self._wait(deadline)

    def wait_for_end(self, deadline: float) -> None:
        """Take the last of what is printed; return when every process that held the other end is gone."""
        try:
            while True:
                self._wait(deadline)
                self._received.clear()
        except (Ended, TimedOut):
            self.drain()

    def drain(self) -> None:
        """Take what is printed and waiting, up to a bound: endless printing does not hold us."""
        for _ in range(_NEVER_MORE // 65536):
            try:
                part = os.read(self._printed, 65536)
            except (BlockingIOError, OSError):
                return
            if not part:
                return
            room = self._keep_bytes - len(self._kept)
            self._kept += part[: max(room, 0)]
            self.dropped_bytes += max(len(part) - max(room, 0), 0)

    def close(self) -> None:
        """Let go of both ends."""
        self._selector.close()
        self._channel.close()
        os.close(self._printed)

    def _wait(self, deadline: float) -> int:
        """Wait for something; take what arrived; return the channel's events."""
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimedOut
        channel_events = 0
        for key, events in self._selector.select(left_s):
            if key.fileobj is self._channel:
                channel_events = events
                if events & selectors.EVENT_READ:
                    self._take()
            else:
                self._take_printed()
        return channel_events

    def _take(self) -> None:
        try:
            part = self._channel.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            raise Ended from None
        if not part:
            raise Ended
        self._received += part

    def _take_printed(self) -> None:
        before = len(self._kept) + self.dropped_bytes
        self.drain()
        if before == len(self._kept) + self.dropped_bytes:
            # Ready and empty: the process closed its output; an end of file would wake us for ever.
            self._selector.unregister(self._printed)


def _parse(body: bytes) -> dict[str, Any]:
    def refuse(text: str) -> float:
        raise ValueError(text)

    def finite(text: str) -> float:
        return number if math.isfinite(number := float(text)) else refuse(text)

    try:
        message = json.loads(body, parse_constant=refuse, parse_float=finite)
        if b"\\ud" in body or b"\\uD" in body:
            # Half a surrogate pair has no UTF-8: it would fail later, wherever the text is first stored.
            message = json.loads(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Garbled("not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Garbled("not a message")
    return message

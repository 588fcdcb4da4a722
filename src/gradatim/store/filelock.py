"""Locks between processes. `flock` is released by the kernel when its holder dies, even by kill -9."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_S = 0.02


def open_private(path: Path) -> int:
    """A descriptor of the file, made for its owner only, closed in programs that this one starts."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def lock_within(fd: int, timeout_s: float, *, shared: bool = False) -> bool:
    """Try to lock an open file until `timeout_s` real seconds have passed; whether it succeeded."""
    mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    end = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(fd, mode)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_PAUSE_S)


@contextmanager
def held(path: Path, timeout_s: float) -> Iterator[bool]:
    """Hold the lock of `path` while the block runs; yields False if it could not be had in time.

    The file stays: taking a lock file away lets two processes each lock their own.
    """
    fd = open_private(path)
    try:
        yield lock_within(fd, timeout_s)
    finally:
        os.close(fd)

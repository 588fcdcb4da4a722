"""The lock of the one web server of a home folder, and how another process finds that server."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from gradatim.core.errors import StateError

from .filelock import lock_within, open_private
from .rows import utc_now

FILE_NAME = "server.lock"
# A process that only looks holds the lock for a moment; a starting server waits that moment out.
_GRACE_S = 0.5
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a running server says of itself. `port` and `token` are None until it listens."""

    pid: int
    started_at: str
    port: int | None = None
    token: str | None = None


class ServerLock:
    """Held by the web server of a home for as long as it runs.

    A kill -9 releases it: it is an `flock`, the process id is only information. A process that the
    server forks without exec would keep it, so children are started with exec.
    """

    def __init__(self, home: Path) -> None:
        self.path = Path(home) / FILE_NAME
        self._fd: int | None = None
        self._started_at = ""

    def acquire(self) -> Self:
        """Become the server of this home.

        Raises:
            StateError: there is one already; says where it listens.
        """
        fd = open_private(self.path)
        if not lock_within(fd, _GRACE_S):
            other = _read(fd)
            os.close(fd)
            raise _taken(self.path, other)
        self._fd, self._started_at = fd, utc_now()
        self._write(ServerInfo(os.getpid(), self._started_at))
        return self

    def announce(self, port: int, token: str) -> None:
        """Say where the server listens, and the token that opens it."""
        self._write(ServerInfo(os.getpid(), self._started_at, port, token))

    def release(self) -> None:
        """Stop being the server. The file stays, empty."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self if self._fd is not None else self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _write(self, info: ServerInfo) -> None:
        if self._fd is None:
            raise StateError("this process is not the server of its home", where=str(self.path))
        # Padded to one size and written at once: a reader sees the old text or the new one.
        os.pwrite(self._fd, json.dumps(asdict(info)).encode().ljust(_MAX_BYTES), 0)


def running_server(home: Path) -> ServerInfo | None:
    """The server that runs on this home now, or None; a file left by a dead server counts for nothing.

    A server that has just started has no port yet: ask again.
    """
    path = Path(home) / FILE_NAME
    if not path.exists():
        return None
    fd = open_private(path)
    try:
        end = time.monotonic() + _GRACE_S
        while not lock_within(fd, 0.0, shared=True):
            info = _read(fd)
            if info is not None or time.monotonic() >= end:
                return info
            time.sleep(0.01)
        return None
    finally:
        os.close(fd)


def _read(fd: int) -> ServerInfo | None:
    """What the holder of the lock says; None in the moment before it has said anything."""
    try:
        info = ServerInfo(**json.loads(os.pread(fd, _MAX_BYTES, 0)))
        os.kill(info.pid, 0)  # fails for the text of a dead server that the next one is about to replace
    except (ValueError, TypeError, ProcessLookupError):
        return None
    except PermissionError:
        pass  # another user's process, but alive
    return info


def _taken(path: Path, other: ServerInfo | None) -> StateError:
    where = f"http://127.0.0.1:{other.port}" if other and other.port else str(path)
    who = f"process {other.pid}, since {other.started_at}" if other else "another process"
    return StateError(
        "gradatim is running on this home already",
        where=where,
        why=f"{who}; one server at a time keeps clocks and logs in one place",
        next="gradatim  (opens the running one), or end that process first",
    )

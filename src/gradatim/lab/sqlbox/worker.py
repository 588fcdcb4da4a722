"""The process that DuckDB runs in.

A string function can ask for gigabytes that DuckDB's memory limit does not count, in one call that no
interrupt reaches (measured: repeat('x', 3000000000) held 5.8 GB for 93 s). So the engine lives in a
process that may be ended: with a limit on address space, a timer whose signal ends it and, on Linux, no
right to open a file of the user's or a socket.

Frames from the parent are pickled (they are ours: arrays), frames to the parent are JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import signal
import sys
from typing import Any

from gradatim.core.errors import InputError

from .engine import Engine

GRACE_S = 1.0  # how long past its timeout a query may take to notice the interrupt
SLOWEST = 20.0
"""A busy machine gives a process a share of a core: a query may wait so many times its CPU seconds."""
_HEADROOM_MB = 512  # address space beyond DuckDB's own limit: arrays, results, arenas


def wall_s(timeout_s: float) -> float:
    """How long a query may take by the clock on the wall."""
    return SLOWEST * (timeout_s + GRACE_S)


def main() -> None:
    """Answer requests on standard input until it closes."""
    memory_mb = int(sys.argv[1])
    answers = os.dup(1)
    os.dup2(2, 1)  # nothing that a library prints may reach the frames
    engine = Engine(memory_mb)
    _warm_up(engine)
    _confine(memory_mb)
    _send(answers, {"ready": True})
    while True:
        request = _receive(0)
        if request is None:
            os._exit(0)
        _send(answers, _answer(engine, request))


def _answer(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    timeout_s = request["timeout_s"]
    answer: dict[str, Any]
    # Their signals are not handled: they end us. The first counts what we compute, the second what we wait.
    signal.setitimer(signal.ITIMER_PROF, timeout_s + GRACE_S)
    signal.setitimer(signal.ITIMER_REAL, wall_s(timeout_s))
    try:
        for name, columns in request["put"].items():
            engine.put(name, columns)
        for name, columns in request["append"].items():
            engine.append(name, columns)
        for name in set(engine.names()) - set(request["names"]):
            engine.drop(name)
        answer = {"result": engine.run(request["sql"], request["max_rows"], timeout_s)}
    except InputError as error:
        answer = {
            "error": {"what": error.what, "why": error.why, "next": error.next, "problems": error.problems}
        }
    except Exception as error:
        # A defect of ours: raised in the parent, where it is seen; this process has said all it can.
        answer = {"defect": f"{type(error).__name__}: {error}"}
        engine.damaged = True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return {**answer, "damaged": engine.damaged}


def _warm_up(engine: Engine) -> None:
    """Let the libraries load what they load late, before no file can be opened any more."""
    engine.put("warm", {"t_s": [0.0, 1.0], "text": ["a", None]})
    engine.run(
        "SELECT text, avg(t_s), now_s::TIMESTAMP, 1::DECIMAL(9,2), [1], {'a': 1}, 'x'::BLOB, uuid() "
        "FROM warm, (SELECT '2013-01-01' AS now_s) GROUP BY ALL ORDER BY ALL",
        10,
        30.0,
    )
    engine.drop("warm")


def _confine(memory_mb: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    from gradatim.lab.sandbox.jail import landlock, linux, seccomp

    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        now_bytes = int(file.read().split()[0]) * resource.getpagesize()
    limit = now_bytes + (memory_mb + _HEADROOM_MB) * (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        code = [path for path in sys.path if os.path.exists(path)]  # noqa: PTH110
        landlock.restrict([*code, "/usr/share/zoneinfo"], [])
        seccomp.install(os.getpid())


def _receive(descriptor: int) -> dict[str, Any] | None:
    head = _read(descriptor, 8)
    body = _read(descriptor, int.from_bytes(head, "big")) if head else None
    if not body:
        return None
    request: dict[str, Any] = pickle.loads(body)
    return request


def _read(descriptor: int, size: int) -> bytearray | None:
    body = bytearray(size)
    view, filled = memoryview(body), 0
    while filled < size:
        count = os.readv(descriptor, [view[filled:]])
        if count == 0:
            return None
        filled += count
    return body


def _send(descriptor: int, answer: dict[str, Any]) -> None:
    body = json.dumps(answer, allow_nan=False).encode()
    data = memoryview(len(body).to_bytes(8, "big") + body)
    while data:
        data = data[os.write(descriptor, data) :]

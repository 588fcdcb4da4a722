"""The process that runs a learner's folder, from our side: one function call at a time, and what became of it."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .limits import Limits
from .process import _GRACE_S, _START_WALL_S, PolicyProcess
from .report import _text
from .wire import Ended, Garbled, TimedOut

Asked = Callable[[str, str, Sequence[Any], Mapping[str, Any]], dict[str, Any]]
"""(port, method, args, kwargs) -> {"result": value} or {"raise": kind, "message": text}."""

_MOST_ASKED = 20_000


class Failure(NamedTuple):
    """What a call of learner code ended with instead of a value.

    Attributes:
        kinds: names of the exception's classes, its own first; ("Timeout",), ("Ended",), ("NotPlain",) are ours.
        message: its text.
        where: the learner's file and line, or "".
        fatal: the process is gone.
    """

    kinds: tuple[str, ...]
    message: str
    where: str
    fatal: bool = False

    @property
    def text(self) -> str:
        """One line for the learner."""
        said = f"{self.kinds[0]}: {self.message}".rstrip(": ")
        return f"{said} ({self.where})" if self.where else said


class Answer(NamedTuple):
    """A value or a failure; for a timed call the CPU seconds too, told by the kernel, 0 where it cannot."""

    value: Any
    failure: Failure | None = None
    cpu_s: float = 0.0


class CallProcess(PolicyProcess):
    """A learner's folder in a process of its own; functions are called one at a time.

    Args:
        files: path in the folder -> text. Only Python modules can be imported.
        limits: what it may use; `step_*` bound one call.
        stubs: module -> functions that are answered by the `asked` of each call, not by the folder.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        limits: Limits | None = None,
        stubs: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(Path("your code"), limits)
        self._files = {p: t for p, t in files.items() if p.endswith(".py")}
        self._stubs = {m: list(f) for m, f in (stubs or {}).items()}
        self._player = "calls"
        self._ours: socket.socket | None = None
        self._pid: int | None = None

    def start(self) -> None:
        """Start the process and hand the folder over; nothing of it is imported yet.

        Raises:
            PolicyError: the process cannot be started on this machine.
        """
        if self._process is not None or self._closed:
            return
        self._ours, theirs = socket.socketpair()
        self._handed = theirs.fileno()
        try:
            self._spawn()
        finally:
            theirs.close()
        with self._or_close():
            try:
                hello = self._wired.receive(time.monotonic() + _START_WALL_S)
                self.isolation = [str(item) for item in hello.get("isolation", [])]
                self._send_and_wait(
                    {"type": "load", "files": self._files, "stubs": self._stubs, "cpu_s": 5.0, "wall_s": 20.0}
                )
            except (Ended, TimedOut, Garbled):
                raise self._not_started() from None
        assert self._process is not None
        self._pid = _child_of(self._process.pid)

    def call(
        self, module: str, function: str, *args: Any, asked: Asked | None = None, timed: bool = False
    ) -> Answer:
        """Call `module.function(*args)`.

        An argument is a JSON value, {"$array": nested lists}, {"$kept": name} or
        {"$port": name, "methods": [...]}. With `timed`, the answer says what it took.
        """
        message = {"type": "call", "module": module, "function": function, "args": list(args)}
        return self._do(message, asked, timed=timed)

    def names(self, module: str, prefix: str, asked: Asked | None = None) -> Answer:
        """Import a module; the names of what can be called in it, in order."""
        return self._do({"type": "names", "module": module, "prefix": prefix}, asked)

    def keep(self, name: str, value: Any) -> Answer:
        """Leave a value in the process, for {"$kept": name}: its transfer is not part of a timed call."""
        return self._do({"type": "keep", "name": name, "value": value}, None)

    def fresh(self) -> Answer:
        """Forget every module of the folder: the next call imports anew."""
        return self._do({"type": "fresh"}, None)

    def serve(self, module: str, handler: str) -> Answer:
        """Answer connections with the handler class of a module, from now on."""
        return self._do({"type": "serve", "module": module, "function": handler}, None)

    def connect(self) -> socket.socket:
        """A new connection to what `serve` started; our end of it."""
        assert self._ours is not None
        mine, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._ours, [b"c"], [theirs.fileno()])
        return mine

    @property
    def alive(self) -> bool:
        """Whether calls can still be made."""
        return self._process is not None and not self._closed

    def close(self) -> None:
        """End the process. Safe to call twice."""
        super().close()
        if self._ours is not None:
            self._ours.close()
            self._ours = None

    def _do(self, message: dict[str, Any], asked: Asked | None, *, timed: bool = False) -> Answer:
        if self._closed:
            return Answer(None, Failure(("Ended",), "the process has ended", "", True))
        self.start()
        limits = self.limits
        before_s = _cpu_s(self._pid) if timed else 0.0
        bounded = {**message, "cpu_s": limits.step_cpu_s, "wall_s": limits.step_wall_s}
        try:
            answer = self._send_and_wait(bounded, asked)
        except TimedOut:
            return self._gone("Timeout", f"no answer within {limits.step_wall_s:g} s")
        except Garbled as error:
            return self._gone(
                "NotPlain", f"an answer of {error}" if "KiB" in str(error) else "a garbled answer"
            )
        except Ended:
            return self._gone("Ended", "the process ended: out of memory, or it left by itself")
        cpu_s = max(_cpu_s(self._pid) - before_s, 0.0) if timed else 0.0
        if answer["type"] == "reply":
            return Answer(answer.get("value"), None, cpu_s)
        if answer["type"] == "unsendable":
            return Answer(None, Failure(("NotPlain",), _text(answer, "message"), ""), cpu_s)
        if answer["type"] != "error":
            return self._gone("NotPlain", "a garbled answer")
        kinds = answer.get("kinds")
        names = tuple(str(k)[:60] for k in kinds) if isinstance(kinds, list) and kinds else ("Exception",)
        if names[0] == "OverLimit":
            return self._gone(
                "Timeout", f"more than {limits.step_cpu_s:g} s of CPU in one call", _where(answer)
            )
        return Answer(None, Failure(names, _text(answer, "message"), _where(answer)), cpu_s)

    def _gone(self, kind: str, message: str, where: str = "") -> Answer:
        self.close()
        return Answer(None, Failure((kind,), message, where, True))

    def _send_and_wait(self, message: dict[str, Any], asked: Asked | None = None) -> dict[str, Any]:
        deadline, count = time.monotonic() + float(message["wall_s"]) + _GRACE_S, 0
        self._wired.send(message, deadline)
        while True:
            answer = self._wired.receive(deadline)
            if answer["type"] != "ask" or asked is None:
                return answer
            count += 1
            if count > _MOST_ASKED:
                raise Garbled("too many questions")
            before = time.monotonic()
            port, method = _text(answer, "port"), _text(answer, "method")
            args, kwargs = answer.get("args"), answer.get("kwargs")
            if not isinstance(args, list) or not isinstance(kwargs, dict):
                raise Garbled("not a question")
            reply = asked(port, method, args, kwargs)
            deadline += time.monotonic() - before
            self._wired.send(reply, deadline)


def _where(answer: dict[str, Any]) -> str:
    frames = answer.get("frames")
    frame = frames[-1] if isinstance(frames, list) and frames and isinstance(frames[-1], dict) else None
    if frame is None or not isinstance(frame.get("line"), int):
        return ""
    return f"{_text(frame, 'file')}, line {frame['line']}"


def _child_of(pid: int) -> int | None:
    """The learner's process below its supervisor, as this side sees it."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(text[0]) if text else None


def _cpu_s(pid: int | None) -> float:
    """CPU seconds of a process and all its threads, told by the kernel; 0 where it cannot be known."""
    if pid is None:
        return 0.0
    try:
        threads = [
            int((thread / "schedstat").read_text(encoding="ascii").split()[0]) * 1e-9
            for thread in Path(f"/proc/{pid}/task").iterdir()
        ]
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (OSError, ValueError, IndexError):
        return 0.0
    # The threads' figures are exact; only the process's own, in ticks, knows threads that have ended.
    ticks_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return max(sum(threads), ticks_s)

"""Load the policy, call it once per step, say what went wrong with the learner's own lines."""

from __future__ import annotations

import builtins
import linecache
import os
import signal
import sys
import types
from typing import Any

from .channel import Channel, Closed


class OverLimit(BaseException):
    """A timer ran out. Not an Exception, so that `except Exception` in a policy does not swallow it."""


class QueryError(Exception):
    """What `query` raises in a policy when the statement is refused or fails."""


class Player:
    """One policy in its process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._pid = os.getpid()
        self._armed = False
        self._policy: Any = None
        self._name = "policy.py"

    def run(self) -> None:
        """Answer messages until the other side closes."""
        signal.signal(signal.SIGPROF, self._on_timer)
        signal.signal(signal.SIGALRM, self._on_timer)
        signal.signal(signal.SIGXCPU, self._on_timer)
        # Line by line, so that prints, errors and what libraries write keep their order.
        sys.stdout.reconfigure(line_buffering=True, errors="replace")  # type: ignore[union-attr]
        while True:
            message = self._channel.receive()
            answer = self._guarded(message)
            if os.getpid() != self._pid:
                os._exit(1)  # a fork of the learner's that came back out of the policy
            try:
                self._channel.send(answer)
            except (ValueError, TypeError, RecursionError, MemoryError) as error:
                reason = str(error) or type(error).__name__
                self._channel.send({"type": "unsendable", "message": reason[:500]})

    def _guarded(self, message: dict[str, Any]) -> dict[str, Any]:
        stage = message["type"]
        try:
            try:
                self._arm(message["cpu_s"], message["wall_s"])
                return self._answer(message)
            finally:
                self._disarm()
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
        except Closed:
            raise
        except BaseException as error:
            return self._report(stage, error)

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["type"] == "load":
            self._load(message["name"], message["source"])
            return {"type": "loaded"}
        return {"type": "reply", "value": self._policy(message["obs"], self._query)}

    def _load(self, name: str, source: str) -> None:
        self._name = name
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        module = types.ModuleType("policy")
        module.__file__ = name
        sys.modules["policy"] = module
        exec(builtins.compile(source, name, "exec", dont_inherit=True), module.__dict__)
        self._policy = module.__dict__.get("policy")
        if not callable(self._policy):
            raise LookupError("no function named policy")

    def _own(self) -> tuple[str, ...]:
        """The file names of the learner's code."""
        return (self._name,)

    def _query(self, sql: str) -> dict[str, Any]:
        if not isinstance(sql, str):
            raise TypeError(f"query takes one string of SQL, not a {type(sql).__name__}")
        answer = self._asked({"type": "query", "sql": sql})
        if "error" in answer:
            raise QueryError(answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def _asked(self, message: dict[str, Any]) -> dict[str, Any]:
        """What the other side answers; waiting for it is not the learner's time."""
        self._armed = False
        left_s = signal.setitimer(signal.ITIMER_REAL, 0)[0]
        try:
            self._channel.send(message)
            return self._channel.receive()
        finally:
            self._armed = True
            signal.setitimer(signal.ITIMER_REAL, max(left_s, 0.001))

    def _arm(self, cpu_s: float, wall_s: float) -> None:
        self._armed = True
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        signal.setitimer(signal.ITIMER_REAL, wall_s)

    def _disarm(self) -> None:
        self._armed = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_timer(self, number: int, frame: Any) -> None:
        if self._armed:
            names: dict[int, str] = {signal.SIGPROF: "cpu", signal.SIGALRM: "wall"}
            raise OverLimit(names.get(number, "all"))

    def _report(self, stage: str, error: BaseException) -> dict[str, Any]:
        """The error and the learner's frames only: none of ours, none of a library's."""
        frames: list[dict[str, Any]] = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename in self._own():
                frames.append({"line": trace.tb_lineno, "function": code.co_name, "file": code.co_filename})
            trace = trace.tb_next
        try:
            text = str(error)[:500]
        except BaseException:
            text = "(its message could not be read)"
        report: dict[str, Any] = {
            "type": "error",
            "stage": stage,
            "kind": type(error).__name__,
            "memory": isinstance(error, MemoryError),
            "message": text,
        }
        if isinstance(error, SyntaxError) and error.filename in self._own():
            report["message"] = str(error.msg)[:500]
            frames = [{"line": error.lineno or 1, "function": "<module>", "file": error.filename}]
        for frame in frames[-3:]:
            frame["source"] = linecache.getline(frame["file"], frame["line"]).strip()[:120]
        report["frames"] = frames[-3:]
        return report

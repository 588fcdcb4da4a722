"""The process that runs a learner's policy."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from gradatim.core.errors import GradatimError, PolicyError

from . import report
from .limits import Limits
from .reply import check_reply
from .source import read_source
from .wire import Ended, Garbled, TimedOut, Wire

Query = Callable[[str], dict[str, Any]]

_GRACE_S = 1.0  # the process stops itself at its limit and says where; this is how long it may take to say it
_START_WALL_S = 30.0
_START = "import sys; sys.path.insert(0, sys.argv[2]); from jail.main import main; main()"


class PolicyProcess:
    """A policy file in a process of its own; JSON values cross the border, nothing else does.

    The module is loaded once by `start`; its globals persist between steps. One thread at a time.

    Args:
        source: the policy file.
        limits: what it may use.

    Attributes:
        isolation: what holds on this machine, in words; filled by `start`.
    """

    def __init__(self, source: Path, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.name = source.name
        self.isolation: list[str] = []
        self._source: Path | str = source
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._control = -1
        self._base = ""
        self._waited_s = 0.0
        self._printed = ""
        self._closed = False
        self._player = "policy"
        self._handed = -1  # one more descriptor for the process, or none

    @classmethod
    def from_text(cls, text: str, name: str = "policy.py", limits: Limits | None = None) -> PolicyProcess:
        """A policy given as text instead of a file."""
        process = cls(Path(name), limits)
        process._source = text
        return process

    @property
    def output(self) -> str:
        """What the policy printed so far (stdout and stderr, in order), bounded."""
        if self._wire is not None:
            self._wire.drain()
            return self._wire.output
        return self._printed

    def __enter__(self) -> PolicyProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the process and load the policy.

        Raises:
            PolicyError: the file is missing or malformed, or fails while it is loaded.
        """
        if self._process is not None or self._closed:
            return
        text = (
            self._source
            if isinstance(self._source, str)
            else read_source(self._source, self.limits.source_kb)
        )
        self._spawn()
        with self._or_close():
            try:
                hello = self._wired.receive(time.monotonic() + _START_WALL_S)
            except (Ended, TimedOut, Garbled):
                raise self._not_started() from None
            self.isolation = [str(item) for item in hello.get("isolation", [])]
            load = {"type": "load", "name": self.name, "source": text, "cpu_s": self.limits.load_cpu_s}
            answer = self._exchange({**load, "wall_s": self.limits.step_wall_s}, None, "loading")
            if answer["type"] != "loaded":
                raise report.garbled("", self.name, self.limits)

    def step(self, obs: dict[str, Any], query: Query) -> dict[str, Any]:
        """Call `policy(obs, query)` once.

        Args:
            obs: what the policy sees; JSON values.
            query: answers the policy's SQL on this side. A `GradatimError` of it is raised in the policy.

        Returns:
            {"actions": [dict with "kind", ...], "advance_s": number >= limits.min_advance_s}.

        Raises:
            PolicyError: what went wrong, where in the policy, why, what to do; the process has ended.
        """
        if self._closed:
            raise PolicyError(
                "the policy's process has already ended",
                where=self.name,
                why="an earlier step failed, or it was closed",
                next="start it again",
            )
        self.start()
        message = {
            "type": "step",
            "obs": obs,
            "cpu_s": self.limits.step_cpu_s,
            "wall_s": self.limits.step_wall_s,
        }
        with self._or_close():
            answer = self._exchange(message, query, "one step")
            if answer["type"] == "unsendable":
                raise report.bad_reply([str(answer.get("message", ""))[:500]], self.name)
            if answer["type"] != "reply":
                raise report.garbled("", self.name, self.limits)
            value, problems = check_reply(answer.get("value"), self.limits)
            if problems:
                raise report.bad_reply(problems, self.name)
            return value

    def close(self) -> None:
        """End the process and everything it started. Safe to call twice, and from `finally`."""
        self._closed = True
        if self._control >= 0:
            os.close(self._control)  # the supervisor sees it and ends the policy's processes
            self._control = -1
        if self._process is not None:
            try:
                self._process.wait(5.0)
            except subprocess.TimeoutExpired:
                self._process.kill()  # its child dies with it
                self._process.wait()
        if self._wire is not None:
            self._wire.wait_for_end(time.monotonic() + _GRACE_S)
            self._printed = self._wire.output
            self._wire.close()
            self._wire = None
        if self._base:
            shutil.rmtree(self._base, ignore_errors=True)  # already gone unless the supervisor was killed
            self._base = ""

    @property
    def _wired(self) -> Wire:
        assert self._wire is not None
        return self._wire

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair()
        control_read, control_write = os.pipe()
        printed_read, printed_write = os.pipe()
        self._base = tempfile.mkdtemp(prefix="gradatim-")
        config = {
            "base": self._base,
            "channel": theirs.fileno(),
            "player": self._player,
            "listener": self._handed,
            "control": control_read,
            "ours": str(Path(__file__).parent),
            "numpy": _numpy_folders(),
            "hidden": [str(Path(__file__).parents[2])],
            **{
                name: getattr(self.limits, name)
                for name in ("memory_mb", "scratch_mb", "total_cpu_s", "threads")
            },
        }
        try:
            # -P -s -S and an environment of ours are what -I is, except that PYTHONHASHSEED is heard.
            self._process = subprocess.Popen(
                [
                    _interpreter(),
                    "-P",
                    "-s",
                    "-S",
                    "-X",
                    "utf8",
                    "-c",
                    _START,
                    json.dumps(config),
                    config["ours"],
                ],
                stdin=subprocess.DEVNULL,
                stdout=printed_write,
                stderr=printed_write,
                env=_environment(),
                cwd="/",
                pass_fds=[fd for fd in (theirs.fileno(), control_read, self._handed) if fd >= 0],
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(control_read)
            os.close(printed_write)
            # Also when the start failed, so that `close` finds everything in its place.
            self._control = control_write
            self._wire = Wire(
                ours,
                printed_read,
                keep_bytes=self.limits.output_kb * 1024,
                frame_bytes=self.limits.reply_kb * 1024,
            )

    def _exchange(self, message: dict[str, Any], query: Query | None, stage: str) -> dict[str, Any]:
        """Send, answer queries, and return the message that ends the step."""
        limits, started = self.limits, time.monotonic()
        left_in_all_s = limits.total_wall_s - self._waited_s
        allowed_s = min(limits.step_wall_s + _GRACE_S, left_in_all_s)
        deadline, queries = started + allowed_s, 0
        try:
            self._wired.send(message, deadline)
            while True:
                answer = self._wired.receive(deadline)
                if answer["type"] == "error":
                    raise report.from_report(answer, self.name, limits)
                if answer["type"] != "query" or query is None:
                    return answer
                queries += 1
                before = time.monotonic()
                result = self._answer(str(answer.get("sql", "")), query, queries)
                spent_s = time.monotonic() - before
                started, deadline = started + spent_s, deadline + spent_s
                self._wired.send(result, deadline)
        except TimedOut:
            if left_in_all_s <= limits.step_wall_s:
                raise report.too_long_in_all(self.name, limits) from None
            raise report.too_slow(self.name, limits) from None
        except Garbled as error:
            raise report.garbled(str(error), self.name, limits) from None
        except Ended:
            raise report.ended(self._exit_code(), self.name, limits, stage) from None
        finally:
            self._waited_s += time.monotonic() - started

    def _answer(self, sql: str, query: Query, count: int) -> dict[str, Any]:
        if count > self.limits.queries_per_step:
            return {"error": f"more than {self.limits.queries_per_step} queries in one step"}
        try:
            return {"result": query(sql)}
        except GradatimError as error:
            return {"error": error.describe()}

    def _exit_code(self) -> int | None:
        """How the process ended; the supervisor passes it on when it has cleaned up."""
        assert self._process is not None
        try:
            return self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            return None

    def _not_started(self) -> PolicyError:
        code = self._exit_code()
        detail = self.output.strip().splitlines()[-1:] or [f"exit code {code}"]
        return PolicyError("the policy's process could not be started", why=detail[0], next="gradatim doctor")

    @contextlib.contextmanager
    def _or_close(self) -> Any:
        try:
            yield
        except BaseException:
            self.close()
            raise


def isolation_here(limits: Limits | None = None) -> list[str]:
    """What holds around learner code on this machine, for `gradatim doctor`."""
    with PolicyProcess.from_text("def policy(obs, query):\n    pass\n", limits=limits) as process:
        return process.isolation


def _interpreter() -> str:
    """The interpreter without its virtual environment."""
    return getattr(sys, "_base_executable", "") or sys.executable


def _numpy_folders() -> list[str]:
    """numpy and the libraries its wheel brings, found without importing it."""
    found = importlib.util.find_spec("numpy")
    if found is None or found.origin is None:
        return []
    package = Path(found.origin).resolve().parent
    return [str(folder) for folder in (package, package.parent / "numpy.libs") if folder.is_dir()]


def _environment() -> dict[str, str]:
    return {
        "PATH": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }

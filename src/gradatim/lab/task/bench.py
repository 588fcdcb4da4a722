"""A submission under trial: its process, started again when a call ends it, but not for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from gradatim.lab.sandbox.calls import Answer, Asked, CallProcess, Failure
from gradatim.lab.sandbox.limits import Limits

LIMITS = Limits(
    step_cpu_s=3.0,
    step_wall_s=8.0,
    total_cpu_s=40,
    total_wall_s=120.0,
    memory_mb=1024,
    reply_kb=8192,
    output_kb=16,
)
MOST_STARTS = 4


class Bench:
    """Calls into a folder of learner code.

    Args:
        files: path -> text.
        stubs: module -> functions answered by the judge instead of the folder.
        limits: of each process.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        *,
        stubs: Mapping[str, Sequence[str]] | None = None,
        limits: Limits = LIMITS,
        most_starts: int = MOST_STARTS,
    ) -> None:
        self.files = dict(files)
        self._stubs, self._limits, self._left = stubs, limits, most_starts
        self._process: CallProcess | None = None

    @property
    def process(self) -> CallProcess | None:
        """The running process, started if need be; None when it ended too often."""
        if self._process is None or not self._process.alive:
            if self._left <= 0:
                return None
            self._left -= 1
            self.close()
            self._process = CallProcess(self.files, self._limits, self._stubs)
            self._process.start()
        return self._process

    def call(
        self, module: str, function: str, *args: Any, asked: Asked | None = None, timed: bool = False
    ) -> Answer:
        """As `CallProcess.call`; a process that ended is started again first."""
        process = self.process
        return process.call(module, function, *args, asked=asked, timed=timed) if process else _SPENT

    def fresh(self) -> None:
        """Import everything anew from here on."""
        if self._process is not None and self._process.alive:
            self._process.fresh()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_SPENT = Answer(None, Failure(("Ended",), "the process of your code ended too often", "", True))

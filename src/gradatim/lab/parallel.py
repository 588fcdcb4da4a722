"""One function over many tasks, in other processes when there are cores for them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class Crew:
    """Processes for one or more rounds of tasks, started with the first round that needs them.

    Args:
        workers: how many; None for one a core. With one, everything runs in this process.
        elsewhere: in another process even then.
    """

    def __init__(self, workers: int | None = None, *, elsewhere: bool = False) -> None:
        self._count = workers or cores()
        self._elsewhere = elsewhere
        self._pool: ProcessPoolExecutor | None = None

    def each(
        self,
        function: Callable[..., Result],
        tasks: Sequence[tuple[Any, ...]],
        *,
        done: Callable[[int], None] | None = None,
    ) -> list[Result]:
        """`function(*task)` of every task, in the order of `tasks`. The first error ends it and the crew.

        Args:
            done: told how many are done, after each.
        """
        found: dict[int, Result] = {}
        if not self._elsewhere and min(self._count, len(tasks)) <= 1:
            for i, task in enumerate(tasks):
                found[i] = function(*task)
                if done is not None:
                    done(len(found))
            return [found[i] for i in range(len(tasks))]
        if self._pool is None:
            self._pool = pool(self._count)
        futures = {self._pool.submit(function, *task): i for i, task in enumerate(tasks)}
        try:
            for future in as_completed(futures):
                found[futures[future]] = future.result()
                if done is not None:
                    done(len(found))
        except BaseException:
            self.end()
            raise
        return [found[i] for i in range(len(tasks))]

    def end(self) -> None:
        """Let the processes go; what has not begun is not begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._pool is not None:
            self._pool.shutdown()
        self.end()


def each(
    function: Callable[..., Result],
    tasks: Sequence[tuple[Any, ...]],
    *,
    workers: int | None = None,
    elsewhere: bool = False,
    done: Callable[[int], None] | None = None,
) -> list[Result]:
    """One round of a crew that is no larger than the round."""
    with Crew(max(1, min(workers or cores(), len(tasks))), elsewhere=elsewhere) as crew:
        return crew.each(function, tasks, done=done)


def pool(count: int) -> ProcessPoolExecutor:
    """`count` fresh processes, at least one, that end when this one does, however it ends."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max(1, count), mp_context=context, initializer=_end_with_parent)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()

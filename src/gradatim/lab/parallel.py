"""One function over many tasks, in other processes when there are cores for them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

Result = TypeVar("Result")


def each(
    function: Callable[..., Result],
    tasks: Sequence[tuple[Any, ...]],
    *,
    workers: int | None = None,
    elsewhere: bool = False,
    done: Callable[[int], None] | None = None,
) -> list[Result]:
    """`function(*task)` of every task, in the order of `tasks`. The first error ends it.

    Args:
        workers: how many processes; None for one a core. With one, everything runs in this process.
        elsewhere: in another process even then.
        done: told how many are done, after each.
    """
    count = min(workers or cores(), len(tasks))
    found: dict[int, Result] = {}
    if count <= 1 and not elsewhere:
        for i, task in enumerate(tasks):
            found[i] = function(*task)
            if done is not None:
                done(len(found))
        return [found[i] for i in range(len(tasks))]
    with pool(count) as processes:
        futures = {processes.submit(function, *task): i for i, task in enumerate(tasks)}
        try:
            for future in as_completed(futures):
                found[futures[future]] = future.result()
                if done is not None:
                    done(len(found))
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            raise
    return [found[i] for i in range(len(tasks))]


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

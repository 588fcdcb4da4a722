"""The matrix that all proofs read: every reference on every draw, computed once, in parallel."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

FIRST_SEED = 5_000
CI_SEEDS, FULL_SEEDS = 3, 20
CI_LEAST, MOST_TRIED = 8, 4000


class Cell(NamedTuple):
    """One reference on one draw."""

    loss: int
    by_cause: dict[str, int]
    changes: int
    hash: str
    steps: tuple[Any, ...]


class Draw(NamedTuple):
    """One instance with all its references."""

    seed: int
    family: str
    variant: str
    healthy: bool
    cells: dict[str, Cell]
    cpu_s: float


def seeds_for(lab: Any, per_family: int, least: int = 0) -> list[tuple[int, str]]:
    """(seed, family) pairs with `per_family` seeds of each family, at least `least` in all, found by drawing."""
    wanted = dict.fromkeys(lab.spec.families, max(per_family, -(-least // len(lab.spec.families))))
    found: list[tuple[int, str]] = []
    for seed in range(FIRST_SEED, FIRST_SEED + MOST_TRIED):
        family = lab.live.family_of(seed)
        if wanted.get(family, 0) > 0:
            wanted[family] -= 1
            found.append((seed, family))
        if not any(wanted.values()):
            break
    return found


def compute(
    folder: Path,
    pairs: Iterable[tuple[int, str]],
    names: list[str] | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Draw]:
    """Play every reference (or `names`) on every (seed, family), one instance a task.

    A family is given only for instances that the seed would not draw (the quiet one).
    """
    tasks = list(pairs)
    count = min(
        workers or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else workers or 2,
        len(tasks),
    )
    done: dict[int, Draw] = {}
    if count <= 1:
        for i, (seed, family) in enumerate(tasks):
            done[i] = play(folder, seed, family, names)
            _tell(progress, len(done), len(tasks))
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(count, mp_context=context) as pool:
            futures = {pool.submit(play, folder, s, f, names): i for i, (s, f) in enumerate(tasks)}
            for future in as_completed(futures):
                done[futures[future]] = future.result()
                _tell(progress, len(done), len(tasks))
    return [done[i] for i in range(len(tasks))]


def _tell(progress: Callable[[str], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(f"references played on {done} of {total} instances")


def play(folder: Path, seed: int, family: str, names: list[str] | None) -> Draw:
    """One row of the matrix, in this process."""
    from gradatim.lab.catalogue import open_lab
    from gradatim.lab.reference import Bench

    lab = open_lab(folder)
    started = time.process_time()
    drawn = lab.live.family_of(seed) == family
    instance = lab.instance(seed, None if drawn else family)
    bench = Bench(instance)
    cells = {}
    for name in names or bench.names():
        played = bench.play(name)
        o = played.outcome
        cells[name] = Cell(o.loss_micro, o.by_cause, o.signals.get("changes", 0), o.hash, played.steps)
    scenario = lab.live.scenario(seed, instance.family)
    return Draw(
        seed, instance.family, scenario.variant, scenario.healthy, cells, time.process_time() - started
    )


def fresh_hash(folder: Path, seed: int, family: str, name: str) -> str:
    """The hash of one reference on one instance: called in a process of its own."""
    return play(folder, seed, family, [name]).cells[name].hash

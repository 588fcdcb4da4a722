"""The players that an exam is measured against, played on its instances in worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from gradatim.lab.parallel import cores, pool
from gradatim.lab.spec import LabSpec

SCORING_KINDS = ("skill_free", "computed")
Results = dict[str, dict[str, Any]]
"""Player -> {"outcome": Outcome.as_dict(), "steps": [{t_ms, action}]}, as the store keeps them."""


def senior_of(spec: LabSpec) -> str:
    """The name of the senior."""
    return next(r.name for r in spec.reference if r.kind == "senior")


def skill_free(spec: LabSpec) -> list[str]:
    """The policies without skill, constant and computed."""
    return [r.name for r in spec.reference if r.kind in SCORING_KINDS]


def needed(spec: LabSpec) -> list[str]:
    """Who must be known before a set can be accepted, and a verdict given."""
    return [senior_of(spec), *skill_free(spec)]


def play(folder: Path, seed: int, names: Sequence[str]) -> Results:
    """Play references on one instance, in this process."""
    from gradatim.lab.catalogue import open_lab
    from gradatim.lab.reference import Bench

    bench = Bench(open_lab(folder).instance(seed))
    found: Results = {}
    for name in names:
        played = bench.play(name)
        found[name] = {
            "outcome": played.outcome.as_dict(),
            "steps": [s._asdict() for s in played.steps],
        }
    return found


def play_all(
    folder: Path, wanted: Mapping[int, Sequence[str]], workers: int | None = None
) -> Iterator[tuple[int, Results | Exception]]:
    """Play references on several instances at once; each result as soon as it is there.

    Args:
        folder: the lab's.
        wanted: seed -> references to play on it.
        workers: processes; None for one a core, at most two (a learner may be at work).

    Yields:
        seed and results, or the exception of ours that stopped them.
    """
    count = min(workers or min(2, cores()), len(wanted))
    if count <= 1:
        for seed, names in wanted.items():
            try:
                yield seed, play(folder, seed, names)
            except Exception as error:
                yield seed, error
        return
    with pool(count) as processes:
        futures = {processes.submit(play, folder, seed, list(names)): seed for seed, names in wanted.items()}
        for future in as_completed(futures):
            failure = future.exception()
            if failure is None:
                yield futures[future], future.result()
            elif isinstance(failure, Exception) and not isinstance(failure, BrokenProcessPool):
                yield futures[future], failure
            else:
                raise failure  # killed from outside: not a defect of a player

"""The matrix that all proofs read: every reference on every draw, computed once, in parallel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.lab.parallel import Crew

if TYPE_CHECKING:
    from gradatim.lab.lab import Instance

FIRST_SEED = 5_000
FULL_SEEDS = 20
CI_SEEDS, CI_LEAST, CI_MOST = 3, 8, 9
"""Three seeds a family in CI; at least eight instances, and no more than nine, but one of each family."""
MOST_TRIED = 4000


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


def ci_pairs(lab: Any) -> list[tuple[int, str]]:
    """What `--ci` plays on."""
    return seeds_for(lab, max(1, min(CI_SEEDS, CI_MOST // len(lab.spec.families))), CI_LEAST)


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
    crew: Crew | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Draw]:
    """Play every reference (or `names`) on every (seed, family), one instance a task.

    A family is given only for instances that the seed would not draw (the quiet one).
    """
    tasks = [(folder, seed, family, names) for seed, family in pairs]

    def tell(done: int) -> None:
        if progress is not None:
            progress(f"references played on {done} of {len(tasks)} instances")

    if crew is not None:
        return crew.each(play, tasks, done=tell)
    with Crew() as own:
        return own.each(play, tasks, done=tell)


def play(folder: Path, seed: int, family: str, names: list[str] | None) -> Draw:
    """One row of the matrix, in this process."""
    from gradatim.lab.reference import Bench

    started = time.process_time()
    instance = opened(folder, seed, family)
    bench = Bench(instance)
    cells = {}
    for name in names or bench.names():
        played = bench.play(name)
        o = played.outcome
        cells[name] = Cell(o.loss_micro, o.by_cause, o.signals.get("changes", 0), o.hash, played.steps)
    scenario = instance.lab.live.scenario(seed, instance.family)
    return Draw(
        seed, instance.family, scenario.variant, scenario.healthy, cells, time.process_time() - started
    )


def opened(folder: Path, seed: int, family: str) -> Instance:
    """An instance as the matrix draws it: by its seed alone where the seed gives that family."""
    from gradatim.lab.catalogue import open_lab

    lab = open_lab(folder)
    return lab.instance(seed, None if lab.live.family_of(seed) == family else family)


def isolated(folder: Path, seed: int, family: str, name: str) -> str:
    """The hash of one reference that plays from the learner's process."""
    from gradatim.lab.live import LiveSession
    from gradatim.lab.policy import play_isolated

    instance = opened(folder, seed, family)
    file = next(r.file for r in instance.lab.spec.reference if r.name == name)
    assert file is not None
    session = LiveSession(instance, instance.timeline.reset())
    play_isolated(session, folder / "references" / file)
    return session.finish().hash


def loss_of(folder: Path, seed: int, family: str, steps: tuple[Any, ...]) -> int:
    """Micro-dollars of a log handed in on an instance."""
    return opened(folder, seed, family).timeline.run(steps).loss_micro

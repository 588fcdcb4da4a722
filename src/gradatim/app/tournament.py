"""The use case of a tournament: check the files, play, compare."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError, PolicyError

if TYPE_CHECKING:
    from gradatim.app.app import App

LEAST, MOST = 3, 5000
MOST_POLICIES = 20


def tournament(
    app: App,
    lab_id: str,
    policies: Sequence[Path],
    *,
    instances: int = 20,
    seed: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Play policy files, the senior and the skill-free references on fresh instances.

    Nothing is kept in the store: a tournament is no attempt. With the seed it can be played again, to the bit.

    Returns:
        {lab, version, digest, seed, instances, healthy, level, players: [...], differences: [...]}; see
        `gradatim.lab.tournament.summary`.

    Raises:
        InputError: the files or figures cannot be used; all problems at once.
    """
    from gradatim.lab import tournament as playing
    from gradatim.lab.sandbox import Limits
    from gradatim.lab.sandbox.source import read_source

    lab = app._lab(lab_id)
    problems = []
    if not 1 <= len(policies) <= MOST_POLICIES:
        problems.append(f"policies: {len(policies)}, from 1 to {MOST_POLICIES}")
    if not LEAST <= instances <= MOST:
        problems.append(f"instances: {instances}, from {LEAST} to {MOST}")
    if seed is not None and not 0 <= seed < 1 << 128:
        problems.append("seed: from 0 to 2**128 - 1")
    named = _names([r.name for r in lab.spec.reference], policies)
    for path in policies:
        try:
            read_source(path, Limits().source_kb)
        except PolicyError as error:
            problems.append(f"{path.name}: {error.what}; {error.why}")
    if problems:
        raise InputError("this tournament cannot be played", problems, next="gradatim lab tournament --help")
    number = secrets.randbits(32) if seed is None else seed
    rows = playing.run(lab, named, instances=instances, seed=number, workers=workers, progress=progress)
    return {
        "lab": lab.id,
        "version": lab.spec.version,
        "digest": lab.digest,
        "seed": str(number),
        "instances": len(rows),
        "healthy": sum(row.healthy for row in rows),
        "level": playing.LEVEL,
        "players": playing.summary(lab, rows, list(named), number),
        "differences": playing.differences(lab, rows, list(named), number),
        "rows": [
            {
                "seed": str(row.seed),
                "family": row.family,
                "healthy": row.healthy,
                "loss_usd": {name: cell.loss_micro / 1e6 for name, cell in row.cells.items()},
                "hash": {name: row.cells[name].hash for name in named},
                "errors": {name: row.cells[name].error for name in named if row.cells[name].error},
            }
            for row in rows
        ],
    }


def _names(taken: Sequence[str], policies: Sequence[Path]) -> dict[str, Path]:
    """A name for each policy: the file's, with a number where it is taken."""
    named: dict[str, Path] = {}
    for path in policies:
        name, n = path.stem, 2
        while name in named or name in taken:
            name, n = f"{path.stem}_{n}", n + 1
        named[name] = path
    return named

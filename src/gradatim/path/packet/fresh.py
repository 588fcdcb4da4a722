"""Re-judging what a packet carries whole on fresh draws of the verifier: the one grade that a dry run cannot beat.

A policy plays seeds it has never seen, and the files of a performed task are judged on draws they have never met.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from gradatim.core.errors import GradatimError, PolicyError

Progress = Callable[[str], None]


def artefacts(records: Sequence[Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """(item id, source) of every item that carries the policy that played its attempt, or the files of a task."""
    found = []
    for record in records:
        source = record.values.get("source") or {}
        policy = source.get("policy")
        if source.get("type") == "task" or (
            isinstance(policy, Mapping) and isinstance(policy.get("text"), str)
        ):
            found.append((record.id, source))
    return found


def rejudge(
    source: Mapping[str, Any],
    first: int,
    count: int,
    progress: Progress | None = None,
    *,
    run_code: bool | None = None,
) -> dict[str, Any]:
    """Judge the policy or the files of an item on `count` draws that begin at the verifier's seed `first`.

    Args:
        run_code: whether they are run; None for only where the sandbox closes files and network to them.

    Returns:
        As `fresh` for a policy, as `performed.redrawn` for a task; `kind` says which.
    """
    from gradatim.path.packet.confined import NOT_RUN, confined_here
    from gradatim.path.packet.performed import redrawn

    if not (confined_here() if run_code is None else run_code):
        return {"failed": [NOT_RUN]}
    if source.get("type") != "task":
        return fresh(source, [(first + i) % (1 << 128) for i in range(count)], progress)
    if progress is not None:
        progress(f"{str(source.get('lab'))[:60]}: {count} fresh draws")
    return redrawn(source, first, count)


def fresh(
    source: Mapping[str, Any], seeds: Sequence[int], progress: Progress | None = None
) -> dict[str, Any]:
    """Play the policy of an item on seeds it has never seen, beside the senior and the skill-free players.

    The policy runs in the same limited process as any learner's code. Each draw takes about ten seconds.

    Args:
        source: the item's `source`, with `lab` and `policy`.
        seeds: the verifier's own, 0 to 2**128 - 1.

    Returns:
        {kind, lab, draws: [{seed, loss_usd, senior_usd, regret}], mean_regret, skill, failed}: skill is 1 minus the
        mean regret over that of the best single skill-free policy on the same draws; None when a draw failed.
    """
    from gradatim.core.money import usd
    from gradatim.lab import catalogue
    from gradatim.lab.live import LiveSession
    from gradatim.lab.policy import play_isolated
    from gradatim.lab.score import regret

    lab = catalogue.lab(str(source["lab"]))
    draws: list[dict[str, Any]] = []
    failed: list[str] = []
    free: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="gradatim-fresh-") as folder:
        path = Path(folder) / "policy.py"
        path.write_text(source["policy"]["text"], encoding="utf-8")
        for i, seed in enumerate(seeds, 1):
            if progress is not None:
                progress(f"{lab.id}: fresh draw {i} of {len(seeds)}")
            instance = lab.instance(seed)
            session = LiveSession(instance)
            try:
                play_isolated(session, path)
                session.finish()
                card = instance.score(session.submission())
            except PolicyError as error:
                failed.append(f"draw {i}: {' '.join(error.describe().split())}"[:300])
                continue
            draws.append(
                {
                    "seed": str(seed),
                    "loss_usd": usd(card.outcome.loss_micro),
                    "senior_usd": usd(card.at.senior),
                    "regret": round(card.regret, 6),
                }
            )
            for name, loss in card.skill_free.items():
                free.setdefault(name, []).append(regret(loss, card.at))
    mine = [d["regret"] for d in draws]
    best = min((mean(r) for r in free.values()), default=0.0)
    return {
        "kind": "policy",
        "lab": lab.id,
        "lab_version": lab.spec.version,
        "same_version": lab.digest == source.get("lab_digest"),
        "draws": draws,
        "mean_regret": mean(mine) if mine else None,
        "skill": 1 - mean(mine) / best if mine and best > 0 and not failed else None,
        "failed": failed,
    }


def described(error: GradatimError) -> str:
    """An error on one line, for a table of results."""
    return " ".join(error.describe().split())[:300]

"""Recomputing what an item says a lab attempt came to: from the log it carries, in this version of the lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.errors import GradatimError, UnknownName, VersionMismatch

if TYPE_CHECKING:
    from gradatim.lab.lab import Lab

RECOMPUTED, SELF_REPORTED, MISMATCH, ELSEWHERE = (
    "recomputed",
    "self-reported",
    "does not match",
    "needs another version",
)
_EXACT = 1e-9
Progress = Callable[[str], None]


class Found(NamedTuple):
    """What recomputing came to."""

    status: str
    detail: str


def recompute(
    source: Mapping[str, Any],
    entries: Mapping[str, Any],
    progress: Progress | None = None,
    *,
    run_code: bool | None = None,
) -> Found:
    """Recompute the attempt, the exam or the performed task of an item.

    Args:
        source: the item's `source`.
        entries: for an exam, its ledger entries: `issued` and `submitted` as `core.chain.Entry`, or None.
        run_code: whether the files of a task are run; None for only where the sandbox closes files and network.
    """
    try:
        if source["type"] == "attempt":
            return _attempt(source)
        if source["type"] == "task":
            from gradatim.path.packet.performed import again

            return again(source, run_code=run_code)
        return _exam(source, entries, progress)
    except VersionMismatch as error:
        said = (
            f"made with {source.get('lab')} {source.get('lab_version')} ({str(source.get('lab_digest'))[:8]})"
        )
        return Found(ELSEWHERE, f"{said}; install that version to recompute it. {error.where}".strip())
    except UnknownName as error:
        return Found(ELSEWHERE, f"{error.what}: its lab is not installed here")
    except GradatimError as error:
        return Found(MISMATCH, "; ".join([error.what, *getattr(error, "problems", [])])[:300])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Found(MISMATCH, f"its log is malformed: {type(error).__name__}")


def _lab(source: Mapping[str, Any]) -> Lab:
    from gradatim.lab import catalogue

    lab = catalogue.lab(str(source["lab"]))
    lab.check_version(str(source["lab_version"]), str(source["lab_digest"]))
    return lab


def _attempt(source: Mapping[str, Any]) -> Found:
    outcome = _lab(source).instance(int(source["seed"]), source.get("family")).judge(source["submission"])
    said = (source["outcome_hash"], source["loss_micro"])
    if (outcome.hash, outcome.loss_micro) != said:
        return Found(MISMATCH, f"the log comes to ${outcome.loss_micro / 1e6:,.2f}, hash {outcome.hash[:8]}")
    return Found(RECOMPUTED, f"attempt {source['attempt']}, hash {outcome.hash[:8]}")


def _exam(source: Mapping[str, Any], entries: Mapping[str, Any], progress: Progress | None) -> Found:
    from gradatim.lab.exam.field import needed, play_all
    from gradatim.lab.exam.verdict import judge, losses_of

    lab = _lab(source)
    problems = _drawn(lab, source, entries)
    attempts = list(source["attempts"])
    yours = []
    for i, attempt in enumerate(attempts, 1):
        if progress is not None:
            progress(f"exam {source['exam']}: instance {i} of {len(attempts)}")
        outcome = lab.instance(int(attempt["seed"]), attempt.get("family")).judge(attempt["submission"])
        yours.append(outcome.loss_micro)
        if (outcome.hash, outcome.loss_micro) != (attempt["outcome_hash"], attempt["loss_micro"]):
            problems.append(f"instance {i} comes to ${outcome.loss_micro / 1e6:,.2f}")
    if problems:
        return Found(MISMATCH, "; ".join(problems))
    if progress is not None:
        progress(f"exam {source['exam']}: the reference players, about ten seconds an instance")
    seeds = [int(a["seed"]) for a in attempts]
    names = needed(lab.spec)
    known = dict(play_all(lab.folder, dict.fromkeys(seeds, names)))
    if failed := [r for r in known.values() if isinstance(r, Exception)]:
        return Found(SELF_REPORTED, f"the logs match; a reference player failed here: {failed[0]}"[:200])
    losses = [losses_of(known[s]) for s in seeds]  # type: ignore[arg-type]
    verdict = judge(lab.spec, losses, yours, [bool(h) for h in source["healthy"]])
    if (
        abs(verdict.skill - source["skill"]) > _EXACT
        or ("pass" if verdict.passed else "fail") != source["status"]
    ):
        return Found(MISMATCH, f"the skill comes to {verdict.skill:.4f}, said to be {source['skill']:.4f}")
    return Found(
        RECOMPUTED, f"exam {source['exam']}: {len(attempts)} logs and the skill, {verdict.skill:.2f}"
    )


def _drawn(lab: Lab, source: Mapping[str, Any], entries: Mapping[str, Any]) -> list[str]:
    """The seeds must be those that the nonce draws, and the nonce the one that the ledger was told at issue."""
    from gradatim.lab.exam import issue as signed
    from gradatim.lab.exam.draw import MOST_ROUNDS, MOST_SEEDS, commitment, seed_at, slot_of

    nonce = int(source["nonce"], 16)
    seeds = [int(a["seed"]) for a in source["attempts"]]
    problems = []
    if len(set(seeds)) != len(seeds) or len(seeds) != len(source["healthy"]):
        problems.append("an instance stands there twice, or is missing")
    if any(slot_of(lab, s).healthy != bool(h) for s, h in zip(seeds, source["healthy"], strict=False)):
        problems.append("an instance is not of the sort that is said")
    places = [f"{again}/{i}" for again in range(MOST_ROUNDS) for i in range(len(seeds))]
    places += [f"again/{k}/{tried}" for k in range(1, 4) for tried in range(MOST_ROUNDS)]
    left = set(seeds)
    for place in places:
        if not left:
            break
        left -= {seed_at(nonce, place, tried) for tried in range(MOST_SEEDS)}
    if left:
        problems.append(f"{len(left)} of its instances are not drawn by its nonce")
    issued, submitted = entries.get("issued"), entries.get("submitted")
    if issued is None or submitted is None:
        problems.append("the ledger in this packet does not show its issue and its submission")
    elif issued.value("commitment") != commitment(nonce):
        problems.append("its nonce is not the one that the ledger was told when it was issued")
    elif issued.number >= submitted.number:
        problems.append("it was submitted before it was issued")
    if source.get("issue") is not None and signed.joint_nonce(signed.check(source["issue"])) != nonce:
        problems.append("its nonce does not follow from the reviewer's issue")
    return problems

"""A tournament: policies on many fresh instances of a lab, compared on the same draws.

Every policy meets the same instances, so differences between policies are paired; an instance is the unit that is
resampled (a cluster bootstrap, Cameron and Miller, J. Human Resources 2015, section II), never a request or a
step. Skill-free references are played beside the policies: without them there is no scale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from gradatim.core.errors import PolicyError
from gradatim.core.streams import Stream
from gradatim.lab.check.exams import resample, table
from gradatim.lab.exam.draw import LEAST
from gradatim.lab.exam.field import needed, senior_of, skill_free
from gradatim.lab.lab import Lab
from gradatim.lab.parallel import each

LEVEL = 0.95
RESAMPLES = 4000
EXAMS = 200


class Cell(NamedTuple):
    """One player on one instance; `error` says why a policy stopped, after which it counts as idle."""

    loss_micro: int
    hash: str
    actions: int
    error: str


class Row(NamedTuple):
    """One instance with all players."""

    seed: int
    family: str
    healthy: bool
    cells: dict[str, Cell]


class Interval(NamedTuple):
    """A mean and the bounds that hold it with probability `LEVEL`."""

    mean: float
    low: float
    high: float

    def as_dict(self, name: str) -> dict[str, float]:
        """JSON form."""
        return {name: self.mean, f"{name}_low": self.low, f"{name}_high": self.high}


def seeds_of(seed: int, count: int) -> list[int]:
    """`count` seeds of 64 bits that follow from one."""
    return [
        int.from_bytes(hashlib.blake2b(f"tournament/{seed}/{i}".encode(), digest_size=8).digest(), "little")
        for i in range(count)
    ]


def play(folder: Path, seed: int, policies: Mapping[str, Path], references: Sequence[str]) -> Row:
    """Every player on one instance, in this process; policies in their own limited ones."""
    from gradatim.lab.catalogue import open_lab
    from gradatim.lab.live import LiveSession
    from gradatim.lab.policy import play_isolated
    from gradatim.lab.reference import Bench

    lab = open_lab(folder)
    instance = lab.instance(seed)
    bench = Bench(instance)
    cells: dict[str, Cell] = {}
    for name in references:
        played = bench.play(name)
        cells[name] = Cell(played.outcome.loss_micro, played.outcome.hash, len(played.steps), "")
    for name, path in policies.items():
        session = LiveSession(instance, instance.timeline.reset())
        error = ""
        try:
            play_isolated(session, path)
        except PolicyError as failed:
            error = " ".join(failed.describe().split())[:300]
        # A policy that failed leaves its log; the rest of the shift runs without it.
        outcome = instance.timeline.run(tuple(session.steps))
        cells[name] = Cell(outcome.loss_micro, outcome.hash, len(session.steps), error)
    scenario = lab.live.scenario(seed, instance.family)
    return Row(seed, instance.family, bool(scenario.healthy), cells)


def run(
    lab: Lab,
    policies: Mapping[str, Path],
    *,
    instances: int,
    seed: int,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Row]:
    """Play `policies`, the senior and the skill-free references on fresh instances, one instance a task."""
    references = needed(lab.spec)
    tasks = [(lab.folder, one, dict(policies), references) for one in seeds_of(seed, instances)]

    def told(done: int) -> None:
        if progress is not None:
            progress(done, instances)

    return each(play, tasks, workers=workers, done=told)


def summary(lab: Lab, rows: Sequence[Row], policies: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """One line a player, the smallest mean regret first.

    Returns:
        player, kind (policy, senior, skill_free, computed), mean loss in dollars, mean regret with its interval,
        the difference to the senior in dollars with its interval (paired), the same split into faulty and healthy
        instances, skill over all instances, the share of resampled exams passed, and how often it failed.
    """
    from gradatim.core.money import micro

    senior, free = senior_of(lab.spec), skill_free(lab.spec)
    losses = [{name: cell.loss_micro for name, cell in row.cells.items()} for row in rows]
    healthy = [row.healthy for row in rows]
    t = table(losses, senior, free, micro(lab.spec.usual_stakes_usd))
    draws = _resampled(len(rows), seed)
    both = any(healthy) and not all(healthy) and len(rows) >= LEAST
    exams = resample(t, healthy, senior, lab.spec.pass_mark, exams=EXAMS, seed=seed) if both else None
    best = min(mean(t.regrets[name]) for name in free)
    kinds = {r.name: r.kind for r in lab.spec.reference}
    lines = []
    for name, regrets in t.regrets.items():
        extra = [(row[name] - row[senior]) / 1e6 for row in losses]
        errors = sorted({row.cells[name].error for row in rows if row.cells[name].error})
        lines.append(
            {
                "player": name,
                "kind": "policy" if name in policies else kinds[name],
                "instances": len(rows),
                "mean_loss_usd": mean(row[name] for row in losses) / 1e6,
                **interval(regrets, draws).as_dict("mean_regret"),
                **interval(extra, draws).as_dict("usd_above_senior"),
                "mean_regret_faulty": _mean(r for r, h in zip(regrets, healthy, strict=True) if not h),
                "mean_regret_healthy": _mean(r for r, h in zip(regrets, healthy, strict=True) if h),
                "skill": 1.0 - mean(regrets) / best if best > 0 else None,
                "exam_pass_rate": exams.pass_rate[name] if exams is not None and exams.drawn else None,
                "failed": sum(bool(row.cells[name].error) for row in rows),
                "errors": errors[:3],
            }
        )
    return sorted(lines, key=lambda line: line["mean_regret"])


def differences(lab: Lab, rows: Sequence[Row], policies: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """Mean regret of each policy less that of each later one, paired by instance, with intervals."""
    from gradatim.core.money import micro

    losses = [{name: cell.loss_micro for name, cell in row.cells.items()} for row in rows]
    t = table(losses, senior_of(lab.spec), skill_free(lab.spec), micro(lab.spec.usual_stakes_usd))
    draws = _resampled(len(rows), seed)
    found = []
    for i, one in enumerate(policies):
        for other in policies[i + 1 :]:
            paired = [a - b for a, b in zip(t.regrets[one], t.regrets[other], strict=True)]
            found.append({"policy": one, "less": other, **interval(paired, draws).as_dict("mean_regret")})
    return found


def interval(values: Sequence[float], draws: Sequence[Sequence[int]]) -> Interval:
    """The mean with the percentiles of its bootstrap; below eight instances the whole range, as it is no interval."""
    middle = mean(values)
    if len(values) < 8:
        return Interval(middle, min(values), max(values))
    means = sorted(sum(values[i] for i in rows) / len(rows) for rows in draws)
    tail = round((1.0 - LEVEL) / 2 * (len(means) - 1))
    return Interval(middle, means[tail], means[-1 - tail])


def _resampled(count: int, seed: int) -> list[list[int]]:
    """Instances drawn with replacement; the same for all players, which is what pairs them."""
    if count < 8:
        return []
    s = Stream(seed, "tournament/bootstrap")
    return [[s.integer(0, count - 1, b, k) for k in range(count)] for b in range(RESAMPLES)]


def _mean(values: Any) -> float | None:
    found = list(values)
    return mean(found) if found else None

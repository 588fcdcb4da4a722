"""Exams resampled from the matrix: how often each reference passes, and how well sets tell players apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import NamedTuple

from gradatim.core.streams import Stream
from gradatim.lab.score import Stakes, regret, skill, stakes

Losses = Mapping[str, int]
MARGIN = 0.02
"""The best skill-free policy's mean regret over an exam's set must be at least this far above the senior's."""
MOST_REDRAWS = 200


class Table(NamedTuple):
    """Regrets by reference and draw, with what they were measured against."""

    at: list[Stakes]
    regrets: dict[str, list[float]]
    free: list[str]


class Exams(NamedTuple):
    """Results over resampled exams."""

    pass_rate: dict[str, float]
    auc: dict[str, float]
    auc_pooled: dict[str, float]
    drawn: int
    rejected: int


def table(losses: Sequence[Losses], senior: str, free: Sequence[str], usual_micro: int) -> Table:
    """Regrets of every reference on every draw."""
    at = [stakes(row[senior], [row[n] for n in free], usual_micro) for row in losses]
    names = list(losses[0])
    regrets = {n: [regret(row[n], s) for row, s in zip(losses, at, strict=True)] for n in names}
    return Table(at, regrets, list(free))


def resample(
    t: Table, healthy: Sequence[bool], senior: str, pass_mark: float, *, exams: int = 200, seed: int = 1
) -> Exams:
    """Draw `exams` exams of three to five draws, at least one healthy and one not, with the margin."""
    s = Stream(seed, "lab-check/exams")
    sick_rows = [i for i, h in enumerate(healthy) if not h]
    well_rows = [i for i, h in enumerate(healthy) if h]
    passes: dict[str, list[float]] = {n: [] for n in t.regrets}
    scores: dict[str, list[float]] = {n: [] for n in t.regrets}
    rejected = tried = 0
    while len(scores[senior]) < exams and tried < exams * MOST_REDRAWS:
        tried += 1
        rows = draw(s, tried, sick_rows, well_rows)
        if min(mean(t.regrets[f][i] for i in rows) for f in t.free) < MARGIN:
            rejected += 1
            continue
        free = {f: [t.regrets[f][i] for i in rows] for f in t.free}
        for n in t.regrets:
            value = skill([t.regrets[n][i] for i in rows], free)
            scores[n].append(value)
            passes[n].append(float(value >= pass_mark))
    pooled = {n: _pool(scores[n]) for n in scores}
    return Exams(
        {n: mean(p) if p else 0.0 for n, p in passes.items()},
        {n: auc(scores[senior], scores[n]) for n in scores if n != senior},
        {n: auc(pooled[senior], pooled[n]) for n in scores if n != senior},
        len(scores[senior]),
        rejected,
    )


def draw(s: Stream, attempt: int, sick: Sequence[int], well: Sequence[int]) -> list[int]:
    """Rows of one exam: each healthy with probability one third, redrawn until there is one of each.

    A lab that has one sort only is examined on that.
    """
    if not sick or not well:
        rows = sick or well
        return [rows[s.integer(0, len(rows) - 1, attempt, k)] for k in range(s.integer(3, 5, attempt, 9))]
    for again in range(1000):
        n = s.integer(3, 5, attempt, again)
        kinds = [s.uniform(attempt, again, 1, k) < 1 / 3 for k in range(n)]
        if any(kinds) and not all(kinds):
            return [
                (well if h else sick)[s.integer(0, len(well if h else sick) - 1, attempt, again, 2, k)]
                for k, h in enumerate(kinds)
            ]
    raise RuntimeError("no exam could be drawn")  # one chance in 10 ** 200


def _pool(scores: Sequence[float], size: int = 4) -> list[float]:
    """Means over groups of exams that hold about fifteen instances."""
    return [mean(scores[i : i + size]) for i in range(0, len(scores) - size + 1, size)]


def auc(better: Sequence[float], worse: Sequence[float]) -> float:
    """The chance that a draw of `better` is above one of `worse`, ties counting half."""
    if not better or not worse:
        return 0.0
    wins = sum((b > w) + 0.5 * (b == w) for b in better for w in worse)
    return wins / (len(better) * len(worse))

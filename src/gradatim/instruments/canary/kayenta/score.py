"""Kayenta's score: the share of passed metrics in each group, weighted, against two thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gradatim.instruments.canary.kayenta.judge import HIGH, LOW, NODATA, NODATA_FAIL, PASS, Judged

TOO_MANY_NODATA_PERCENT = 50


class Group(NamedTuple):
    """One group: its score from 0 to 100, its weight in percent, whether it has no data at all."""

    name: str
    score: float
    weight: float
    no_data: bool


class Score(NamedTuple):
    """The summary.

    Args:
        total: 0 to 100, rounded to two places.
        classification: "Pass", "Marginal" or "Fail".
        reason: why the total is 0 where something overrode the groups.
        groups: each group's part.
    """

    total: float
    classification: str
    reason: str
    groups: list[Group]


def score(
    results: Sequence[Judged], weights: Mapping[str, float], pass_score: float, marginal_score: float
) -> Score:
    """The weighted score of the metrics that are not muted.

    A group without any data counts as 100 in the total, as in Kayenta; the verdict of `gradatim work canary`
    does not follow it there.
    """
    counted = [r for r in results if not r.rule.muted]
    groups = _groups(counted, weights)
    reason = ""
    critical = [r for r in counted if r.critical and r.label != PASS]
    nodata = sum(r.label == NODATA for r in counted)
    if critical:
        total, reason = 0.0, f"Canary Failed: {critical[0].reason}"
    elif counted and 100 * nodata / len(counted) >= TOO_MANY_NODATA_PERCENT:
        total = 0.0
        reason = f"Canary Failed: {TOO_MANY_NODATA_PERCENT}% or more metrics returned NODATA"
    else:
        total = _rounded(sum((100.0 if g.no_data else g.score) * g.weight / 100 for g in groups))
    label = "Pass" if total >= pass_score else "Marginal" if total >= marginal_score else "Fail"
    return Score(total, label, reason, groups)


def _groups(results: Sequence[Judged], weights: Mapping[str, float]) -> list[Group]:
    labels: dict[str, list[str]] = {}
    for result in results:
        for group in result.rule.groups:
            labels.setdefault(group, []).append(result.label)
    unweighted = [name for name in labels if name not in weights]
    rest = (100 - sum(weights.values())) / len(unweighted) if unweighted else 0.0
    found = []
    for name, each in labels.items():
        scored = sum(label in (PASS, HIGH, LOW, NODATA_FAIL) for label in each)
        passed = each.count(PASS) / scored * 100 if scored else 0.0
        found.append(Group(name, passed, weights.get(name, rest), scored == 0))
    return found


def _rounded(value: float) -> float:
    return math.floor(value * 100 + 0.5) / 100

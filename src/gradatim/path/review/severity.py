"""How severe a reviewer is, from anchor packets whose levels are known, and ratings corrected for it.

Model: rating = level + severity of the reviewer + noise, rounded to a whole level. The severity is the mean
difference from the anchors, drawn towards zero by how little a few ratings say (best linear predictor):
    severity = sum of differences / (n + noise variance / severity variance).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

NOISE_SD = 0.6
SEVERITY_SD = 0.4
"""What is assumed before anything is known, in levels: one reviewer on one dimension, and between reviewers."""

FULL_SHRINK = (NOISE_SD / SEVERITY_SD) ** 2


class Severity(NamedTuple):
    """By how many levels a reviewer rates above (+) or below (-) the anchors, and on how many ratings that rests."""

    value: float
    se: float
    n: int


def severity(rated: Iterable[tuple[int, float]]) -> Severity:
    """The severity of one reviewer.

    Args:
        rated: (rating given, level of the anchor), over all dimensions of all anchor packets they have rated.
            Anchors at 1 and 5 are left out: at the ends of the scale only one direction can show.
    """
    differences = [given - level for given, level in rated if 1 < level < 5]
    n = len(differences)
    value = sum(differences) / (n + FULL_SHRINK)
    return Severity(value, NOISE_SD / (n + FULL_SHRINK) ** 0.5, n)


def corrected(ratings: Mapping[str, int], reviewer: Severity) -> dict[str, float]:
    """Ratings by dimension with the reviewer's severity taken out; not rounded, not clipped."""
    return {dimension: level - reviewer.value for dimension, level in ratings.items()}


def panel_means(panel: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean over reviewers of each dimension that at least one has rated."""
    dimensions = dict.fromkeys(d for ratings in panel for d in ratings)
    return {
        d: sum(found) / len(found)
        for d in dimensions
        if (found := [ratings[d] for ratings in panel if d in ratings])
    }


def level(mean: float) -> int:
    """A mean as a whole level from 1 to 5; a half goes down, since a level is claimed only when it is reached."""
    whole = int(mean)
    return min(5, max(1, whole + (mean - whole > 0.5 + 1e-9)))

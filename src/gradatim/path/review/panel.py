"""What a panel decides, and how likely another panel of the same size would decide otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.path.review.severity import NOISE_SD, SEVERITY_SD, Severity, corrected, level, panel_means

if TYPE_CHECKING:
    from numpy.random import Generator

DRAWS = 2000
LEVEL_SD = 0.8
"""How far true levels of one person's dimensions lie around their own mean, before anybody has rated."""


class Rater(NamedTuple):
    """One reviewer's ratings by dimension, and how severe they are known to be."""

    name: str
    ratings: Mapping[str, int]
    severity: Severity


def panel_levels(raters: Sequence[Rater]) -> tuple[dict[str, float], dict[str, int]]:
    """Corrected means by dimension, and the whole levels they come to."""
    means = panel_means([corrected(r.ratings, r.severity) for r in raters])
    return means, {d: level(m) for d, m in means.items()}


def another_panel(
    raters: Sequence[Rater],
    decide: Callable[[Mapping[str, int]], bool],
    rng: Generator,
    *,
    draws: int = DRAWS,
) -> dict[str, Any]:
    """The chance that another panel of the same size would decide otherwise.

    Args:
        decide: the verdict over whole levels by dimension.
        rng: the only source of chance.

    Returns:
        {chance, low, high, reviewers, noise_sd}: low and high are the chance at half and at one and a half times
        the assumed noise, since the noise is not known from so few reviewers.

    Truth by dimension is drawn around the corrected means, drawn together as far as the noise says (normal prior
    around the person's own mean); each draw is rated by new reviewers whose severity is corrected as well as
    those of this panel were.
    """
    import numpy as np

    means, levels = panel_levels(raters)
    now = decide(levels)
    decided: dict[tuple[int, ...], bool] = {}
    left = sum(r.severity.se for r in raters) / len(raters)

    # One order, whatever order a rating was written in: a verifier draws the same.
    dimensions = sorted(means)
    counts = np.array([sum(d in r.ratings for r in raters) for d in dimensions], float)
    seen = np.array([means[d] for d in dimensions])

    def chance(scale: float) -> float:
        noise = NOISE_SD * scale
        weight = LEVEL_SD**2 / (LEVEL_SD**2 + noise**2 / counts)
        centre = seen.mean()
        truth = rng.normal(
            centre + weight * (seen - centre), np.sqrt(weight / counts) * noise, (draws, len(seen))
        )
        severities = rng.normal(0.0, left, (draws, len(raters), 1))
        given = truth[:, None, :] + severities + rng.normal(0.0, noise, (draws, len(raters), len(seen)))
        # A half goes down, as in `level`.
        found = np.clip(np.ceil(np.clip(np.rint(given), 1, 5).mean(axis=1) - 0.5 - 1e-9), 1, 5).astype(int)
        other = 0
        for row in map(tuple, found.tolist()):
            # Many panels come to the same levels.
            if row not in decided:
                decided[row] = decide(dict(zip(dimensions, row, strict=True)))
            other += decided[row] is not now
        return other / draws

    low, middle, high = (chance(scale) for scale in (0.5, 1.0, 1.5))
    return {
        "chance": middle,
        "low": min(low, middle, high),
        "high": max(low, middle, high),
        "reviewers": len(raters),
        "noise_sd": NOISE_SD,
        "severity_sd": SEVERITY_SD,
    }

"""How often a panel is wrong near the bar, with and without correction for severity. Simulated people and reviewers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.path.review.severity import FULL_SHRINK, NOISE_SD, SEVERITY_SD

if TYPE_CHECKING:
    from numpy.random import Generator

DIMENSIONS = 10
NEAR = 0.7
"""Near the bar: a true mean within this many levels of it."""


class Wrong(NamedTuple):
    """Share of people near the bar who get the wrong verdict."""

    plain: float
    corrected: float
    people: int


def wrong_verdicts(
    rng: Generator,
    *,
    people: int,
    panel: int = 3,
    anchor_ratings: int = 30,
    decide: Callable[[Any], Any] | None = None,
    bar_mean: float = 3.5,
) -> Wrong:
    """Simulate people near the bar, each rated by a panel of their own.

    True levels by dimension are real numbers, uniform within `NEAR` of the bar in their mean, scattered by half a
    level between dimensions. A reviewer adds a severity (sd `SEVERITY_SD`) and noise (sd `NOISE_SD`) and rounds to
    1 .. 5; each has rated `anchor_ratings` anchors before.

    Args:
        decide: true levels or means, shape (people, dimensions) -> verdicts, shape (people,). By default the mean
            against the bar: the part of the verdict that severity moves most.
    """
    import numpy as np

    def on_mean(found: Any) -> Any:
        return found.mean(axis=1) >= bar_mean

    verdict = decide or on_mean
    centre = rng.uniform(bar_mean - NEAR, bar_mean + NEAR, (people, 1))
    scatter = rng.normal(0.0, 0.5, (people, DIMENSIONS))
    truth = centre + scatter - scatter.mean(axis=1, keepdims=True)
    severities = rng.normal(0.0, SEVERITY_SD, (people, panel, 1))
    anchors = rng.integers(1, 6, (people, panel, anchor_ratings)).astype(float)

    def rated(levels: Any) -> Any:
        return np.clip(np.rint(levels + severities + rng.normal(0.0, NOISE_SD, levels.shape)), 1, 5)

    given = rated(np.broadcast_to(truth[:, None, :], (people, panel, DIMENSIONS)).copy())
    inside = (anchors > 1) & (anchors < 5)  # at the ends of the scale a difference cannot show
    off = np.where(inside, rated(anchors) - anchors, 0.0)
    known = off.sum(axis=2, keepdims=True) / (inside.sum(axis=2, keepdims=True) + FULL_SHRINK)
    right = verdict(truth)
    plain = (verdict(given.mean(axis=1)) != right).mean()
    better = (verdict((given - known).mean(axis=1)) != right).mean()
    return Wrong(float(plain), float(better), people)

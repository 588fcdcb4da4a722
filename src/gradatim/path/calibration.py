"""How well a person predicts their own exams: bias, Brier score, and how often the interval held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple


class Prediction(NamedTuple):
    """What was said before an exam and what came.

    Attributes:
        skill: The predicted skill.
        low: Lower end of the person's own 80 % interval.
        high: Upper end.
        pass_mark: Of the lab.
        actual: The skill reached.
    """

    skill: float
    low: float
    high: float
    pass_mark: float
    actual: float


class Calibration(NamedTuple):
    """Calibration over several exams.

    Attributes:
        n: Exams that were predicted.
        bias: Mean of predicted minus reached; above 0 is over-confident.
        brier: Mean squared error of the chance to pass; 0.25 is what a coin would get.
        within: Share of exams whose result lay inside the stated interval; 0.8 is the aim.
    """

    n: int
    bias: float
    brier: float
    within: float


def chance_to_pass(prediction: Prediction) -> float:
    """The chance to pass that a prediction implies: a normal around it with the stated 80 % interval."""
    half = max((prediction.high - prediction.low) / 2, 1e-6)
    sd = half / NormalDist().inv_cdf(0.9)
    return 1.0 - NormalDist(prediction.skill, sd).cdf(prediction.pass_mark)


def calibration(predictions: Sequence[Prediction]) -> Calibration | None:
    """Bias, Brier score and share within the interval; None when nothing was predicted."""
    n = len(predictions)
    if n == 0:
        return None
    bias = math.fsum(p.skill - p.actual for p in predictions) / n
    brier = math.fsum((chance_to_pass(p) - (p.actual >= p.pass_mark)) ** 2 for p in predictions) / n
    within = sum(p.low <= p.actual <= p.high for p in predictions) / n
    return Calibration(n, bias, brier, within)

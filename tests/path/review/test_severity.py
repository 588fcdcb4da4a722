"""Severity is found from anchors, and taking it out makes verdicts better."""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.path.review.panel import Rater, another_panel, panel_levels
from gradatim.path.review.severity import (
    NOISE_SD,
    SEVERITY_SD,
    Severity,
    corrected,
    level,
    panel_means,
    severity,
)
from gradatim.path.review.simulation import wrong_verdicts

NONE = Severity(0.0, 0.0, 30)
DIMENSIONS = [f"D{i}" for i in range(1, 11)]


def test_severity_is_the_mean_difference_drawn_towards_zero() -> None:
    found = severity([(4, 3)] * 30)
    assert found.n == 30
    assert 0.85 < found.value < 1.0
    assert severity([(4, 3)]).value == pytest.approx(1 / (1 + (NOISE_SD / SEVERITY_SD) ** 2))
    assert severity([]) == Severity(0.0, SEVERITY_SD, 0)
    assert severity([(4, 5), (2, 1)]).n == 0  # only one direction can show there
    assert corrected({"D1": 4}, found) == {"D1": 4 - found.value}


@pytest.mark.parametrize(
    ("mean", "expected"),
    [(3.5, 3), (3.51, 4), (3.4999999999, 3), (4.0, 4), (0.2, 1), (5.9, 5), (-1.0, 1), (3 + 2 / 3, 4)],
)
def test_a_half_goes_down(mean: float, expected: int) -> None:
    assert level(mean) == expected


def test_the_means_are_over_those_who_rated() -> None:
    assert panel_means([{"D1": 3.0}, {"D1": 4.0, "D2": 2.0}]) == {"D1": 3.5, "D2": 2.0}


def test_correction_takes_wrong_verdicts_of_a_panel_of_three_from_14_to_8_per_cent() -> None:
    """The figures of the path: 14 % to 8 % near the bar."""
    found = wrong_verdicts(np.random.default_rng(20261119), people=20_000)
    assert found.plain == pytest.approx(0.14, abs=0.012)
    assert found.corrected == pytest.approx(0.08, abs=0.012)


def test_without_severity_correction_costs_nothing_and_few_anchors_help_less() -> None:
    many = wrong_verdicts(np.random.default_rng(1), people=8_000, anchor_ratings=60)
    few = wrong_verdicts(np.random.default_rng(1), people=8_000, anchor_ratings=4)
    none = wrong_verdicts(np.random.default_rng(1), people=8_000, anchor_ratings=0)
    assert many.corrected < few.corrected < none.plain
    assert none.corrected == none.plain


def _panel(*rows: list[int], severity_of: Severity = NONE) -> list[Rater]:
    return [
        Rater(f"r{i}", dict(zip(DIMENSIONS, row, strict=True)), severity_of) for i, row in enumerate(rows)
    ]


def _decide(levels: object) -> bool:
    found = list(levels.values())  # type: ignore[attr-defined]
    return sum(found) / 10 >= 3.5 and sum(x >= 4 for x in found) >= 7 and min(found) >= 3


def test_a_severe_reviewer_is_corrected() -> None:
    means, levels = panel_levels(_panel([3] * 10, severity_of=Severity(-0.9, 0.1, 30)))
    assert means["D1"] == pytest.approx(3.9)
    assert levels["D1"] == 4


def test_the_chance_is_high_at_the_bar_and_low_far_from_it() -> None:
    near = another_panel(
        _panel([4] * 7 + [3] * 3, [4] * 7 + [3] * 3, [4] * 7 + [3] * 3), _decide, np.random.default_rng(1)
    )
    far = another_panel(_panel([2] * 10, [2] * 10, [2] * 10), _decide, np.random.default_rng(1))
    above = another_panel(_panel([5] * 10, [5] * 10, [5] * 10), _decide, np.random.default_rng(1))
    assert near["chance"] > 0.15
    assert far["chance"] < 0.01
    assert above["chance"] < 0.05
    assert near["low"] <= near["chance"] <= near["high"]
    assert near["reviewers"] == 3


def test_the_chance_is_right_where_the_truth_is_known() -> None:
    """People drawn from the model: said chance and what another panel then does agree on average."""
    rng = np.random.default_rng(5)
    said, did = [], []
    for _ in range(80):
        truth = rng.normal(rng.uniform(3.0, 4.4), 0.8, 10)

        def rate(true: np.ndarray = truth) -> list[list[int]]:
            return [[int(np.clip(round(t + rng.normal(0, NOISE_SD)), 1, 5)) for t in true] for _ in range(3)]

        panel, other = _panel(*rate()), _panel(*rate())
        said.append(another_panel(panel, _decide, rng, draws=150)["chance"])
        did.append(_decide(panel_levels(panel)[1]) is not _decide(panel_levels(other)[1]))
    assert float(np.mean(said)) == pytest.approx(float(np.mean(did)), abs=0.12)

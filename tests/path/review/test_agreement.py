"""Agreement against the published example, an independent implementation, and its own limits."""

from __future__ import annotations

import random

import numpy as np
import pytest

from gradatim.path.review.agreement import agreement, alpha, kappa, mean_kappa

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section C: four observers, twelve units.
PUBLISHED = {
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}


def units(table: dict[str, list[int | None]]) -> list[dict[str, int]]:
    return [
        {who: value for who, values in table.items() if (value := values[i]) is not None}
        for i in range(len(next(iter(table.values()))))
    ]


@pytest.mark.parametrize(("metric", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_the_published_one(metric: str, value: float) -> None:
    assert alpha(units(PUBLISHED), metric) == pytest.approx(value, abs=0.0005)  # type: ignore[arg-type]


def test_binary_alpha_is_the_published_one() -> None:
    """The same paper, section A: two observers, ten units, nominal alpha 0.095."""
    table: dict[str, list[int | None]] = {
        "A": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
        "B": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0],
    }
    assert alpha(units(table), "nominal") == pytest.approx(0.095, abs=0.0005)


def test_kappa_is_that_of_the_matrix_form() -> None:
    """Fleiss, Cohen & Everitt (1969): 1 - sum(w O) / sum(w E) over the confusion matrices, here with numpy."""
    rng = random.Random(5)
    weights = np.array([[(i - j) ** 2 for j in range(5)] for i in range(5)])
    for _ in range(20):
        first = [rng.randint(1, 5) for _ in range(30)]
        second = [min(5, max(1, a + rng.choice([-1, 0, 0, 1]))) for a in first]
        observed = np.zeros((5, 5))
        np.add.at(observed, (np.array(first) - 1, np.array(second) - 1), 1)
        expected = np.outer(observed.sum(1), observed.sum(0)) / 30
        wanted = 1 - (weights * observed).sum() / (weights * expected).sum()
        assert kappa(list(zip(first, second, strict=True))) == pytest.approx(wanted)
    # Computed with scikit-learn 1.6, cohen_kappa_score(weights="quadratic").
    assert kappa([(1, 1), (2, 3), (3, 3), (4, 4), (5, 4), (2, 2), (3, 4), (1, 2)]) == pytest.approx(
        0.8279569892473118
    )


def test_the_ends_of_the_scales() -> None:
    assert kappa([(1, 1), (3, 3), (5, 5)]) == 1.0
    assert kappa([(1, 5), (5, 1)]) == pytest.approx(-1.0)
    assert kappa([(3, 3), (3, 3)]) is None
    assert kappa([]) is None
    assert alpha([{"a": 3, "b": 3}, {"a": 4, "b": 4}]) == 1.0
    assert alpha([{"a": 3, "b": 3}]) is None
    assert alpha([{"a": 3}, {"b": 4}]) is None  # nothing was rated twice
    assert mean_kappa([{"a": 3}, {"b": 4}]) is None


def test_two_raters_mean_kappa_is_kappa() -> None:
    pairs = [(1, 2), (2, 2), (3, 4), (4, 4), (5, 3)]
    assert mean_kappa([{"x": a, "y": b} for a, b in pairs]) == kappa(pairs)


def test_an_interval_comes_with_n_and_covers_the_value() -> None:
    rng = np.random.default_rng(2)
    made = [
        {w: int(np.clip(round(t + rng.normal(0, 0.5)), 1, 5)) for w in "abc"} for t in rng.uniform(1, 5, 30)
    ]
    clusters = {i: made[i * 5 : i * 5 + 5] for i in range(6)}
    for of in ("kappa", "alpha"):
        found = agreement(clusters, np.random.default_rng(1), of=of, draws=300)  # type: ignore[arg-type]
        assert found.value is not None and found.low is not None and found.high is not None
        assert found.low < found.value < found.high
        assert (found.units, found.ratings, found.raters) == (30, 90, 3)
    few = agreement({"one": made[:4]}, np.random.default_rng(1), of="alpha")
    assert (few.low, few.high) == (None, None)


def test_unrelated_ratings_agree_as_much_as_chance() -> None:
    rng = np.random.default_rng(3)
    made = [{w: int(rng.integers(1, 6)) for w in "abc"} for _ in range(2000)]
    assert abs(alpha(made) or 1) < 0.05
    assert abs(mean_kappa(made) or 1) < 0.05

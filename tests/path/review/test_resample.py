"""The coefficients on many draws at once are those of the definitions, draw by draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.path.review.agreement import alpha, mean_kappa
from gradatim.path.review.resample import resampled

unit = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 5), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(unit, max_size=4), min_size=1, max_size=6), st.integers(0, 99))
def test_both_are_as_one_by_one(groups: list[list[dict[str, int]]], seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, len(groups), (12, len(groups)))
    measures: dict[Any, Any] = {"kappa": mean_kappa, "alpha": alpha}
    for of, measure in measures.items():
        each = [measure([u for i in row for u in groups[i]]) for row in drawn.tolist()]
        wanted = sorted(x for x in each if x is not None)
        assert resampled(groups, drawn, of) == pytest.approx(wanted, abs=1e-9)


def test_nothing_to_disagree_about_has_no_value() -> None:
    groups = [[{"a": 3, "b": 3}], [{"a": 3, "b": 3}]]
    drawn = np.zeros((4, 2), int)
    assert resampled(groups, drawn, "kappa") == resampled(groups, drawn, "alpha") == []

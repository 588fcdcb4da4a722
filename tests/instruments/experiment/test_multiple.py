"""Corrections against statsmodels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from gradatim.instruments.experiment.multiple import adjust


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_agrees_with_statsmodels(p_values: list[float]) -> None:
    assert adjust(p_values, "holm") == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)
    assert adjust(p_values, "bh") == pytest.approx(multipletests(p_values, method="fdr_bh")[1], abs=1e-12)
    assert adjust(p_values, "none") == p_values


def test_tests_that_are_not_listed_count() -> None:
    assert adjust([0.01], "holm", tests=3) == pytest.approx([0.03])
    assert adjust([], "holm") == []

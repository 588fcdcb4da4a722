"""Sizes as people write them."""

from __future__ import annotations

import math

import pytest

from gradatim.instruments.size import read_size


@pytest.mark.parametrize(
    ("text", "value", "relative"),
    [("0.5", 0.5, False), ("5%", 0.05, True), ("-2%", -0.02, True), ("1e3", 1000.0, False)],
)
def test_a_size_is_in_units_or_in_per_cent(text: str, value: float, relative: bool) -> None:
    assert read_size(text) == (value, relative)


@pytest.mark.parametrize("text", ["", "%", "five", "nan", "inf%", "5 %%"])
def test_what_is_no_finite_number_has_no_value(text: str) -> None:
    assert math.isnan(read_size(text).value)

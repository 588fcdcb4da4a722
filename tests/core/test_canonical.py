"""The one form in which anything is hashed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.canonical import canonical_json, digest, outcome_digest

WHOLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_keys_are_sorted_and_nothing_is_wasted() -> None:
    assert canonical_json({"b": [1, "é"], "a": {"z": None, "y": True}}) == (
        '{"a":{"y":true,"z":null},"b":[1,"é"]}'.encode()
    )


@given(WHOLE)
def test_it_reads_back_and_is_a_fixed_point(value: Any) -> None:
    once = canonical_json(value)
    assert json.loads(once) == value
    assert canonical_json(json.loads(once)) == once
    assert outcome_digest(value) == digest(value)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), min_size=2))
def test_the_order_of_keys_does_not_count(value: dict[str, int]) -> None:
    assert digest(dict(reversed(value.items()))) == digest(value)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": [bad]})


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (1.0, r"\$"),
        ({"a": {"b": [1, 2, (3, 0.5)]}}, r"\$\.a\.b\[2\]\[1\]"),
        ([{"x": -0.0}], r"\$\[0\]\.x"),
        ({"a": {1.5: 2}}, r"a key of \$\.a"),
    ],
)
def test_an_outcome_holds_no_float_anywhere(value: Any, where: str) -> None:
    with pytest.raises(TypeError, match=where):
        outcome_digest(value)


def test_true_is_not_one() -> None:
    assert digest(True) != digest(1) != digest("1")

"""Micro-dollars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.money import dollars, micro, usd


@given(st.integers(-(10**14), 10**14))
def test_micro_dollars_survive_the_way_through_dollars(m: int) -> None:
    assert micro(usd(m)) == m


@given(st.integers(-(10**12), 10**12))
def test_the_sign_is_before_the_dollar(m: int) -> None:
    text = dollars(m)
    assert text.removeprefix("−").startswith("$")
    assert text.startswith("−") == (m < 0)
    assert dollars(-m).lstrip("−") == text.lstrip("−")


@pytest.mark.parametrize(
    ("m", "text"),
    [
        (0, "$0"),
        (520_000, "$0.52"),
        (-520_000, "−$0.52"),
        (9_990_000, "$9.99"),
        (10_000_000, "$10"),
        (1_234_567_890_000, "$1,234,568"),
        (-1_234_000_000, "−$1,234"),
    ],
)
def test_as_a_person_writes_it(m: int, text: str) -> None:
    assert dollars(m) == text


def test_sums_do_not_depend_on_the_order() -> None:
    parts = [micro(x / 10) for x in range(1000)]
    assert sum(parts) == sum(reversed(parts)) == micro(49_950)

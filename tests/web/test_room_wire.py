"""Messages of the room: strict JSON out, checked JSON in."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.errors import InputError
from gradatim.web.wire import LONGEST_MESSAGE, decode, dict_of, encode, number_of, text_of


def test_a_gap_in_a_series_is_null() -> None:
    text = encode({"series": {"a": [1.0, math.nan, math.inf, -math.inf, 2.5]}})
    assert json.loads(text) == {"series": {"a": [1.0, None, None, None, 2.5]}}


def test_arrays_and_what_sql_returns_become_plain() -> None:
    rows = [
        np.float64(1.5),
        np.int64(3),
        np.array([1.0, np.nan]),
        decimal.Decimal("1.10"),
        dt.date(2013, 7, 11),
    ]
    assert json.loads(encode({"rows": rows})) == {"rows": [1.5, 3, [1.0, None], "1.10", "2013-07-11"]}


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_whatever_is_sent_is_strict_json(value: Any) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(encode({"value": value}), parse_constant=refuse)


@pytest.mark.parametrize(
    "text", [None, "", "{", "[1]", "3", '"a"', "null", "[" * 100_000, "x" * (LONGEST_MESSAGE + 1)]
)
def test_what_is_no_message_is_refused(text: str | None) -> None:
    with pytest.raises(InputError):
        decode(text)


def test_a_message_is_an_object() -> None:
    assert decode('{"id": 1, "op": "play"}') == {"id": 1, "op": "play"}


@pytest.mark.parametrize("value", [None, True, "5", math.nan, math.inf, -1, 11, [5]])
def test_a_number_field_is_finite_and_within_bounds(value: object) -> None:
    with pytest.raises(InputError):
        number_of({"seconds": value}, "seconds", 0, 10)


def test_fields_of_the_right_type_pass() -> None:
    message = {"seconds": 5, "action": {"kind": "scale"}, "sql": "select 1"}
    assert number_of(message, "seconds", 0, 10) == 5.0
    assert dict_of(message, "action") == {"kind": "scale"}
    assert text_of(message, "sql") == "select 1"
    with pytest.raises(InputError):
        dict_of(message, "sql")
    with pytest.raises(InputError):
        text_of(message, "action")

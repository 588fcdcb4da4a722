"""What is written as TOML is read back equal."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.path.toml import toml

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
PLAIN = st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
TABLE = st.recursive(
    st.dictionaries(TEXT, PLAIN | st.lists(PLAIN, max_size=3), max_size=3),
    lambda inner: st.dictionaries(TEXT, PLAIN | inner | st.lists(inner, min_size=1, max_size=3), max_size=3),
    max_leaves=8,
)


@given(TABLE)
@settings(max_examples=150, deadline=None)
def test_any_table_comes_back(data: dict[str, Any]) -> None:
    assert tomllib.loads(toml(data, comment="one\ntwo")) == data


@pytest.mark.parametrize("name", ["path.toml", "rubric.toml"])
def test_the_shipped_files_come_back(name: str) -> None:
    data = tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
    assert tomllib.loads(toml(data)) == data


def test_what_has_no_form_is_refused_and_none_is_left_out() -> None:
    assert tomllib.loads(toml({"a": None, "b": 1})) == {"b": 1}
    with pytest.raises(TypeError):
        toml({"a": [None]})

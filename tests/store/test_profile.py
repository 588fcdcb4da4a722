"""Answers and kept plans: all or nothing, taken back, and read by another process."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from gradatim.core.errors import StateError
from gradatim.store import Store


def test_answers_are_kept_changed_and_taken_back(store: Store, home: Path) -> None:
    assert store.answers() == {}
    store.set_answers({"weekly_hours": 5, "role": "ML engineer", "scope": {"D1": 3}})
    store.set_answers({"weekly_hours": 6.5, "role": None})
    with Store(home) as other:
        assert other.answers() == {"weekly_hours": 6.5, "scope": {"D1": 3}}


def test_answers_are_written_all_or_none(store: Store) -> None:
    store.set_answers({"weekly_hours": 5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.set_answers({"weekly_hours": 6, "role": float("nan")})
    assert store.answers() == {"weekly_hours": 5}


def test_the_newest_plan_is_the_one_to_compare_with(store: Store) -> None:
    assert store.newest_plan() is None
    store.keep_plan("2026-11-23", 5.0, {"a:exam": {"end": "2026-12-01", "hours": 1.5}})
    second = store.keep_plan("2026-12-23", 4.0, {"a:exam": {"end": "2027-01-01", "hours": 1.5}})
    kept = store.newest_plan()
    assert kept is not None
    assert (kept.number, kept.kept_on, kept.weekly_hours) == (second, "2026-12-23", 4.0)
    assert kept.items["a:exam"]["end"] == "2027-01-01"


def test_an_edited_row_is_refused_by_name(store: Store) -> None:
    store.set_answers({"weekly_hours": 5})
    with store.writing() as conn:
        conn.execute(text("UPDATE answer SET value = 'many'"))
    with pytest.raises(StateError, match="the answer to weekly_hours"):
        store.answers()

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gradatim.core.errors import UnknownName
from gradatim.store import Attempt, Store


def test_notes_are_kept_also_after_the_end(store: Store, attempt: Attempt) -> None:
    assert store.get_note(attempt.id) == ""
    store.set_note(attempt.id, "retries?")
    store.finish_attempt(attempt.id, status="abandoned")
    store.set_note(attempt.id, "it was the retries\n")
    assert store.get_note(attempt.id) == "it was the retries\n"
    for call in (lambda: store.get_note("a-x"), lambda: store.set_note("a-x", "y")):
        with pytest.raises(UnknownName):
            call()


def test_references_are_kept_by_world(store: Store) -> None:
    store.put_reference("d", 2**127, None, "senior", {"loss": 1}, "h1")
    store.put_reference("d", 2**127, None, "idle", {"loss": 2}, "h2")
    store.put_reference("d", 2**127, "healthy", "idle", {"loss": 3}, "h3")
    store.put_reference("d", 2**127, None, "idle", {"loss": 4}, "h4")  # computed again
    found = store.get_references("d", 2**127, None)
    assert {name: (r.outcome, r.outcome_hash) for name, r in found.items()} == {
        "senior": ({"loss": 1}, "h1"),
        "idle": ({"loss": 4}, "h4"),
    }
    assert store.get_references("d", 2**127, "healthy")["idle"].outcome == {"loss": 3}
    assert store.get_references("other", 2**127, None) == {}
    assert store.get_references("d", 1, None) == {}


def test_an_edited_cache_row_is_as_if_it_were_not_there(store: Store) -> None:
    store.put_reference("d", 1, None, "idle", {"loss": 2}, "h")
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE reference_result SET outcome = 'x'")
    assert store.get_references("d", 1, None) == {}
    for text in ("{", '{"loss": 2', "c$|;+00001", "[2]", "é"):
        with closing(sqlite3.connect(store.path)) as db, db:
            db.execute("UPDATE reference_result SET outcome = ?", [text])
        assert store.get_references("d", 1, None) == {}
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("""UPDATE reference_result SET outcome = '{"loss": 7}'""")
    assert store.get_references("d", 1, None)["idle"].outcome == {"loss": 7}, "as versions before wrote it"
    store.put_reference("d", 1, None, "idle", {"loss": 2}, "h")
    assert store.get_references("d", 1, None)["idle"].outcome == {"loss": 2}


def test_what_a_reference_did_is_not_read_in_passing(store: Store) -> None:
    outcome = {"steps": [{"t_ms": 1, "action": {"kind": "diagnose", "mechanism": "cold_cache"}}]}
    store.put_reference("d", 1, None, "senior", outcome, "h")
    with closing(sqlite3.connect(store.path)) as db:
        ((text,),) = db.execute("SELECT outcome FROM reference_result").fetchall()
    assert "cold_cache" not in text and "diagnose" not in text
    assert store.get_references("d", 1, None)["senior"].outcome == outcome


def test_settings_hold_any_json_value(store: Store) -> None:
    assert store.get_setting("theme", "light") == "light"
    for value in ("dark", 3, {"a": [1, 2]}, False):
        store.set_setting("theme", value)
        assert store.get_setting("theme", "light") == value
    store.set_setting("speed", 60)
    assert store.settings() == {"speed": 60, "theme": False}
    store.set_setting("theme", None)
    assert store.settings() == {"speed": 60}

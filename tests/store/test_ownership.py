from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradatim.core.errors import StateError
from gradatim.store import Attempt, Store


def _fill(store: Store, attempt: Attempt) -> None:
    store.append_action(attempt.id, 0, 1.0, {"kind": "kept-secret-word"})
    store.append_action(attempt.id, 1, 2.0, {"kind": "b"})
    store.withdraw_actions(attempt.id, 1.0)
    store.set_note(attempt.id, "naïve ✓")
    store.put_reference("d1", 7, None, "idle", {"loss": 2}, "h")
    store.set_setting("theme", "dark")
    store.append_entry("evidence", {"claim": "kept-secret-word"})


def test_an_export_holds_every_row(store: Store, attempt: Attempt, tmp_path: Path) -> None:
    _fill(store, attempt)
    counts = store.export_all(tmp_path / "all.jsonl")
    assert {table: rows for table, rows in counts.items() if rows} == {
        "attempt": 1, "action": 2, "note": 1, "reference_result": 1, "setting": 1, "ledger": 1, "ledger_head": 1
    }  # fmt: skip
    head, *lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert head["format"] == "gradatim-export"
    assert [line["table"] for line in lines].count("action") == 2  # the withdrawn one too
    assert lines[0]["table"] == "attempt"  # or settings and references, which point at nothing
    assert next(line["row"]["text"] for line in lines if line["table"] == "note") == "naïve ✓"
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o077 == 0
    assert not (tmp_path / "all.jsonl.part").exists()


def test_an_export_writes_over_nothing_and_is_whole_or_absent(
    store: Store, attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(StateError, match="write over"):
        store.export_all(tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"
    with pytest.raises(StateError) as error:
        store.export_all(tmp_path / "mine" / "below.jsonl")
    assert error.value.where.endswith("below.jsonl")


def test_deleting_leaves_nothing_in_the_files(store: Store, attempt: Attempt) -> None:
    _fill(store, attempt)
    (store.home / "backups").mkdir()
    (store.home / "backups" / "old.db").write_text("kept-secret-word")
    for n in range(1, 60):
        store.append_action(attempt.id, n, 2.0, {"pad": "x" * 4000})
    assert store.delete_all()["action"] == 61
    assert store.path.stat().st_size < 180_000  # the room is given back
    assert store.list_attempts() == []
    assert store.settings() == {}
    files = [p for p in store.home.rglob("*") if p.is_file()]
    assert files
    assert not [p for p in files if b"kept-secret-word" in p.read_bytes()]
    assert not (store.home / "backups").exists()
    store.set_setting("theme", "light")  # it works on
    store.check()

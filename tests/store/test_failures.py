"""What a person is told when the file under the store is in a bad way, and that it is left alone."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from gradatim.core.errors import StateError
from gradatim.store import Attempt, NewAttempt, Store
from gradatim.store.failures import explain, files_explained

HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("ready", flush=True)
sys.stdin.readline()
"""


def _filled(home: Path) -> Attempt:
    """A database of some hundred pages, all in the main file."""
    with Store(home) as store:
        attempt = store.create_attempt(NewAttempt(lab_id="l", lab_version="1", lab_digest="d", seed=3))
        many = [(float(i), {"kind": "fill", "pad": "x" * 900}) for i in range(400)]
        store.create_attempt(
            NewAttempt(
                lab_id="l", lab_version="1", lab_digest="d", seed=4, actions=many, parent_id=attempt.id
            )
        )
    return attempt


def test_a_database_that_another_process_keeps_locked(
    home: Path, spawn: Callable[..., subprocess.Popen[str]]
) -> None:
    with Store(home, timeout_s=0.2) as store:
        attempt = store.create_attempt(NewAttempt(lab_id="l", lab_version="1", lab_digest="d", seed=3))
        holder = spawn(HOLDER, store.path)
        began = time.monotonic()
        with pytest.raises(StateError, match="locked") as error:
            store.append_action(attempt.id, 0, 1.0, {"kind": "a"})
        assert 0.15 < time.monotonic() - began < 8
        assert error.value.where == str(store.path)
        assert store.actions(attempt.id) == []  # reading goes on
        with Store(home, timeout_s=0.2) as second:  # and so does opening
            assert second.get_attempt(attempt.id) == attempt
        holder.communicate("\n")
        store.append_action(attempt.id, 0, 1.0, {"kind": "a"})


def test_a_thread_that_holds_the_write_for_too_long(home: Path) -> None:
    with Store(home, timeout_s=0.1) as store:
        inside, leave = threading.Event(), threading.Event()

        def hold() -> None:
            with store.writing():
                inside.set()
                leave.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        inside.wait()
        try:
            with pytest.raises(StateError, match="locked"):
                store.set_setting("a", 1)
        finally:
            leave.set()
            thread.join()
        store.set_setting("a", 1)


@pytest.mark.parametrize(
    "content", [b"hello, I am a letter\n" * 500, b"x", b"SQLite format 3\x00" + b"\xff" * 8000]
)
def test_a_file_that_is_no_database_is_left_alone(content: bytes, home: Path) -> None:
    home.mkdir()
    path = home / "gradatim.db"
    path.write_bytes(content)
    with pytest.raises(StateError, match="damaged") as error:
        Store(home)
    assert path.read_bytes() == content
    assert error.value.where == str(path)
    assert "mv " in error.value.next
    assert "gradatim.store.salvage" in error.value.next


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_a_truncated_database_is_noticed_and_left_alone(share: float, home: Path) -> None:
    _filled(home)
    path = home / "gradatim.db"
    content = path.read_bytes()
    cut = content[: int(len(content) * share)]
    path.write_bytes(cut)
    with pytest.raises(StateError, match="damaged"):
        Store(home)
    assert path.read_bytes() == cut


def test_an_emptied_database_does_not_cost_the_log_beside_it(home: Path) -> None:
    _filled(home)
    path, wal = home / "gradatim.db", home / "gradatim.db-wal"
    path.write_bytes(b"")
    wal.write_bytes(b"the newest actions are in here")
    with pytest.raises(StateError, match="damaged"):
        Store(home)
    assert wal.read_bytes() == b"the newest actions are in here"


def test_damage_that_shows_only_in_use(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _filled(home)
    monkeypatch.setattr("gradatim.store.revisions.CHECKED_AT_START_BYTES", 0)  # as for a large file
    _spoil(home / "gradatim.db")
    with Store(home) as store:
        with pytest.raises(StateError, match="damaged"):
            store.check()
        with pytest.raises(StateError, match="damaged"):
            store.actions(store.list_attempts(limit=1)[0].id)


def _spoil(path: Path) -> None:
    """Overwrite pages in the middle of the file."""
    with path.open("rb+") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 4096 * 3)


def test_the_advice_for_a_damaged_database_works(home: Path, tmp_path: Path) -> None:
    """The commands of the message are run as they are printed."""
    attempt = _filled(home)
    _spoil(home / "gradatim.db")
    with pytest.raises(StateError) as error:
        Store(home)
    move, salvage = error.value.next.split("; ")
    salvage = salvage.split(" by: ")[1]
    subprocess.run(move, shell=True, check=True)
    subprocess.run(salvage, shell=True, check=True, cwd=tmp_path, capture_output=True)
    lines = [json.loads(line) for line in (tmp_path / "attempts.jsonl").read_text().splitlines()]
    rows = [line["row"] for line in lines[1:] if line["table"] == "action"]
    assert 300 < len(rows) < 400
    assert rows[0]["ordinal"] == 0
    assert rows[-1]["ordinal"] == 399  # from both ends
    assert attempt.id in [line["row"]["id"] for line in lines[1:] if line["table"] == "attempt"]
    again = subprocess.run(salvage, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 2
    assert "write over" in again.stderr
    with Store(home) as store:  # a new start
        assert store.list_attempts() == []


def test_salvage_says_what_it_cannot_do(tmp_path: Path) -> None:
    from gradatim.store.salvage import main

    (tmp_path / "letter.db").write_text("hello")
    assert main([]) == 2
    assert main([str(tmp_path / "none.db"), str(tmp_path / "out")]) == 2
    assert main([str(tmp_path / "letter.db"), str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_a_database_of_another_program_is_left_alone(home: Path) -> None:
    home.mkdir()
    path = home / "gradatim.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE recipes (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(StateError, match="another program"):
        Store(home)
    assert path.read_bytes() == before


def test_a_folder_in_place_of_the_file(home: Path) -> None:
    (home / "gradatim.db" / "inside").mkdir(parents=True)
    with pytest.raises(StateError, match="damaged"):
        Store(home)


def test_a_full_disk_keeps_everything_before(home: Path) -> None:
    """`max_page_count` gives the same error as a disk without room, on any machine."""
    attempt = _filled(home)

    def cap(raw: sqlite3.Connection, _record: object) -> None:
        (pages,) = raw.execute("PRAGMA page_count").fetchone()
        raw.execute(f"PRAGMA max_page_count = {pages + 8}")

    event.listen(Engine, "connect", cap)
    try:
        with Store(home) as store:
            kept = 0
            with pytest.raises(StateError, match="full") as error:
                while kept < 100:
                    store.append_action(attempt.id, kept, float(kept), {"pad": "x" * 3000})
                    kept += 1
            assert 0 < kept < 100
            assert "df -h" in error.value.next
            assert len(store.actions(attempt.id)) == kept
            store.check()
    finally:
        event.remove(Engine, "connect", cap)
    with Store(home) as store:  # there is room again
        store.append_action(attempt.id, kept, float(kept), {"pad": "x" * 3000})
        assert len(store.actions(attempt.id)) == kept + 1


def test_the_file_system_says_full_or_forbidden(tmp_path: Path) -> None:
    for number, said in [(errno.ENOSPC, "full"), (errno.EROFS, "cannot be written")]:
        with pytest.raises(StateError, match=said), files_explained(tmp_path):
            raise OSError(number, os.strerror(number))


def test_a_mistake_of_ours_is_not_explained_away(tmp_path: Path, store: Store) -> None:
    assert explain(ValueError("x"), tmp_path) is None
    with closing(sqlite3.connect(":memory:")) as db:
        try:
            db.execute("SELECT nonsense")
        except sqlite3.Error as error:
            assert explain(error, tmp_path) is None
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError), store.reading() as conn:
        conn.exec_driver_sql("SELECT nonsense")


def test_a_file_that_may_only_be_read(home: Path) -> None:
    """SQLite's own refusal, by a pragma: root ignores the mode of a file."""
    _filled(home)

    def only_read(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute("PRAGMA query_only = ON")

    event.listen(Engine, "connect", only_read)
    try:
        with Store(home) as store, pytest.raises(StateError, match="cannot be written"):
            store.set_setting("a", 1)
    finally:
        event.remove(Engine, "connect", only_read)


def test_the_disk_is_taken_away(home: Path) -> None:
    with Store(home) as store:
        pass
    shutil.rmtree(home)
    with pytest.raises(StateError, match="cannot be read or written"):
        store.set_setting("a", 1)

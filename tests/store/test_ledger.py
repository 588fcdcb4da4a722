"""The ledger on the disk: append-only, whole after a kill, missed when cut, redactable."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gradatim.core.errors import InputError, StateError, UnknownName
from gradatim.store import Store

Spawn = Callable[..., "subprocess.Popen[str]"]

WRITER = """
import sys
from pathlib import Path
from gradatim.store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    print(store.append_entry("evidence", {"who": "writer", "pad": "x" * 900}).number, flush=True)
"""

ONE_OF_TWO = """
import sys
from pathlib import Path
from gradatim.store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(*(store.append_entry("evidence", {"who": sys.argv[2], "n": n}).number for n in range(40)), flush=True)
"""


def _edit(store: Store, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute(sql, values)


def _fill(store: Store, count: int = 6) -> None:
    for n in range(count):
        store.append_entry("evidence", {"claim": f"claim {n}", "share": 0.5})


def test_entries_come_back_in_order_and_by_kind(home: Path) -> None:
    with Store(home) as store:
        assert store.entries() == []
        assert store.verify_ledger() == []
        first = store.append_entry(
            "evidence", {"claim": "ü ✓", "dates": [1, None]}, at="2026-03-01T09:30:00Z"
        )
        store.append_entry("rating", {"D1": 3})
    with Store(home) as store:
        assert store.entries()[0] == first == store.entry(1)
        assert [e.kind for e in store.entries()] == ["evidence", "rating"]
        assert [e.number for e in store.entries("rating")] == [2]
        assert store.verify_ledger() == []
        assert store.ledger_head().count == 2
        with pytest.raises(UnknownName):
            store.entry(3)


def test_a_clock_set_back_is_kept_and_breaks_nothing(store: Store) -> None:
    store.append_entry("evidence", {}, at="2026-03-01T09:30:00Z")
    store.append_entry("evidence", {}, at="2025-03-01T09:30:00Z")
    assert store.verify_ledger() == []
    assert [e.at[:4] for e in store.entries()] == ["2026", "2025"]


@pytest.mark.parametrize(
    ("kind", "fields", "at"),
    [("", {}, None), ("evidence", {"x": float("nan")}, None), ("evidence", {"x": {1}}, None),
     ("evidence", {"x": "\udcff"}, None), ("evidence", {}, "1 March")],
)  # fmt: skip
def test_what_cannot_be_kept_writes_nothing(
    store: Store, kind: str, fields: dict[str, object], at: str | None
) -> None:
    with pytest.raises(InputError):
        store.append_entry(kind, fields, at=at)
    assert store.entries() == []
    assert store.ledger_head().count == 0


def test_a_redaction_takes_the_value_out_of_the_files_and_is_recorded(store: Store) -> None:
    store.append_entry("evidence", {"claim": "the-secret-customer", "share": 1})
    _fill(store)
    after = store.redact_entry(1, ["claim"])
    assert after.values() == {"share": 1}
    assert store.entry(1) == after
    assert store.verify_ledger() == []
    last = store.entries()[-1]
    assert (last.kind, last.values()) == ("redaction", {"entry": 1, "names": ["claim"]})
    for path in store.home.rglob("*"):
        assert not path.is_file() or b"the-secret-customer" not in path.read_bytes(), path
    assert store.redact_entry(1, ["claim"]) == after  # once is enough
    assert store.entries()[-1] == last
    with pytest.raises(UnknownName):
        store.redact_entry(1, ["share", "nothing"])
    assert store.entry(1).value("share") == 1
    with pytest.raises(StateError):
        store.redact_entry(last.number, ["names"])


def test_what_one_caller_changes_no_other_sees(store: Store) -> None:
    store.append_entry("evidence", {"title": "RFC", "links": [{"dimension": "D8", "level": 3}]})
    first = store.entries()[0]
    first.value("links")[0]["level"] = 5
    first.fields.clear()  # type: ignore[attr-defined]
    for again in (store.entries()[0], store.entry(1), store.entries("evidence")[0]):
        assert again.value("links") == [{"dimension": "D8", "level": 3}]
        assert again.value("title") == "RFC"
    assert store.verify_ledger() == []


FORGETS = """
import gc, sys
from pathlib import Path
from gradatim.store import Store
secret = sys.stdin.readline().strip()
store = Store(Path(sys.argv[1]))
store.append_entry("evidence", {"title": secret, "links": [secret]})
assert [e.value("title") for e in store.entries()] == [secret]
store.redact_entry(1, ["title", "links"])
assert store.entries()[0].value("title") is None
mine, own = globals(), "held " + secret
gc.collect()
for thing in gc.get_objects():
    inside = thing.values() if type(thing) is dict else thing if type(thing) in (list, tuple, set) else ()
    if thing is not mine and any(type(x) is str and secret in x for x in list(inside)):
        print(type(thing).__name__, flush=True)
print("looked", sum(own == x for x in mine.values()), flush=True)
"""


def test_a_redacted_value_is_nowhere_in_memory(home: Path) -> None:
    """Whatever the process still holds of the ledger afterwards, the words are not in it."""
    done = subprocess.run(
        [sys.executable, "-c", FORGETS, str(home)],
        input="quite-a-secret-word\n",
        capture_output=True,
        text=True,
    )
    assert done.stdout.split("\n") == ["looked 1", ""], done.stderr


def test_a_field_withheld_behind_our_back_is_found(store: Store) -> None:
    _fill(store)
    fields = {name: {"digest": f.digest} for name, f in store.entry(2).fields.items()}
    _edit(store, "UPDATE ledger SET fields = ? WHERE number = 2", json.dumps(fields))
    assert store.verify_ledger() == [
        'entry 2: field "claim" is withheld, and no redaction is recorded',
        'entry 2: field "share" is withheld, and no redaction is recorded',
    ]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "UPDATE ledger SET fields = replace(fields, 'claim 3', 'claim 9') WHERE number = 4",
            "entry 4: its content",
        ),
        ("UPDATE ledger SET at = '2020-01-01T00:00:00Z' WHERE number = 1", "entry 1: its content"),
        ("UPDATE ledger SET kind = 'attestation' WHERE number = 6", "entry 6: its content"),
        ("UPDATE ledger SET fields = '{' WHERE number = 3", "entry 3: cannot be read"),
        ("DELETE FROM ledger WHERE number > 3", "entries 4 to 6 are missing at its end"),
        ("DELETE FROM ledger WHERE number = 3", "entry 3: is missing"),
        ("DELETE FROM ledger", "entries 1 to 6 are missing at its end"),
        ("DELETE FROM ledger_head", "the record of where the ledger ends is missing"),
        ("UPDATE ledger_head SET count = 4", "its head says 4"),
    ],
)
def test_an_edit_of_the_file_is_found(store: Store, sql: str, says: str) -> None:
    _fill(store)
    _edit(store, sql)
    assert says in store.verify_ledger()[0]


def test_after_a_cut_work_goes_on_and_the_gap_stays_visible(store: Store) -> None:
    _fill(store)
    _edit(store, "DELETE FROM ledger WHERE number > 3")
    assert store.append_entry("evidence", {"claim": "later"}).number == 7
    assert store.verify_ledger() == ["entry 4: is missing: entry 7 stands in its place"]


def test_an_entry_that_was_edited_is_refused_by_number(store: Store) -> None:
    _fill(store)
    _edit(store, "UPDATE ledger SET fields = '[]' WHERE number = 2")
    with pytest.raises(StateError, match="entry 2") as error:
        store.entries()
    assert "gradatim evidence check" in error.value.next


def test_kill_9_while_writing_leaves_a_whole_ledger(home: Path, spawn: Spawn) -> None:
    rng = random.Random(4)
    Store(home).close()
    acknowledged = 0
    for _ in range(3):
        with spawn(WRITER, home) as writer:
            assert writer.stdout is not None
            for _ in range(rng.randrange(3, 30)):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            for line in writer.stdout:
                acknowledged = int(line)
        with Store(home) as store:
            assert store.verify_ledger() == []
            found = store.ledger_head().count
            assert found in (acknowledged, acknowledged + 1)
            acknowledged = found
    assert acknowledged > 10


def test_two_processes_write_one_chain(store: Store, spawn: Spawn) -> None:
    writers = [spawn(ONE_OF_TWO, store.home, who) for who in ("left", "right")]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    numbers = [int(n) for writer in writers for n in writer.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 81))
    assert store.verify_ledger() == []
    for who in ("left", "right"):
        assert [e.value("n") for e in store.entries() if e.value("who") == who] == list(range(40))

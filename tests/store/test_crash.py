"""Kill -9, and two processes at once: nothing that was acknowledged is lost."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gradatim.store import Attempt, NewAttempt, Store

# Appends for ever; says each ordinal only after the commit has returned.
WRITER = """
import sys
from pathlib import Path
from gradatim.store import Store
store = Store(Path(sys.argv[1]))
n = len(store.actions(sys.argv[2]))
print("ready", flush=True)
while True:
    store.append_action(sys.argv[2], n, n * 0.1, {"kind": "crash", "n": n, "pad": "x" * (n % 50 * 40)})
    print(n, flush=True)
    store.set_clock(sys.argv[2], n * 0.1 + 0.05)
    n += 1
"""

# Takes turns with another process of the same kind on one attempt, until the log is long enough.
PLAYER = """
import sys
from pathlib import Path
from gradatim.core.errors import StateError
from gradatim.store import Store
store = Store(Path(sys.argv[1]))
mine = 0
print("ready", flush=True)
sys.stdin.readline()
while (n := len(store.actions(sys.argv[2]))) < 120:
    try:
        store.append_action(sys.argv[2], n, float(n), {"who": sys.argv[3]})
        mine += 1
    except StateError as error:
        if "meanwhile" not in error.what: raise
print(mine, flush=True)
"""


Spawn = Callable[..., subprocess.Popen[str]]


def test_kill_9_loses_no_acknowledged_action(home: Path, spawn: Spawn) -> None:
    rng = random.Random(20130101)
    with Store(home) as store:
        attempt = store.create_attempt(NewAttempt(lab_id="l", lab_version="1", lab_digest="d", seed=1))
    acknowledged = 0
    for _ in range(4):
        with spawn(WRITER, home, attempt.id) as writer:
            assert writer.stdout is not None
            for _ in range(rng.randrange(0, 60)):
                assert int(writer.stdout.readline()) == acknowledged
                acknowledged += 1
            # Between two acknowledgements the writer is somewhere inside the next transactions.
            writer.kill()
            for line in writer.stdout:  # what it had still said before it died
                acknowledged = int(line) + 1
            assert writer.wait() == -9
        with Store(home) as store:
            store.check()
            log = store.actions(attempt.id)
            assert len(log) in (acknowledged, acknowledged + 1)  # one may have been in flight
            assert [a.action["n"] for a in log] == list(range(len(log)))
            assert [a.ordinal for a in log] == list(range(len(log)))
            assert store.get_attempt(attempt.id).t_s >= log[-1].t_s if log else True
            acknowledged = len(log)
    assert acknowledged > 20


MAKER = """
import sys
from pathlib import Path
import alembic.command
from gradatim.store import Store
print("ready", flush=True)
sys.stdin.readline()
Store(Path(sys.argv[1]))
"""


def test_kill_9_while_the_database_is_made(home: Path, spawn: Spawn) -> None:
    """At whatever stage it dies, the next start finds nothing or all of it."""
    path, log = home / "gradatim.db", home / "gradatim.db-wal"
    stages: list[Callable[[], bool]] = [
        path.exists,
        lambda: path.exists() and path.stat().st_size > 0,
        lambda: log.exists() and log.stat().st_size > 0,
    ]
    for reached in stages:
        with spawn(MAKER, home) as maker:
            assert maker.stdin is not None
            assert maker.stdout is not None
            maker.stdin.write("\n")
            maker.stdin.flush()
            while not reached() and maker.poll() is None:
                pass
            maker.kill()
        with Store(home) as store:
            store.check()
            assert store.list_attempts() == []
        shutil.rmtree(home)


def test_two_processes_share_an_attempt_and_lose_nothing(
    store: Store, attempt: Attempt, spawn: Spawn
) -> None:
    players = [spawn(PLAYER, store.home, attempt.id, who) for who in ("left", "right")]
    won = [int(out) for out, _ in _together(players)]
    log = store.actions(attempt.id)
    assert [a.ordinal for a in log] == list(range(len(log)))
    assert [[a.action["who"] for a in log].count(who) for who in ("left", "right")] == won
    assert sum(won) == len(log) == 120
    assert all(player.returncode == 0 for player in players)


def _together(players: list[subprocess.Popen[str]]) -> list[tuple[str, str]]:
    for player in players:
        assert player.stdin is not None
        player.stdin.write("\n")
        player.stdin.flush()
    return [player.communicate() for player in players]


def test_processes_that_start_at_once_make_one_database(home: Path, spawn: Spawn) -> None:
    code = (
        "import sys; from pathlib import Path; from gradatim.store import NewAttempt, Store\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "store = Store(Path(sys.argv[1]))\n"
        "print(store.create_attempt(NewAttempt(lab_id='l', lab_version='1', lab_digest='d', seed=1)).id)"
    )
    starters = [spawn(code, home) for _ in range(2)]
    made = {out.strip() for out, _ in _together(starters)}
    with Store(home) as store:
        assert {a.id for a in store.list_attempts()} == made
        assert len(made) == 2


def test_the_promises_are_set_in_the_file_and_on_every_connection(store: Store, attempt: Attempt) -> None:
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with store.writing() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.set_clock(attempt.id, 5.0)  # on the same connection, with less
    with store.writing() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert store.path.stat().st_mode & 0o077 == 0

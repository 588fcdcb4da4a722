"""The database file: opening it, and the two ways to use it, reading and writing."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event

from . import revisions
from .failures import damaged, explained, files_explained, locked, unwritable
from .filelock import held
from .home import usable_folder

FILE_NAME = "gradatim.db"


class Database:
    """One SQLite file, shared by the threads of this process and by other processes.

    Write-ahead log, foreign keys on, `BEGIN IMMEDIATE` for writes. A write is on the disk when
    `writing` returns (synchronous FULL), so neither kill -9 nor a power cut takes it back.
    A process that forks must not use a database opened before the fork.

    Args:
        home: The home folder; made if it is not there.
        timeout_s: How long to wait, in real seconds, for another process's write.
        migrations: Where the migrations are; only tests say something else.

    Raises:
        StateError: the folder or the file cannot be used; see `failures`.
    """

    def __init__(
        self, home: Path, *, timeout_s: float = 10.0, migrations: Path = revisions.MIGRATIONS
    ) -> None:
        self.home = usable_folder(Path(home).absolute())
        self.path = self.home / FILE_NAME
        self.timeout_s = timeout_s
        self.backup: Path | None = None
        self._one_writer = threading.Lock()
        self._engine = _engine(self.path, timeout_s)
        # Two processes may start on an empty folder at once: one makes the database, the other waits.
        try:
            with files_explained(self.path), held(self.home / "open.lock", timeout_s) as mine:
                if not mine:
                    raise locked(self.path)
                with explained(self.path):
                    self._open(migrations)
        except BaseException:
            self._engine.dispose()
            raise

    def _open(self, migrations: Path) -> None:
        current = revisions.inspect(self.path, migrations)
        if current is None:
            _create_file(self.path)
        elif not os.access(self.path, os.W_OK):
            raise unwritable(self.path, "the file is read-only for this user")
        if current != revisions.known(migrations)[-1]:
            self.backup = revisions.upgrade(self._engine, self.path, current, migrations)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of the database; never waits for a writer."""
        with explained(self.path), self._engine.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first statement; all or nothing.

        Args:
            durable: False for what may be lost in a power cut (not in a crash of this process),
                such as the position of the clock; it saves the wait for the disk.
        """
        if not self._one_writer.acquire(timeout=self.timeout_s):
            raise locked(self.path)
        try:
            with explained(self.path), self._engine.connect() as conn:
                level = "FULL" if durable else "NORMAL"
                with conn.execution_options(gradatim_write=level).begin():
                    yield conn
        finally:
            self._one_writer.release()

    def check(self) -> None:
        """Read the whole database and its references.

        Raises:
            StateError: something in it is damaged.
        """
        with self.reading() as conn:
            found = [str(row[0]) for row in conn.exec_driver_sql("PRAGMA integrity_check(5)")]
            if found != ["ok"]:
                raise damaged(self.path, "; ".join(" ".join(line.split()) for line in found))
            broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise damaged(self.path, f"{len(broken)} rows point at rows that are not there")

    def close(self) -> None:
        """Close every connection. The object cannot be relied on afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _create_file(path: Path) -> None:
    """An empty file that only its owner can read; SQLite gives its log the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    with closing(sqlite3.connect(path)) as db:
        # Kept in the file. Where the file system cannot do it, SQLite stays with its rollback journal,
        # which is as safe and only lets readers wait for writers.
        db.execute("PRAGMA journal_mode = WAL")


def _engine(path: Path, timeout_s: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": timeout_s, "check_same_thread": False},
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # transactions are begun below, not by the driver's guess
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA secure_delete = ON")  # what the learner deletes is gone from the file
        raw.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone leaves data in the drive's cache
        raw.execute("PRAGMA checkpoint_fullfsync = ON")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        level = conn.get_execution_options().get("gradatim_write")
        if level is None:
            conn.exec_driver_sql("BEGIN")
        else:
            # Cannot be changed inside a transaction, hence here and each time.
            conn.exec_driver_sql(f"PRAGMA synchronous = {level}")
            conn.exec_driver_sql("BEGIN IMMEDIATE")

    return engine

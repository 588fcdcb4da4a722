"""Revisions of the database: which one a file has, which ones this version knows, and the way up."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from gradatim.core.errors import StateError

from .failures import damaged, foreign, newer
from .rows import utc_now

MAGIC = b"SQLite format 3\x00"
MIGRATIONS = Path(__file__).parent / "migrations"
# Above this size the check at every start would be felt; `Store.check` still does it on request.
CHECKED_AT_START_BYTES = 32 << 20


def known(migrations: Path = MIGRATIONS) -> list[str]:
    """The revisions this version knows, oldest first, read from the file names (no import of alembic)."""
    return sorted(p.stem[1:].split("_", 1)[0] for p in (migrations / "versions").glob("r[0-9]*.py"))


def inspect(path: Path, migrations: Path = MIGRATIONS) -> str | None:
    """The revision of the database at `path`, read without changing anything.

    Returns:
        The revision, or None for a database that is not there yet.

    Raises:
        StateError: not a database, damaged, of another program, or of a newer version.
    """
    wal = path.with_name(path.name + "-wal")
    if not path.exists() or path.stat().st_size == 0:
        # SQLite throws away the write-ahead log of an empty database: refuse before it can.
        if wal.exists() and wal.stat().st_size > 0:
            raise damaged(path, "the file is empty or gone, but its write-ahead log is not")
        return None
    if not path.is_file():
        raise damaged(path, "it is not a file")
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise damaged(path, "it does not begin as an SQLite file does")
    try:
        return _read_revision(path, "ro", migrations)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
        # Killed in the middle of a write: SQLite must first put back what it had saved beside the file.
        return _read_revision(path, "rw", migrations)


def _read_revision(path: Path, mode: Literal["ro", "rw"], migrations: Path) -> str | None:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=5.0)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise foreign(path)
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
        revision = str(row[0]) if row else ""
        if revision not in known(migrations):
            raise newer(path, revision)
        if path.stat().st_size <= CHECKED_AT_START_BYTES:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise damaged(path, " ".join(str(verdict).split()))
    return revision


def upgrade(engine: Engine, path: Path, current: str | None, migrations: Path = MIGRATIONS) -> Path | None:
    """Bring the database to the newest revision in one transaction, after a backup if it has data.

    The caller holds the lock of the home folder, so no other process upgrades at the same time.

    Returns:
        The backup, or None if there was nothing to keep.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    # A percent sign would be read as an interpolation.
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with engine.connect() as conn:
        raw = conn.connection.dbapi_connection
        assert raw is not None
        # Altering a table in SQLite means copying it; references are checked below instead.
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with conn.execution_options(gradatim_write="FULL").begin():
                backup = _back_up(path, current) if current is not None else None
                config.attributes["connection"] = conn
                command.upgrade(config, "head")
                broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise StateError(
                        "the database could not be brought to this version",
                        where=str(path),
                        why=f"{len(broken)} rows point at rows that are not there; nothing was changed",
                        next="install the version that was used before, and report this",
                    )
        finally:
            conn.invalidate()  # the pragma above must not survive in the pool
    return backup


def _back_up(path: Path, revision: str) -> Path:
    """A compact copy beside the database. The write lock is held: the copy is what will be altered."""
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    stamp = utc_now().replace(":", "")
    target = folder / f"{path.stem}-{revision}-{stamp}-{os.getpid()}.db"
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM INTO ?", (str(part),))
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.chmod(0o600)
    return part.rename(target)

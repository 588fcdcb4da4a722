"""SQLite's failures in a person's words: what, where, why, and the next command."""

from __future__ import annotations

import errno
import shlex
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from gradatim.core.errors import StateError

# Primary result codes of https://www.sqlite.org/rescode.html; extended codes carry them in the low byte.
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26
_DISK_ERRNOS = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn failures of the database at `path` into `StateError`; let every other error pass."""
    try:
        yield
    except DBAPIError as error:
        raised = explain(error.orig, path)
        if raised is None:
            raise
        raise raised from error.orig
    except sqlite3.Error as error:
        raised = explain(error, path)
        if raised is None:
            raise
        raise raised from error


@contextmanager
def files_explained(path: Path) -> Iterator[None]:
    """Turn failures of the file system around `path` into `StateError`."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_ERRNOS:
            raise disk_full(path) from error
        raise unwritable(path, error.strerror or str(error)) from error


def explain(error: BaseException | None, path: Path) -> StateError | None:
    """The `StateError` for a failure of SQLite; None if it is a mistake of ours."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (_BUSY, _LOCKED):
        return locked(path)
    if code == _FULL:
        return disk_full(path)
    if code in (_CORRUPT, _NOTADB):
        return damaged(path, str(error))
    if code == _READONLY:
        return unwritable(path, str(error))
    if code in (_CANTOPEN, _IOERR):
        return StateError(
            "the database cannot be read or written",
            where=str(path),
            why=f"{error}: the disk failed or is full, or the file or its folder was taken away",
            next="gradatim doctor",
        )
    return None


def locked(path: Path) -> StateError:
    """Another process holds the write lock for longer than the timeout."""
    return StateError(
        "the database is locked by another process",
        where=str(path),
        why="it has been writing for longer than the timeout; nothing was changed here",
        next=f"close the other gradatim or database browser, then repeat (who has it: lsof {_q(path)})",
    )


def disk_full(path: Path) -> StateError:
    """No room for the write; SQLite has rolled it back."""
    return StateError(
        "the disk is full",
        where=str(path),
        why="the last change was not written; everything before it is safe",
        next=f"free some space (df -h {_q(path.parent)}), then repeat",
    )


def unwritable(path: Path, detail: str) -> StateError:
    """The file or its folder may not be written."""
    return StateError(
        "the file cannot be written",
        where=str(path),
        why=detail,
        next=f"chmod u+rw {_q(path)} && chmod u+rwx {_q(path.parent)}",
    )


def damaged(path: Path, detail: str) -> StateError:
    """The file is not a database or fails its own check. It is left as it is."""
    away = path.parent / "damaged"
    # -wal and -shm go with it: without them the newest actions could not be read any more.
    move = f"mkdir -p {_q(away)} && mv {_q(path)}* {_q(away)}/"
    salvage = f"{_q(Path(sys.executable))} -m gradatim.store.salvage {_q(away / path.name)} attempts.jsonl"
    return StateError(
        "the database is damaged or is not a database",
        where=str(path),
        why=f"{detail}; it was not touched",
        next=f"{move}; attempts and actions that can still be read are exported by: {salvage}",
    )


def newer(path: Path, revision: str) -> StateError:
    """A later version of the program made this database."""
    return StateError(
        "the database was made by a newer version of gradatim",
        where=str(path),
        why=f'its revision is "{revision}", which this version does not know; it was not touched',
        next="install the newer gradatim, or use another home folder: export GRADATIM_HOME=PATH",
    )


def foreign(path: Path) -> StateError:
    """A database of some other program stands where ours should be."""
    return StateError(
        "the database belongs to another program",
        where=str(path),
        why="it has tables, but none that says a revision of gradatim; it was not touched",
        next="use another home folder: export GRADATIM_HOME=PATH",
    )


def _q(path: Path) -> str:
    return shlex.quote(str(path))

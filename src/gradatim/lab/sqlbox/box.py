"""The SQL box as the rest of the product sees it."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple, TypedDict

from gradatim.core.errors import InputError

from .engine import tables_help
from .tables import Tables
from .worker import GRACE_S, wall_s

_START = "from gradatim.lab.sqlbox.worker import main; main()"
_START_WALL_S = 60.0


class QueryResult(TypedDict):
    """What a query gives: JSON values only."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    elapsed_ms: float
    truncated: bool


class Growing(NamedTuple):
    """A key for a table that only ever gets more rows at its end: only those are sent.

    Attributes:
        token: differs for every table (and every timeline) there is in this process.
    """

    token: Hashable


Keys = Mapping[str, Hashable]
"""Table name to a key: `Growing`, or a value that differs whenever the content does (over all users).

A table whose key the worker already holds is not sent again; one without a key always is.
"""


class SqlBox:
    """A warm worker that answers one SELECT at a time over the tables that come with it. Thread-safe.

    Args:
        memory_mb: memory a query may use.
    """

    def __init__(self, *, memory_mb: int = 256) -> None:
        self._memory_mb = memory_mb
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._held: dict[str, tuple[Hashable, int]] = {}

    def query(
        self,
        sql: str,
        tables: Tables,
        *,
        keys: Keys | None = None,
        max_rows: int = 1000,
        timeout_s: float = 2.0,
    ) -> QueryResult:
        """Run one SELECT.

        Args:
            sql: the statement.
            tables: table name to columns (column name to array or list); exactly what may be seen now.
            keys: what need not be sent again; see `Keys`.
            max_rows: rows returned at most; `truncated` says whether there were more.
            timeout_s: CPU seconds for the query: the same query fails or not on a busy machine as on a quiet one.

        Raises:
            InputError: what is wrong with the statement, with DuckDB's message and the tables there are.
        """
        with self._lock:
            answer = self._ask(sql, tables, keys or {}, max_rows, timeout_s)
        if "defect" in answer:
            raise RuntimeError(f"the SQL worker failed: {answer['defect']}")
        if "error" in answer:
            problems = answer["error"].pop("problems")
            raise InputError(answer["error"].pop("what"), problems, where="the query", **answer["error"])
        result: QueryResult = answer["result"]
        return result

    def start(self) -> None:
        """Start the worker ahead of the first query."""
        with self._lock:
            self._worker()

    def close(self) -> None:
        """End the worker. A later query starts another."""
        with self._lock:
            self._end()

    def _ask(self, sql: str, tables: Tables, keys: Keys, max_rows: int, timeout_s: float) -> dict[str, Any]:
        worker = self._worker()
        put, append, holds = self._changes(tables, keys)
        request = {
            "sql": sql,
            "put": put,
            "append": append,
            "names": list(tables),
            "max_rows": max_rows,
            "timeout_s": timeout_s,
        }
        body = pickle.dumps(request, protocol=5)
        deadline = time.monotonic() + wall_s(timeout_s) + GRACE_S
        try:
            assert worker.stdin is not None and worker.stdout is not None
            worker.stdin.write(len(body).to_bytes(8, "big"))
            worker.stdin.write(body)
            worker.stdin.flush()
            answer: dict[str, Any] = json.loads(_receive(worker.stdout.fileno(), deadline))
        except (EOFError, OSError, TimeoutError) as error:
            self._end()
            raise self._lost(error, tables, timeout_s, worker.returncode) from None
        self._held = holds
        if answer["damaged"]:
            self._end()
        return answer

    def _changes(
        self, tables: Tables, keys: Keys
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, tuple[Hashable, int]]]:
        """Tables to send whole, rows to append, and what the worker holds then."""
        put: dict[str, Any] = {}
        append: dict[str, Any] = {}
        holds = {}
        for name, columns in tables.items():
            rows = min(map(len, columns.values()), default=0)
            held_key, held_rows = self._held.get(name, (None, 0))
            if name not in keys or keys[name] != held_key or rows < held_rows:
                put[name] = dict(columns)
            elif isinstance(keys[name], Growing) and rows > held_rows:
                append[name] = {column: values[held_rows:] for column, values in columns.items()}
            if name in keys:
                holds[name] = (keys[name], rows)
        return put, append, holds

    def _lost(self, error: Exception, tables: Tables, timeout_s: float, code: int | None) -> InputError:
        slow = isinstance(error, TimeoutError) or code in (-signal.SIGPROF, -signal.SIGALRM)
        what = (
            f"the query ran longer than {timeout_s:g} s and was stopped"
            if slow
            else f"the query needs more than {self._memory_mb} MB, or more than the SQL engine can take"
        )
        why = "its process was ended; nothing else is lost"
        return InputError(what, where="the query", why=why, next=tables_help(tables))

    def _worker(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(self._memory_mb)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,
            )
            try:
                assert self._process.stdout is not None
                _receive(self._process.stdout.fileno(), time.monotonic() + _START_WALL_S)
            except (EOFError, TimeoutError):
                self._end()
                raise InputError("the SQL engine does not start", next="gradatim doctor") from None
        return self._process

    def _end(self) -> None:
        self._held.clear()
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


def run_query(
    sql: str,
    tables: Tables,
    *,
    keys: Keys | None = None,
    max_rows: int = 1000,
    timeout_s: float = 2.0,
    memory_mb: int = 256,
) -> QueryResult:
    """Run one SELECT in a box that this process shares (one per `memory_mb`). See `SqlBox.query`."""
    return shared_box(memory_mb).query(sql, tables, keys=keys, max_rows=max_rows, timeout_s=timeout_s)


def shared_box(memory_mb: int = 256) -> SqlBox:
    """The box behind `run_query`; `shared_box().start()` ahead of time saves the first query a second."""
    with _shared_lock:
        if memory_mb not in _shared:
            if not _shared:
                atexit.register(close_shared)
            _shared[memory_mb] = SqlBox(memory_mb=memory_mb)
        return _shared[memory_mb]


def close_shared() -> None:
    """End the workers behind `run_query`; the next query starts another."""
    with _shared_lock:
        for box in _shared.values():
            box.close()


_shared: dict[int, SqlBox] = {}
_shared_lock = threading.Lock()


def _receive(descriptor: int, deadline: float) -> bytes:
    size = int.from_bytes(_read(descriptor, 8, deadline), "big")
    return _read(descriptor, size, deadline)


def _read(descriptor: int, size: int, deadline: float) -> bytes:
    parts = []
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while size:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

"""DuckDB, locked: one in-memory connection that sees the given tables and nothing else."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError

from .guard import check_statement
from .tables import Columns, prepare
from .values import jsonable

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

_LOCKED = {
    "access_mode": "automatic",
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
    "max_temp_directory_size": "0B",
    "python_enable_replacements": "false",
    "secret_directory": "",
    "temp_directory": "",
    "threads": "1",
}
_PATHS = re.compile(r"(?<![\w.])(?:/[\w.@+-]+){2,}")


_LOOK_S = 0.05


def _watch(ended: threading.Event, timeout_s: float, stop: Callable[[], None]) -> None:
    """Stop a query that has computed for too long. Waiting for a core is not its fault, and does not count."""
    until_s = time.process_time() + timeout_s
    while not ended.wait(_LOOK_S):
        if time.process_time() >= until_s:
            stop()
            return


class Engine:
    """The locked connection and its tables.

    Args:
        memory_mb: DuckDB's own memory limit in MB.

    Attributes:
        damaged: a query went so wrong that no other should run here.
    """

    def __init__(self, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._tables: dict[str, dict[str, NDArray[Any]]] = {}
        self.damaged = False

    def put(self, name: str, columns: Columns) -> None:
        """Add or replace a table. DuckDB reads the arrays in place when it scans them."""
        self._register(name, prepare(name, columns))

    def append(self, name: str, columns: Columns) -> None:
        """Add rows to a table."""
        import numpy as np

        more, held = prepare(name, columns), self._tables[name]
        joined = {column: np.concatenate([held[column], more[column]]) for column in held}
        self._register(name, prepare(name, joined))  # a column of no text so far may have some now

    def _register(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        self._open().register(name, arrays)
        self._tables[name] = arrays

    def drop(self, name: str) -> None:
        """Remove a table."""
        self._open().unregister(name)
        del self._tables[name]

    def names(self) -> list[str]:
        """The tables there are."""
        return list(self._tables)

    def run(self, sql: str, max_rows: int, timeout_s: float) -> dict[str, Any]:
        """Check and run one SELECT.

        Raises:
            InputError: refused, failed, too long or too much memory.
        """
        import duckdb

        connection = self._open()
        started = time.perf_counter()
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(ended, timeout_s, connection.interrupt), daemon=True)
        watch.start()
        try:
            check_statement(connection, sql, self._tables)
            cursor = connection.execute(sql)
            described = cursor.description or []
            rows = cursor.fetchmany(max_rows + 1)
        except InputError as error:
            error.next = error.next or self._help()
            raise
        except duckdb.InterruptException:
            raise self._error(f"the query ran longer than {timeout_s:g} s and was stopped") from None
        except (duckdb.OutOfMemoryException, MemoryError):
            self.damaged = True
            raise self._error(
                f"the query needs more than {self._memory_mb} MB", "it makes too many rows, or too long ones"
            ) from None
        except duckdb.Error as error:
            self.damaged = isinstance(error, duckdb.InternalException | duckdb.FatalException)
            raise self._error("the query failed", plain_message(str(error))) from None
        finally:
            ended.set()
            watch.join()
            self._finish()
        return {
            "columns": [column[0] for column in described],
            "types": [str(column[1]) for column in described],
            "rows": [[jsonable(value) for value in row] for row in rows[:max_rows]],
            "elapsed_ms": round((time.perf_counter() - started) * 1e3, 3),
            "truncated": len(rows) > max_rows,
        }

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(
                ":memory:", config={**_LOCKED, "memory_limit": f"{self._memory_mb}MB"}
            )
        return self._connection

    def _finish(self) -> None:
        """Let go of rows that were not fetched: DuckDB 2 streams, and takes no other work until then."""
        if self._connection is not None and not self.damaged and hasattr(self._connection, "abort"):
            self._connection.abort()

    def _error(self, what: str, why: str = "") -> InputError:
        return InputError(what, why=why, next=self._help())

    def _help(self) -> str:
        return tables_help(self._tables)


def tables_help(tables: Mapping[str, Iterable[str]]) -> str:
    """The tables and their columns, as the next thing to try."""
    listed = "; ".join(f"{name} ({', '.join(columns)})" for name, columns in tables.items())
    return f"tables: {listed}" if listed else "there are no tables yet"


def plain_message(message: str) -> str:
    """DuckDB's message without stack traces and without this machine's folders."""
    if "'pytz'" in message:
        return "a TIMESTAMP WITH TIME ZONE cannot be shown: cast it, column::TIMESTAMP"
    message = message.partition("\nStack Trace")[0].strip()
    home = str(Path.home())
    for folder in (str(Path.cwd()), home):
        if len(folder) > 1:
            message = message.replace(folder, "…")
    return _PATHS.sub("…", message)[:1000]

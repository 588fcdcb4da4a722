"""The SQL box: what it answers, what it refuses, and what hostile SQL can do to it."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradatim.core.errors import InputError
from gradatim.lab.sqlbox import Growing, SqlBox, close_shared, run_query, with_clock

TICKS = 4
TABLES: dict[str, dict[str, Any]] = {
    "metrics": with_clock(
        {
            "t_s": np.arange(TICKS) * 10.0,
            "series": np.array(["p99", "p99", "rate", "rate"]),
            "value": np.array([0.2, np.nan, 120.0, 130.0]),
            "samples": np.array([5, 6, 7, 8]),
        },
        np.datetime64("2024-07-11T09:00:00"),
    ),
    "log": {"t_s": [1.0, 2.0], "level": ["INFO", None], "message": ["started", "it's slow"]},
}


@pytest.fixture(scope="module")
def box() -> Iterator[SqlBox]:
    box = SqlBox(memory_mb=128)
    yield box
    box.close()


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*), avg(value), sum(samples) FROM metrics", [[4, pytest.approx(83.4, abs=0.01), 26]]),
        ("SELECT t, value FROM metrics WHERE t_s = 10", [["2024-07-11T09:00:10", None]]),
        ("WITH m AS (SELECT max(t_s) AS a FROM metrics) SELECT a FROM m", [[30.0]]),
        ("FROM log SELECT level, message ORDER BY t_s", [["INFO", "started"], [None, "it's slow"]]),
        ("SELECT series FROM metrics GROUP BY 1 ORDER BY 1;", [["p99"], ["rate"]]),
        ("SELECT i FROM range(3) r(i) -- a comment; with a semicolon", [[0], [1], [2]]),
        ("SHOW TABLES", [["log"], ["metrics"]]),
        ("SELECT column_name FROM (DESCRIBE log)", [["t_s"], ["level"], ["message"]]),
        ("SELECT * FROM (PIVOT log ON level IN ('INFO') USING count(*) GROUP BY message) ORDER BY 1", None),
        (
            "SELECT max(p) FROM (SELECT quantile_cont(value, 0.5) AS p FROM metrics GROUP BY series)",
            [[125.0]],
        ),
        (
            "SELECT m.t_s FROM metrics m ASOF JOIN log l ON m.t_s >= l.t_s WHERE l.level IS NULL LIMIT 1",
            [[10.0]],
        ),
        ("SELECT 1 WHERE false", []),
        ("SELECT 'é', s.now FROM (SELECT 1 AS now) s", [["é", 1]]),
    ],
)
def test_answers(box: SqlBox, sql: str, rows: list[Any] | None) -> None:
    result = box.query(sql, TABLES)
    assert rows is None or result["rows"] == rows
    assert len(result["columns"]) == len(result["types"])
    assert not result["truncated"] and result["elapsed_ms"] > 0


def test_types_are_json(box: SqlBox) -> None:
    cells = {
        "9007199254740993": "9007199254740993",
        "'nan'::DOUBLE": None,
        "'-inf'::FLOAT": None,
        "1.25::DECIMAL(9, 2)": 1.25,
        "DATE '2013-01-31'": "2013-01-31",
        "TIMESTAMP '2013-01-31 10:00:00.5'": "2013-01-31T10:00:00.500000",
        "INTERVAL 90 SECOND": 90.0,
        "'\\xAA'::BLOB": "0xaa",
        "[1, 2.5, 'nan'::DOUBLE]": [1.0, 2.5, None],
        "{'a': [DATE '2013-01-31']}": {"a": ["2013-01-31"]},
        "MAP {1: true}": {"1": True},
        "NULL": None,
        "'00000000-0000-0000-0000-000000000001'::UUID": "00000000-0000-0000-0000-000000000001",
    }
    result = box.query("SELECT " + ", ".join(cells), {})
    assert result["rows"] == [list(cells.values())]
    json.dumps(result, allow_nan=False)
    with pytest.raises(InputError) as caught:
        box.query("SELECT TIMESTAMPTZ '2013-01-31 00:00:00+00'", {})
    assert "cast it" in caught.value.why


def test_long_results_are_cut(box: SqlBox) -> None:
    result = box.query("SELECT * FROM range(100000000)", {}, max_rows=3)
    assert (result["rows"], result["truncated"]) == ([[0], [1], [2]], True)
    assert not box.query("SELECT * FROM range(3)", {}, max_rows=3)["truncated"]
    assert len(box.query("SELECT repeat('x', 100000)", {})["rows"][0][0]) < 11_000


HOSTILE = [
    "",
    ";",
    "-- nothing",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE metrics",
    "DROP TABLE metrics",
    "DROP VIEW metrics",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE MACRO f(x) AS x",
    "INSERT INTO log VALUES (1, 'a', 'b')",
    "UPDATE log SET level = 'x'",
    "DELETE FROM log",
    "ALTER TABLE log ADD COLUMN x INT",
    "ATTACH 'other.db'",
    "USE memory",
    "COPY metrics TO 'out.csv'",
    "EXPORT DATABASE 'folder'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 8",
    "SET enable_external_access = true",
    "RESET memory_limit",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "EXPLAIN ANALYZE DELETE FROM log",
    "PREPARE p AS SELECT 1",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'https://example.org/a.csv'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_parquet('a.parquet')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('secret_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_settings",
    "SELECT * FROM (SELECT value FROM duckdb_settings())",
    "SELECT (SELECT max(value) FROM duckdb_settings())",
    "SELECT 1 WHERE EXISTS (FROM duckdb_secrets())",
    "WITH s AS (FROM duckdb_extensions()) SELECT * FROM s",
    "SELECT * FROM query('SELECT * FROM duckdb_settings()')",
    "SELECT * FROM query_table('duckdb_settings')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM system.main.duckdb_settings",
    "SHOW DATABASES",
    "DESCRIBE SELECT getenv('HOME')",
    "SELECT write_log('x')",
    "SELECT sleep_ms(100000)",
    "SELECT pg_sleep(1000)",
    "SELECT now()",
    "SELECT current_date",
    "SELECT * FROM TABLES",
    "SELECT * FROM os",
    "SELECT * FROM box",
    "SELEC 1",
    "SELECT * FROM metrics WHERE",
    "SELECT nope FROM metrics",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    "SELECT " + "1+" * 9000 + "1",
    "SELECT '" + "x" * 30_000 + "'",
    "SELECT '\0'",
    "SELECT '\ud800'",
    "SELECT error('mine')",
    "SELECT 'x'::INTEGER",
    "SELECT $1",
    "SELECT * FROM metrics TABLESAMPLE",
]


@pytest.mark.parametrize("sql", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_sql_is_an_input_error(box: SqlBox, sql: str) -> None:
    with pytest.raises(InputError) as caught:
        box.query(sql, TABLES)
    text = caught.value.describe()
    assert caught.value.next
    for path in (str(Path.home()), str(Path.cwd()), sys.prefix, "site-packages", "Traceback"):
        assert path not in text
    assert box.query("SELECT count(*) FROM metrics", TABLES)["rows"] == [[TICKS]]


def test_the_error_lists_the_tables(box: SqlBox) -> None:
    with pytest.raises(InputError) as caught:
        box.query("SELECT * FROM nope, read_csv('a')", TABLES)
    assert sorted(caught.value.problems) == [
        "no table named nope",
        "the table function read_csv is not available here",
    ]
    assert caught.value.next == (
        "tables: metrics (t, t_s, series, value, samples); log (t_s, level, message)"
    )


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT count(*) FROM range(100000000000)", "ran longer than 0.5 s"),
        (
            "WITH RECURSIVE z AS (SELECT 1 i UNION ALL SELECT i + 1 FROM z) SELECT max(i) FROM z",
            "ran longer than",
        ),
        ("SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(1000000) b(i)", "ran longer than 0.5 s"),
        ("SELECT length(repeat('x', 3000000000))", "128 MB"),
        ("SELECT lpad('x', 2000000000, 'y')", "ran longer than|128 MB"),
        ("SELECT list_sort(list(i)) FROM range(200000000) r(i)", "ran longer than|128 MB"),
        (
            "WITH RECURSIVE z AS (SELECT 'x' s UNION ALL SELECT s || s FROM z) SELECT max(s) FROM z",
            "longer|128 MB",
        ),
    ],
)
def test_bombs_end_and_the_box_lives(box: SqlBox, sql: str, what: str) -> None:
    box.query("SELECT 1", TABLES)
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        box.query(sql, TABLES, timeout_s=0.5)
    assert any(part in caught.value.what for part in what.split("|"))
    assert time.monotonic() - started < 10
    assert box.query("SELECT count(*) FROM log", TABLES)["rows"] == [[2]]


def test_a_query_that_waits_for_a_core_gives_what_it_gives_on_a_quiet_machine(box: SqlBox) -> None:
    box.start()
    assert box._process is not None
    # As on a machine that is busy with others: the worker computes nothing for longer than its query may compute.
    os.kill(box._process.pid, signal.SIGSTOP)
    threading.Timer(2.0, os.kill, (box._process.pid, signal.SIGCONT)).start()
    assert box.query("SELECT count(*) FROM log", TABLES, timeout_s=0.4)["rows"] == [[2]]


def test_a_killed_worker_is_replaced(box: SqlBox) -> None:
    box.start()
    assert box._process is not None
    os.kill(box._process.pid, signal.SIGKILL)
    box._process.wait()
    assert box.query("SELECT count(*) FROM log", TABLES)["rows"] == [[2]]


def test_only_the_tables_of_this_query_are_there(box: SqlBox) -> None:
    assert box.query("SHOW TABLES", TABLES)["rows"] == [["log"], ["metrics"]]
    assert box.query("SHOW TABLES", {"other": {"a": [1]}})["rows"] == [["other"]]
    with pytest.raises(InputError, match="outside its tables"):
        box.query("SELECT * FROM log", {"other": {"a": [1]}})


def test_keys_save_sending_and_never_show_old_rows(box: SqlBox) -> None:
    def count(n: int, key: object = None) -> tuple[int, int]:
        tables = {"m": {"t_s": np.arange(n), "text": [f"line {i}" for i in range(n)]}}
        keys = {} if key is None else {"m": key}
        put, append, _ = box._changes(tables, keys)
        row = box.query("SELECT count(*), count(DISTINCT text), max(t_s) + 1 FROM m", tables, keys=keys)[
            "rows"
        ][0]
        assert row == [n, n, n]
        return len(put), len(append.get("m", {}).get("t_s", []))

    assert count(5) == (1, 0)
    assert count(6) == (1, 0)
    assert count(6, "a") == (1, 0)
    assert count(6, "a") == (0, 0)
    assert count(7, "b") == (1, 0)
    assert count(8, Growing("live 1")) == (1, 0)
    assert count(11, Growing("live 1")) == (0, 3)
    assert count(11, Growing("live 1")) == (0, 0)
    assert count(9, Growing("live 1")) == (1, 0)  # a rewind
    assert count(9, Growing("live 2")) == (1, 0)
    os.kill(box._process.pid, signal.SIGKILL)  # type: ignore[union-attr]
    box._process.wait()  # type: ignore[union-attr]
    assert box.query("SELECT 1", {})["rows"] == [[1]]
    assert count(9, Growing("live 2")) == (1, 0)


def test_columns_of_every_kind(box: SqlBox) -> None:
    table = {
        "whole": [1, 2, 3],
        "holes": [1, None, 3],
        "late": np.array([1] * 2 + [2.5], dtype=object),
        "flag": [True, False, True],
        "text": ["a", None, "c"],
        "mixed": [1, "a", None],
        "half": np.array([1, 2, 3], dtype=np.float16),
        "empty": [None, None, None],
        "day": np.array(["2013-01-31"] * 3, dtype="datetime64[D]"),
    }
    result = box.query("SELECT * FROM t", {"t": table})
    assert result["rows"][1] == [2, None, 1.0, False, None, "a", 2.0, None, "2013-01-31T00:00:00"]
    with pytest.raises(InputError, match="different lengths"):
        box.query("SELECT 1", {"t": {"a": [1, 2], "b": [1]}})
    with pytest.raises(InputError, match="no columns"):
        box.query("SELECT 1", {"t": {}})
    assert box.query("SELECT count(*) FROM t", {"t": {"a": []}})["rows"] == [[0]]


def test_a_whole_room_is_one_query(box: SqlBox) -> None:
    """70 series x 800 ticks and 12,000 log lines, sent anew and kept under a key."""
    names = [f"component.metric_{i}" for i in range(70)]
    metrics = {
        "t_s": np.repeat(np.arange(800) * 10.0, 70),
        "series": np.array(names * 800, dtype=object),
        "value": np.arange(56_000, dtype=float),
    }
    log = {"t_s": np.arange(12_000.0), "message": [f"request {i} took {i % 97} ms" for i in range(12_000)]}
    sql = """
        SELECT series, avg(value) FROM metrics, (SELECT count(*) FROM log WHERE message LIKE '%96 ms')
        GROUP BY 1
    """
    keys: dict[str, Any] | None
    for keys in (None, {"metrics": 1, "log": 1}, {"metrics": 1, "log": 1}):
        assert len(box.query(sql, {"metrics": metrics, "log": log}, keys=keys)["rows"]) == 70


def test_shared_box() -> None:
    result = run_query("SELECT max(t) AS latest FROM metrics", TABLES)
    assert result["columns"] == ["latest"]
    assert result["rows"] == [[datetime.datetime(2024, 7, 11, 9, 0, 30).isoformat()]]
    close_shared()
    assert run_query("SELECT 1", {})["rows"] == [[1]]
    close_shared()


def test_the_worker_ends_with_its_parent() -> None:
    code = (
        "import os, signal\nfrom gradatim.lab.sqlbox import SqlBox\nbox = SqlBox()\nbox.start()\n"
        "print(box._process.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    worker = int(ended.stdout)
    try:
        handle = os.pidfd_open(worker)
    except ProcessLookupError:
        return
    import select

    poll = select.poll()
    poll.register(handle, select.POLLIN)
    assert poll.poll(10_000)
    os.close(handle)


def test_a_defect_of_ours_is_not_an_input_error(box: SqlBox) -> None:
    with pytest.raises(RuntimeError, match="SQL worker failed"):
        box.query("SELECT 1", {"t": {"a": np.array([1 + 2j])}})
    assert box.query("SELECT 1", {})["rows"] == [[1]]

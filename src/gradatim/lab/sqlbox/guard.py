"""Which statements the SQL box takes: one SELECT over the given tables.

DuckDB's own parser decides, twice: `extract_statements` says how many statements there are and of which
kind; `json_serialize_sql` gives the syntax tree, whose tables and functions are looked up here. What is
neither a table of the box nor a named subquery, and every function that yields rows from elsewhere, is
refused before it is bound.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError

if TYPE_CHECKING:
    import duckdb

MAX_SQL_CHARS = 20_000

_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
# The machine's own clock: no part of the simulated service.
_CLOCKS = re.compile(
    r"now|today|(get_)?current_(date|time|timestamp|localtime|localtimestamp)|localtime(stamp)?"
    r"|transaction_timestamp"
)
# What looks at the process, its settings or its logs, waits, or carries SQL as text.
_REFUSED = re.compile(
    r"(pg|duckdb|pragma|read|parquet|has)_.*|getenv|current_(setting|query|query_id|connection_id|transaction_id)"
    r"|[gs]etvariable|set_config|write_log|sleep_ms|json_(de)?serialize_(sql|plan)|json_execute_serialized_sql"
    r"|query(_table)?|txid_current|in_search_path|nextval|currval|which_secret|version|parse_duckdb_log_message"
)
_SPECIAL_SHOWS = frozenset({"tables", "__show_tables_expanded"})


def check_statement(connection: duckdb.DuckDBPyConnection, sql: str, tables: Collection[str]) -> None:
    """Refuse whatever is not one SELECT over `tables`.

    Args:
        connection: used for its parser only; nothing is bound or run.
        sql: the statement.
        tables: names that may be read, in lower case.

    Raises:
        InputError: with every problem found.
        duckdb.Error: the text does not parse.
    """
    if not sql.strip():
        raise InputError(
            "the query is empty", next=f"try: SELECT * FROM {next(iter(tables), '...')} LIMIT 10"
        )
    if len(sql) > MAX_SQL_CHARS:
        raise InputError(
            "the query is too long", why=f"{len(sql):,} characters; at most {MAX_SQL_CHARS:,} are read"
        )
    if "\0" in sql or (not sql.isascii() and sql.encode("utf-8", "replace").decode() != sql):
        raise InputError("the query is not text", why="it contains a zero character or half a surrogate pair")
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise InputError(f"one statement at a time; this has {len(statements)}", next="run them one by one")
    kind = statements[0].type.name
    if kind != "SELECT":
        hint = "in a PIVOT, name the values: ON column IN ('a', 'b')" if kind == "MULTI" else _ONLY_SELECT
        raise InputError(f"the SQL box runs SELECT only; this is {_article(kind)}", why=hint)
    rows = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    tree = json.loads(rows[0][0])
    if tree.get("error"):
        raise InputError("the query cannot be checked", why=str(tree.get("error_message", ""))[:300])
    problems = list(dict.fromkeys(_problems(tree, {name.lower() for name in tables})))
    if problems:
        raise InputError("the query reaches outside its tables", problems, why="it may read the tables below")


_ONLY_SELECT = "it takes one SELECT (or WITH ... SELECT, DESCRIBE, SHOW TABLES, SUMMARIZE)"


def _article(kind: str) -> str:
    kind = kind.replace("_", " ")
    return "several statements in one" if kind == "MULTI" else f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every dict of the syntax tree, without recursion."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _problems(tree: Any, tables: set[str]) -> Iterator[str]:
    # A named subquery may be called anything: a name of DuckDB's own is then hidden by it.
    named = {
        str(entry["key"]).lower()
        for node in _nodes(tree)
        if isinstance(node.get("cte_map"), dict)
        for entry in node["cte_map"].get("map", [])
    }
    calls = set()  # the call inside a table function, which is named once and not twice
    for node in _nodes(tree):
        kind = node.get("type")
        if kind == "BASE_TABLE":
            yield from _table_problems(node, tables | named)
        elif kind == "SHOW_REF":
            name = str(node.get("table_name", "")).strip('"').lower()
            if name and name not in _SPECIAL_SHOWS and name not in tables:
                yield f"SHOW {name} is not available here"
        elif kind == "TABLE_FUNCTION":
            calls.add(id(node["function"]))
            name = str(node["function"].get("function_name", "?")).lower()
            if name not in _TABLE_FUNCTIONS:
                yield f"the table function {name} is not available here"
        elif node.get("class") == "FUNCTION" and id(node) not in calls:
            yield from _function_problems(str(node.get("function_name", "")).lower())
        elif node.get("class") == "COLUMN_REF":
            names = node.get("column_names", [])
            if len(names) == 1 and _CLOCKS.fullmatch(str(names[0]).lower()):
                yield _clock_problem(str(names[0]).lower())


def _table_problems(node: dict[str, Any], known: set[str]) -> Iterator[str]:
    name = str(node.get("table_name", ""))
    schema, catalog = (str(node.get(key, "")).lower() for key in ("schema_name", "catalog_name"))
    if schema not in ("", "main") or catalog not in ("", "memory"):
        yield f"no table named {'.'.join(part for part in (catalog, schema, name) if part)}"
    elif name.lower() not in known:
        yield f"no table named {name}"


def _function_problems(name: str) -> Iterator[str]:
    if _CLOCKS.fullmatch(name):
        yield _clock_problem(name)
    elif _REFUSED.fullmatch(name):
        yield f"the function {name} is not available here"


def _clock_problem(name: str) -> str:
    return f"{name} is this computer's clock, not the service's; use (SELECT max(t_s) FROM ...)"

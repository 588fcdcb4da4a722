"""Plain data as TOML 1.0: what `tomllib` reads back is equal to what was written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml(data: Mapping[str, Any], *, comment: str = "") -> str:
    """The text of a table; keys whose value is None are left out.

    Args:
        data: texts, numbers, truth values, lists and tables of these.
        comment: lines to stand at the top.

    Raises:
        TypeError: a value that TOML has no form for.
    """
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return f"{head}\n{_table(data, ())}".lstrip("\n")


def _table(data: Mapping[str, Any], at: tuple[str, ...]) -> str:
    given = {k: v for k, v in data.items() if v is not None}
    plain = {k: v for k, v in given.items() if not _is_table(v) and not _is_tables(v)}
    lines = [f"{_key(k)} = {_value(v)}\n" for k, v in plain.items()]
    for name, value in given.items():
        where = (*at, name)
        title = ".".join(map(_key, where))
        if _is_tables(value):
            lines += [f"\n[[{title}]]\n{_table(one, where)}" for one in value]
        elif _is_table(value):
            lines.append(f"\n[{title}]\n{_table(value, where)}")
    return "".join(lines)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"TOML has no form for {type(value).__name__}")


def _text(value: str) -> str:
    # JSON escapes are TOML's but for DEL, which JSON leaves as it is and TOML does not allow.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

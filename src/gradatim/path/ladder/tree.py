"""A ladder in YAML: rows, dimensions with their levels, or levels with their dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .table import normal

Row = dict[str, Any]
_HEAD = ("title", "name", "id", "levels", "dimensions", "competencies", "ladder", "version", "description")


def tree_of(text: str) -> tuple[list[tuple[str, Row]], dict[str, Any], list[str]]:
    """The statements of a YAML text as (place, row), what it says of the whole, and what is wrong with it.

    The head has `title`, and `levels`: names in order, or a table of names with their place from 1 to 5.
    """
    data, problem = _loaded(text)
    if problem:
        return [], {}, [problem]
    if isinstance(data, Mapping) and len(data) == 1 and isinstance(data.get("ladder"), Mapping | list):
        data = data["ladder"]
    if isinstance(data, list):
        return _listed(data), {}, []
    if not isinstance(data, Mapping):
        return [], {}, ["it is neither a table of dimensions nor a list of rows"]
    head: dict[str, Any] = {"title": str(data.get("title") or data.get("name") or "")}
    levels = data.get("levels")
    body = data.get("dimensions", data.get("competencies"))
    if isinstance(levels, list) and any(_tree(level) is not None for level in levels):
        return _of_levels(levels), head, []
    if isinstance(levels, list):
        head["levels"] = [str(one) for one in levels if _scalar(one)]
    elif isinstance(levels, Mapping):
        head["levels"] = [str(one) for one in levels]
        if all(isinstance(n, int) and not isinstance(n, bool) for n in levels.values()):
            head["placed"] = {str(one): n for one, n in levels.items()}
    if body is None:
        body = {k: v for k, v in data.items() if k not in _HEAD}
    if isinstance(body, Mapping):
        body = [{"dimension": str(k), **_named(v)} for k, v in body.items()]
    if not isinstance(body, list):
        return [], head, ["dimensions: neither a table nor a list"]
    if body and all(
        isinstance(one, Mapping) and "statement" in normal(one) and "level" in normal(one) for one in body
    ):
        return _listed(body), head, []
    return _of_dimensions(body), head, []


def _of_dimensions(body: list[Any]) -> list[tuple[str, Row]]:
    rows: list[tuple[str, Row]] = []
    for i, one in enumerate(body, 1):
        if not isinstance(one, Mapping):
            rows.append((f"dimension {i}", {"dimension": "", "level": "", "statement": one}))
            continue
        given = normal(one)
        name = given.get("dimension") or given.get("id") or given.get("title") or ""
        about: Row = {
            k: given[k] for k in ("title", "question", "weight", "covers", "contrast") if k in given
        }
        levels = given.get("levels", given.get("level"))
        if levels is None:
            levels = {k: v for k, v in one.items()
                      if k not in ("dimension", "id", "name") and normal({k: v}).keys().isdisjoint(about)}  # fmt: skip
        pairs = levels.items() if isinstance(levels, Mapping) else _level_pairs(levels)
        place = f"dimension {name if _scalar(name) and name else i}"
        for level, said in pairs:
            rows.append((place, {"dimension": name, "level": level, **about, **_said(said)}))
    return rows


def _of_levels(levels: list[Any]) -> list[tuple[str, Row]]:
    rows: list[tuple[str, Row]] = []
    for i, level in enumerate(levels, 1):
        tree = _tree(level) or {}
        name = (
            level.get("name", level.get("level", level.get("title", i)))
            if isinstance(level, Mapping)
            else level
        )
        rows += [(f"level {i}", {"dimension": str(d), "level": name, **_said(v)}) for d, v in tree.items()]
    return rows


def _tree(level: Any) -> Mapping[Any, Any] | None:
    if not isinstance(level, Mapping):
        return None
    found = next(
        (level[k] for k in ("dimensions", "competencies", "expectations", "statements") if k in level), None
    )
    return found if isinstance(found, Mapping) else None


def _level_pairs(levels: Any) -> list[tuple[Any, Any]]:
    if not isinstance(levels, list):
        return []
    return [
        (one.get("name", one.get("level", i)) if isinstance(one, Mapping) else i, one)
        for i, one in enumerate(levels, 1)
    ]


def _listed(rows: list[Any]) -> list[tuple[str, Row]]:
    return [
        (f"row {i}", normal(row) if isinstance(row, Mapping) else {"statement": row})
        for i, row in enumerate(rows, 1)
    ]


def _named(value: Any) -> dict[Any, Any]:
    return dict(value) if isinstance(value, Mapping) else {"levels": value}


def _said(value: Any) -> Row:
    if isinstance(value, Mapping):
        return {k: v for k, v in normal(value).items() if k not in ("dimension", "level")}
    if isinstance(value, list) and all(_scalar(one) for one in value):
        # Bullets under a level: the whole is the statement, each one a signal.
        return {"statement": "\n".join(str(one) for one in value)}
    return {"statement": value}


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _loaded(text: str) -> tuple[Any, str]:
    import yaml

    class Once(yaml.SafeLoader):
        """A key stands once in a table; aliases are refused, since a few of them can unfold without end."""

        def event_mark(self) -> Any:
            return self.peek_event().start_mark  # type: ignore[no-untyped-call]

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.event_mark()
                raise yaml.YAMLError(f"line {mark.line + 1}: aliases are not read")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[str] = set()
            for key, _ in node.value:
                name = str(key.value) if isinstance(key.value, str) else ""
                if name in seen:
                    raise yaml.YAMLError(f"line {key.start_mark.line + 1}: {name[:60]!r} stands there twice")
                seen.add(name)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader=Once), ""
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        return None, f"not YAML: {' '.join(str(error).split())[:200]}"

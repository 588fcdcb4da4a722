"""YAML as a person wrote it: every document, where each part stands, and nothing taken silently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gradatim.core.errors import InputError

MAX_BYTES = 2_000_000
MAX_NODES = 50_000
MAX_DEPTH = 60
# The parser needs time that grows with the square of such a pile, and then runs out of stack.
_PILED = re.compile(r"(?:[\[{][ \t\n]*){61}|(?:-[ \t]+){61}")

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """One YAML document.

    Args:
        value: mappings, lists, texts, numbers, booleans, None.
        lines: the line on which each place stands, from 1.
    """

    value: Any
    lines: dict[Place, int] = field(repr=False)

    def where(self, place: Place) -> str:
        """A place as a person reads it: `spec.objectives[0].target (line 23)`."""
        words = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place).lstrip(".")
        shorter = place
        while shorter and shorter not in self.lines:
            shorter = shorter[:-1]
        line = self.lines.get(shorter)
        return f"{words or 'the document'} (line {line})" if line else words or "the document"


def read_documents(path: Path) -> list[Document]:
    """Every document of a YAML file; empty ones are left out.

    Raises:
        InputError: not there, not UTF-8, too large, not YAML, a key twice, or nothing in it.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"{path} is too large", [f"{len(raw):,} bytes; at most {MAX_BYTES:,} are read"])
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{path} is not UTF-8", [f"line {line}: byte 0x{raw[error.start]:02x}"]) from None
    if not source.strip():
        raise InputError(f"{path} is empty", [f"{len(raw)} bytes, no document"])
    if _PILED.search(source):
        raise InputError(f"{path} is nested too deeply", [f"at most {MAX_DEPTH} levels"])
    try:
        nodes = [node for node in yaml.compose_all(source, Loader=_Loader) if node is not None]
        found = [_read(node, path) for node in nodes]
    except RecursionError:
        raise InputError(f"{path} is nested too deeply", [f"at most {MAX_DEPTH} levels"]) from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML", [_explained(error)]) from None
    found = [one for one in found if one.value is not None]
    if not found:
        raise InputError(f"{path} is empty", ["comments only, no document"])
    return found


class _Loader(yaml.SafeLoader):
    """Dates stay text: a time of day without a zone must not become one with a zone."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read(node: yaml.Node, path: Path) -> Document:
    lines: dict[Place, int] = {}
    problems = []
    for count, (place, one) in enumerate(_places(node, ())):
        if count > MAX_NODES or len(place) > MAX_DEPTH:
            raise InputError(
                f"{path} is too large when its aliases are followed", [f"over {MAX_NODES:,} values"]
            )
        lines[place] = one.start_mark.line + 1
        if isinstance(one, yaml.ScalarNode) and one.tag.endswith(":float") and not _finite(one.value):
            problems.append(f"line {lines[place]}: {one.value} is not a finite number")
        if isinstance(one, yaml.MappingNode):
            seen: set[str] = set()
            for key, _ in one.value:
                word = str(key.value)
                if word in seen:
                    problems.append(f'line {key.start_mark.line + 1}: the key "{word}" stands here twice')
                seen.add(word)
    if problems:
        raise InputError(f"{path} cannot be taken as it stands", problems)
    return Document(_construct(node), lines)


def _finite(text: str) -> bool:
    return text.strip("+-").lower() not in (".inf", ".nan")


def _places(node: yaml.Node, place: Place) -> Iterator[tuple[Place, yaml.Node]]:
    yield place, node
    if len(place) > MAX_DEPTH:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _places(value, (*place, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _places(value, (*place, i))


def _construct(node: yaml.Node) -> Any:
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _explained(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).split("\n")[0]
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark else str(what)

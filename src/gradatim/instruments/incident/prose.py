"""A review's text as sentences that know their line, without what is no prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = [
    re.compile(r"<!--.*?-->", re.S),
    re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.M | re.S),
    re.compile(r"`[^`\n]*`"),
    re.compile(r"https?://\S+"),
    re.compile(r"\]\([^)\n]*\)"),
    re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+", re.M),
    re.compile(r"^#+\s*(?:\d+(?:\.\d+)*[.)]?\s)?", re.M),
    re.compile(r"^\|[\s:|-]+\|\s*$", re.M),
]
_SENTENCE = re.compile(r"(?<=[.!?])[*_\"”)]*\s+(?=[\"“(*_]*[A-Z0-9])")
_STANDS_ALONE = re.compile(r"\s*(?:\||#|[-*+]\s|\d+[.)]\s|>)")
_WORD = re.compile(r"[a-z][a-z'-]{2,}")
_STOP = frozenset(
    """the and for with that this was were are has had have not but all any our its from into onto after before then
    than when while until still been being over under about there their they them she his her him you your who which
    what will would could can did does also only just more most very some such out off per via utc""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a list item or a row of a table; `line` counts from 1, `text` has code and links blanked."""

    line: int
    text: str


def sentences(markdown: str) -> Iterator[Sentence]:
    """The sentences of a text in order, wrapped lines joined."""
    plain = markdown.replace("\r\n", "\n")
    for pattern in _BLANK:
        plain = pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), plain)
    marked = markdown.replace("\r\n", "\n").split("\n")
    block: list[tuple[int, str]] = []
    for i, (line, before) in enumerate(zip(plain.split("\n"), marked, strict=True), 1):
        if block and (not line.strip() or _STANDS_ALONE.match(before)):
            yield from _split(block)
            block = []
        if line.strip():
            block.append((i, line))
        if before.lstrip().startswith(("|", "#")):
            yield from _split(block)
            block = []
    yield from _split(block)


def _split(block: list[tuple[int, str]]) -> Iterator[Sentence]:
    text = ""
    starts: list[tuple[int, int]] = []
    for line, words in block:
        starts.append((len(text), line))
        text += words.rstrip() + " "
    at = 0
    for part in _SENTENCE.split(text):
        where = text.index(part, at)
        at = where + len(part)
        if part.strip():
            lead = where + len(part) - len(part.lstrip())
            yield Sentence(max(line for start, line in starts if start <= lead), part.strip())


def stems(text: str) -> frozenset[str]:
    """The content words of a text, cut to six letters so that forms of one word meet."""
    return frozenset(word[:6].rstrip("s") for word in _WORD.findall(text.lower()) if word not in _STOP)

"""Which dimensions of two rubrics are about the same, by the words they use."""

from __future__ import annotations

import math
import re
from collections import Counter

from gradatim.path.rubric import Dimension, Rubric

from .ladder import Ladder, Side

_COMMON = frozenset(
    re.findall(
        r"[a-z]+",
        "a an and are as at be but by can do does for from has have how in into is it its more not of on or own so "
        "that the their them they this to what when where which who with without work works team teams level",
    )
)
_TITLE = 4  # a word of the title says as much as four of the text


def nearest(ladder: Ladder, rubric: Rubric) -> dict[tuple[str, str], float]:
    """How near each dimension of a ladder is to each of a rubric: cosine of word counts, rare words weigh more.

    Returns:
        (dimension of the ladder, dimension of the rubric) -> 0 to 1. Ties fall to whatever comes first.
    """
    theirs = {side.id: _side(side) for side in ladder.sides}
    ours = {d.id: _dimension(d) for d in rubric.dimensions}
    spread = Counter(word for words in (*theirs.values(), *ours.values()) for word in words)
    total = len(theirs) + len(ours)

    def weighted(words: Counter[str]) -> dict[str, float]:
        return {w: math.log1p(n) * math.log((1 + total) / spread[w]) for w, n in words.items()}

    left = {name: weighted(words) for name, words in theirs.items()}
    right = {name: weighted(words) for name, words in ours.items()}
    return {(a, b): _cosine(x, y) for a, x in left.items() for b, y in right.items()}


def _cosine(x: dict[str, float], y: dict[str, float]) -> float:
    dot = sum(value * y[word] for word, value in x.items() if word in y)
    length = math.sqrt(sum(v * v for v in x.values())) * math.sqrt(sum(v * v for v in y.values()))
    return dot / length if length else 0.0


def _side(side: Side) -> Counter[str]:
    told = _words(" ".join((side.question, *(rung.statement for rung in side.rungs.values()))))
    return told + Counter({w: n * _TITLE for w, n in _words(side.title).items()})


def _dimension(one: Dimension) -> Counter[str]:
    texts = [one.question, *one.contrast.model_dump().values(), *(x.statement for x in one.levels)]
    told = _words(" ".join(texts))
    return told + Counter({w: n * _TITLE for w, n in _words(one.title).items()})


def _words(text: str) -> Counter[str]:
    """Stems: the first six letters, so that "mentoring" meets "mentored"."""
    return Counter(w[:6] for w in re.findall(r"[^\W\d_]{2,}", text.casefold()) if w not in _COMMON)

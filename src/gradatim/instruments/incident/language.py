"""Words that look for a culprit instead of a cause: a small list, stated whole in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gradatim.instruments.incident.prose import sentences

SEEN = "what did the person see and know, and what made it look right at the time?"
SHOWN = "what would have shown it to anyone?"
CAME = "which conditions came together?"
GUARD = "which safeguard was absent?"
BLAME = (
    (r"(?:human|user|operator|pilot) error", SEEN),
    (r"careless\w*|negligen\w*|sloppy|lazy|incompeten\w*|stupid\w*|reckless\w*", SEEN),
    (
        r"should(?: not|n't)? have (?:known|noticed|checked|caught|seen|reali[sz]ed|tested|followed|asked|read)",
        SHOWN,
    ),
    (r"should(?: not|n't)? have (?:been more careful|reviewed|verified|escalated)", SHOWN),
    (r"forgot to \w+", SHOWN),
    (r"(?:neglected|failed) to (?:notice|check|follow|reali[sz]e|understand|review|escalate|tell)", SHOWN),
    (r"(?:to|is|are|was|were) (?:to )?blamed?|blam(?:e|ed|es|ing) (?:on )?(?:the |a )?\w+", CAME),
    (r"culprit|guilty|scapegoat", CAME),
    (r"(?:his|her|their|my|your|\w+['’]s) (?:own )?(?:fault|mistake|error|blunder)", GUARD),
    (
        r"(?:fault|mistake|error) (?:of|by) (?:the )?(?:engineer|operator|developer|intern|on-call|team|user)",
        GUARD,
    ),
)
_PATTERNS = [(re.compile(rf"\b(?:{pattern})\b", re.I), ask) for pattern, ask in BLAME]
_HARMLESS = re.compile(
    r"(?:it|that|what|let|system|server|service|page|today|yesterday)['’]s (?:own )?(?:fault|mistake|error)",
    re.I,
)
_DENIED = re.compile(r"\b(?:no|not|nobody)\s+$", re.I)
_BROKE = r"(?:caused|broke|crashed|took down|destroyed|messed up|screwed up)"


@dataclass(frozen=True, slots=True)
class Blame:
    """Words that blame, with the line and the question to ask instead."""

    line: int
    words: str
    ask: str


def blame(markdown: str, people: Iterable[str] = ()) -> list[Blame]:
    """Blaming words of a review; `people` are those named in the log, as subjects of what broke."""
    names = sorted({re.escape(p) for p in people if len(p) >= 3 and any(c.isalpha() for c in p)})
    patterns = list(_PATTERNS)
    if names:
        subject = re.compile(rf"(?<![\w@])@?(?:{'|'.join(names)})\s+{_BROKE}\b", re.I)
        patterns.append((subject, "what about the system let one action do this?"))
    found = []
    for sentence in sentences(markdown):
        taken: list[tuple[int, int]] = []
        for pattern, ask in patterns:
            for m in pattern.finditer(sentence.text):
                denied = _DENIED.search(sentence.text[: m.start()])
                inside = any(a < m.end() and m.start() < b for a, b in taken)
                if not inside and not denied and not _HARMLESS.fullmatch(m[0]):
                    taken.append(m.span())
                    found.append(Blame(sentence.line, m[0], ask))
    return found

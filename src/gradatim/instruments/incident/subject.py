"""Which milestone or which span a number in a sentence is about; none where the words do not say it."""

from __future__ import annotations

import re
from typing import NamedTuple

from gradatim.instruments.incident.claims import Claim
from gradatim.instruments.incident.event import MILESTONES

_TROUBLE = r"(?:impact|incident|outage|problems?|issue|errors?|degradation|failures?|fault)"
WORDS = {
    "impact-start": re.compile(
        rf"\b{_TROUBLE}\s+(?:first\s+)?(?:began|begins|begin|started|starts|start|onset|beginning)\b"
        rf"|\b(?:start|beginning|onset|begin)\s+of\s+(?:the\s+)?{_TROUBLE}\b|\bonset\b|\bimpact-start\b",
        re.I,
    ),
    "detected": re.compile(r"\bdetect(?:ed|ion|s)?\b", re.I),
    "acknowledged": re.compile(r"\backnowledg\w*|\backed\b|\back\b", re.I),
    "mitigated": re.compile(r"\bmitigat(?:ed|ion|es)\b", re.I),
    "resolved": re.compile(r"\bresolved\b|\bresolution\b", re.I),
}
NAMED = {
    "time_to_detect": re.compile(r"\btime[- ]to[- ]detect\w*|\bM?TTD\b", re.I),
    "time_to_acknowledge": re.compile(r"\btime[- ]to[- ]acknowledg\w*|\bM?TTA\b", re.I),
    "time_to_mitigate": re.compile(r"\btime[- ]to[- ]mitigat\w*|\bM?TTM\b", re.I),
    "time_to_resolve": re.compile(r"\btime[- ]to[- ](?:resol|recover|repair|restor)\w*|\bM?TTR\b", re.I),
}
_MEASURE = {
    "time_to_detect": [("impact-start", "detected")],
    "time_to_acknowledge": [("detected", "acknowledged")],
    "time_to_mitigate": [("impact-start", "mitigated"), ("detected", "mitigated")],
    "time_to_resolve": [
        ("impact-start", "resolved"),
        ("detected", "resolved"),
        ("impact-start", "mitigated"),
    ],
}
_ALONE = {
    "detected": [("impact-start", "detected")],
    "acknowledged": [("detected", "acknowledged"), ("impact-start", "acknowledged")],
    "mitigated": [("impact-start", "mitigated"), ("detected", "mitigated"), ("acknowledged", "mitigated")],
    "resolved": [("impact-start", "resolved"), ("detected", "resolved"), ("mitigated", "resolved")],
}
_LASTED = re.compile(
    rf"\b(?:lasted|downtime|unavailable for|affected for|down for|degraded for)\b|\b{_TROUBLE}\s+of\s+(?:\w+\s)?$",
    re.I,
)
_UNNOTICED = re.compile(r"\b(?:undetected|unnoticed)\s+for\b", re.I)
_NOT_IT = re.compile(
    r"\b(?:not|never|partly|partially|alert|alerts|ticket|page|un|to be|attempted)\s+$", re.I
)
_BREAK = re.compile(r"[;|()—]|,\s|\b(?:and|but|then|while)\b", re.I)
_SPAN = re.compile(r"\b(?:between|from)\b(?P<a>[^.;|]{0,60}?)\b(?:and|to|until)\b(?P<b>[^.;|]{0,60})", re.I)
_AT = re.compile(
    r"(?:\s+\w+){0,3}?\s*(?:\b(?:at|by|on|since|around|about)\b|[~@:,|(–-]|\s)\s*(?:about|around|~)?\s*$",
    re.I,
)
# "an outage from 09:10 to 09:41" says when it began; its end may be the mitigation or the resolution.
_BEGINS = re.compile(rf"\b{_TROUBLE}\s+(?:\w+\s+)?(?:from|between)\s+(?:about|around|~)?\s*$", re.I)
# "was detected at 02:14, after 4 minutes": what trails a comma belongs to the milestone before it.
_TRAILS = re.compile(r"\s*(?:only|just|that is)?\s*(?:after|within|in)?\s*(?:about|around|some|~)?\s*", re.I)
_REFERS = re.compile(r"\b(?:after|before|since|until|once|when|following|from)\b", re.I)

Ends = tuple[str, str]


class Mention(NamedTuple):
    """A milestone's word in a text."""

    kind: str
    start: int
    end: int


def mentions(text: str) -> list[Mention]:
    """The milestones that a text names, in order; negated and partial ones, and those of alerts, are none."""
    found = [
        Mention(kind, m.start(), m.end())
        for kind in MILESTONES
        for m in WORDS[kind].finditer(text)
        if not _NOT_IT.search(text[: m.start()])
    ]
    return sorted(found, key=lambda m: m.start)


def clause(text: str, at: int) -> tuple[int, int]:
    """The part of a sentence around an offset: up to a comma, a bracket, a cell's edge, "and", "but", "then"."""
    start, end = 0, len(text)
    for m in _BREAK.finditer(text):
        if m.end() <= at:
            start = m.end()
        elif m.start() > at:
            end = m.start()
            break
    return start, end


def span_of(claim: Claim) -> list[Ends]:
    """The spans that a duration may be about, the likeliest first; empty where no words near it say."""
    text = claim.sentence.text
    if (named := _named(text, claim.at)) is not None:
        return _MEASURE[named]
    if m := _SPAN.search(text):
        ends = [hit.kind for hit in (*mentions(m["a"])[-1:], *mentions(m["b"])[:1])]
        if len(set(ends)) == 2:
            return [_ordered(*ends)]
    start, end = clause(text, claim.at)
    part = text[start:end]
    if _UNNOTICED.search(part):
        return _MEASURE["time_to_detect"]
    kinds = list(dict.fromkeys(m.kind for m in mentions(part)))
    if text.lstrip().startswith("|") and not kinds:
        # A row of a table: its first cell says what the row is about.
        kinds = list(dict.fromkeys(m.kind for m in mentions(text.strip("| ").split("|")[0])))
    if not kinds and start and _TRAILS.fullmatch(text[start : claim.at]):
        kinds = [m.kind for m in mentions(text[:start])][-1:]
    if len(kinds) == 2:
        return [_ordered(*kinds)]
    if len(kinds) == 1:
        return _ALONE.get(kinds[0], [])
    if not kinds and _LASTED.search(text[start : claim.at]):
        return [("impact-start", "mitigated"), ("impact-start", "resolved")]
    return []


def _named(text: str, at: int) -> str | None:
    hits = [(abs(m.start() - at), name) for name, p in NAMED.items() for m in p.finditer(text)]
    if not hits:
        return None
    start, end = clause(text, at)
    distance, name = min(hits)
    row = text.lstrip().startswith("|")
    near = any(start <= m.start() < end for m in NAMED[name].finditer(text))
    return name if near or row or distance <= 40 else None


def _ordered(a: str, b: str) -> Ends:
    order = MILESTONES.index
    return (a, b) if order(a) <= order(b) else (b, a)


def milestone_of(claim: Claim) -> tuple[str, bool] | None:
    """The milestone that a clock time is said to be, and whether its word comes first; None where it is not said."""
    text = claim.sentence.text
    before = [m for m in mentions(text) if m.end <= claim.at]
    if before and _AT.fullmatch(text[before[-1].end : claim.at]) and not _far(text[: before[-1].start]):
        return before[-1].kind, True
    if _BEGINS.search(text[: claim.at]):
        return "impact-start", True
    _, end = clause(text, claim.at)
    part = text[claim.at : end]
    if text.lstrip().startswith("|"):
        part = text[claim.at :].replace("|", " ")
    for m in mentions(part):
        if not _REFERS.search(part[: m.start]) and len(part[: m.start].split()) <= 8:
            return m.kind, False
        break
    return None


def _far(lead: str) -> bool:
    """The word is only referred to: "after detection"."""
    return bool(re.search(r"\b(?:after|before|since|until|once|following)\s+(?:\w+\s+){0,2}$", lead, re.I))

"""The numbers that a review states: clock times, durations, counts, percentages and other figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gradatim.instruments.incident.prose import Sentence

Kind = Literal["clock", "duration", "count", "percentage", "figure"]
Hedge = Literal["", "about", "at most", "at least"]

SPELT = "no one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
WORDS = {word: n for n, word in enumerate(SPELT)}
COUNTED = {
    "alert": "alert-fired",
    "page": "alert-fired",
    "event": "event",
    "message": "message",
    "person": "person",
    "people": "person",
    "responder": "person",
    "engineer": "person",
    "participant": "person",
    "deploy": "deploy",
    "deployment": "deploy",
    "rollback": "rollback",
}
_UNIT_S = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_N = r"\d[\d,]*(?:\.\d+)?"
_UNIT = r"(?:days?|d|hours?|hrs?|hr|h|minutes?|mins?|min|m|seconds?|secs?|sec|s)"
_SPELT = "|".join(SPELT)
_DATE = r"\d{4}-\d\d-\d\d"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"

CLOCK = re.compile(
    rf"(?<![\d:.\w])(?:(?P<date>{_DATE})(?P<t>[T ]|,? at |, ))?(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)"
    r"(?::(?P<s>[0-5]\d)(?:\.\d+)?)?(?![\d:])\s?(?P<ampm>[ap]\.?m\.?(?![a-z]))?"
    r"\s?(?P<zone>Z\b|UTC[+-]\d{1,2}(?::\d\d)?|UTC\b|GMT\b|\+\d\d:?\d\d\b|[A-Z]{3,4}\b)?",
    re.I,
)
DURATION = re.compile(
    rf"(?<![\w.$€£:/#-])(?:(?P<low>{_N})\s?(?:-|–|to)\s?(?P<high>{_N})[\s-]?(?P<runit>{_UNIT})(?![\w%])"
    rf"|(?P<parts>(?:{_N}|\b(?:{_SPELT})\b)[\s-]?{_UNIT}(?![\w%])(?:,?\s?(?:and\s)?{_N}\s?{_UNIT}(?![\w%]))*)"
    r"|(?P<loose>half an hour|an hour and a half|an hour|a minute))",
    re.I,
)
_PART = re.compile(rf"({_N}|\b(?:{_SPELT})\b)[\s-]?({_UNIT})(?![\w%])", re.I)
PERCENT = re.compile(rf"(?<![\w.])({_N})\s?(?:%|percent\b|per cent\b)", re.I)
COUNT = re.compile(
    rf"(?<![\w.$€£:/#,-])(?P<n>\d[\d,]*|\b(?:{_SPELT})\b)\s+"
    rf"(?P<word>[a-z]+\s+)?(?P<noun>{'|'.join(COUNTED)})(?:e?s)?\b",
    re.I,
)
FIGURE = re.compile(
    rf"(?<![\w.:/#,-])(?P<money>[$€£]\s?)?(?P<n>{_N})(?P<scale>[kKM]\b)?(?P<unit>\s?[a-zA-Z]+)?"
)
_NO_CLAIM = [
    re.compile(rf"{_DATE}(?![\d])"),
    re.compile(
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+\d{{4}})?|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?"
    ),
    re.compile(r"\b\d+\.\d+\.\d+[\w.-]*"),
    re.compile(r"\b\d+(?:st|nd|rd|th)\b"),
    re.compile(r"\b[A-Za-z]+[-_#]?\d[\w.-]*"),
    re.compile(r"\b(?:[a-f]+\d|\d+[a-f])[0-9a-f]{5,}\b"),
    re.compile(r"(?<=in )(?:19|20)\d\d\b"),
]
_HEDGES: list[tuple[Hedge, str]] = [
    (
        "about",
        r"(?:about|around|roughly|approximately|approx\.?|some|nearly|almost|circa|ca\.|~|≈)\s*(?:the\s)?$",
    ),
    (
        "at most",
        r"(?:within|less than|under|at most|fewer than|no more than|up to|<|≤)\s*(?:the\s)?(?:first\s)?$",
    ),
    ("at least", r"(?:more than|over|at least|longer than|no less than|>|≥)\s*$"),
]
_SETTING = re.compile(
    r"(?:every|each|per|last|past|next|previous|timeout of|timeout:?|window of|interval of|for the)\s+$", re.I
)
_SETTING_AFTER = re.compile(r"[\s-]+(?:window|timeout|interval|cadence|average|retention|period)\b", re.I)


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that a review states.

    Args:
        kind: what sort of number.
        words: as written.
        sentence: where it stands; `at` is its offset there.
        low, high: seconds of a duration, or the number itself; equal unless a range was written.
        step: the smallest unit written, in seconds (durations) or in the number's own unit.
        hedge: "about", "at most", "at least", or "" for a plain number.
        noun: what is counted, or the unit of a figure.
        clock: (date or "", hour, minute, second or None, zone or "") of a clock time.
        setting: it is an interval or a setting ("every 5 minutes"), not something measured.
    """

    kind: Kind
    words: str
    sentence: Sentence
    at: int
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    hedge: Hedge = ""
    noun: str = ""
    clock: tuple[str, int, int, int | None, str] | None = None
    setting: bool = False


def claims(sentence: Sentence) -> list[Claim]:
    """Every number of a sentence, once, in the order of the text; dates, versions and names are none."""
    text = sentence.text
    found: list[Claim] = []
    text = _take(text, CLOCK, lambda m: _clock(m, sentence), found)
    for pattern in _NO_CLAIM:
        text = pattern.sub(lambda m: " " * len(m[0]), text)
    text = _take(text, PERCENT, lambda m: _plain("percentage", m, m[1], "%", sentence), found)
    text = _take(text, DURATION, lambda m: _duration(m, sentence), found)
    text = _take(text, COUNT, lambda m: _count(m, sentence), found)
    _take(text, FIGURE, lambda m: _figure(m, sentence), found)
    return sorted(found, key=lambda c: c.at)


def _take(text: str, pattern: re.Pattern[str], make, found: list[Claim]) -> str:  # type: ignore[no-untyped-def]
    """Add what matches and blank it, so that no number is read twice."""

    def one(match: re.Match[str]) -> str:
        claim = make(match)
        if claim is None:
            return match[0]
        found.append(claim)
        return " " * len(match[0])

    return pattern.sub(one, text)


def _clock(m: re.Match[str], sentence: Sentence) -> Claim | None:
    hour, zone = int(m["h"]), m["zone"] or ""
    words = m[0].strip()
    if zone and zone.upper() != "Z" and zone.isalpha() and not zone.isupper():
        words, zone = m[0][: m.start("zone") - m.start()].strip(), ""
    if m["ampm"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if m["ampm"][0] in "pP" else 0)
    second = int(m["s"]) if m["s"] else None
    clock = (m["date"] or "", hour, int(m["m"]), second, zone.upper())
    return Claim("clock", words, sentence, m.start(), hedge=_hedge(sentence.text, m.start()), clock=clock)


def _duration(m: re.Match[str], sentence: Sentence) -> Claim | None:
    start, text = m.start(), sentence.text
    if m["loose"]:
        seconds = {"h": 1800.0, "a": 60.0}.get(m["loose"][0].lower(), 60.0)
        if m["loose"].lower().startswith("an hour"):
            seconds = 5400.0 if "half" in m["loose"].lower() else 3600.0
        return Claim("duration", m[0], sentence, start, seconds, seconds, seconds, "about")
    setting = bool(_SETTING.search(text[:start]) or _SETTING_AFTER.match(text[m.end() :]))
    if m["low"]:
        unit = _UNIT_S[m["runit"][0].lower()]
        low, high = _number(m["low"]) * unit, _number(m["high"]) * unit
        return Claim("duration", m[0], sentence, start, low, high, unit, "", setting=setting)
    total, step = 0.0, 0.0
    for amount, word in _PART.findall(m["parts"]):
        unit = _UNIT_S[word[0].lower()]
        total += _number(amount) * unit
        step = unit * 10.0 ** -len(amount.partition(".")[2])
    return Claim("duration", m[0], sentence, start, total, total, step, _hedge(text, start), setting=setting)


def _count(m: re.Match[str], sentence: Sentence) -> Claim | None:
    noun = m["noun"].lower()
    adjective = (m["word"] or "").strip().lower()
    number = _number(m["n"])
    return Claim(
        "count",
        m[0],
        sentence,
        m.start(),
        number,
        number,
        hedge=_hedge(sentence.text, m.start()),
        noun=noun,
        setting=adjective not in {"", "distinct", "different", "separate", "total"},
    )


def _figure(m: re.Match[str], sentence: Sentence) -> Claim | None:
    scale = {"k": 1e3, "K": 1e3, "M": 1e6}.get(m["scale"] or "", 1.0)
    unit = "$" if m["money"] else (m["unit"] or "").strip().lower()
    claim = _plain("figure", m, m["n"], unit, sentence, scale)
    return claim


def _plain(kind: Kind, m: re.Match[str], n: str, noun: str, sentence: Sentence, scale: float = 1.0) -> Claim:
    number = _number(n) * scale
    hedge = _hedge(sentence.text, m.start())
    return Claim(kind, m[0].strip(), sentence, m.start(), number, number, hedge=hedge, noun=noun)


def _number(text: str) -> float:
    word = text.lower()
    return float(WORDS[word]) if word in WORDS else float(text.replace(",", "") or 0)


def _hedge(text: str, at: int) -> Hedge:
    return next((hedge for hedge, pattern in _HEDGES if re.search(pattern, text[:at], re.I)), "")


def in_text(text: str) -> Iterator[Claim]:
    """The claims of one piece of text, such as an event's."""
    yield from claims(Sentence(0, text))

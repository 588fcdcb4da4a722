"""A review's numbers against the timeline: confirmed, contradicted, or not checkable."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gradatim.instruments.incident import zones
from gradatim.instruments.incident.claims import COUNTED, Claim, claims, in_text
from gradatim.instruments.incident.event import ALERT_FIRED, MESSAGE, Event
from gradatim.instruments.incident.measures import DEFINED, between, spell
from gradatim.instruments.incident.milestones import LABELS, Milestone
from gradatim.instruments.incident.prose import sentences, stems
from gradatim.instruments.incident.subject import milestone_of, span_of
from gradatim.instruments.incident.timeline import Timeline

State = Literal["confirmed", "contradicted", "not checkable"]
NEAR_S = {"about": 300.0}
STRONG = 0.6
_RESTRICTS = (
    "before",
    "after",
    "until",
    "within",
    "between",
    "first",
    "during",
    "while",
    "from",
    "of the",
    " by ",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the timeline says to a claim.

    Args:
        claim: the number.
        state: confirmed, contradicted or not checkable.
        why: the event or the measure that says so, or why it cannot be checked.
    """

    claim: Claim
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a review is checked against."""

    timeline: Timeline
    milestones: Mapping[str, Milestone]
    tz: str


def check(markdown: str, facts: Facts) -> list[Finding]:
    """Every number of a review, in its order."""
    return [_one(claim, facts) for sentence in sentences(markdown) for claim in claims(sentence)]


def _one(claim: Claim, facts: Facts) -> Finding:
    if claim.kind == "clock":
        return _clock(claim, facts)
    if (quoted := _quoted(claim, facts)) is not None:
        return Finding(claim, "confirmed", f"{quoted.name} says so")
    if claim.kind == "duration":
        return _duration(claim, facts)
    if claim.kind == "count":
        return _count(claim, facts)
    return _figure(claim, facts)


# ------------------------------------------------------------------------------------------------ clock times
def _clock(claim: Claim, facts: Facts) -> Finding:
    moments = _moments(claim, facts)
    if isinstance(moments, str):
        return Finding(claim, "not checkable", moments)
    assert claim.clock is not None
    width = 1.0 if claim.clock[3] is not None else 60.0
    here = [e for e in facts.timeline.events if any(_same(e.at, at, width, claim) for at in moments)]
    said = milestone_of(claim)
    mine = stems(claim.sentence.text)
    if said is not None:
        kind, leads = said
        milestone = facts.milestones[kind]
        if milestone.at is not None and any(_same(milestone.at, at, width, claim) for at in moments):
            return Finding(claim, "confirmed", f"{milestone.label.lower()}: {_at(milestone, facts)}")
        if not leads and (hit := _strongest(here, mine)) is not None:
            return Finding(claim, "confirmed", f"{hit.name} is at that time and says so")
        if milestone.at is not None:
            return Finding(
                claim, "contradicted", f"{milestone.label.lower()} is {_at(milestone, facts)} in the timeline"
            )
        return Finding(claim, "not checkable", f"{LABELS[kind].lower()}: not known, {milestone.why}")
    if (hit := _strongest(here, mine)) is not None:
        return Finding(claim, "confirmed", f"{hit.name} is at that time and says so")
    for event in here:
        if len(stems(f"{event.text} {event.who}") & mine) >= 2:
            return Finding(claim, "confirmed", f"{event.name} is at that time, in like words")
    others = [
        e
        for e in facts.timeline.events
        if len(own := stems(e.text)) >= 2 and len(own & mine) >= 2 and len(own & mine) / len(own) > STRONG
    ]
    if len(others) == 1 and not here and len(claims(claim.sentence)) == 1:
        (event,) = others
        return Finding(claim, "contradicted", f"{event.name}, which says so, is at {_show(event.at, facts)}")
    if here:
        return Finding(claim, "not checkable", f"{here[0].name} is at that time, in other words")
    return Finding(claim, "not checkable", "no event is at that time, and the words name no milestone")


def _moments(claim: Claim, facts: Facts) -> list[datetime.datetime] | str:
    """The moments that a clock time can mean within the timeline's days, or why there is none."""
    assert claim.clock is not None
    date, hour, minute, second, zone = claim.clock
    place = zones.zone(facts.tz)
    start, end = (at.astimezone(place) for at in facts.timeline.span)
    if date:
        try:
            days = [datetime.date.fromisoformat(date)]
        except ValueError:
            return f"{date} is no date"
    else:
        many = min((end.date() - start.date()).days + 1, 400)
        days = [start.date() + datetime.timedelta(days=i) for i in range(many)]
    found: list[datetime.datetime] = []
    for day in days:
        wall = datetime.datetime.combine(day, datetime.time(hour, minute, second or 0))
        if zone in {"Z", "UTC", "GMT"}:
            # The day before and after too: a day of the zone holds parts of two days of UTC.
            found += [
                wall.replace(tzinfo=zones.UTC) + datetime.timedelta(days=d)
                for d in ([0] if date else [-1, 0, 1])
            ]
        elif zone.startswith(("+", "UTC")):
            text = zone.removeprefix("UTC")
            hours, _, minutes = text[1:].partition(":")
            offset = f"{text[0]}{hours[:2].zfill(2)}:{(minutes or hours[2:] or '00').zfill(2)}"
            found.append(zones.parse(f"{wall:%Y-%m-%dT%H:%M:%S}{offset}"))
        else:
            each = zones.readings(wall, place)
            if zone:
                each = [at for at in each if at.astimezone(place).tzname() == zone]
            found += each
    if not found:
        return (
            f"{zone} is not what clocks in {facts.tz} showed then"
            if zone
            else f"that time does not exist in {facts.tz}"
        )
    return found


def _same(event: datetime.datetime, claimed: datetime.datetime, width: float, claim: Claim) -> bool:
    """Equal to the written precision: rounded or cut."""
    late = (event - claimed).total_seconds()
    slack = NEAR_S.get(claim.hedge, 0.0)
    return -width / 2 - slack <= late < width + slack


def _strongest(events: list[Event], mine: frozenset[str]) -> Event | None:
    """The event whose own words are mostly in the sentence."""
    for event in events:
        own = stems(event.text)
        if own and len(own & mine) / len(own) >= STRONG:
            return event
    return None


# ------------------------------------------------------------------------------------------------ durations
def _duration(claim: Claim, facts: Facts) -> Finding:
    if claim.setting:
        return Finding(claim, "not checkable", "an interval or a setting, not a measured time")
    spans = span_of(claim)
    if not spans:
        return _arithmetic(claim, facts) or Finding(
            claim, "not checkable", "the words near it name no milestone"
        )
    first = None
    for start, end in spans:
        measure = between(facts.milestones, start, end)
        first = first or (measure, start, end)
        if measure.seconds is not None and _fits(measure.seconds, claim):
            return Finding(
                claim, "confirmed", f"{_words(start, end)}: {spell(measure.seconds)} ({measure.why})"
            )
    assert first is not None
    measure, start, end = first
    if measure.seconds is None:
        return Finding(claim, "not checkable", f"{_words(start, end)}: {measure.why}")
    return Finding(
        claim,
        "contradicted",
        f"{_words(start, end)} is {spell(measure.seconds)} in the timeline ({measure.why})",
    )


def _arithmetic(claim: Claim, facts: Facts) -> Finding | None:
    """A duration beside the two clock times that it lies between: the three must agree."""
    clocks = [c for c in claims(claim.sentence) if c.kind == "clock"]
    if len(clocks) != 2 or claim.hedge in {"at least", "at most"}:
        return None
    if not any(word in f" {claim.sentence.text.lower()}" for word in (" from ", " between ", "–", "(")):
        return None
    (a, b) = (_moments(c, facts) for c in clocks)
    if isinstance(a, str) or isinstance(b, str):
        return None
    gaps = [(late - early).total_seconds() for early in a for late in b if late >= early]
    if not gaps:
        return None
    gap = min(gaps)
    if abs(gap - claim.low) > 60 and not _fits(gap, claim):
        words = f"{clocks[0].words} to {clocks[1].words} is {spell(gap)}"
        return Finding(claim, "contradicted", f"the review's own times disagree: {words}")
    both = [_clock(c, facts) for c in clocks]
    if all(f.state == "confirmed" for f in both):
        return Finding(claim, "confirmed", f"both times are: {both[0].why}; {both[1].why}")
    return Finding(
        claim, "not checkable", "it agrees with the two times beside it, which the timeline does not confirm"
    )


def _words(start: str, end: str) -> str:
    named = next((words for a, b, words in DEFINED.values() if (a, b) == (start, end)), "")
    return named.lower() or f"{LABELS[start].lower()} to {LABELS[end].lower()}"


def _fits(seconds: float, claim: Claim) -> bool:
    """Equal to the written precision: minutes and seconds rounded or cut, longer units rounded."""
    slack = claim.step if claim.step in (1.0, 60.0) else claim.step / 2
    if claim.hedge == "about":
        slack = max(0.1 * claim.high, min(claim.step, 60.0))
    if claim.hedge == "at most":
        return seconds <= claim.high
    if claim.hedge == "at least":
        return seconds >= claim.low
    if claim.low != claim.high:
        return claim.low <= seconds <= claim.high
    return abs(seconds - claim.low) < slack or seconds == claim.low


# ------------------------------------------------------------------------------------------------ counts, figures
def _count(claim: Claim, facts: Facts) -> Finding:
    kind = COUNTED[claim.noun]
    counts = _counts(kind, facts.timeline)
    told = "; ".join(f"{n:,} {what}" for what, n in counts.items())
    if claim.setting or any(word in f" {claim.sentence.text.lower()} " for word in _RESTRICTS):
        return Finding(claim, "not checkable", f"it counts only some of them; in all: {told}")
    if (claim.high == 0 and kind not in {ALERT_FIRED, "event"}) or (not any(counts.values()) and claim.high):
        return Finding(claim, "not checkable", f"the log records none: {told}")
    for what, n in counts.items():
        ok = (
            n <= claim.high
            if claim.hedge == "at most"
            else n >= claim.low
            if claim.hedge == "at least"
            else abs(n - claim.low) <= (0.1 * n if claim.hedge == "about" else 0)
        )
        if ok:
            return Finding(claim, "confirmed", f"the timeline has {n:,} {what}")
    return Finding(claim, "contradicted", f"the timeline has {told}")


def _counts(kind: str, timeline: Timeline) -> dict[str, int]:
    events = timeline.of(kind)
    if kind == ALERT_FIRED:
        different = len({e.subject or e.text for e in events})
        fired = {"alert that fired" if len(events) == 1 else "alerts that fired": len(events)}
        return fired if different == len(events) else {**fired, "different ones": different}
    if kind == "event":
        return {"events": len(timeline.events)}
    if kind == "person":
        return {"people named": len({e.who for e in timeline.events if e.who})}
    if kind == MESSAGE:
        return {"chat messages": len(events)}
    return {f"events of kind {kind}": len(events)}


def _figure(claim: Claim, facts: Facts) -> Finding:
    """Percentages and other figures are in the log's texts, or nowhere."""
    mine = stems(claim.sentence.text)
    for event in facts.timeline.events:
        if len(stems(event.text) & mine) >= 2 and any(_equal(c, claim) for c in in_text(event.text)):
            return Finding(claim, "confirmed", f"{event.name} says the same number in like words")
    clocks = [c for c in claims(claim.sentence) if c.kind == "clock"]
    alike = [c for c in claims(claim.sentence) if c.kind == claim.kind and c.noun == claim.noun]
    if len(clocks) == 1 and len(alike) == 1 and claim.kind == "percentage" and not claim.hedge:
        moments = _moments(clocks[0], facts)
        for event in facts.timeline.events:
            if isinstance(moments, str) or not any(_same(event.at, at, 60.0, clocks[0]) for at in moments):
                continue
            other = [c for c in in_text(event.text) if c.kind == claim.kind]
            if len(other) == 1 and len(stems(event.text) & mine) >= 2 and not _equal(other[0], claim):
                return Finding(claim, "contradicted", f"{event.name}, at that time, says {other[0].words}")
    return Finding(claim, "not checkable", "no event states that number")


def _equal(a: Claim, b: Claim) -> bool:
    return (
        a.kind == b.kind
        and a.low == b.low
        and a.high == b.high
        and (a.noun == b.noun or "%" not in (a.noun, b.noun))
    )


def _quoted(claim: Claim, facts: Facts) -> Event | None:
    """The event that the sentence repeats almost whole, if it holds the very same number."""
    mine = stems(claim.sentence.text)
    for event in facts.timeline.events:
        own = stems(event.text)
        if (
            len(own) >= 2
            and len(own & mine) / len(own) >= 0.8
            and any(_equal(c, claim) for c in in_text(event.text))
        ):
            return event
    return None


def _at(milestone: Milestone, facts: Facts) -> str:
    assert milestone.at is not None
    name = f" ({milestone.event.name})" if milestone.event else " (marked)"
    return _show(milestone.at, facts) + name


def _show(at: datetime.datetime, facts: Facts) -> str:
    return at.astimezone(zones.zone(facts.tz)).strftime("%H:%M:%S %Z")

"""The incident's report: verdict, measures, drawing, the review's numbers, actions, what was not checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from gradatim.instruments.incident import zones
from gradatim.instruments.incident.actions import Action
from gradatim.instruments.incident.check import Finding
from gradatim.instruments.incident.ledger import Entry
from gradatim.instruments.incident.measures import spell
from gradatim.instruments.incident.milestones import RULES, Milestone
from gradatim.instruments.incident.study import Study
from gradatim.instruments.report import (
    Html,
    Input,
    Report,
    Section,
    Verdict,
    figures,
    listing,
    paragraph,
    state,
    table,
)

CORE = ("time_to_detect", "time_to_acknowledge", "time_to_mitigate")
TONES: dict[str, Literal["bad", "good", "quiet"]] = {
    "confirmed": "good",
    "contradicted": "bad",
    "not checkable": "quiet",
}
MOST_ROWS = 500


def build(study: Study, command: str, inputs: list[Input], *, drawn: bool, rows: bool) -> Report:
    """The report of one incident.

    Args:
        study: what was found.
        command: as typed.
        inputs: the files that were read.
        drawn: make the sections of the HTML; without it only verdict and figures.
        rows: put the events' texts and the review's sentences into the report.
    """
    return Report(
        title=f"Incident {study.question.incident}",
        command=command,
        verdict=_verdict(study),
        sections=_sections(study, rows) if drawn else [],
        not_checked=_not_checked(study),
        inputs=inputs,
        json=as_values(study, rows=rows),
    )


def _verdict(study: Study) -> Verdict:
    why: list[str] = []
    contradicted = _of(study.findings, "contradicted")
    open_claims = _of(study.findings, "not checkable")
    late = study.ledger.overdue(study.question.today) if study.ledger else []
    late_here = [a for a in study.actions if a.overdue(study.question.today)] if study.ledger is None else []
    unknown = [study.measures[name] for name in CORE if study.measures[name].seconds is None]
    why += [f"line {f.claim.sentence.line}: “{f.claim.words}”: {f.why}" for f in contradicted[:8]]
    if len(contradicted) > 8:
        why.append(f"and {len(contradicted) - 8} more contradicted numbers")
    why += [f"The order is impossible: {one}." for one in study.disorder]
    if late or late_here:
        why.append(f"{len(late) + len(late_here)} actions are overdue on {study.question.today}.")
    why += [f"{m.label} is {m.why}." for m in unknown]
    if study.findings is not None:
        confirmed = len(_of(study.findings, "confirmed"))
        why.append(
            f"Of {len(study.findings)} numbers in the review {confirmed} are confirmed, {len(contradicted)} "
            f"contradicted, {len(open_claims)} not checkable."
        )
    if study.blamed:
        shown = ", ".join(f"“{b.words}” (line {b.line})" for b in study.blamed[:4])
        why.append(f"{len(study.blamed)} phrases look for a culprit: {shown}.")
    bad = contradicted or study.disorder or late or late_here
    unsure = unknown or open_claims or study.blamed or study.findings == []
    return Verdict("bad" if bad else "unsure" if unsure else "good", _headline(study), tuple(why))


def _headline(study: Study) -> str:
    contradicted = _of(study.findings, "contradicted")
    if contradicted:
        are = (
            "number of the review contradicts"
            if len(contradicted) == 1
            else "numbers of the review contradict"
        )
        return f"{len(contradicted)} {are} the timeline."
    if study.disorder:
        return "The log's milestones stand in an impossible order."
    m = study.measures
    parts = [
        f"detected after {spell(m['time_to_detect'].seconds)}"
        if m["time_to_detect"].seconds is not None
        else "",
        f"acknowledged {spell(m['time_to_acknowledge'].seconds)} later"
        if m["time_to_acknowledge"].seconds is not None
        else "",
        f"mitigated {spell(m['time_to_mitigate'].seconds)} after the impact began"
        if m["time_to_mitigate"].seconds is not None
        else "",
    ]
    known = ", ".join(part for part in parts if part)
    lacking = [study.measures[n].label.lower() for n in CORE if m[n].seconds is None]
    missing = f"{_list(lacking)} {'is' if len(lacking) == 1 else 'are'} not known" if lacking else ""
    text = "; ".join(part for part in (known, missing) if part)
    return f"{text[:1].upper()}{text[1:]}."


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _of(findings: Sequence[Finding] | None, wanted: str) -> list[Finding]:
    return [f for f in findings or [] if f.state == wanted]


# ------------------------------------------------------------------------------------------------ sections
def _sections(study: Study, rows: bool) -> list[Section]:
    from gradatim.instruments.incident.picture import drawing

    sections = [Section("Measures", _measures(study)), Section("The incident", drawing(study))]
    if study.findings is not None:
        sections.append(Section("The review's numbers", _claims(study, rows)))
    if study.blamed:
        told = [(f"line {b.line}", f"“{b.words}”", b.ask) for b in study.blamed]
        sections.append(
            Section("Words that look for a culprit", table(["where", "words", "ask instead"], told))
        )
    sections.append(Section("Milestones and their rules", _milestones(study)))
    if study.actions:
        sections.append(Section("Actions", _actions(study.actions, study)))
    if study.ledger is not None:
        sections.append(
            Section("Follow-up", follow_up(list(study.ledger.entries.values()), study.question.today))
        )
    if rows:
        sections.append(Section("Timeline", _timeline(study)))
    if study.timeline.notes:
        sections.append(Section("How the log was read", listing(study.timeline.notes)))
    return sections


def _measures(study: Study) -> str:
    cells = [
        (m.label, spell(m.seconds), m.ends if m.seconds is not None else "see milestones")
        for m in study.measures.values()
        if m.name in (*CORE, "time_to_resolve")
    ]
    return figures(cells) + table(
        ["measure", "from → to", "value", "seconds", "between"],
        [
            (m.label, m.ends, spell(m.seconds), "" if m.seconds is None else f"{m.seconds:,.0f}", m.why)
            for m in study.measures.values()
        ],
        right=(3,),
    )


def _claims(study: Study, rows: bool) -> str:
    order = {"contradicted": 0, "not checkable": 1, "confirmed": 2}
    findings = sorted(study.findings or [], key=lambda f: order[f.state])
    if not findings:
        return paragraph("The review states no numbers, so nothing could be checked.")
    heads = ["where", "number", "result", "because"] + (["sentence"] if rows else [])
    body = [
        (
            f"line {f.claim.sentence.line}",
            f"“{f.claim.words}”",
            state(TONES[f.state], f.state),
            f.why,
            *((f.claim.sentence.text,) if rows else ()),
        )
        for f in findings[:MOST_ROWS]
    ]
    return table(heads, body)


def _milestones(study: Study) -> str:
    place = zones.zone(study.tz)

    def cells(m: Milestone) -> tuple[object, ...]:
        at = "not known" if m.at is None else f"{m.at.astimezone(place):%Y-%m-%d %H:%M:%S %Z}"
        tone: Html = state("quiet", m.how) if m.at is None else state("good", m.how)
        source = m.event.name if m.event else ""
        return m.label, at, tone, source, m.why, RULES[m.kind]

    text = table(
        ["milestone", "time", "known", "event", "because", "rule"],
        [cells(m) for m in study.milestones.values()],
    )
    hints = [
        f"{m.label}: perhaps {', '.join(e.name for e in m.candidates)}; if so, say --mark {m.kind}="
        f"{m.candidates[0].name}"
        for m in study.milestones.values()
        if m.candidates
    ]
    return text + (
        paragraph("Events whose words suggest one, which is never taken for granted:") + listing(hints)
        if hints
        else ""
    )


def _actions(actions: Sequence[Action], study: Study) -> str:
    today = study.question.today
    rows = [(a.title, a.owner, a.due.isoformat(), a.removes, _due(a, today)) for a in actions[:MOST_ROWS]]
    counted = Counter(a.removes for a in actions)
    remark = f"{counted['category']} remove a category of incidents, {counted['symptom']} a symptom."
    if not counted["category"]:
        remark += " None removes the category: the same kind of incident can come again."
    return paragraph(remark) + table(["action", "owner", "due", "removes", "state"], rows)


def _due(action: Action, today: Any) -> Html:
    if action.status != "open":
        return state("good" if action.status == "done" else "quiet", action.status)
    late = action.overdue(today)
    return state("bad", f"{late} days overdue") if late else state("quiet", "open")


def follow_up(entries: Sequence[Entry], today: Any) -> str:
    """The ledger's actions, overdue ones first."""
    if not entries:
        return paragraph("The ledger holds no action yet.")
    shown = sorted(entries, key=lambda e: (e.action.status != "open", e.action.due))
    rows = [
        (
            e.action.title,
            e.incident,
            e.action.owner,
            e.action.due.isoformat(),
            f"{e.moved}" if e.moved else "",
            e.action.removes,
            _due(e.action, today),
        )
        for e in shown[:MOST_ROWS]
    ]
    heads = ["action", "incident", "owner", "due", "date moved", "removes", "state"]
    return paragraph(f"As of {today}.") + table(heads, rows, right=(4,))


def _timeline(study: Study) -> str:
    place = zones.zone(study.tz)
    rows = [
        (e.name, f"{e.at.astimezone(place):%Y-%m-%d %H:%M:%S}", e.kind, e.who, e.text[:400])
        for e in study.timeline.events[:MOST_ROWS]
    ]
    return table(["event", f"time ({study.tz})", "kind", "who", "text"], rows)


def _not_checked(study: Study) -> list[str]:
    left = [
        "what the log does not hold: a milestone without an event is not known, never inferred from words"
    ]
    if study.findings is None:
        left.append("a written review: none was given with --review")
    else:
        left.append("statements without a number, and causes")
        if n := len(_of(study.findings, "not checkable")):
            left.append(f"{n} numbers of the review, listed as not checkable")
    return left


# ------------------------------------------------------------------------------------------------ figures
def as_values(study: Study, *, rows: bool) -> dict[str, Any]:
    """The figures for `--json`; texts of events, sentences and titles of actions only with `rows`."""
    start, end = study.timeline.span
    values: dict[str, Any] = {
        "incident": study.question.incident,
        "timezone": study.tz,
        "events": len(study.timeline.events),
        "first_event_at": start.isoformat(),
        "last_event_at": end.isoformat(),
        "kinds": dict(Counter(e.kind for e in study.timeline.events).most_common(50)),
        "milestones": {m.kind: _milestone_values(m) for m in study.milestones.values()},
        "measures": {m.name: {"seconds": m.seconds, "why": m.why} for m in study.measures.values()},
        "impossible_order": study.disorder,
        "notes": study.timeline.notes,
        "review": _review_values(study, rows),
        "actions": [_action_values(a, study.question.today, rows) for a in study.actions],
        "follow_up": None,
    }
    if study.ledger is not None:
        values["follow_up"] = follow_up_values(
            list(study.ledger.entries.values()), study.question.today, rows=rows
        ) | {"appended": len(study.changed)}
    if rows:
        values["timeline"] = [
            {
                "event": e.name,
                "at": e.at.isoformat(),
                "kind": e.kind,
                "who": e.who,
                "text": e.text,
                "source": e.source,
                "place": e.place,
            }
            for e in study.timeline.events
        ]
    return values


def _milestone_values(m: Milestone) -> dict[str, Any]:
    return {
        "at": m.at.isoformat() if m.at else None,
        "event": m.event.name if m.event else None,
        "how": m.how,
        "why": m.why,
        "candidates": [e.name for e in m.candidates],
    }


def _review_values(study: Study, rows: bool) -> dict[str, Any] | None:
    if study.findings is None:
        return None
    return {
        "numbers": len(study.findings),
        "confirmed": len(_of(study.findings, "confirmed")),
        "contradicted": len(_of(study.findings, "contradicted")),
        "not_checkable": len(_of(study.findings, "not checkable")),
        "findings": [
            {
                "line": f.claim.sentence.line,
                "kind": f.claim.kind,
                "words": f.claim.words,
                "state": f.state,
                "why": f.why,
                **({"sentence": f.claim.sentence.text} if rows else {}),
            }
            for f in study.findings
        ],
        "blame": [{"line": b.line, "words": b.words, "ask": b.ask} for b in study.blamed or []],
    }


def _action_values(action: Action, today: Any, rows: bool) -> dict[str, Any]:
    return {
        "id": action.id,
        "due": action.due.isoformat(),
        "removes": action.removes,
        "status": action.status,
        "overdue_days": action.overdue(today),
        **({"title": action.title, "owner": action.owner} if rows else {}),
    }


def follow_up_values(entries: Sequence[Entry], today: Any, *, rows: bool) -> dict[str, Any]:
    """The ledger's figures."""
    return {
        "as_of": today.isoformat(),
        "actions": len(entries),
        "open": sum(e.action.status == "open" for e in entries),
        "overdue": sum(e.action.overdue(today) > 0 for e in entries),
        "entries": [
            {"incident": e.incident, "date_moved": e.moved, **_action_values(e.action, today, rows)}
            for e in entries
        ],
    }


def build_follow_up(
    entries: Sequence[Entry], today: Any, command: str, inputs: list[Input], rows: bool
) -> Report:
    """The report of a ledger alone."""
    late = sorted((e for e in entries if e.action.overdue(today)), key=lambda e: e.action.due)
    still = [e for e in entries if e.action.status == "open"]
    why = [
        f"{e.incident}, {e.action.id}: {e.action.overdue(today)} days overdue, removes a {e.action.removes}"
        for e in late[:10]
    ]
    if not entries:
        verdict = Verdict("unsure", "The ledger holds no action.")
    elif late:
        words = "action is" if len(late) == 1 else "actions are"
        verdict = Verdict("bad", f"{len(late)} {words} overdue on {today}, of {len(still)} open.", tuple(why))
    else:
        verdict = Verdict("good", f"No action is overdue on {today}; {len(still)} are open.")
    return Report(
        title="Follow-up of incidents",
        command=command,
        verdict=verdict,
        sections=[Section("Actions", follow_up(entries, today))],
        not_checked=["whether an action that is marked done had its effect"],
        inputs=inputs,
        json={"follow_up": follow_up_values(entries, today, rows=rows)},
    )

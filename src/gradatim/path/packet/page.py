"""What the page of a packet shows, as plain values; every form of the packet is made from these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gradatim.path.evidence.signed import fingerprint
from gradatim.path.packet.exhibit import others_word, stranger
from gradatim.path.packet.payload import opened_records
from gradatim.path.packet.worded import shown_words
from gradatim.path.rubric import SENIOR

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_COUNTED = re.compile(r"(\d+) of (\d+) (quarters|projects)")
SUBJECT = "subject not confirmed as the owner's"
WORDS = {1: "below mid", 2: "mid", 3: "partly senior", 4: "senior", 5: "beyond"}


def page_facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a template needs."""
    entries, found = opened_records(payload)
    rubric, verdict, panel = payload["rubric"], payload["verdict"], payload["panel"]
    items = [{**_item(r), "words": shown_words(r, entries)} for r in found]
    falls: dict[str, list[str]] = {}
    for row in payload["fragile"]:
        for fall in row["falls"]:
            if fall["dimension"] in row["irreplaceable"]:
                falls.setdefault(fall["dimension"], []).append(row["item"])
    dimensions = []
    for d in rubric["dimensions"]:
        backing = [i for i in items if any(c["dimension"] == d["id"] for c in i["links"])]
        level = verdict["levels"][d["id"]]
        dimensions.append(
            {
                "id": d["id"],
                "title": d["title"],
                "level": level,
                "word": WORDS[level],
                "supported": verdict["supported"][d["id"]],
                "statement": d["levels"][level - 1]["statement"],
                "panel": [r["levels"].get(d["id"], "–") for r in panel["raters"]] if panel else [],
                "items": [
                    i
                    for i in backing
                    if any(c["dimension"] == d["id"] and c["level"] >= level for c in i["links"])
                ],
                "all": backing,
                "rests_on": falls.get(d["id"], []),
            }
        )
    days = sorted(day for i in items for day in (i["started"], i["ended"]) if day)
    return {
        "owner": payload["owner"],
        "made_at": _day(payload["made_at"][:10]),
        "made_by": payload["made_by"],
        "committee": _day(payload["committee"]) if payload["committee"] else None,
        "covers": f"{_month(days[0])} to {_month(days[-1])}" if days else "no dates shown",
        "rubric": rubric["title"][:1].lower() + rubric["title"][1:],
        "bar": rubric["bar"],
        "verdict": verdict,
        "gates": [_gate(g) for g in verdict["gates"]],
        "headline": headline(verdict, rubric["bar"], panel),
        "dimensions": dimensions,
        "claims": [d for d in dimensions if d["level"] >= SENIOR],
        "items": items,
        "panel": panel,
        "words": [
            {
                "name": r["name"],
                "role": r["role"],
                "day": _day(r["rated_at"][:10]),
                "dimension": d,
                "text": text,
            }
            for r in (panel["raters"] if panel else [])
            for d, text in r["words"].items()
            if text
        ],
        "attested": [
            {**a, "item": i["id"], "day": _day(str(a.get("answered_at") or "")[:10])}
            for i in items
            for a in i["attestations"]
            if a.get("words")
        ],
        "fragile": payload["fragile"],
        "not_proved": payload["not_proved"],
        "cover": payload["cover"],
        "ledger_problems": payload["ledger_problems"],
        "ledger": {"entries": len(entries), "shown": len(items), "head": payload["head"]["hash"]},
        "withheld": [f"{i['id']}: {', '.join(i['withheld'])}" for i in items if i["withheld"]],
        "anchors": _anchors(items),
        "sample": any(i["sample"] for i in items),
        "key": fingerprint(payload["key"]),
        "logs": sum(i["log"] for i in items),
    }


def headline(
    verdict: Mapping[str, Any], bar: Mapping[str, Any], panel: Mapping[str, Any] | None
) -> dict[str, str]:
    """The verdict in words: the decision, the figures it rests on, and how sure it is."""
    met = verdict["met"]
    failed = [line["name"].lower() for line in verdict["lines"] if line["met"] is False]
    gates = [gate["title"].lower() for gate in verdict["gates"] if gate["met"] is False]
    figures = (
        f"{verdict['at_four']} of {len(verdict['levels'])} dimensions are at level 4 and {bar['at_four']} are needed; "
        f"the mean is {verdict['mean']:.2f}, {bar['mean']:g} is needed; the lowest is {verdict['lowest']}."
    )
    if gates and not failed:
        figures += f" The bar is reached; the gate is not: {', '.join(gates)}."
    if panel is None:
        sure = "These levels are the owner's claims, counted by the rules of the rubric; no reviewer has rated them."
    elif panel["another"] is None:
        sure = "One reviewer has rated; a panel is two at least, so the levels are the owner's claims by the rules."
    else:
        other = panel["another"]
        low, high = percent(other["low"]), percent(other["high"])
        noise = "the noise of single ratings is taken to be half or one and a half times as large"
        sure = (
            f"The chance that another panel of {other['reviewers']} would decide otherwise is "
            f"{percent(other['chance'])} ({'also if' if low == high else f'{low} to {high} as'} {noise}). "
            "A panel lowers what the items carry and never raises it."
        )
    seen = panel is not None and panel["another"] is not None
    decision = (
        "Not yet at the bar."
        if not met
        else "At the bar."
        if seen
        else "At the bar, by the owner's own claims."
    )
    return {"decision": decision, "figures": figures, "sure": sure}


def percent(share: float) -> str:
    """A chance as a reader sees it: never 0 %, which a simulation cannot say."""
    return "under 1\u00a0%" if share < 0.005 else f"{100 * share:.0f}\u00a0%"


def _gate(gate: Mapping[str, Any]) -> dict[str, Any]:
    """A gate as a row: what is needed stands in its own column where it is counted."""
    counted = _COUNTED.fullmatch(str(gate["here"]))
    if counted is None:
        return {**gate, "needed": ""}
    return {**gate, "needed": counted[2], "here": f"{counted[1]} {counted[3]}"}


def _item(record: Any) -> dict[str, Any]:
    v = record.values
    source = v.get("source") or {}
    log = source.get("type") in ("attempt", "exam", "task")
    return {
        "id": record.id,
        "kind": v.get("kind") or "kind withheld",
        "title": v.get("title") or "title withheld",
        "context": v.get("context") or "",
        "action": v.get("action") or "",
        "result": v.get("result") or "",
        "metric": v.get("metric"),
        "own_share": v.get("own_share"),
        "co_authors": v.get("co_authors") or [],
        "started": v.get("started"),
        "ended": v.get("ended"),
        "when": _span(v.get("started"), v.get("ended")),
        "recorded_at": record.entry.at,
        "project": v.get("project") or "",
        "links": v.get("links") or [],
        "artefacts": v.get("artefacts") or [],
        "grade": v.get("grade") or "grade withheld",
        "assistance": v.get("assistance") or "withheld",
        "attestations": [_word(a) for a in record.attestations],
        "withheld": list(record.withheld),
        # The field is there in examples only: who withholds it says as much.
        "sample": bool(v.get("sample")) or "sample" in record.withheld,
        "log": log,
        "subject": SUBJECT if stranger(record) else "",
        "issued_by": (source.get("issue") or {}).get("reviewer") if log else None,
        "measured": source.get("measured_share"),
        "hash": record.entry.hash,
    }


def _word(attestation: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown of an attestation: a name and words only where what was signed is in the packet."""
    shown: dict[str, Any] = {"by_owner": False, **attestation}
    if isinstance(attestation.get("answer"), Mapping):
        return shown
    kept: dict[str, Any] = {
        n: shown[n] for n in ("number", "recorded_at", "stance", "by_owner") if n in shown
    }
    return {**kept, "name": "Somebody whose signature is withheld"}


def _anchors(items: list[dict[str, Any]]) -> list[str]:
    found = [f"{i['id']}, an exam issued by {i['issued_by']}" for i in items if i["issued_by"]]
    for i in items:
        found += [
            f"{i['id']}, attested by {a.get('name') or 'a person'}"
            for a in i["attestations"]
            if others_word(a)
        ]
    return found


def _day(text: str) -> str:
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return f"{day} {_MONTHS[month - 1]} {year}"
    except (ValueError, IndexError):
        return text


def _month(text: str) -> str:
    year, month, _ = text.split("-")
    return f"{_MONTHS[int(month) - 1][:3]} {year}"


def _span(started: str | None, ended: str | None) -> str:
    if not started or not ended:
        return "dates withheld"
    first, last = _month(started), _month(ended)
    return first if first == last else f"{first} to {last}"

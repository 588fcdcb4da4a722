"""Checking a packet file: every byte, every link of the chain, every item, and what is said to follow from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradatim.core import chain
from gradatim.core.chain import Entry, Head
from gradatim.core.errors import GradatimError, InputError, VersionMismatch
from gradatim.path import rubric as rubrics
from gradatim.path.evidence.attest import ANSWER, Answer, read_answer
from gradatim.path.evidence.record import ATTESTATION, WITHDRAWAL, Record, item_id
from gradatim.path.evidence.signed import Signed, fingerprint
from gradatim.path.packet.build import derived, of_records
from gradatim.path.packet.payload import opened_records, read
from gradatim.path.packet.recompute import MISMATCH, RECOMPUTED, SELF_REPORTED, Found, Progress, recompute
from gradatim.path.packet.render import render
from gradatim.path.packet.seal import blank, unseal
from gradatim.path.packet.support import Rules
from gradatim.path.packet.verdict import fragile
from gradatim.path.review.rating import newest, read_rating
from gradatim.path.rubric import Rubric

HOLDS = "holds"
NOT_CHECKED = "not checked"


@dataclass
class Check:
    """One thing that was checked, and what came of it."""

    name: str
    status: str
    detail: str


@dataclass
class ItemCheck:
    """One item: recomputed, self-reported, does not match, or needs another version."""

    id: str
    title: str
    status: str
    detail: str
    grade: str
    assistance: str
    attested: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What `packet verify` has to say. `ok` is False as soon as anything does not match."""

    checks: list[Check]
    items: list[ItemCheck]
    owner: str = ""
    key: str | None = None
    anchors: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing was found that does not match."""
        statuses = [c.status for c in self.checks] + [i.status for i in self.items]
        return MISMATCH not in statuses

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        counts = {
            s: sum(i.status == s for i in self.items) for s in dict.fromkeys(i.status for i in self.items)
        }
        return {
            "ok": self.ok,
            "owner": self.owner,
            "key": self.key,
            "fingerprint": fingerprint(self.key) if self.key else None,
            "checks": [vars(c) for c in self.checks],
            "items": [vars(i) for i in self.items],
            "counts": counts,
            "anchors": self.anchors,
        }


def verify(
    data: bytes,
    *,
    where: str = "",
    files: Path | None = None,
    quick: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Check a packet file.

    Args:
        files: a folder with the artefacts themselves; their digests are compared by name.
        quick: leave out what takes more than a second: exams, whose reference players are played again.

    Returns:
        The report; also for a file that was altered, as far as it can still be read.

    Raises:
        InputError: it is no packet at all.
        VersionMismatch: a newer version made it.
    """
    from jinja2 import TemplateError

    seal = unseal(data)
    if seal.version is not None and seal.version > 1:
        raise VersionMismatch(
            f"this packet was sealed by a newer gradatim (seal {seal.version}, this one reads 1)",
            where=where, next="install the newest gradatim",
        )  # fmt: skip
    checks = [_file(seal.whole), _signature(seal.whole, seal.signed, seal.key)]
    if seal.version is None:
        checks = [
            Check("file", MISMATCH, "it has no seal, or more than one place for it: altered, or never sealed")
        ]
    try:
        payload = read(data, where=where)
        entries, shown = opened_records(payload)
        rubric, problems = rubrics.parse(payload["rubric"])
        if rubric is None or problems:
            raise InputError("this packet cannot be read", [f"rubric: {p}" for p in problems], where=where)
    except (InputError, VersionMismatch) as error:
        if seal.version is None or seal.whole:
            raise
        # Sealed once, and broken since: that is an answer, not a mistake of the reader.
        problems = getattr(error, "problems", [])
        return Report([*checks, Check("payload", MISMATCH, "; ".join([error.what, *problems])[:300])], [])
    if seal.signed and payload["key"] != seal.key:
        checks.append(Check("key", MISMATCH, "the page names another key than the one that sealed it"))
    checks += _chain(payload, entries)
    report = Report(checks, [], str(payload["owner"]), seal.key)
    # A file sealed by somebody hostile may hold anything that is JSON.
    try:
        checks += _listed(payload, entries, shown)
        checks += _derived(payload, rubric, shown)
        checks.append(_page(data, payload))
        for record in shown:
            report.items.append(_item(record, entries, files, quick, progress, payload["key"]))
            report.anchors += _anchors(record, payload["key"])
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, TemplateError) as error:
        checks.append(Check("payload", MISMATCH, f"malformed inside: {type(error).__name__}: {error}"[:200]))
    return report


def _file(whole: bool) -> Check:
    if whole:
        return Check("file", HOLDS, "every byte is covered by the digest, and the digest matches")
    return Check("file", MISMATCH, "the file was altered after it was sealed: its digest does not match")


def _signature(whole: bool, signed: bool, key: str | None) -> Check:
    if not signed:
        return Check("signature", MISMATCH, "the seal was not signed by the key that it names")
    told = f"signed by the key {fingerprint(key)}" if key else ""
    return Check("signature", HOLDS, told if whole else f"{told}, over another text than this one")


def _chain(payload: Mapping[str, Any], entries: Sequence[Entry]) -> list[Check]:
    head = payload["head"]
    try:
        end = Head(int(head["count"]), str(head["hash"]))
    except (KeyError, TypeError, ValueError):
        return [Check("ledger", MISMATCH, "its head is malformed")]
    problems = [str(p) for p in chain.verify(entries, end)]
    if problems:
        known = " The owner's copy says so itself." if payload["ledger_problems"] else ""
        return [Check("ledger", MISMATCH, f"{problems[0]}{_more(problems)}.{known}")]
    return [
        Check(
            "ledger", HOLDS, f"{len(entries)} entries, each follows from the one before; head {end.hash[:8]}"
        )
    ]


def _listed(payload: Mapping[str, Any], entries: Sequence[Entry], shown: Sequence[Record]) -> list[Check]:
    problems = []
    there = {r.entry.number for r in shown}
    problems += [f"{item_id(n)} is listed and not in the ledger" for n in payload["items"] if n not in there]
    problems += [f"{r.id} was withdrawn" for r in shown if r.withdrawn is not None]
    problems += [
        f"{r.id} was replaced by {item_id(r.replaced_by)}" for r in shown if r.replaced_by is not None
    ]
    about = [e for e in entries if e.kind in (WITHDRAWAL, ATTESTATION)]
    problems += [
        f"entry {e.number} withholds which item it is about" for e in about if e.value("entry") is None
    ]
    problems += [f"{r.id}: {p}" for r in shown if (p := _share(r))]
    if problems:
        return [Check("items", MISMATCH, "; ".join(problems)[:400])]
    return [Check("items", HOLDS, f"{len(shown)} items, none withdrawn or replaced, no shares above one")]


def _share(record: Record) -> str | None:
    total = (record.values.get("own_share") or 0) + sum(
        a["share"] for a in record.values.get("co_authors") or ()
    )
    return f"the shares add up to {total:g}" if total > 1 + 1e-9 else None


def _derived(payload: Mapping[str, Any], rubric: Rubric, shown: Sequence[Record]) -> list[Check]:
    rules = Rules.of(rubric)
    checks = []
    ratings = []
    for i, raw in enumerate(payload["ratings"], 1):
        try:
            rating, opened = read_rating(raw, dimensions=rules.dimensions)
            ratings.append((rating, opened.key))
        except GradatimError as error:
            checks.append(
                Check(f"rating {i}", MISMATCH, "; ".join([error.what, *getattr(error, "problems", [])])[:300])
            )
    if ratings:
        keys = ", ".join(f"{r.reviewer} ({fingerprint(k)})" for r, k in ratings)
        checks.append(Check("ratings", HOLDS, f"signed by {keys}"))
    chosen = of_records(shown)
    if not chosen:
        return [*checks, Check("verdict", MISMATCH, "it shows no item")]
    again = json.loads(
        json.dumps(derived(rules, chosen, newest(ratings), seed=str(payload["head"].get("hash"))))
    )
    wrong = [name for name in ("verdict", "panel") if again[name] != payload[name]]
    rests = [{k: v for k, v in row.items() if k != "irreplaceable"} for row in fragile(rules, chosen, chosen)]
    said = [
        {k: v for k, v in row.items() if k != "irreplaceable"}
        for row in payload["fragile"]
        if isinstance(row, dict)
    ]
    if rests != said:
        wrong.append("what it rests on")
    levels = again["verdict"]["levels"]
    told = " ".join(str(row.get("what")) for row in payload["not_proved"] if isinstance(row, dict))
    if untold := [d for d, level in levels.items() if level < 4 and f"({d})" not in told]:
        wrong.append(f"not proved: {', '.join(untold)} missing")
    if wrong:
        return [
            *checks,
            Check(
                "verdict", MISMATCH, f"computed again from its items, another comes out: {'; '.join(wrong)}"
            ),
        ]
    return [*checks, Check("verdict", HOLDS, "computed again from its items and ratings, the same")]


def _page(data: bytes, payload: Mapping[str, Any]) -> Check:
    from gradatim import __version__

    if payload["made_by"] != f"gradatim {__version__}":
        return Check(
            "page", NOT_CHECKED, f"made by {str(payload['made_by'])[:40]}, this is gradatim {__version__}"
        )
    made = render(payload, "html" if data.lstrip()[:1] == b"<" else "json")
    if made != blank(data):
        return Check("page", MISMATCH, "the text that is shown is not what its data say")
    return Check("page", HOLDS, "the text that is shown is what its data say")


def _item(
    record: Record,
    entries: Sequence[Entry],
    files: Path | None,
    quick: bool,
    progress: Progress | None,
    owner_key: str,
) -> ItemCheck:
    v = record.values
    source = v.get("source") or {}
    kind = source.get("type")
    found = Found(SELF_REPORTED, "no log to recompute")
    if kind == "exam" and quick:
        found = Found(SELF_REPORTED, "not recomputed: --quick")
    elif kind in ("attempt", "exam"):
        if progress is not None:
            progress(f"recomputing {record.id}")
        found = recompute(source, _exam_entries(entries, source))
    elif v.get("artefacts"):
        found = _artefacts(v["artefacts"], files)
    elif record.withheld and "source" in record.withheld:
        found = Found(SELF_REPORTED, "its source is withheld")
    attested, wrong = _attestations(record, owner_key)
    status, detail = found
    if wrong:
        status, detail = MISMATCH, "; ".join(wrong)
    return ItemCheck(
        record.id, str(v.get("title") or "title withheld"), status, detail,
        str(v.get("grade") or "withheld"), str(v.get("assistance") or "withheld"), attested,
    )  # fmt: skip


def _exam_entries(entries: Sequence[Entry], source: Mapping[str, Any]) -> dict[str, Entry | None]:
    def one(kind: str) -> Entry | None:
        return next((e for e in entries if e.kind == kind and e.value("exam") == source.get("exam")), None)

    return {"issued": one("exam-issued"), "submitted": one("exam-submitted")}


def _artefacts(listed: Sequence[Mapping[str, Any]], files: Path | None) -> Found:
    from gradatim.path.evidence.artefact import file_digest

    if files is None:
        return Found(SELF_REPORTED, f"{len(listed)} files by digest; compare them with --files FOLDER")
    there = {p.name: p for p in files.rglob("*") if p.is_file() and not p.is_symlink()}
    missing, wrong = [], []
    for artefact in listed:
        path = there.get(str(artefact["name"]).rpartition("/")[2])
        if path is None:
            missing.append(artefact["name"])
        elif file_digest(path, artefact["digest"]) != artefact["digest"]:
            wrong.append(artefact["name"])
    if wrong:
        return Found(MISMATCH, f"another file than the one that was recorded: {', '.join(wrong)}"[:300])
    if missing:
        return Found(SELF_REPORTED, f"not in that folder: {', '.join(missing)}"[:300])
    # A digest shows that a file is unchanged, not that what it says is true.
    return Found(SELF_REPORTED, f"{len(listed)} files, each with the digest that was recorded")


def _attestations(record: Record, owner_key: str) -> tuple[list[str], list[str]]:
    """Whose word there is, and which of it is not theirs."""
    attested, wrong = [], []
    for a in record.attestations:
        if not isinstance(a.get("answer"), Mapping):
            attested.append(f"{a.get('name') or 'a person'} ({a.get('stance')}; signature withheld)")
            continue
        found = _answer(a["answer"])
        if found is None:
            wrong.append(f"the attestation in entry {a['number']} was not signed by the key it names")
            continue
        said, opened = found
        signed = said.model_dump()
        names = ("name", "role", "relation", "stance", "share_percent", "words", "entry_hash", "answered_at")
        # A field that is withheld says nothing; one that is open must be what was signed.
        other = [n for n in names if n in a and a[n] is not None and signed[n] != a[n]]
        if other or said.entry_hash != record.entry.hash:
            wrong.append(f"the attestation in entry {a['number']} says something else than was signed")
            continue
        own = "; the owner's own key" if opened.key == owner_key else ""
        attested.append(
            f"{opened.payload['name']}: {opened.payload['stance']} (key {fingerprint(opened.key)}{own})"
        )
    return attested, wrong


def _answer(raw: Mapping[str, Any]) -> tuple[Answer, Signed] | None:
    """What was signed, as the ledger writes it (nothing hidden in the text), and the key; None if it does not hold."""
    try:
        return read_answer({**raw, "format": ANSWER, "version": 1})
    except GradatimError:
        return None


def _anchors(record: Record, owner_key: str) -> list[str]:
    """What ties the ledger to somebody else: without it, it could have been made in one afternoon."""
    found = []
    issue = (record.values.get("source") or {}).get("issue")
    if isinstance(issue, Mapping) and issue.get("public_key") != owner_key:
        found.append(f"{record.id}: an exam issued by {issue.get('reviewer')}")
    for a in record.attestations:
        answer = _answer(a["answer"]) if isinstance(a.get("answer"), Mapping) else None
        if answer is None:
            continue
        said, opened = answer
        if opened.key != owner_key and said.entry_hash == record.entry.hash:
            found.append(f"{record.id}: attested by {said.name}, key {fingerprint(opened.key)}")
    return found


def _more(problems: Sequence[str]) -> str:
    return f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""


__all__ = ["HOLDS", "MISMATCH", "RECOMPUTED", "SELF_REPORTED", "Check", "ItemCheck", "Report", "verify"]

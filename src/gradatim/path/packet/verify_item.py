"""Checking one item of a packet: its log, its files, its badge, and whose word stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradatim.core.chain import Entry
from gradatim.core.errors import GradatimError
from gradatim.path.evidence.attest import ANSWER, Answer, read_answer
from gradatim.path.evidence.record import Record
from gradatim.path.evidence.signed import Signed, fingerprint
from gradatim.path.packet.recompute import MISMATCH, SELF_REPORTED, Found, Progress, recompute
from gradatim.path.packet.reported import check_report
from gradatim.path.packet.verify_badge import check_badge
from gradatim.path.packet.wellformed import check_form
from gradatim.path.packet.worded import Worded, check_words

LEFT_OUT = "not recomputed: left out by --quick"


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
    left_out: bool = False


def check_item(
    record: Record,
    entries: Sequence[Entry],
    files: Path | None,
    quick: bool,
    progress: Progress | None,
    owner_key: str,
    run_code: bool | None = None,
) -> ItemCheck:
    """Check one item; `run_code` as for `verify`."""
    v = record.values
    source = v.get("source") or {}
    kind = source.get("type")
    found = Found(SELF_REPORTED, "no log to recompute")
    if kind in ("exam", "task") and quick:
        found = Found(SELF_REPORTED, LEFT_OUT)
    elif kind in ("attempt", "exam", "task"):
        if progress is not None:
            progress(f"recomputing {record.id}")
        found = recompute(source, _exam_entries(entries, source), progress, run_code=run_code)
    elif kind == "badge":
        found = check_badge(v, owner_key)
    elif v.get("artefacts") or kind == "report":
        found = _kept(source, v.get("artefacts") or (), files)
    elif record.withheld and "source" in record.withheld:
        found = Found(SELF_REPORTED, "its source is withheld")
    attested, wrong = _attestations(record, entries, owner_key)
    status, detail = found
    worded = _worded(record, entries, owner_key)
    detail = "; ".join([detail, *worded.notes])
    wrong += [*check_form(record), *worded.problems]
    if v.get("sample") or "sample" in record.withheld:
        detail = f"a constructed example; {detail}"
    if wrong:
        # What its log came to stays there to be read when that is wrong as well.
        status, detail = MISMATCH, "; ".join([*wrong, *([found.detail] if found.status == MISMATCH else [])])
    return ItemCheck(
        record.id, str(v.get("title") or "title withheld"), status, detail,
        str(v.get("grade") or "withheld"), str(v.get("assistance") or "withheld"), attested, found.detail == LEFT_OUT,
    )  # fmt: skip


def _worded(record: Record, entries: Sequence[Entry], owner_key: str) -> Worded:
    try:
        return check_words(record, entries, owner_key)
    except GradatimError as error:
        return Worded([error.what])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Worded([f"what it was taken from is malformed: {type(error).__name__}"])


def _exam_entries(entries: Sequence[Entry], source: Mapping[str, Any]) -> dict[str, Entry | None]:
    def one(kind: str) -> Entry | None:
        return next((e for e in entries if e.kind == kind and e.value("exam") == source.get("exam")), None)

    return {"issued": one("exam-issued"), "submitted": one("exam-submitted")}


def _kept(source: Mapping[str, Any], listed: Sequence[Mapping[str, Any]], files: Path | None) -> Found:
    """Its files by their digests, and its report where it has one."""
    found = [_artefacts(listed, files)] if listed else []
    if source.get("type") == "report":
        try:
            found.append(check_report(source, listed, files))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            found.append(Found(MISMATCH, f"its report is malformed: {type(error).__name__}"))
    wrong = [f for f in found if f.status == MISMATCH]
    return Found((wrong or found)[0].status, "; ".join(f.detail for f in wrong or found))


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


def _attestations(record: Record, entries: Sequence[Entry], owner_key: str) -> tuple[list[str], list[str]]:
    """Whose word there is, and which of it is not theirs."""
    attested, wrong = [], []
    by_number = {e.number: e for e in entries}
    for a in record.attestations:
        field = by_number[a["number"]].fields.get("answer")
        if field is not None and field.withheld:
            # Without it only the owner says so: it confirms nothing and anchors nothing; a dispute stays one.
            attested.append(f"{a.get('stance')}: what was signed is withheld, so nobody's word can be told")
            continue
        if not isinstance(a.get("answer"), Mapping):
            wrong.append(f"the attestation in entry {a['number']} carries nothing that anybody signed")
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
        if a.get("by_owner") is not (opened.key == owner_key) or a.get("key", opened.key) != opened.key:
            wrong.append(f"the attestation in entry {a['number']} was signed by another person than it says")
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


def anchors_of(record: Record, owner_key: str) -> list[str]:
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

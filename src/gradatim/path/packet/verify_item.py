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

NOT_THE_OWNERS = "its subject is not confirmed as the owner's"
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
) -> ItemCheck:
    v = record.values
    source = v.get("source") or {}
    kind = source.get("type")
    found = Found(SELF_REPORTED, "no log to recompute")
    if kind in ("exam", "task") and quick:
        found = Found(SELF_REPORTED, LEFT_OUT)
    elif kind in ("attempt", "exam", "task"):
        if progress is not None:
            progress(f"recomputing {record.id}")
        found = recompute(source, _exam_entries(entries, source), progress)
    elif kind == "badge":
        found = _badge(source, owner_key)
    elif v.get("artefacts"):
        found = _artefacts(v["artefacts"], files)
    elif record.withheld and "source" in record.withheld:
        found = Found(SELF_REPORTED, "its source is withheld")
    attested, wrong = _attestations(record, owner_key)
    status, detail = found
    if v.get("sample") or "sample" in record.withheld:
        detail = f"a constructed example; {detail}"
    if wrong:
        status, detail = MISMATCH, "; ".join(wrong)
    return ItemCheck(
        record.id, str(v.get("title") or "title withheld"), status, detail,
        str(v.get("grade") or "withheld"), str(v.get("assistance") or "withheld"), attested, found.detail == LEFT_OUT,
    )  # fmt: skip


def _badge(source: Mapping[str, Any], owner_key: str) -> Found:
    """The signature and the subject of a badge again, where the token is in the packet.

    Its claim is its issuer's word all the same.
    """
    from gradatim.path.badges import check_token, parts_of
    from gradatim.path.badges.proof import WRONG

    token = source.get("token")
    if not isinstance(token, str):
        return Found(
            SELF_REPORTED,
            f"a badge without its token: its signature cannot be looked at here; {NOT_THE_OWNERS}",
        )
    try:
        header, claims, signature = parts_of(token)
    except ValueError as error:
        return Found(MISMATCH, f"the badge: {error}")
    proof = check_token(token, header, signature)
    inner = claims.get("vc") if isinstance(claims.get("vc"), Mapping) else claims
    if (inner or {}).get("id") != source.get("credential"):
        return Found(MISMATCH, "the badge: its token is of another badge than the one that is named")
    if proof.status == WRONG:
        return Found(MISMATCH, f"the badge: {proof.detail}")
    found = _subject(inner, source, owner_key)
    return Found(found.status, f"the badge: {proof.detail}; {found.detail}")


def _subject(inner: Any, source: Mapping[str, Any], owner_key: str) -> Found:
    """Whether a badge names the key that sealed this packet, or what its owner says of it."""
    from gradatim.path.badges import whose
    from gradatim.path.badges.credential import Subject
    from gradatim.path.evidence.record import BY_IDENTITY, BY_KEY

    try:
        own = whose(Subject.model_validate(inner["credentialSubject"]), (), owner_key)
    except (KeyError, TypeError, ValueError):
        return Found(MISMATCH, "it names no subject")
    said = source.get("subject")
    status = said.get("status") if isinstance(said, Mapping) else None
    if own.status == BY_KEY:
        return Found(SELF_REPORTED, "its subject is the key of this packet")
    if status == BY_KEY:
        return Found(MISMATCH, "its subject is said to be the key of this packet, and is another")
    if status == BY_IDENTITY:
        # Only the owner can say which addresses are theirs; a hashed one is not even in the packet.
        return Found(SELF_REPORTED, f"{str(said.get('detail'))[:200]}; ask them" if said else "")
    return Found(SELF_REPORTED, NOT_THE_OWNERS)


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

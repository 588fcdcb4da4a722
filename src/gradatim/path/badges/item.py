"""A badge as an item of evidence: its issuer's words, and how far its proof was checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .reading import Badge
from .subject import whose

_KEPT = 60_000
SIMULATED = "urn:gradatim:module:"


def badge_item(badge: Badge, *, own_key: str | None = None, identities: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of an item; what it shows of the rubric is for its owner to say.

    A badge is somebody's word: kind `attestation`, grade self-reported. One that gradatim issued for a lab is of kind
    `lab`, so it never carries a dimension to level 4.

    Args:
        own_key: the learner's public key as hex; a badge that it signed is said to be self-issued.
        identities: what the learner says are theirs; the badge's subject is compared with these and the key.
    """
    credential, subject = badge.credential, badge.credential.credentialSubject
    achievement = subject.achievement
    self_issued = own_key is not None and badge.proof.key == own_key
    awarded = (credential.awardedDate or credential.begins.isoformat() if credential.begins else "")[:10]
    by = "yourself" if self_issued else credential.issuer_name
    narrative = [
        subject.narrative or "",
        *(f"{t.name or 'Evidence'}: {t.narrative or ''}" for t in credential.evidence),
    ]
    source: dict[str, Any] = {
        "type": "badge",
        "form": badge.form,
        "credential": credential.id,
        "issuer": credential.issuer_id,
        "proof": {"format": badge.proof.format, "status": badge.proof.status, "detail": badge.proof.detail},
        "self_issued": self_issued,
        "subject": whose(subject, identities, own_key)._asdict(),
        "notes": list(badge.notes),
    }
    if badge.token is not None and len(badge.token) <= _KEPT:
        source["token"] = badge.token
    return {
        "kind": "lab" if achievement.id.startswith(SIMULATED) else "attestation",
        "title": f"Badge: {' '.join(achievement.name.split())}"[:160],
        "context": f"Issued by {by}. {achievement.description}"[:4000],
        "action": (achievement.criteria.narrative or f"Criteria: {achievement.criteria.id or 'not told'}")[
            :4000
        ],
        "result": "\n".join(line for line in narrative if line)[:4000],
        "started": awarded,
        "ended": awarded,
        "artefacts": [{"name": badge.file, "digest": badge.digest, "bytes": badge.size}],
        "source": source,
    }

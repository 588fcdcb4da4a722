"""A badge as an item of evidence: its issuer's words, and how far its proof was checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradatim.path.evidence.wording import WORDING

from .credential import Credential
from .reading import Badge
from .subject import whose

_KEPT = 60_000
SIMULATED = "urn:gradatim:module:"


def badge_words(credential: Credential, *, self_issued: bool) -> dict[str, str]:
    """Title and context of a badge: its issuer's words and nobody else's."""
    achievement = credential.credentialSubject.achievement
    by = "yourself" if self_issued else credential.issuer_name
    return {
        "title": f"Badge: {' '.join(achievement.name.split())}"[:160],
        "context": f"Issued by {by}. {achievement.description}"[:4000],
    }


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
        source |= {"token": badge.token, "wording": WORDING}
    return {
        "kind": "lab" if achievement.id.startswith(SIMULATED) else "attestation",
        **badge_words(credential, self_issued=self_issued),
        "action": (achievement.criteria.narrative or f"Criteria: {achievement.criteria.id or 'not told'}")[
            :4000
        ],
        "result": "\n".join(line for line in narrative if line)[:4000],
        "started": awarded,
        "ended": awarded,
        "artefacts": [{"name": badge.file, "digest": badge.digest, "bytes": badge.size}],
        "source": source,
    }

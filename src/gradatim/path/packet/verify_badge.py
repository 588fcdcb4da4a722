"""Checking a badge in a packet: what its item says of it beside its own token, where the packet holds that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradatim.path.packet.recompute import MISMATCH, SELF_REPORTED, Found

NOT_THE_OWNERS = "its subject is not confirmed as the owner's"


def check_badge(values: Mapping[str, Any], owner_key: str) -> Found:
    """The signature, the issuer and the subject of a badge again, where its token is in the packet.

    Its claim is its issuer's word all the same; its title and words may be the owner's.

    Args:
        values: of the item.
        owner_key: the key that sealed the packet.
    """
    from gradatim.path.badges import check_token, parts_of
    from gradatim.path.badges.proof import WRONG, agrees

    source = values["source"]
    token = source.get("token")
    if not isinstance(token, str):
        return Found(
            SELF_REPORTED,
            f"a badge without its token: nothing said of it can be looked at here; {NOT_THE_OWNERS}",
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
    problems = agrees(claims, inner or {}) + _misstated(values, inner, proof, owner_key)
    if problems:
        return Found(MISMATCH, f"the badge: {'; '.join(problems)}"[:400])
    found = _subject(inner, source, owner_key)
    return Found(found.status, f"the badge: {proof.detail}; {found.detail}")


def _misstated(values: Mapping[str, Any], inner: Any, proof: Any, owner_key: str) -> list[str]:
    """Who issued it, whether its owner did, how far its proof was checked, and that a lab's badge is of kind lab."""
    from gradatim.path.badges.credential import Credential
    from gradatim.path.badges.item import SIMULATED
    from gradatim.path.badges.proof import key_of_did

    try:
        credential = Credential.model_validate(inner)
    except ValueError:
        return ["it is not of the form of one"]
    source = values["source"]
    problems = []
    issuer = key_of_did(credential.issuer_id)
    if issuer is not None and proof.key is not None and issuer != proof.key:
        problems.append("it is signed by another key than the one its issuer is named by")
    if source.get("issuer") != credential.issuer_id:
        problems.append("it was issued by another than is said")
    if source.get("self_issued") is not (proof.key is not None and proof.key == owner_key):
        problems.append("who signed it is said otherwise")
    told = source.get("proof")
    if not isinstance(told, Mapping) or told.get("status") != proof.status:
        problems.append("how far its proof was checked is said otherwise")
    if credential.credentialSubject.achievement.id.startswith(SIMULATED) and values.get("kind") not in (
        "lab",
        None,
    ):
        problems.append("it is of a simulated lab, and its kind is another")
    return problems


def _subject(inner: Any, source: Mapping[str, Any], owner_key: str) -> Found:
    """Whether a badge names the key that sealed this packet, or an identity that its owner says is theirs."""
    from gradatim.path.badges import whose
    from gradatim.path.badges.credential import Subject
    from gradatim.path.badges.subject import could_be
    from gradatim.path.evidence.record import BY_IDENTITY, BY_KEY

    try:
        subject = Subject.model_validate(inner["credentialSubject"])
    except (KeyError, TypeError, ValueError):
        return Found(MISMATCH, "it names no subject")
    said = source.get("subject")
    status = said.get("status") if isinstance(said, Mapping) else None
    if whose(subject, (), owner_key).status == BY_KEY:
        return Found(SELF_REPORTED, "its subject is the key of this packet")
    if status == BY_KEY:
        return Found(MISMATCH, "its subject is said to be the key of this packet, and is another")
    if status == BY_IDENTITY and isinstance(said, Mapping):
        # Only the owner can say which addresses are theirs; a hashed one is not even in the packet.
        detail = said.get("detail")
        if detail not in could_be(subject):
            return Found(MISMATCH, "its subject is said to be an identity that it does not name")
        return Found(SELF_REPORTED, f"{detail}; ask them")
    return Found(SELF_REPORTED, NOT_THE_OWNERS)

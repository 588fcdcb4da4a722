"""An Open Badge 3.0 for a module whose lab was passed in an exam: a credential signed as VC-JWT.

1EdTech, "Open Badges Specification" 3.0, sections 8.2 (JSON Web Token proof format) and B.1 (AchievementCredential);
W3C "Verifiable Credentials Data Model" 2.0; the did:key method for Ed25519 (multicodec 0xed01, base58btc).
The person issues it to themselves, and it says so: what it is worth is the evidence it names.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from gradatim.path.evidence.signed import public_key, sign_bytes

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519 = bytes([0xED, 0x01])


def did_key(key: str) -> str:
    """The did:key of an Ed25519 public key in hex."""
    number = int.from_bytes(_ED25519 + bytes.fromhex(key), "big")
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = _BASE58[rest] + digits
    return f"did:key:z{digits}"


def credential(
    *,
    owner: str,
    key: str,
    now: str,
    module: Mapping[str, Any],
    lab_titles: Sequence[str],
    exams: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The credential of one module, not yet signed.

    Args:
        key: the owner's public key, hex; issuer and subject are its did:key.
        now: UTC, as the ledger writes it.
        module: `{id, title}`.
        exams: `{id, lab, lab_version, skill, pass_mark, instances, grade, hash}` of each exam that was passed.
    """
    me = did_key(key)
    # The same exams give the same badge: an id that is drawn would make two of one.
    seed = json.dumps([me, module["id"], [e["hash"] for e in exams]], sort_keys=True)
    made_id = uuid.UUID(bytes=hashlib.blake2b(seed.encode(), digest_size=16).digest(), version=5)
    labs = ", ".join(lab_titles)
    return {
        "@context": CONTEXT,
        "id": f"urn:uuid:{made_id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{module['title']}: shown in the lab",
        "description": "Self-issued. A simulated lab was passed in an exam; it shows a skill, not sustained work.",
        "issuer": {"id": me, "type": ["Profile"], "name": f"{owner} (self-issued)"},
        "validFrom": now,
        "credentialSubject": {
            "id": me,
            "type": ["AchievementSubject"],
            "achievement": {
                "id": f"urn:gradatim:module:{module['id']}",
                "type": ["Achievement"],
                "achievementType": "Assessment",
                "name": f"{module['title']}: shown in the lab",
                "description": f"Passed an exam of fresh, simulated instances in: {labs}.",
                "criteria": {
                    "narrative": "Skill at or above the pass mark over three to five fresh instances of a lab, "
                    "where 0 is the best skill-free policy on the same instances and 1 the senior reference."
                },
            },
        },
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "evidence": [
            {
                "type": ["Evidence"],
                "name": f"Exam {e['id']} in {e['lab']} {e['lab_version']}",
                "narrative": f"Skill {e['skill']:.2f} over {e['instances']} instances, pass mark {e['pass_mark']:.2f}; "
                f"grade of proof: {e['grade']}. Recomputed by `gradatim packet verify` from the packet that holds it.",
                "genre": "simulated exam",
            }
            for e in exams
        ],
    }  # fmt: skip


def signed(made: Mapping[str, Any], private: str) -> str:
    """The credential as a compact VC-JWT (EdDSA); its header carries the public key as a JWK."""
    key = bytes.fromhex(public_key(private))
    at = datetime.datetime.strptime(made["validFrom"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.UTC)
    header = {"alg": "EdDSA", "typ": "JWT", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": _b64(key)}}
    claims = {
        **made,
        "iss": made["issuer"]["id"],
        "sub": made["credentialSubject"]["id"],
        "jti": made["id"],
        "nbf": int(at.timestamp()),
    }
    text = ".".join(_b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{text}.{_b64(bytes.fromhex(sign_bytes(text.encode(), private)))}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""The signature of a badge: checked where the key is in the badge itself, said to be unchecked where it is not.

RFC 7515 (JWS, section 5.2), RFC 8037 (EdDSA), RFC 7518 section 3.3 (RS256, RSASSA-PKCS1-v1_5 with SHA-256);
1EdTech, "Open Badges Specification" 3.0, section 8.2 (JSON Web Token proof format). Needs the group `packet`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from gradatim.core.groups import load
from gradatim.path.evidence.signed import fingerprint, signed_by

HOLDS, NOT_CHECKED, WRONG = "holds", "not checked here", "does not match"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Proof(NamedTuple):
    """What is known of a proof.

    Attributes:
        format: "VC-JWT", the name of an embedded suite, or "none".
        status: holds, not checked here, or does not match.
        detail: Why, for a person.
        key: An Ed25519 key as hex, where it was checked with one.
    """

    format: str
    status: str
    detail: str
    key: str | None = None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand there once; readers differ about the second of two."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)


def no_constant(name: str) -> Any:
    """NaN and the infinities are no JSON."""
    raise ValueError(f"{name} is not JSON")


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, claims and signature of a compact JWS.

    Raises:
        ValueError: it is malformed.
    """
    try:
        head, body, signature = (_bytes(part) for part in token.split("."))
        header, claims = (
            json.loads(p, object_pairs_hook=once, parse_constant=no_constant) for p in (head, body)
        )
    except (ValueError, RecursionError, binascii.Error) as error:
        raise ValueError(f"not a signed token: {str(error)[:100]}") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("not a signed token: its parts are no objects")
    return header, claims, signature


def check_token(token: str, header: Mapping[str, Any], signature: bytes) -> Proof:
    """Whether the key that a token carries signed it.

    A key that has to be fetched is not fetched: then it is said, and nothing is taken as checked.
    """
    told = "VC-JWT"
    # Whoever does not understand what is critical must refuse the token (RFC 7515, section 4.1.11).
    problems = ["header crit: names what is not understood here"] if "crit" in header else []
    jwk = header.get("jwk")
    if jwk is not None and not isinstance(jwk, dict):
        problems.append("header jwk: not an object")
    if isinstance(jwk, dict) and set(jwk) & {"d", "p", "q", "dp", "dq", "qi", "k"}:
        problems.append("header jwk: holds a private key")
    if problems:
        return Proof(told, WRONG, "; ".join(problems))
    message = token.rpartition(".")[0].encode()
    match header.get("alg"):
        case "EdDSA":
            key = _ed25519(jwk, header.get("kid"))
            if key is None:
                return _elsewhere(told, header)
            good = signed_by(message, signature.hex(), key)
            return _said(told, good, f"EdDSA, key {fingerprint(key)}", key)
        case "RS256":
            if not isinstance(jwk, dict):
                return _elsewhere(told, header)
            return _said(told, _rs256(jwk, message, signature), "RS256, the key in its header", None)
        case str(name) if name.casefold() == "none":
            return Proof(told, WRONG, "it says of itself that nobody signed it (alg none)")
        case name:
            return Proof(told, NOT_CHECKED, f"signed by {str(name)[:40]}, which is not checked here")


def embedded(proofs: list[Any]) -> Proof:
    """Proofs inside the JSON are not checked: they sign a canonical RDF form, which nothing here makes."""
    if not proofs:
        return Proof("none", NOT_CHECKED, "it carries no proof: anybody could have written it")
    names = ", ".join(dict.fromkeys((p.cryptosuite or p.type)[:60] for p in proofs))
    return Proof(names, NOT_CHECKED, f"an embedded proof ({names}), which is not checked here")


def agrees(claims: Mapping[str, Any], credential: Mapping[str, Any]) -> list[str]:
    """Which claims of a token say something else than the credential in it; they have to agree (section 8.2.4)."""
    issuer, subject = credential.get("issuer"), credential.get("credentialSubject")
    inner = {
        "iss": issuer.get("id") if isinstance(issuer, Mapping) else issuer,
        "sub": subject.get("id") if isinstance(subject, Mapping) else None,
        "jti": credential.get("id"),
    }
    return [f"claim {name}: another than in the credential" for name, value in inner.items()
            if name in claims and value is not None and claims[name] != value]  # fmt: skip


def key_of_did(did: str) -> str | None:
    """The Ed25519 key of a did:key as hex (multicodec 0xed01, base58btc); None for any other."""
    name = did.partition("#")[0]
    if not name.startswith("did:key:z") or len(name) > 80:
        return None
    number = 0
    for digit in name.removeprefix("did:key:z"):
        at = _BASE58.find(digit)
        if at < 0:
            return None
        number = number * 58 + at
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return raw[2:].hex() if raw[:2] == b"\xed\x01" and len(raw) == 34 else None


def _ed25519(jwk: Any, kid: Any) -> str | None:
    if isinstance(jwk, dict):
        try:
            raw = _bytes(str(jwk.get("x")))
        except (ValueError, binascii.Error):
            raw = b""
        # A key of another form cannot have made the signature; the check then fails.
        return raw.hex() if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519" else ""
    return key_of_did(kid) if isinstance(kid, str) else None


def _rs256(jwk: Mapping[str, Any], message: bytes, signature: bytes) -> bool:
    feature = "Checking a signature"
    rsa = load("cryptography.hazmat.primitives.asymmetric.rsa", "packet", feature)
    padding = load("cryptography.hazmat.primitives.asymmetric.padding", "packet", feature)
    hashes = load("cryptography.hazmat.primitives.hashes", "packet", feature)
    invalid = load("cryptography.exceptions", "packet", feature).InvalidSignature
    try:
        n, e = (int.from_bytes(_bytes(str(jwk.get(name))), "big") for name in ("n", "e"))
        # Short keys prove nothing; very long ones are made to keep a reader busy.
        if jwk.get("kty") != "RSA" or not 2048 <= n.bit_length() <= 8192 or e.bit_length() > 32:
            return False
        key = rsa.RSAPublicNumbers(e, n).public_key()
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (invalid, ValueError, binascii.Error):
        return False
    return True


def _said(told: str, good: bool, how: str, key: str | None) -> Proof:
    if not good:
        return Proof(
            told, WRONG, f"the signature does not match ({how}): altered, or never signed by that key"
        )
    return Proof(told, HOLDS, f"signed ({how}); whose key that is was not checked", key)


def _elsewhere(told: str, header: Mapping[str, Any]) -> Proof:
    where = f"its key is at {str(header['kid'])[:200]}" if header.get("kid") else "it names no key"
    return Proof(told, NOT_CHECKED, f"{where}; nothing is fetched, so the signature is not checked here")


def _bytes(part: str) -> bytes:
    """Base64url without padding; what is not exactly that is refused."""
    raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ValueError("not base64url")
    return raw

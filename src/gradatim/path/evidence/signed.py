"""A text signed with Ed25519, as one small JSON file. Needs the group `packet`.

The signature covers the exact text of the payload, so nobody has to agree on a canonical form:
Ed25519 (RFC 8032) over `gradatim <format> v<version>\\n` and the UTF-8 bytes of the payload.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from gradatim.core.errors import InputError, VersionMismatch
from gradatim.core.groups import load

VERSION = 1
LARGEST = 2_000_000
_KEY, _SIGNATURE = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{128}")


class Signed(NamedTuple):
    """A payload whose signature was checked, and the public key (hex) that made it."""

    payload: dict[str, Any]
    key: str
    text: str


def new_key() -> str:
    """A private key, 32 bytes as hex, from the system's random source."""
    made: bytes = _ed25519().Ed25519PrivateKey.generate().private_bytes_raw()
    return made.hex()


def public_key(private: str) -> str:
    """The public key of a private one, both as hex."""
    made: bytes = (
        _ed25519()
        .Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private))
        .public_key()
        .public_bytes_raw()
    )
    return made.hex()


def fingerprint(key: str) -> str:
    """A public key as people read it to each other: `9c41 7be0 52aa f310`, the first 64 bits."""
    return " ".join(key[i : i + 4] for i in range(0, 16, 4))


def sign_bytes(data: bytes, private: str) -> str:
    """The signature of some bytes, as hex."""
    made: bytes = _ed25519().Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)).sign(data)
    return made.hex()


def signed_by(data: bytes, signature: str, key: str) -> bool:
    """Whether the holder of `key` signed these bytes."""
    if not _KEY.fullmatch(key) or not _SIGNATURE.fullmatch(signature):
        return False
    invalid = load("cryptography.exceptions", "packet", "Checking a signature").InvalidSignature
    try:
        _ed25519().Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(signature), data
        )
    except (invalid, ValueError):
        return False
    return True


def sign(kind: str, payload: dict[str, Any], private: str) -> dict[str, Any]:
    """The signed form of a payload: `{format, version, payload, key, signature}`."""
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True)
    return {
        "format": kind,
        "version": VERSION,
        "payload": text,
        "key": public_key(private),
        "signature": sign_bytes(_message(kind, text), private),
    }


def open_signed(kind: str, raw: str | bytes, *, where: str = "") -> Signed:
    """Read a signed file.

    Raises:
        InputError: it is too large, not JSON, not of that format, or the signature does not match.
        VersionMismatch: a newer version wrote it.
    """
    nothing = InputError(f"this is not a {kind} file", where=where, why=f"larger than {LARGEST:,} bytes")
    if len(raw) > LARGEST:
        raise nothing
    return check_signed(kind, read_json(raw, f"a {kind} file", where=where), where=where)


def read_json(text: str | bytes, what: str, *, where: str = "") -> Any:
    """The JSON of a text.

    Raises:
        InputError: it is none, and so not `what`.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is not {what}", [f"not JSON: {str(error)[:120]}"], where=where) from None


def check_signed(kind: str, data: Any, *, where: str = "") -> Signed:
    """As `open_signed`, for what is JSON already."""
    problems = []
    if not isinstance(data, dict) or data.get("format") != kind:
        said = data.get("format") if isinstance(data, dict) else None
        raise InputError(f"this is not a {kind} file", [f"its format is {str(said)[:60]!r}"], where=where)
    version = data.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise VersionMismatch(
            f"this file was written by a newer gradatim (format {version}, this one reads {VERSION})",
            where=where, next="install the newest gradatim",
        )  # fmt: skip
    if version != VERSION or isinstance(version, bool):
        problems.append(f"version: {VERSION} is expected")
    text, key, signature = data.get("payload"), data.get("key"), data.get("signature")
    if not isinstance(text, str):
        problems.append("payload: missing or not text")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        problems.append("key: not 64 hexadecimal digits")
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        problems.append("signature: not 128 hexadecimal digits")
    if set(data) - {"format", "version", "payload", "key", "signature"}:
        problems.append("there is more in it than payload, key and signature")
    if not problems:
        try:
            message = _message(kind, str(text))
        except UnicodeEncodeError:
            message = b""
        if not signed_by(message, str(signature), str(key)):
            problems.append(
                "the signature does not match the text: it was altered, or never signed by that key"
            )
    payload: Any = None
    if not problems:
        try:
            payload = json.loads(str(text))
        except (ValueError, RecursionError):
            problems.append("payload: not JSON")
    if not problems and not isinstance(payload, dict):
        problems.append("payload: not an object")
    if problems:
        raise InputError(f"this {kind} file cannot be relied on", problems, where=where)
    return Signed(payload, str(key), str(text))


def _message(kind: str, text: str) -> bytes:
    return f"gradatim {kind} v{VERSION}\n{text}".encode()


def _ed25519() -> Any:
    return load("cryptography.hazmat.primitives.asymmetric.ed25519", "packet", "Signing")

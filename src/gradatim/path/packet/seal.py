"""The seal of a packet file: a digest of every byte of it, signed. Needs the group `packet`.

The seal is one text in the file, of fixed length: `gradatim-seal:v1:<digest>:<key>:<signature>`. The digest is
BLAKE2b-256 over the whole file with the seal's own digits replaced by zeros; the signature is Ed25519 over
`gradatim packet v1\\n` and the digest. So no byte can change, before, inside or after the payload, without being
found. Whoever holds another key can seal another file: that is what the key's fingerprint is shown for.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from gradatim.path.evidence.signed import public_key, sign_bytes, signed_by

EMPTY = f"gradatim-seal:v1:{'0' * 64}:{'0' * 64}:{'0' * 128}"
_SEAL = re.compile(rb"gradatim-seal:v1:([0-9a-f]{64}):([0-9a-f]{64}):([0-9a-f]{128})")
_ANY = re.compile(rb"gradatim-seal:v(\d+):")
# Where a seal stands in each form. The quotation marks make sure that no text of a person can be taken for one.
_PLACES = (rb'<meta name="gradatim-seal" content="', rb'"seal": "')


class Sealed(NamedTuple):
    """What the seal of a file says, and whether it holds. `version` is None when there is none."""

    version: int | None
    whole: bool
    signed: bool
    key: str | None
    digest: str


def seal(data: bytes, private: str) -> bytes:
    """The file with its seal filled in.

    Args:
        data: the file, `EMPTY` standing where the seal belongs.
        private: the owner's key, hex.

    Raises:
        ValueError: there is no place for a seal, or more than one.
    """
    at = _place(data)
    if at is None or data[at : at + len(EMPTY)] != EMPTY.encode():
        raise ValueError("a packet has exactly one place for its seal")
    digest = _digest(data)
    made = f"gradatim-seal:v1:{digest}:{public_key(private)}:{sign_bytes(_message(digest), private)}"
    return data[:at] + made.encode() + data[at + len(EMPTY) :]


def unseal(data: bytes) -> Sealed:
    """Read the seal of a file and check it against every byte."""
    at = _place(data)
    digest = _digest(blank(data))
    if at is None:
        return Sealed(None, False, False, None, digest)
    found = _SEAL.match(data, at)
    if found is None:
        other = _ANY.match(data, at)
        return Sealed(int(other[1]) if other else None, False, False, None, digest)
    said, key, signature = (part.decode() for part in found.groups())
    return Sealed(1, said == digest, signed_by(_message(said), signature, key), key, digest)


def blank(data: bytes) -> bytes:
    """The file with an empty seal: what the digest is taken of."""
    at = _place(data)
    if at is None or _SEAL.match(data, at) is None:
        return data
    return data[:at] + EMPTY.encode() + data[at + len(EMPTY) :]


def _place(data: bytes) -> int | None:
    """Where the one seal begins; None when there is none, or when there could be two."""
    found = [m.end() for place in _PLACES for m in re.finditer(re.escape(place), data)]
    return found[0] if len(found) == 1 else None


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def _message(digest: str) -> bytes:
    return f"gradatim packet v1\n{digest}".encode()

"""The grade `issued`: a learner's request, and a reviewer's signed nonce that answers it.

    request  made by the learner: lab, version, 128 random bits, a name
    issue    made by the reviewer: the request, 128 random bits, from when to when it holds, a signature

The exam's nonce is BLAKE2b over both halves, so neither side chooses the instances alone. The signature is
Ed25519 (RFC 8032) over the canonical JSON of everything else in the issue.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gradatim.core import groups
from gradatim.core.canonical import canonical_json
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

REQUEST, ISSUE = "gradatim-exam-request", "gradatim-exam-issue"
VERSION = 1
TIME = "%Y-%m-%dT%H:%M:%SZ"
LONGEST_HOURS = 14 * 24
_HEX = re.compile(r"[0-9a-f]+")


def request(lab: str, version: str, digest: str, learner: str, nonce: int, at: str) -> dict[str, Any]:
    """What a learner hands to a reviewer."""
    return {
        "format": REQUEST,
        "version": VERSION,
        "lab": lab,
        "lab_version": version,
        "lab_digest": digest,
        "learner": learner,
        "nonce": f"{nonce:032x}",
        "at": at,
    }


def sign(
    asked: Mapping[str, Any], key: Ed25519PrivateKey, *, reviewer: str, nonce: int, at: str, hours: float
) -> dict[str, Any]:
    """The reviewer's answer to a request.

    Args:
        asked: a request.
        nonce: the reviewer's own 128 random bits.
        at: now, UTC.
        hours: how long it holds; above 0, at most two weeks.

    Raises:
        InputError: the request is malformed, or the hours are out of range; all problems at once.
    """
    problems = request_problems(asked)
    if not 0 < hours <= LONGEST_HOURS:
        problems.append(f"hours: {hours:g}, above 0 and at most {LONGEST_HOURS}")
    if not reviewer.strip():
        problems.append("reviewer: a name")
    if problems:
        raise InputError("this request cannot be answered", problems, next="gradatim exam issue --help")
    body = {
        "format": ISSUE,
        "version": VERSION,
        "request": dict(asked),
        "nonce": f"{nonce:032x}",
        "issued_at": at,
        "expires_at": (_time(at) + timedelta(hours=hours)).strftime(TIME),
        "reviewer": reviewer.strip(),
        "public_key": public_hex(key),
    }
    return {**body, "signature": key.sign(canonical_json(body)).hex()}


def check(issue: Any) -> dict[str, Any]:
    """An issue whose form and signature hold.

    Raises:
        InputError: malformed, or not signed by the key that it names; all problems at once.
        MissingGroup: the package `cryptography` is not installed.
    """
    problems: list[str] = []
    if not isinstance(issue, dict) or issue.get("format") != ISSUE:
        raise InputError("this is not an issued exam", [f'format: not "{ISSUE}"'], next="gradatim exam issue")
    problems += [f"request: {p}" for p in request_problems(issue.get("request"))]
    for name, digits in (("nonce", 32), ("public_key", 64), ("signature", 128)):
        if not _is_hex(issue.get(name), digits):
            problems.append(f"{name}: not {digits} hexadecimal digits")
    for name in ("issued_at", "expires_at"):
        if not _is_time(issue.get(name)):
            problems.append(f"{name}: not a time like 2026-03-01T09:30:00Z")
    if not isinstance(issue.get("reviewer"), str):
        problems.append("reviewer: not text")
    if not problems and not _signed(issue):
        problems.append("signature: not made by the key that the file names, over what it says")
    if problems:
        raise InputError("this issued exam cannot be used", problems, next="ask the reviewer for another one")
    return dict(issue)


def joint_nonce(issue: Mapping[str, Any]) -> int:
    """The nonce of the exam: both halves and the signature's key mixed, 128 bits."""
    halves = f"{issue['request']['nonce']}/{issue['nonce']}/{issue['public_key']}"
    h = hashlib.blake2b(halves.encode(), person=b"exam issue", digest_size=16)
    return int.from_bytes(h.digest(), "little")


def late(issue: Mapping[str, Any], at: str) -> bool:
    """Whether `at` is after the issue has run out."""
    return _time(at) > _time(str(issue["expires_at"]))


def minutes_between(start: str, end: str) -> float:
    """Wall minutes from one UTC time to another."""
    return (_time(end) - _time(start)).total_seconds() / 60.0


def request_problems(asked: Any) -> list[str]:
    """What is wrong with a request; empty when nothing is."""
    if not isinstance(asked, Mapping):
        return ["not a JSON object"]
    problems = []
    if asked.get("format") != REQUEST or asked.get("version") != VERSION:
        problems.append(f'format: not "{REQUEST}" version {VERSION}')
    problems += [
        f"{name}: not text"
        for name in ("lab", "lab_version", "lab_digest", "learner")
        if not isinstance(asked.get(name), str)
    ]
    if not _is_hex(asked.get("nonce"), 32):
        problems.append("nonce: not 32 hexadecimal digits")
    if not _is_time(asked.get("at")):
        problems.append("at: not a time like 2026-03-01T09:30:00Z")
    return problems


def load_key(private_hex: str) -> Ed25519PrivateKey:
    """The private key of 64 hexadecimal digits."""
    made: Ed25519PrivateKey = _ed25519().Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_hex))
    return made


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public half, 64 hexadecimal digits."""
    return key.public_key().public_bytes_raw().hex()


def _signed(issue: Mapping[str, Any]) -> bool:
    from cryptography.exceptions import InvalidSignature

    body = {name: value for name, value in issue.items() if name != "signature"}
    public = _ed25519().Ed25519PublicKey.from_public_bytes(bytes.fromhex(issue["public_key"]))
    try:
        public.verify(bytes.fromhex(issue["signature"]), canonical_json(body))
    except InvalidSignature:
        return False
    return True


def _ed25519() -> Any:
    return groups.load("cryptography.hazmat.primitives.asymmetric.ed25519", "packet", "An issued exam")


def _time(text: str) -> datetime:
    return datetime.strptime(text, TIME).replace(tzinfo=UTC)


def _is_time(value: Any) -> bool:
    try:
        _time(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_hex(value: Any, digits: int) -> bool:
    return isinstance(value, str) and len(value) == digits and _HEX.fullmatch(value) is not None

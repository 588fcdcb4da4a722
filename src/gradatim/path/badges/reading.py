"""A badge from a file: its form checked, its proof looked at, every problem at once."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from gradatim.core.errors import InputError
from gradatim.path.evidence.text import file_name
from gradatim.path.rubric import told

from .credential import Credential
from .proof import WRONG, Proof, agrees, check_token, embedded, key_of_did, no_constant, once, parts_of
from .vessel import TOKEN, take

NEXT = "gradatim evidence badge --help"


@dataclass(frozen=True)
class Badge:
    """A badge that was read.

    Attributes:
        token: the compact JWS it came as; None for plain JSON.
        form: json, jwt, png or svg.
        file: name of the file, safe to show.
        digest, size: of the whole file.
        notes: what a reader should know: expired, can be revoked, not yet valid.
    """

    credential: Credential
    proof: Proof
    token: str | None
    form: str
    file: str
    digest: str
    size: int
    notes: tuple[str, ...]


def read(data: bytes, name: str, *, now: datetime.datetime) -> Badge:
    """Read and check a badge file.

    Args:
        data: the file.
        name: what it is called.
        now: the moment, with its time zone.

    Raises:
        InputError: it holds no badge, or one that is not what it says; all problems at once.
        MissingGroup: its signature could be checked, and `cryptography` is not installed.
    """
    label = file_name(name)
    try:
        taken = take(data)
        token = taken.text if TOKEN.fullmatch(taken.text) else None
        raw, proof, problems = _opened(taken.text, token)
    except (ValueError, RecursionError) as error:
        raise _refused(label, [str(error)[:200]]) from None
    try:
        credential = Credential.model_validate(raw)
    except ValidationError as error:
        raise _refused(
            label, [*problems, *(p.replace("Value error, ", "") for p in told(error, raw))]
        ) from None
    if proof is None:
        proof = embedded(credential.proof)
    own = key_of_did(credential.issuer_id)
    if own is not None and proof.key is not None and own != proof.key:
        problems.append("signed by another key than the one its issuer is named by")
    if proof.status == WRONG:
        problems.append(proof.detail)
    if problems:
        raise _refused(label, problems)
    return Badge(
        credential, proof, token, taken.form, label, f"sha256:{hashlib.sha256(data).hexdigest()}", len(data),
        tuple(_notes(credential, now)),
    )  # fmt: skip


def _opened(text: str, token: str | None) -> tuple[Any, Proof | None, list[str]]:
    """The credential as data, the proof around it, and what does not fit between the two."""
    if token is None:
        raw = json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
        if not isinstance(raw, Mapping):
            raise ValueError("its JSON is no object")
        return raw, None, []
    header, claims, signature = parts_of(token)
    # Verifiable Credentials 1.1 wrap the credential in `vc`, 2.0 are the claims themselves.
    inner = claims.get("vc") if isinstance(claims.get("vc"), Mapping) else claims
    return inner, check_token(token, header, signature), agrees(claims, inner or {})


def _notes(credential: Credential, now: datetime.datetime) -> list[str]:
    notes = []
    if credential.begins is not None and credential.begins > now:
        notes.append(f"not valid before {credential.begins.date()}")
    if credential.ends is not None and credential.ends < now:
        notes.append(f"no longer valid since {credential.ends.date()}")
    if credential.credentialStatus is not None:
        notes.append("its issuer can revoke it; whether they have is not checked here")
    return notes


def _refused(label: str, problems: list[str]) -> InputError:
    return InputError("this file is no Open Badge that can be taken", list(dict.fromkeys(problems))[:40], where=label,
                      next=NEXT)  # fmt: skip

"""Whose badge it is: the subject of a credential beside the key and the identities of the person who takes it in.

1EdTech, "Open Badges Specification" 3.0, appendix B.1 (AchievementSubject: `id` or `identifier`;
IdentityObject: plain, or hashed as `sha256$…` or `md5$…` over the value with an optional salt behind it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gradatim.path.evidence.record import BY_IDENTITY, BY_KEY, NOT_CONFIRMED

from .credential import Identity, Subject
from .proof import key_of_did

NOT_YOURS = "subject not confirmed as yours"
_ALGORITHMS = {"sha256": "sha256", "md5": "md5"}


class Whose(NamedTuple):
    """What the comparison came to.

    Attributes:
        status: key (the subject is the person's signing key), identity (one of those they say are theirs), or not
            confirmed.
        detail: Why, for a reader; a value that the badge itself hides behind a hash is not repeated.
    """

    status: str
    detail: str


def whose(subject: Subject, identities: Sequence[str] = (), own_key: str | None = None) -> Whose:
    """Compare a subject with a person.

    Args:
        identities: e-mail addresses and ids that the person says are theirs.
        own_key: their public key as hex.
    """
    key = key_of_did(subject.id) if subject.id is not None else None
    if own_key is not None and key == own_key:
        return Whose(BY_KEY, "its subject is the owner's signing key")
    mine = [one for one in identities if one.strip()]
    if subject.id is not None and any(_plain(one) == _plain(subject.id) for one in mine):
        return Whose(BY_IDENTITY, f"its subject is {subject.id[:120]}, which the owner says is theirs")
    named = False
    for identity in subject.identifier or ():
        if not any(_is(identity, one) for one in mine):
            continue
        if identity.identityType == "name":
            named = True
            continue
        return Whose(BY_IDENTITY, _detail(identity))
    if named:
        return Whose(NOT_CONFIRMED, "only a name agrees, and names are shared")
    if not mine:
        return Whose(
            NOT_CONFIRMED, "its subject is not the owner's key, and the owner names no other identity"
        )
    return Whose(
        NOT_CONFIRMED, f"its subject ({_told(subject)}) is neither the owner's key nor an identity they name"
    )


def could_be(subject: Subject) -> set[str]:
    """Every `detail` that `whose` gives where a subject is confirmed by an identity, whichever that is.

    A verifier does not know what the owner says is theirs; this is what the badge itself allows them to say.
    """
    found = set() if subject.id is None else {whose(subject, [subject.id]).detail}
    for identity in subject.identifier or ():
        if identity.identityType != "name":
            found.add(_detail(identity))
    return found


def _detail(identity: Identity) -> str:
    shown = "" if identity.hashed else f" {identity.identityHash[:120]}"
    hidden = " (hashed in the badge)" if identity.hashed else ""
    return f"its {identity.identityType[:40]}{shown}{hidden} is one that the owner says is theirs"


def _is(identity: Identity, mine: str) -> bool:
    """Whether an identity of a badge is one of the person's; hashes are taken over the usual ways of writing it."""
    if not identity.hashed:
        return _plain(identity.identityHash) == _plain(mine)
    name, _, wanted = identity.identityHash.partition("$")
    algorithm = _ALGORITHMS.get(name.lower())
    if algorithm is None:
        return False
    return any(_hash(algorithm, text + (identity.salt or "")) == wanted.lower() for text in _written(mine))


def _hash(algorithm: str, text: str) -> str:
    # MD5 is in the specification; here it compares, and protects nothing.
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


def _written(mine: str) -> Iterable[str]:
    bare = mine.strip()
    without = bare[7:] if bare.lower().startswith("mailto:") else bare
    return dict.fromkeys((bare, without, without.lower(), f"mailto:{without}", f"mailto:{without.lower()}"))


def _plain(text: str) -> str:
    """For comparing: addresses without `mailto:` and in small letters, everything else as it is."""
    bare = text.strip()
    without = bare[7:] if bare.lower().startswith("mailto:") else bare
    is_address = "@" in without and ":" not in without and "/" not in without
    return without.casefold() if is_address or " " in without else without


def _told(subject: Subject) -> str:
    if subject.id is not None:
        return subject.id[:120]
    kinds = ", ".join(dict.fromkeys(i.identityType[:40] for i in subject.identifier or ()))
    return f"an identifier by {kinds}"

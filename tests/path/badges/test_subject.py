"""Whose badge it is: by key, by a stated identity, plain or hashed with a salt; a name alone is nobody."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from gradatim.path.badges.credential import Subject
from gradatim.path.badges.subject import whose
from gradatim.path.evidence.signed import public_key
from gradatim.path.packet.badge import did_key

KEY = public_key("11" * 32)
ACHIEVEMENT = {"id": "urn:x:a", "type": ["Achievement"], "name": "A", "description": "B", "criteria": {}}


def subject(**said: Any) -> Subject:
    return Subject.model_validate({"type": "AchievementSubject", "achievement": ACHIEVEMENT, **said})


def identity(value: str, kind: str = "emailAddress", **more: Any) -> dict[str, Any]:
    return {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": kind, **more}


def hashed(
    text: str, salt: str = "", algorithm: str = "sha256", kind: str = "emailAddress"
) -> dict[str, Any]:
    told = hashlib.new(algorithm, (text + salt).encode(), usedforsecurity=False).hexdigest()
    more = {"salt": salt} if salt else {}
    return identity(f"{algorithm}${told}", kind, hashed=True, **more)


def test_the_own_key_is_the_strongest_and_another_key_is_nobody() -> None:
    assert whose(subject(id=did_key(KEY)), (), KEY).status == "key"
    assert whose(subject(id=did_key(public_key("22" * 32))), (), KEY).status == "not confirmed"
    assert whose(subject(id=did_key(KEY))).status == "not confirmed"  # no key was made yet
    assert whose(subject(id="did:key:zNotBase58!"), (), KEY).status == "not confirmed"


@pytest.mark.parametrize(
    ("said", "mine", "confirmed"),
    [
        ({"id": "mailto:Ines@Example.org"}, ["ines@example.org"], True),
        ({"id": "https://ines.example/me"}, ["https://ines.example/me"], True),
        ({"id": "https://ines.example/me"}, ["https://INES.example/me"], False),
        ({"id": "did:web:ines.example"}, ["did:web:ines.example", "x@y.example"], True),
        ({"identifier": [identity("ines@example.org")]}, ["INES@example.org"], True),
        ({"identifier": identity("other@example.org")}, ["ines@example.org"], False),
        ({"identifier": [hashed("ines@example.org", "s4lt")]}, ["Ines@Example.org"], True),
        ({"identifier": [hashed("ines@example.org")]}, ["mailto:ines@example.org"], True),
        ({"identifier": [hashed("mailto:ines@example.org", "s")]}, ["ines@example.org"], True),
        ({"identifier": [hashed("ines@example.org", "s", "md5")]}, ["ines@example.org"], True),
        ({"identifier": [hashed("ines@example.org", "s")]}, ["ines@example.com"], False),
        ({"identifier": [hashed("ines@example.org", "s", "sha512")]}, ["ines@example.org"], False),
        ({"identifier": [{**hashed("ines@example.org", "s"), "salt": "t"}]}, ["ines@example.org"], False),
        ({"identifier": [identity("0042", "sourcedId")]}, ["0042"], True),
        ({"id": "did:example:x", "identifier": [hashed("a@b.example", "s")]}, ["a@b.example"], True),
        ({"identifier": [identity("Ines Carvalho", "name")]}, ["ines carvalho"], False),
        ({"id": "did:example:x"}, [" "], False),
    ],
)  # fmt: skip
def test_an_identity_is_compared_as_it_is_written_or_hashed(
    said: dict[str, Any], mine: list[str], confirmed: bool
) -> None:
    found = whose(subject(**said), mine, KEY)
    assert found.status == ("identity" if confirmed else "not confirmed"), found


def test_what_the_badge_hides_is_not_said_aloud_and_a_name_is_no_proof() -> None:
    assert (
        "ines"
        not in whose(subject(identifier=[hashed("ines@example.org", "s")]), ["ines@example.org"]).detail
    )
    assert "names are shared" in whose(subject(identifier=[identity("I C", "name")]), ["i c"]).detail
    assert "names no other identity" in whose(subject(id="did:example:x")).detail

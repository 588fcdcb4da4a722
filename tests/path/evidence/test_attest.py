"""A request, an answer, and what cannot be made of them."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from gradatim.core import chain
from gradatim.core.errors import InputError, StateError, VersionMismatch
from gradatim.path.evidence import attest, signed
from gradatim.path.evidence.request import request_page

OWNER, PERSON = "11" * 32, "22" * 32
NOW = "2026-11-19T10:00:00Z"
ENTRY = chain.seal(
    3,
    "evidence",
    NOW,
    {"title": "RFC </script><script>alert(1)</script>", "own_share": 0.6},
    "0" * 64,
    salt=lambda: "5" * 32,
)
SAID = {
    "name": "M. Sato",
    "role": "Lead",
    "relation": "Same RFC",
    "stance": "confirms",
    "share_percent": 60,
    "words": "Yes.",
}


def request() -> dict[str, Any]:
    return attest.ask(ENTRY, nonce="ab" * 16, owner="Ines", person="M. Sato", now=NOW, private=OWNER)


def answered() -> dict[str, Any]:
    return attest.answer(attest.read_request(request()), dict(SAID), now=NOW, private=PERSON)


def test_ed25519_is_the_published_one() -> None:
    """RFC 8032, section 7.1, test 2."""
    private = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
    assert signed.public_key(private) == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signed.sign_bytes(b"\x72", private) == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert signed.fingerprint("9c417be052aaf310" + "0" * 48) == "9c41 7be0 52aa f310"


def test_an_answer_names_the_entry_and_not_its_content() -> None:
    answer, opened = attest.read_answer(answered())
    assert (answer.entry, answer.entry_hash, answer.name) == (3, ENTRY.hash, "M. Sato")
    assert opened.key == signed.public_key(PERSON)
    assert "</script>" not in json.dumps(answered())


def test_every_altered_byte_of_an_answer_is_found() -> None:
    rng = random.Random(1)
    text = json.dumps(answered()).encode()
    for at in rng.sample(range(len(text)), 250):
        changed = bytearray(text)
        changed[at] ^= 1 << rng.randrange(8)
        try:
            same = json.loads(bytes(changed)) == json.loads(text)
        except ValueError:
            continue
        if not same:
            with pytest.raises((InputError, VersionMismatch)):
                attest.read_answer(json.loads(bytes(changed)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"name": ""}, "name"), ({"stance": "loves it"}, "stance"), ({"share_percent": 140}, "share_percent"),
     ({"role": "x"}, "role"), ({"words": "y" * 2001}, "words")],
)  # fmt: skip
def test_an_answer_that_is_not_complete_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as error:
        attest.answer(attest.read_request(request()), {**SAID, **changes}, now=NOW, private=PERSON)
    assert says in " ".join(error.value.problems)


def test_a_request_with_another_text_than_its_hash_is_refused() -> None:
    raw = copy.deepcopy(ENTRY.as_dict())
    raw["fields"]["title"]["value"] = "Invented the internet"
    payload = {"request": "ab" * 16, "owner": "Ines", "person": "M. Sato", "asked_at": NOW, "entry": raw}
    with pytest.raises(InputError) as error:
        attest.read_request(signed.sign(attest.REQUEST, payload, OWNER))
    assert "does not match its hash" in " ".join(error.value.problems)


def test_what_is_withheld_cannot_be_attested() -> None:
    with pytest.raises(StateError, match="E-003"):
        attest.ask(
            chain.redact(ENTRY, ["title"]), nonce="ab" * 16, owner="I", person="M", now=NOW, private=OWNER
        )


def test_the_page_holds_the_request_and_nothing_runs_in_it() -> None:
    page = request_page(request(), title="<b>Attestation</b>")
    assert page.count("<script") == 2
    assert "<b>Attestation" not in page
    assert attest.embedded(page) == request()
    with pytest.raises(InputError):
        attest.embedded("<html>nothing</html>")


def test_a_newer_file_says_so() -> None:
    with pytest.raises(VersionMismatch, match="newer"):
        signed.check_signed(attest.ANSWER, {**answered(), "version": 2})
    for other in (
        None,
        [],
        {},
        {"format": "packet"},
        {**answered(), "more": 1},
        {**answered(), "version": True},
    ):
        with pytest.raises(InputError):
            signed.check_signed(attest.ANSWER, other)
    with pytest.raises(InputError):
        signed.open_signed(attest.ANSWER, b"\xff\xfe")

"""Badges of others: what is read, what is checked, what is said to be unchecked, what is refused."""

from __future__ import annotations

import base64
import datetime
import json
import struct
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.core.errors import InputError
from gradatim.path.badges import badge_item, read
from gradatim.path.badges.proof import key_of_did
from gradatim.path.evidence.signed import public_key, sign_bytes
from gradatim.path.packet.badge import credential, did_key, signed

NOW = datetime.datetime(2026, 11, 19, 12, tzinfo=datetime.UTC)
SHORT = {"kty": "OKP", "crv": "Ed25519", "x": "AA"}
OWN, OTHER = "11" * 32, "22" * 32


def foreign(**more: Any) -> dict[str, Any]:
    """A badge as somebody else issues it."""
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id": "https://badges.example/credentials/3732",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "https://badges.example/issuers/1", "type": ["Profile"], "name": "An academy (example)"},
        "validFrom": "2026-03-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:learner",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://badges.example/achievements/teamwork",
                "type": ["Achievement"],
                "name": "Teamwork",
                "description": "Works well with others.",
                "criteria": {"narrative": "Named by peers, seen by two reviewers."},
            },
        },
        **more,
    }  # fmt: skip


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims: dict[str, Any], header: dict[str, Any], sign: Any) -> bytes:
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{text}.{b64(sign(text.encode()))}".encode()


def eddsa(claims: dict[str, Any], private: str = OTHER, **header: Any) -> bytes:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes.fromhex(public_key(private)))}
    return token(
        claims, {"alg": "EdDSA", "jwk": jwk, **header}, lambda m: bytes.fromhex(sign_bytes(m, private))
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*texts: bytes, head: bytes = b"\0\0\0\0") -> bytes:
    """A picture of one pixel with `texts` baked in."""
    baked = [chunk(b"iTXt", b"openbadgecredential\0" + head + text) for text in texts]
    pixel = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\0\0")),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join([*pixel, *baked, chunk(b"IEND", b"")])


def svg(inner: str, attribute: str = "") -> bytes:
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
    return f"<svg {space}><openbadges:credential{attribute}>{inner}</openbadges:credential></svg>".encode()


def own() -> bytes:
    exam = {"id": "x1", "lab": "incident-response", "lab_version": "1.0.0", "skill": 0.71, "pass_mark": 0.6,
            "instances": 4, "grade": "self-run", "hash": "ab"}  # fmt: skip
    module = {"id": "reliability", "title": "Reliability"}
    made = credential(owner="Ines", key=public_key(OWN), now="2026-11-19T10:00:00Z", module=module,
                      lab_titles=["Incident"], exams=[exam])  # fmt: skip
    return signed(made, OWN).encode()


def test_our_own_badge_is_checked_and_stays_a_lab() -> None:
    found = read(own(), "badge.jwt", now=NOW)
    assert (found.form, found.proof.status, found.proof.key) == ("jwt", "holds", public_key(OWN))
    item = badge_item(found, own_key=public_key(OWN))
    assert item["kind"] == "lab" and item["source"]["self_issued"]
    assert not badge_item(found, own_key=public_key(OTHER))["source"]["self_issued"]
    assert item["artefacts"][0]["bytes"] == len(own())


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (json.dumps(foreign()).encode(), "json"),
        (json.dumps(foreign(), indent=2).encode("utf-8-sig"), "json"),
        (png(json.dumps(foreign()).encode()), "png"),
        (svg(f"<![CDATA[{json.dumps(foreign())}]]>"), "svg"),
    ],
)
def test_a_badge_without_a_checkable_proof_says_so(data: bytes, form: str) -> None:
    found = read(data, "../badges/\u202eb.json", now=NOW)
    assert (found.form, found.proof.status) == (form, "not checked here")
    assert "anybody could have written it" in found.proof.detail
    item = badge_item(found)
    assert (item["kind"], item["started"]) == ("attestation", "2026-03-01")
    assert "An academy (example)" in item["context"] and "grade" not in item
    assert "\u202e" not in item["artefacts"][0]["name"] and "/" not in item["artefacts"][0]["name"]


def test_tokens_are_checked_with_the_key_they_carry_wherever_they_are_baked() -> None:
    made = eddsa(foreign())
    for data, form in ((made, "jwt"), (png(made), "png"), (svg("", f' verify="{made.decode()}"'), "svg")):
        found = read(data, "b", now=NOW)
        assert (found.form, found.proof.status, found.proof.key) == (form, "holds", public_key(OTHER))
    private = rsa.generate_private_key(65537, 2048)
    numbers = private.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": b64(numbers.n.to_bytes(256, "big")), "e": b64(b"\1\0\1")}
    good = token(foreign(), {"alg": "RS256", "jwk": jwk, "typ": "JWT"},
                 lambda m: private.sign(m, padding.PKCS1v15(), hashes.SHA256()))  # fmt: skip
    assert read(good, "b", now=NOW).proof.status == "holds"
    with pytest.raises(InputError, match="no Open Badge") as refused:
        read(good[:-8] + b"AAAAAAAA", "b", now=NOW)
    assert "does not match" in refused.value.problems[0]


def test_the_earlier_generation_with_vc_in_its_token_is_read() -> None:
    made = foreign(**{"@context": ["https://www.w3.org/2018/credentials/v1", "https://purl.imsglobal.org/spec/ob/v3p0/context.json"]},
                   issuanceDate="2024-05-01T10:00:00+02:00")  # fmt: skip
    del made["validFrom"]
    data = eddsa({"vc": made, "iss": made["issuer"]["id"], "sub": "did:example:learner", "jti": made["id"]})
    assert badge_item(read(data, "b", now=NOW))["started"] == "2024-05-01"


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({"alg": "EdDSA", "kid": "https://badges.example/keys#1"}, "nothing is fetched"),
        ({"alg": "RS256", "kid": "https://badges.example/keys#1"}, "nothing is fetched"),
        ({"alg": "ES256", "kid": "x"}, "which is not checked here"),
    ],
)
def test_a_key_elsewhere_is_not_fetched(header: dict[str, Any], says: str) -> None:
    found = read(token(foreign(), header, lambda _: b"x" * 64), "b", now=NOW)
    assert found.proof.status == "not checked here" and says in found.proof.detail


def test_embedded_proofs_status_and_dates_are_told() -> None:
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1"}
    status = {"id": "https://badges.example/status/1", "type": "BitstringStatusListEntry"}
    more: dict[str, Any] = {"proof": proof, "credentialStatus": status, "validUntil": "2026-10-01T00:00:00Z"}
    found = read(json.dumps(foreign(**more)).encode(), "b", now=NOW)
    assert found.proof.status == "not checked here" and "eddsa-rdfc-2022" in found.proof.detail
    assert any("no longer valid since 2026-10-01" in note for note in found.notes)
    assert any("revoke" in note for note in found.notes)


def changed(**paths: Any) -> bytes:
    made = foreign()
    for path, value in paths.items():
        *parents, last = path.split("__")
        at: Any = made
        for name in parents:
            at = at[name]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return json.dumps(made).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", ["Expecting value"]),
        (b"hello", ["Expecting value"]),
        (b"[]", ["no object"]),
        (b'{"a": NaN}', ["NaN is not JSON"]),
        (b'{"id": "a", "id": "b"}', ["twice"]),
        (b"[" * 100_000, ["recursion"]),
        (b"\xff\xfe\x00", ["neither PNG nor UTF-8"]),
        (changed(id=None, credentialSubject__achievement__name=None, issuer__id="no uri"),
         ["id:", "credentialSubject.achievement.name", "issuer"]),
        (changed(type=["VerifiableCredential"]), ["OpenBadgeCredential or AchievementCredential"]),
        (changed(validFrom="2026-03-01T00:00:00"), ["time zone"]),
        (changed(validFrom=None), ["validFrom: missing"]),
        (changed(credentialSubject__id=None), ["either id or an identifier"]),
        (changed(credentialSubject__achievement__criteria=None), ["criteria"]),
        (json.dumps({**foreign(), "@context": ["https://w3id.org/openbadges/v2", "x"]}).encode(), ["@context"]),
        (png(), ["no badge is baked into this PNG"]),
        (png(b"{}", b"{}"), ["more than one"]),
        (png(b"x", head=b"\1\0\0\0"), ["compressed"]),
        (png(b"{}")[:60], ["PNG"]),
        (png(b"{}").replace(b"{}", b"[]"), ["checksum"]),
        (b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffiTXt" + b"x" * 20, ["cut"]),
        (svg("{}{"), ["Extra data"]),
        (b"<svg", ["not XML"]),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ["no badge is baked into this SVG"]),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>', ["entities"]),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><svg/>', ["document type"]),
        (token(foreign(), {"alg": "none"}, lambda _: b"x"), ["nobody signed it"]),
        (token(foreign(), {"alg": "EdDSA", "jwk": {**SHORT, "d": "AA"}}, lambda _: b"x"), ["private key"]),
        (token(foreign(), {"alg": "EdDSA", "jwk": SHORT}, lambda _: b"x"), ["does not match"]),
        (token(foreign(), {"alg": "RS256", "jwk": {"kty": "RSA", "n": "AQ", "e": "AQAB"}}, lambda _: b"x"),
         ["does not match"]),
        (eddsa(foreign(), crit=["b64"], b64=False), ["crit"]),
        (eddsa(foreign())[:-4] + b"AAAA", ["does not match"]),
        (eddsa({"vc": foreign(), "iss": "https://another.example"}), ["claim iss"]),
        (eddsa(foreign(issuer=did_key(public_key(OWN)))), ["another key than the one its issuer"]),
        (b"a.b.c", ["not a signed token"]),
    ],
)  # fmt: skip
def test_what_is_no_badge_or_says_something_false_is_refused(data: bytes, says: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        read(data, "b.json", now=NOW)
    told = "\n".join(refused.value.problems)
    for one in says:
        assert one in told, told


def test_large_files_are_refused_unread() -> None:
    for data in (b" " * 8_000_001, png(b"x" * 400_001), json.dumps(foreign(name="x" * 400_000)).encode()):
        with pytest.raises(InputError):
            read(data, "b", now=NOW)


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode()), st.sampled_from([png, bytes])
)
@settings(max_examples=80, deadline=None)
def test_no_bytes_crash_it(data: bytes, put: Any) -> None:
    with pytest.raises(InputError):
        read(put(data), "b", now=NOW)


def test_did_keys_go_both_ways() -> None:
    assert key_of_did(did_key(public_key(OWN))) == public_key(OWN)
    assert key_of_did(f"{did_key(public_key(OWN))}#key-1") == public_key(OWN)
    for other in (
        "did:web:x",
        "did:key:z0OIl",
        "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
        "did:key:z",
    ):
        assert key_of_did(other) is None

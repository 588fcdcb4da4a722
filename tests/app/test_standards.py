"""What goes out and comes in: badges, résumé, import, export, deletion."""

from __future__ import annotations

import base64
import datetime
import html
import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gradatim.app import App
from gradatim.core.errors import InputError, StateError, UnknownName
from gradatim.path.evidence.signed import public_key, signed_by
from gradatim.path.packet.badge import credential, did_key, signed

NOW = "2026-11-19T10:00:00Z"
EXAM = {"id": "x1", "lab": "incident-response", "lab_version": "1.0.0", "skill": 0.71, "pass_mark": 0.6, "instances": 4,
        "grade": "self-run", "hash": "ab"}  # fmt: skip
MODULE = {"id": "production-ml-reliability", "title": "Production ML Reliability"}


def badge(private: str = "11" * 32) -> tuple[dict[str, Any], str]:
    made = credential(
        owner="Ines",
        key=public_key(private),
        now=NOW,
        module=MODULE,
        lab_titles=["Incident response"],
        exams=[EXAM],
    )
    return made, signed(made, private)


def _part(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def test_did_key_is_the_one_of_the_published_vector() -> None:
    """The did:key method, test vectors of Ed25519: the key of 32 bytes 3b6a27bc…da29."""
    key = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    assert did_key(key) == "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


def test_a_badge_has_the_shape_and_the_claims_of_the_specification() -> None:
    made, token = badge()
    assert made["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert made["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    subject = made["credentialSubject"]
    assert subject["type"] == ["AchievementSubject"]
    assert {"id", "type", "name", "description", "criteria"} <= set(subject["achievement"])
    assert "self-issued" in made["issuer"]["name"]
    header, claims, signature = token.split(".")
    assert _part(header)["alg"] == "EdDSA"
    body = _part(claims)
    assert (body["iss"], body["sub"], body["jti"]) == (made["issuer"]["id"], subject["id"], made["id"])
    assert body["nbf"] == 1795082400
    raw = base64.urlsafe_b64decode(signature + "==").hex()
    assert signed_by(f"{header}.{claims}".encode(), raw, public_key("11" * 32))
    assert not signed_by(f"{header}.{claims}x".encode(), raw, public_key("11" * 32))
    assert badge()[1] == token
    assert badge("22" * 32)[0]["id"] != made["id"]


def test_a_badge_is_what_the_specifications_tables_ask_and_names_the_published_schema() -> None:
    """Open Badges 3.0, appendix B.1: properties with multiplicity [1] or [1..*], and what MUST be in them.

    The schema that 1EdTech publishes may be handed on by registered users only, so it is not in this repository: this
    one is written from the tables.
    """
    one_of = {"type": "string", "minLength": 1}
    uri = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:[^ ]+$"}

    def thing(kind: str, required: list[str], **properties: Any) -> dict[str, Any]:
        types = {"type": "array", "minItems": 1, "contains": {"const": kind}, "items": one_of}
        return {
            "type": "object",
            "required": ["type", *required],
            "properties": {"type": types, **properties},
        }

    context = [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    criteria = {"type": "object", "properties": {"id": uri, "narrative": one_of}}
    achievement = thing("Achievement", ["id", "name", "description", "criteria"], id=uri, name=one_of,
                        description=one_of, criteria=criteria)  # fmt: skip
    subject = thing("AchievementSubject", ["id", "achievement"], id=uri, achievement=achievement)
    schema = {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        **thing(
            "VerifiableCredential", ["@context", "id", "credentialSubject", "issuer", "validFrom"],
            **{"@context": {"type": "array", "minItems": 2, "items": [{"const": c} for c in context]}},
            id=uri, name=one_of, issuer=thing("Profile", ["id"], id=uri, name=one_of), credentialSubject=subject,
            validFrom={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
            evidence={"type": "array", "items": thing("Evidence", [], name=one_of, narrative=one_of, genre=one_of)},
            credentialSchema={"type": "array", "items": {"required": ["id", "type"], "properties": {"id": uri}}},
        ),
    }  # fmt: skip
    validator = jsonschema.Draft201909Validator(schema)
    jsonschema.Draft201909Validator.check_schema(schema)
    made, token = badge()
    assert list(validator.iter_errors(made)) == []
    assert {"OpenBadgeCredential", "AchievementCredential"} & set(made["type"])
    assert "proof" not in made  # the token is the proof: section 8.2
    assert list(validator.iter_errors(_part(token.split(".")[1]))) == []
    for path in ("id", "issuer", "validFrom", "credentialSubject"):
        assert list(validator.iter_errors({k: v for k, v in made.items() if k != path}))
    assert made["credentialSchema"] == [
        {
            "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
            "type": "1EdTechJsonSchemaValidator2019",
        }
    ]


def test_the_proof_holds_for_a_verifier_that_is_not_ours() -> None:
    """Section 8.2.4 of Open Badges 3.0, RFC 7515 and RFC 8037, with nothing of gradatim but the token."""
    token = badge()[1]
    head, body, signature = token.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    assert set(header) == {"alg", "typ", "jwk"}  # further headers are not allowed
    assert (header["alg"], header["typ"], header["jwk"]["kty"], header["jwk"]["crv"]) == (
        "EdDSA",
        "JWT",
        "OKP",
        "Ed25519",
    )
    assert set(header["jwk"]) == {"kty", "crv", "x"}  # never the private half
    raw = base64.urlsafe_b64decode(header["jwk"]["x"] + "=")
    key = Ed25519PublicKey.from_public_bytes(raw)
    signed_bytes = base64.urlsafe_b64decode(signature + "==")
    key.verify(signed_bytes, f"{head}.{body}".encode("ascii"))
    with pytest.raises(InvalidSignature):
        key.verify(signed_bytes, f"{head}.{body}".replace("Q", "R", 1).encode("ascii"))
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert claims["iss"] == claims["issuer"]["id"]
    assert claims["sub"] == claims["credentialSubject"]["id"]
    assert claims["jti"] == claims["id"]
    moment = datetime.datetime.fromisoformat(claims["validFrom"])
    assert claims["nbf"] == moment.timestamp()
    # did:key: multibase z (base58btc) over the bytes ed 01 and the key; decoded here by hand.
    number = 0
    for digit in claims["iss"].removeprefix("did:key:z"):
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(digit)
    assert number.to_bytes(34, "big") == b"\xed\x01" + raw


def test_a_badge_of_others_becomes_evidence_once_and_its_token_is_checked_again_in_a_packet(app: App) -> None:
    token = badge("22" * 32)[1].encode()
    seen = app.evidence.read_badge(token, "badge.jwt", now=NOW)
    assert app.store.entries() == [] and seen["source"]["proof"]["status"] == "holds"
    made = app.evidence.from_badge(token, "badge.jwt", {"links": [{"dimension": "D5", "level": 4}]}, now=NOW)
    assert (made["grade"], made["kind"], made["source"]["self_issued"]) == ("self-reported", "lab", False)
    with pytest.raises(StateError, match="this badge already"):
        app.evidence.from_badge(token, "again.jwt", {}, now=NOW)
    app.evidence.withdraw(made["id"], "Taken in by mistake.")
    with pytest.raises(InputError):
        app.evidence.from_badge(token[:-6] + b"AAAAAA", "badge.jwt", {}, now=NOW)
    made = app.evidence.from_badge(token, "badge.jwt", {"links": [{"dimension": "D5", "level": 4}]}, now=NOW)
    page, preview = app.packets.build("html", owner="Ines", now=NOW)
    assert preview["verdict"]["levels"]["D5"] < 4
    report = app.packets.verify(page)
    item = next(i for i in report["items"] if i["id"] == made["id"])
    assert report["ok"] and item["status"] == "self-reported" and "signed (EdDSA" in item["detail"]
    forged = {**seen, "source": {**seen["source"], "token": seen["source"]["token"][:-6] + "AAAAAA"}}
    app.evidence.withdraw(made["id"], "Another one.")
    app.evidence.record({**forged, "links": [{"dimension": "D5", "level": 3}]}, now=NOW)
    report = app.packets.verify(app.packets.build("html", owner="Ines", now=NOW)[0])
    assert not report["ok"] and "does not match" in [i["status"] for i in report["items"]]


def test_a_badge_of_somebody_else_says_so_everywhere_until_it_is_known_as_ones_own(app: App) -> None:
    made, _ = badge("22" * 32)
    made["credentialSubject"]["id"] = "mailto:ines@example.org"
    token = signed(made, "22" * 32).encode()
    own = {"own_share": 0.5, "co_authors": [{"name": "M. Sato", "share": 0.5}], "assistance": "pair"}
    links = {"links": [{"dimension": "D9", "level": 3}], "project": "p", **own}
    first = app.evidence.from_badge(token, "badge.jwt", links, now=NOW)
    assert first["subject_confirmed"] is False and first["source"]["subject"]["status"] == "not confirmed"
    words = "subject not confirmed as the owner's"
    for form in ("html", "md"):
        page, preview = app.packets.build(form, owner="Ines", now=NOW)
        assert words in html.unescape(page.decode()).replace("\\", "")
    assert [n["why"] for n in preview["not_proved"] if n["what"] == "Whose badge it is"] == [
        f"{first['id']}: a badge whose subject is not confirmed as the owner's"
    ]
    report = app.packets.verify(app.packets.build("html", owner="Ines", now=NOW)[0])
    assert report["ok"] and words.removeprefix("subject ") in report["items"][0]["detail"]

    app.learner.set({"identities": ["Ines@example.org"]})
    second = app.evidence.from_badge(token, "badge.jwt", {}, now=NOW)
    assert (
        second["subject_confirmed"] and second["links"][0]["dimension"] == "D9" and second["project"] == "p"
    )
    assert app.evidence.get(first["id"])["replaced_by"] == second["id"]
    assert {name: second[name] for name in own} == own
    with pytest.raises(StateError, match="this badge already"):
        app.evidence.from_badge(token, "badge.jwt", {}, now=NOW)
    page, preview = app.packets.build("html", owner="Ines", now=NOW)
    assert words not in html.unescape(page.decode().partition("<script")[0])
    assert "the owner says is theirs; ask them" in app.packets.verify(page)["items"][0]["detail"]
    # Said to name the packet's own key, and naming another: the token in the packet tells.
    app.evidence.withdraw(second["id"], "Another one.")
    forged = {**second["source"], "subject": {"status": "key", "detail": "mine"}}
    told = {n: second[n] for n in ("kind", "title", "context", "started", "ended", "links")}
    app.evidence.record({**told, "source": forged}, now=NOW)
    report = app.packets.verify(app.packets.build("html", owner="Ines", now=NOW)[0])
    assert not report["ok"] and "is another" in report["items"][0]["detail"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"issuer": "https://a-better-school.example"}, "issued by another"),
        ({"self_issued": True}, "who signed it"),
        ({"proof": {"status": "not checked here"}}, "how far its proof"),
        ({"subject": {"status": "identity", "detail": "verified by the ministry"}}, "does not name"),
        ({"kind": "work"}, "simulated lab"),
        ({"title": "Badge: Senior AI Engineer"}, "gives title: Badge: Production ML Reliability"),
        ({"context": "Issued by the ministry."}, "gives context: Issued by Ines"),
        ({"wording": None, "title": "Badge: Senior AI Engineer"}, "title in its owner's words"),
        ({"token": None}, "without its token"),
    ],
)
def test_what_an_item_says_of_its_badge_is_compared_with_its_token(
    app: App, change: dict[str, Any], said: str
) -> None:
    made, _ = badge("22" * 32)
    made["credentialSubject"]["id"] = "mailto:ines@example.org"
    app.learner.set({"identities": ["ines@example.org"]})
    item = app.evidence.read_badge(signed(made, "22" * 32).encode(), "badge.jwt", now=NOW)
    links = {"links": [{"dimension": "D9", "level": 3}]}
    worded = {n: v for n, v in change.items() if n in ("kind", "title", "context")}
    told = {**item, **links, **worded, "grade": "self-reported", "assistance": "none", "own_share": 0.5}
    source = {**item["source"], **{n: v for n, v in change.items() if n not in worded}}
    told["source"] = {n: v for n, v in source.items() if v is not None}
    if change == {"token": None}:
        told["source"]["subject"] = {"status": "key", "detail": "its subject is the owner's signing key"}
    # As whoever owns the ledger could write it past what `record` refuses.
    app.store.append_entry("evidence", told, at=NOW)
    page, preview = app.packets.build("html", owner="Ines", everything=True, now=NOW)
    report = app.packets.verify(page)
    assert said in report["items"][0]["detail"]
    if "wording" in change:
        # Recorded before titles were compared: what the badge says stands beside it.
        assert report["ok"] and "Production ML Reliability" in report["items"][0]["detail"]
        return
    if "token" not in change:
        assert not report["ok"]
        return
    # A mismatch it cannot be, since nothing can be compared; confirmed it is not either.
    assert report["ok"] and "not confirmed" in report["items"][0]["detail"]
    assert "Whose badge it is" in [n["what"] for n in preview["not_proved"]]


def test_the_own_badge_names_the_key_of_the_packet(app: App) -> None:
    from gradatim.app.keys import private_key

    token = badge(private_key(app.home))[1].encode()
    made = app.evidence.from_badge(token, "badge.jwt", {"links": [{"dimension": "D5", "level": 3}]}, now=NOW)
    assert made["source"]["subject"]["status"] == "key" and made["source"]["self_issued"]
    report = app.packets.verify(app.packets.build("html", owner="Ines", now=NOW)[0])
    assert report["ok"] and "its subject is the key of this packet" in report["items"][0]["detail"]
    # The same item in somebody else's packet is not theirs.
    other = App(app.home / "other")
    other.evidence.record(
        {n: made[n] for n in ("kind", "title", "context", "started", "ended", "links", "source")}, now=NOW
    )
    report = other.packets.verify(other.packets.build("html", owner="Somebody", now=NOW)[0])
    other.store.close()
    assert not report["ok"]


def test_the_independent_validator_is_an_extra_that_nothing_installs_or_imports(
    root: Path, tracked: Callable[..., list[Path]]
) -> None:
    """openbadgeslib is LGPL: `make badge` alone puts it anywhere, and that is an environment of its own."""
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert [group for group, packages in extras.items() if "openbadgeslib" in str(packages)] == ["badges"]
    assert f'install "{extras["badges"][0]}"' in (root / "Makefile").read_text()
    for lock in (root / "requirements").glob("*.txt"):
        assert "openbadges" not in lock.read_text(), lock.name
    for path in tracked("src/*.py"):
        assert "openbadgeslib" not in path.read_text(encoding="utf-8"), path
    assert importlib.util.find_spec("openbadgeslib") is None
    done = subprocess.run(
        [sys.executable, str(root / "tools" / "validate_badge.py"), "badge.jwt"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "make badge FILE=badge.jwt" in done.stderr


def test_a_badge_needs_a_lab_and_a_passed_exam(app: App) -> None:
    with pytest.raises(UnknownName):
        app.packets.badge("juggling", owner="Ines")
    with pytest.raises(StateError, match="no exam"):
        app.packets.badge("production-ml-reliability", owner="Ines")
    without = next(m["id"] for m in app.path()["modules"] if m["id"] not in {x["module"] for x in app.labs()})
    with pytest.raises(StateError, match="no lab yet"):
        app.packets.badge(without, owner="Ines")


CSV = """title,kind,started,ended,project,own_share,co_authors,links,action,result
RFC on label delay,decision,2026-05-01,2026-06-30,labels,0.6,M. Sato=0.4,D8:4; D1:3,Wrote it,Adopted
Load test,work,2026-03-01,2026-03-20,features,1,,D4:4,Ran it,Held
"""


def test_items_come_in_as_csv_and_go_out_and_in_again_as_json(app: App, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(CSV)
    made = app.evidence.import_file(tmp_path / "items.csv", now=NOW)
    assert [m["title"] for m in made] == ["RFC on label delay", "Load test"]
    assert made[0]["co_authors"] == [{"name": "M. Sato", "share": 0.4}]
    assert made[0]["links"] == [
        {"dimension": "D8", "level": 4, "skill": None},
        {"dimension": "D1", "level": 3, "skill": None},
    ]
    assert made[0]["source"] == {"type": "import", "file": "items.csv"}
    (tmp_path / "items.json").write_text(json.dumps(app.evidence.items()))
    other = App(tmp_path / "other")
    again = other.evidence.import_file(tmp_path / "items.json", now=NOW)
    assert {m["title"] for m in again} == {m["title"] for m in made}
    assert {m["grade"] for m in again} == {"self-reported"}
    other.store.close()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "title,mood\nx,calm\n", "mood"),
        ("a.csv", "kind\nwork\n", "'title' is missing"),
        ("a.csv", CSV + "Plan,work,2026-01-01,2099-01-01,p,0.9,M. Sato=0.4,D77:9,,\n", "item 3: own_share"),
        ("a.csv", "title,own_share\nPiece,much\n", "line 2"),
        ("a.jsonl", '{"title": "Piece", "kind": "work"}\nnot json\n', "line 2"),
        ("a.jsonl", "", "no item"),
        ("a.json", "[1]", "not an object"),
        ("a.json", "[", "not JSON"),
    ],
)
def test_a_file_that_is_wrong_anywhere_records_nothing(
    app: App, tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        app.evidence.import_file(tmp_path / name, now=NOW)
    assert says in " ".join(error.value.problems)
    assert app.store.entries() == []


def test_a_resume_says_what_the_items_say(app: App, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(CSV)
    app.evidence.import_file(tmp_path / "items.csv", now=NOW)
    made = app.packets.resume(owner="Ines", now=NOW)
    assert made["basics"] == {"name": "Ines"}
    assert {p["name"] for p in made["projects"]} <= {"labels", "features"}
    project = made["projects"][0]
    assert project["startDate"] <= project["endDate"]
    assert any("own share" in h for h in project["highlights"])
    assert all("by own evidence" in s["level"] for s in made["skills"])


def test_a_resume_passes_the_schema_that_json_resume_publishes(app: App, tmp_path: Path) -> None:
    schema = json.loads((Path(__file__).parent / "vendor" / "resume-schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    jsonschema.Draft4Validator.check_schema(schema)
    (tmp_path / "items.csv").write_text(CSV)
    app.evidence.import_file(tmp_path / "items.csv", now=NOW)
    bare = {
        "kind": "work",
        "title": "A piece without a word more",
        "links": [{"dimension": "D2", "level": 2}],
    }
    app.evidence.record(bare, now=NOW)
    made = app.packets.resume(owner="Ines <i> 张", now=NOW)
    assert [error.message for error in validator.iter_errors(made)] == []
    assert len(made["projects"]) >= 2
    assert list(validator.iter_errors({**made, "projects": [{"startDate": "yesterday"}]}))
    assert list(validator.iter_errors({**made, "inventedSection": []}))


def test_everything_can_be_taken_out_and_deleted(app: App, tmp_path: Path) -> None:
    app.evidence.record(
        {"kind": "work", "title": "the-secret-customer", "links": [{"dimension": "D1", "level": 3}]}, now=NOW
    )
    page, _ = app.packets.build("html", owner="Ines", now=NOW)
    app.reviews.keep(page)
    counts = app.store.export_all(tmp_path / "all.jsonl")
    assert counts["ledger"] == 1
    assert "the-secret-customer" in (tmp_path / "all.jsonl").read_text()
    assert (app.home / "signing.key").read_text().strip() not in (tmp_path / "all.jsonl").read_text()
    assert app.delete_all()["ledger"] == 1
    left = [p for p in app.home.rglob("*") if p.is_file() and b"the-secret-customer" in p.read_bytes()]
    assert left == []
    assert not (app.home / "signing.key").exists()
    assert app.evidence.items() == []
    assert app.evidence.check() == []

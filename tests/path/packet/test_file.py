"""The packet file: what it holds, and that nothing in it can change unseen."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import re
from typing import Any

import pytest

from gradatim.core import chain
from gradatim.core.errors import GradatimError, InputError, VersionMismatch
from gradatim.path.evidence.signed import public_key, sign
from gradatim.path.packet.payload import read
from gradatim.path.packet.pdf import pdf
from gradatim.path.packet.render import markdown, render
from gradatim.path.packet.seal import EMPTY, seal, unseal
from gradatim.path.packet.verify import Report, verify

from .ledgers import (
    MADE_BY,
    NOW,
    OTHER,
    OWNER,
    attested,
    ledger,
    payload,
    rated,
    rating,
    sealed,
    wrong,
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    made = payload()
    return {form: sealed(made, form) for form in ("html", "json")}


@pytest.mark.parametrize("form", ["html", "json"])
def test_a_packet_that_nobody_touched_holds(files: dict[str, bytes], form: str) -> None:
    report = verify(files[form])
    assert wrong(report) == []
    assert report.ok
    assert {i.status for i in report.items} == {"self-reported"}
    assert report.items[0].attested[0].startswith("M. Sato: confirms (key ")
    assert report.anchors[0].startswith("E-001: attested by M. Sato, key ")


@pytest.mark.parametrize("form", ["html", "json"])
def test_every_altered_bit_is_found(files: dict[str, bytes], form: str) -> None:
    """800 single-bit alterations in each form, drawn over the whole file, and one of every byte of the seal."""
    rng = random.Random(form)
    data = files[form]
    at_seal = data.index(b"gradatim-seal:v1:")
    places = [rng.randrange(len(data)) for _ in range(800)] + list(range(at_seal, at_seal + len(EMPTY)))
    for at in places:
        changed = bytearray(data)
        changed[at] ^= 1 << rng.randrange(8)
        found = unseal(bytes(changed))
        assert not (found.whole and found.signed), f"byte {at}"


@pytest.mark.parametrize("form", ["html", "json"])
def test_verify_answers_for_every_altered_file(files: dict[str, bytes], form: str) -> None:
    rng = random.Random(7)
    data = files[form]
    for _ in range(20):
        at = rng.randrange(len(data))
        changed = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
        # Refused altogether where it is the byte that says what sort of file, or which version, it is.
        with contextlib.suppress(InputError, VersionMismatch):
            assert not verify(changed).ok, f"byte {at}"


@pytest.mark.parametrize(
    "alter",
    [
        lambda d: d + b"\n",
        lambda d: d + b"<!-- more -->",
        lambda d: b" " + d,
        lambda d: d[:-1],
        lambda d: d.replace(b"\n", b"\r\n"),
        lambda d: b"\xef\xbb\xbf" + d,
        lambda d: d.replace(b"It held.", b"It flew."),
        lambda d: d.replace(b"0.6", b"0.9"),
        lambda d: d.replace(b"</main>", b"<p>Promoted</p></main>"),
        lambda d: re.sub(rb"v1:([0-9a-f]{64})", lambda m: b"v1:" + m[1].upper(), d, count=1),
        lambda d: re.sub(rb"gradatim-seal:v1:[^\"]*", EMPTY.encode(), d),
        lambda d: d.replace(b'name="gradatim-seal"', b'name="x"'),
        lambda d: d.replace(b"<head>", b'<head><meta name="gradatim-seal" content="">', 1),
    ],
)
def test_twelve_more_ways_to_alter_it(files: dict[str, bytes], alter: Any) -> None:
    data = files["html"]
    assert alter(data) != data
    try:
        assert not verify(alter(data)).ok
    except InputError as error:
        assert error.problems


def test_a_page_that_shows_something_else_than_its_data_is_found_even_when_sealed_anew(
    files: dict[str, bytes],
) -> None:
    page = render(payload(), "html").replace(b"It held.", b"It flew.", 1)
    assert wrong(verify(seal(page, OWNER))) == ["page"]


def reseal(change: Any) -> Report:
    made = copy.deepcopy(payload())
    change(made)
    return verify(sealed(made))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda p: p["verdict"]["levels"].update(D8=5), ["verdict"]),
        (lambda p: p["verdict"].update(met=True, mean=5.0), ["verdict"]),
        (lambda p: p["not_proved"].clear(), ["verdict"]),
        (lambda p: p["fragile"].clear(), ["verdict"]),
        (lambda p: p["chain"].pop(), ["ledger"]),
        (lambda p: p["chain"].pop(3), ["ledger"]),
        (lambda p: p["head"].update(hash="0" * 64), ["ledger"]),
        (lambda p: p["items"].append(999), ["items"]),
        (lambda p: p["chain"][0]["fields"]["result"].update(value="It flew."), ["ledger"]),
        (lambda p: p["chain"][-1]["fields"]["words"].update(value="A genius."), ["ledger", "E-001"]),
        (lambda p: p.update(key=public_key(OTHER)), ["key"]),
        (lambda p: p["rubric"]["bar"].update(at_four=1, mean=1.0), ["verdict"]),
    ],
)
def test_what_is_sealed_again_by_its_owner_is_still_recomputed(change: Any, names: list[str]) -> None:
    found = wrong(reseal(change))
    assert found
    assert set(names) <= set(found)


def test_a_ledger_made_anew_is_found_by_the_attestation(files: dict[str, bytes]) -> None:
    """Everything rebuilt and sealed again: only what somebody else signed does not follow."""
    old = attested(ledger())
    rebuilt = ledger()
    changed = []
    for e in rebuilt:
        values = e.values() | ({"result": "It flew."} if e.number == 1 else {})
        prev = changed[-1].hash if changed else chain.START
        changed.append(chain.seal(e.number, e.kind, e.at, values, prev, salt=lambda: "7" * 32))
    changed.append(
        chain.seal(len(old), "attestation", NOW, old[-1].values(), changed[-1].hash, salt=lambda: "7" * 32)
    )
    assert wrong(verify(sealed(payload(changed)))) == ["E-001"]
    # Without it nothing is found, and the report says that nothing ties it to its day.
    alone = verify(sealed(payload(changed[:-1])))
    assert alone.ok
    assert alone.anchors == []


def test_an_attestation_by_the_owner_ties_it_to_nothing() -> None:
    report = verify(sealed(payload(attested(ledger(), private=OWNER))))
    assert report.anchors == []
    assert "the owner's own key" in report.items[0].attested[0]


def test_a_withdrawn_item_or_a_hidden_withdrawal_is_found() -> None:
    made = payload(ledger())
    entries = ledger(("withdrawal", {"entry": 1, "why": "counted twice"}))
    with_it = payload(entries)
    assert 1 not in with_it["items"]
    forged = {**with_it, **{k: made[k] for k in ("items", "verdict", "fragile", "not_proved")}}
    assert "items" in wrong(verify(sealed(forged)))
    hidden = copy.deepcopy(forged)
    hidden["chain"][-1] = chain.redact(chain.parse(hidden["chain"][-1]), ["entry", "why"]).as_dict() | {}
    assert "items" in wrong(verify(sealed(hidden)))


def test_what_is_withheld_is_not_in_the_file_and_still_verifies() -> None:
    made = payload(hidden={(1, "context"), (1, "project"), (18, "words"), (18, "answer")})
    page = sealed(made)
    assert b"So it was." not in page
    assert chain.parse(made["chain"][0]).fields["context"].withheld
    report = verify(page)
    assert wrong(report) == []
    assert "Withheld: context, project" in page.decode()


def test_items_that_are_not_needed_stay_out() -> None:
    entries = ledger(
        ("evidence", {"kind": "work", "title": "Secret project", "links": [{"dimension": "D1", "level": 2}]})
    )
    page = sealed(payload(entries))
    assert b"Secret project" not in page
    assert b"Secret project" in sealed(payload(entries, everything=True))
    assert wrong(verify(page)) == []


def test_a_panel_lowers_the_verdict_and_says_how_sure_it_is() -> None:
    made = rated(rating(0), rating(1, 3), rating(2, 3))
    assert made["verdict"]["levels"]["D1"] == 3
    assert made["verdict"]["supported"]["D1"] == 4
    assert (
        0
        <= made["panel"]["another"]["low"]
        <= made["panel"]["another"]["chance"]
        <= made["panel"]["another"]["high"]
    )
    page = sealed(made)
    assert wrong(verify(page)) == []
    assert b"would decide otherwise" in page
    made["ratings"][0]["payload"] = made["ratings"][0]["payload"].replace('"D2": 4', '"D2": 5')
    assert {"rating 1", "verdict"} <= set(wrong(verify(sealed(made))))
    one = rated(rating(0, 1))
    assert one["verdict"]["levels"]["D1"] == 4  # one reviewer is no panel
    assert b"One reviewer has rated" in sealed(one)


OLDER_PAGE = MADE_BY.partition(",")[0]


def test_a_newer_packet_says_so(files: dict[str, bytes]) -> None:
    with pytest.raises(VersionMismatch, match="newer"):
        verify(sealed({**payload(), "version": 2}))
    with pytest.raises(VersionMismatch, match="newer"):
        verify(files["html"].replace(b"gradatim-seal:v1:", b"gradatim-seal:v2:", 1))
    # The same page from another version is the same page; another page is for that version to compare.
    assert verify(sealed({**payload(), "made_by": "gradatim 9.9.9"})).ok
    for by, page in (
        ("gradatim 0.0.1", "needs another version"),
        (OLDER_PAGE, "needs another version"),
        ("nobody", "does not match"),
    ):
        shown = render({**payload(), "made_by": by}, "html").replace(b"</main>", b"<p>At the bar.</p></main>")
        report = verify(seal(shown, OWNER))
        assert not report.ok
        assert next(c.status for c in report.checks if c.name == "page") == page
    shown = render({**payload(), "made_by": "gradatim 9.9.9"}, "html").replace(
        b"</main>", b"<p>Yes.</p></main>"
    )
    with pytest.raises(VersionMismatch, match="newer"):
        verify(seal(shown, OWNER))
    altered = sealed({**payload(), "made_by": "gradatim 9.9.9"}).replace(b"</main>", b"<p>Yes.</p></main>")
    assert "page" in wrong(verify(altered))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"{}", b"[1]", b"\xff\xfe", b"<html></html>", b"null", b"[" * 100_000]
)
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="not a packet"):
        verify(data)


def test_a_key_that_stands_twice_is_refused() -> None:
    text = b'{"seal": "x", "packet": {"format": "gradatim-packet", "format": "gradatim-packet"}}'
    with pytest.raises(InputError):
        read(text)


def test_a_hostile_payload_never_breaks_the_verifier() -> None:
    """Sealed by whoever made it, with something else in every place in turn."""
    rng = random.Random(11)
    junk: list[Any] = [None, True, -1, 1e308, "x" * 50, [], {}, [[]], {"a": {}}, ["E-001"]]
    for _ in range(70):
        made = copy.deepcopy(payload_once())
        node: Any = made
        while True:
            key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if isinstance(node[key], dict | list) and node[key] and rng.random() < 0.7:
                node = node[key]
                continue
            node[key] = rng.choice(junk)
            break
        try:
            raw = f'{{"seal": "{EMPTY}",\n"packet": {json.dumps(made, ensure_ascii=False)}}}\n'.encode()
            verify(seal(raw, OWNER))
        except GradatimError:
            pass


_ONCE: list[dict[str, Any]] = []


def payload_once() -> dict[str, Any]:
    if not _ONCE:
        _ONCE.append(payload())
    return _ONCE[0]


def test_no_text_of_a_person_is_markup(files: dict[str, bytes]) -> None:
    page = files["html"].decode()
    assert page.count("<script") == 1
    assert "alert(1)</script>" not in page
    assert "Ines &lt;Carvalho&gt;" in page
    text = markdown(payload(), "0" * 64)
    assert "](javascript" not in text
    assert not re.search(r"(?<!\\)<", text)
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(text)
    assert not re.search(r"<script|<a |<img", html)


def test_pdf_is_set_with_hostile_text_as_text() -> None:
    made = pdf(payload(ratings=[rating(0), rating(1)]), "0" * 64)
    assert made.startswith(b"%PDF-")
    assert len(made) > 10_000


def test_there_is_one_place_for_a_seal() -> None:
    with pytest.raises(ValueError, match="one place"):
        seal(b"nothing here", OWNER)
    with pytest.raises(ValueError, match="one place"):
        seal(f'"seal": "{EMPTY}" "seal": "{EMPTY}"'.encode(), OWNER)


def test_the_same_payload_gives_the_same_file(files: dict[str, bytes]) -> None:
    assert sealed(payload()) == files["html"]
    assert sign("x", {"a": 1}, OWNER) == sign("x", {"a": 1}, OWNER)

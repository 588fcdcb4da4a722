"""A packet over a ledger that its owner wrote to say more than others have signed, rated or replaced."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from gradatim.core import chain
from gradatim.core.errors import InputError
from gradatim.path.evidence.signed import public_key
from gradatim.path.packet.seal import EMPTY, seal
from gradatim.path.packet.verify import Report, verify
from gradatim.path.review.rating import signed_rating

from .ledgers import (
    NOW,
    OTHER,
    OWNER,
    REVIEWERS,
    RUBRIC,
    attested,
    ledger,
    payload,
    piece,
    rated,
    rating,
    sealed,
    wrong,
)


def resealed(made: dict[str, Any], private: str = OWNER, **new: Any) -> Report:
    """The report on a payload with some parts given anew and everything that follows from them computed again."""
    from gradatim.path.packet.build import derived, of_records
    from gradatim.path.packet.payload import opened_records
    from gradatim.path.packet.support import Rules
    from gradatim.path.packet.verdict import not_proved
    from gradatim.path.review.rating import newest, read_rating

    whole = {**copy.deepcopy(made), **new, "key": public_key(private)}
    rules = Rules.of(RUBRIC)
    chosen = of_records(opened_records(whole)[1])
    pairs = [read_rating(raw, dimensions=rules.dimensions) for raw in whole["ratings"]]
    whole |= derived(rules, chosen, newest([(r, o.key) for r, o in pairs]), seed=whole["head"]["hash"])
    levels = whole["verdict"]["levels"]
    whole["not_proved"] = not_proved(rules, chosen, chosen, whole["opportunities"], levels)
    return verify(sealed(whole, private=private))


def test_the_harsh_reviewers_rating_cannot_be_left_out() -> None:
    lenient, harsh, again = rating(0, 4), rating(1, 2), rating(0, 3)
    made = rated(lenient, harsh)
    assert wrong(resealed(made)) == []
    assert "ratings" in wrong(resealed(made, ratings=[lenient[1]]))
    assert "ratings" in wrong(resealed(made, ratings=[]))
    # The last of one reviewer takes the place of the one before, which stays closed.
    twice = rated(lenient, harsh, again)
    report = resealed(twice)
    assert wrong(report) == []
    assert "of 3 that the ledger was given" in next(c.detail for c in report.checks if c.name == "ratings")
    entries = [e for e in twice["chain"] if e["kind"] == "rating"]
    assert ["value" in e["fields"]["file"] for e in entries] == [False, True, True]
    assert "ratings" in wrong(resealed(twice, ratings=[lenient[1], harsh[1]]))
    for name in ("file", "key"):
        hidden = copy.deepcopy(made)
        entry = chain.parse(hidden["chain"][-1])
        hidden["chain"][-1] = chain.redact(entry, ["file", name]).as_dict()
        assert {"ratings", "items"} & set(wrong(resealed(hidden, ratings=[lenient[1]])))
    # Of a ledger whose entries did not name the key yet, every rating is open.
    old = rated(lenient, harsh, again, keyed=False)
    assert all("value" in e["fields"]["file"] for e in old["chain"] if e["kind"] == "rating")
    assert wrong(resealed(old)) == []
    assert "ratings" in wrong(resealed(old, ratings=[again[1]]))


def test_a_rating_of_somebody_else_or_by_oneself_is_found() -> None:
    foreign = rating(1)[0].model_copy(update={"seen": {"E-001": "0" * 64}})
    blank = rating(1)[0].model_copy(update={"seen": {}})
    for made, private in ((foreign, REVIEWERS[1]), (blank, REVIEWERS[1]), (rating(1)[0], OWNER)):
        one = (made, signed_rating(made, private))
        assert wrong(resealed(rated(rating(0), one))) == ["rating 2"]
    stray = rated(rating(0))
    assert "ratings" in wrong(resealed(stray, ratings=[*stray["ratings"], rating(1)[1]]))
    other = rating(1)[0].model_copy(update={"owner": "Somebody Else"})
    report = resealed(rated((other, signed_rating(other, REVIEWERS[1]))))
    assert "of a packet by Somebody Else" in next(c.detail for c in report.checks if c.name == "ratings")


def spoken(change: Any, private: str = OTHER) -> dict[str, Any]:
    """The payload over a ledger whose one attestation was written by hand."""
    entries = attested(ledger(), private)
    fields = change(entries[-1].values())
    entries[-1] = chain.seal(
        len(entries), "attestation", NOW, fields, entries[-2].hash, salt=lambda: "b" * 32
    )
    return payload(entries)


def test_a_word_that_nobody_signed_is_nobodys() -> None:
    made_up = {"entry": 1, "name": "Jane Doe", "role": "VP", "stance": "confirms", "by_owner": False}
    made = spoken(lambda _: made_up)
    report = verify(sealed(made))
    assert wrong(report) == ["E-001"] and report.anchors == []
    assert b"attested by Jane Doe" not in sealed(made)
    alone = next(n["why"] for n in made["not_proved"] if n["what"] == "Nobody else's word")
    assert "E-001" in alone
    for broken in ({"answer": "signed"}, {"answer": None}, {"answer": {"payload": "{}"}}):
        assert wrong(verify(sealed(spoken(lambda _, b=broken: {**made_up, **b})))) == ["E-001"]


def test_a_withheld_signature_counts_for_nothing() -> None:
    made = payload(hidden={(18, "answer")})
    page = sealed(made)
    report = verify(page)
    assert wrong(report) == [] and report.anchors == []
    assert "M. Sato" not in report.items[0].attested[0]
    assert b"attested by M. Sato" not in page
    assert "E-001" in next(n["why"] for n in made["not_proved"] if n["what"] == "Nobody else's word")


def test_the_owners_own_word_cannot_pass_for_anothers() -> None:
    assert wrong(verify(sealed(spoken(lambda v: {**v, "by_owner": False}, OWNER)))) == ["E-001"]
    assert wrong(verify(sealed(spoken(lambda v: {**v, "by_owner": True})))) == ["E-001"]
    assert wrong(verify(sealed(spoken(lambda v: {**v, "key": public_key(OWNER)})))) == ["E-001"]
    assert wrong(verify(sealed(spoken(lambda v: {n: v[n] for n in ("entry", "stance", "answer")})))) == [
        "items",
        "E-001",
    ]


def test_a_dispute_is_told_and_cannot_be_marked_as_the_owners() -> None:
    made = spoken(lambda v: v)
    dispute = {"entry": 1, "stance": "disputes", "by_owner": True, "answer": {}}
    made = spoken(lambda _: dispute)
    assert made["verdict"]["levels"]["D1"] == 3 and "Disputed" in [n["what"] for n in made["not_proved"]]
    kept = payload(
        [*ledger(("attestation", {"entry": 3, "stance": "disputes", "by_owner": False, "answer": {}}))]
    )
    without = [n for n in kept["not_proved"] if n["what"] != "Disputed"]
    assert "told" in wrong(verify(sealed({**kept, "not_proved": without})))
    other = [n if n["what"] != "Disputed" else {**n, "why": n["why"].replace("E-003", "E-004")}
             for n in kept["not_proved"]]  # fmt: skip
    assert "told" in wrong(verify(sealed({**kept, "not_proved": other})))


def test_more_items_than_are_needed_are_not_the_smallest_set() -> None:
    entries = ledger(("evidence", {**piece(1, 9), "project": "p0"}))
    made = payload(entries, everything=True)
    assert "told" not in [c.name for c in verify(sealed(made)).checks]
    made["cover"] |= {"smallest": True, "exact": True}
    assert "told" in wrong(verify(sealed(made)))
    # Where the search was cut off, and the page says so, a smaller set refutes nothing.
    made["cover"] |= {"exact": False}
    assert wrong(verify(sealed(made))) == []


def test_an_item_that_was_replaced_cannot_be_shown_as_standing() -> None:
    lower = {**piece(1, 0), "links": [{"dimension": "D1", "level": 2}], "replaces": 1}
    entries = ledger(("evidence", lower))
    made = payload(entries)
    assert 1 not in made["items"] and made["cover"]["standing"] == 17
    old = payload(ledger())
    kept = ("items", "verdict", "fragile", "not_proved", "cover")
    shown = payload(entries, everything=True)
    chained = [e if e["number"] != 1 else old["chain"][0] for e in shown["chain"]]
    forged = {**shown, **{k: old[k] for k in kept}, "chain": chained}
    assert {"items", "told"} & set(wrong(verify(sealed(forged))))
    hidden = copy.deepcopy(forged)
    last = chain.parse(hidden["chain"][-1])
    hidden["chain"][-1] = chain.redact(last, list(last.fields)).as_dict()
    assert "items" in wrong(verify(sealed(hidden)))


@pytest.mark.parametrize(
    "change",
    [{"links": [5]}, {"links": "D1"}, {"links": [{"dimension": "D1", "level": "4"}]}, {"source": "x"},
     {"source": ["task"]}, {"source": {"type": ["task"]}}],
)  # fmt: skip
def test_an_item_of_another_form_is_refused_with_its_place(change: dict[str, Any]) -> None:
    made = payload()
    entries = ledger(("evidence", {**piece(1, 0), **change}))
    forged = {**made, "chain": [e.as_dict() for e in entries], "items": [1, 18]}
    raw = f'{{"seal": "{EMPTY}",\n"packet": {json.dumps(forged)}}}\n'.encode()
    with pytest.raises(InputError) as error:
        verify(seal(raw, OWNER))
    assert error.value.problems[0].startswith("entry 18: ")

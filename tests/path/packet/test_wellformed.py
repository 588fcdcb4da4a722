"""Items, times and lists in a packet that only somebody who writes their own ledger could have put there."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gradatim.core import chain
from gradatim.core.errors import InputError
from gradatim.path.evidence.record import records
from gradatim.path.packet.verify import verify
from gradatim.path.packet.wellformed import check_form

from .ledgers import NOW, ledger, payload, piece, sealed, wrong


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "nobel prize"}, "kind: "),
        ({"assistance": "a muse"}, "assistance: "),
        ({"grade": "certified"}, "grade: "),
        ({"own_share": -0.5}, "own_share: "),
        ({"ended": "2031-01-01"}, "has not come yet"),
        ({"started": "2026-12-01"}, "is before the start"),
        ({"links": [{"dimension": "D1", "level": 9}]}, "level: "),
        ({"links": [{"dimension": "D1", "level": 4}] * 2}, "more than once"),
        ({"artefacts": [{"name": "a", "digest": "sha256:1", "bytes": 1}]}, "digest: "),
        ({"metric": {"name": "p99", "unit": "ms", "baseline": 2, "after": 1, "n": 3}}, "metric.n: "),
        ({"prize": "yes"}, "prize: "),
        ({"source": {"type": "task", "lab": "task-pipelines"}}, "it is simulated"),
        ({"source": {"type": "exam", "lab": "incident-response"}}, "it is simulated"),
    ],
)
def test_what_could_not_have_been_recorded_does_not_match(change: dict[str, Any], says: str) -> None:
    entries = ledger(("evidence", {**piece(1, 4), **change}))
    (problem,) = check_form(records(entries)[-1])
    assert says in problem
    report = verify(sealed(payload(entries, everything=True)))
    assert "E-018" in wrong(report)
    assert says in next(i.detail for i in report.items if i.id == "E-018")


def test_an_item_says_whose_help_was_used_and_how_far_it_was_checked() -> None:
    for name in ("assistance", "grade"):
        entries = ledger(("evidence", {k: v for k, v in piece(1, 4).items() if k != name}))
        assert f"{name}: missing" in check_form(records(entries)[-1])[0]
    hidden = chain.redact(ledger()[0], ["title", "kind", "started", "grade", "links"])
    assert check_form(records([hidden])[0]) == []


def test_times_that_run_backwards_are_told_and_are_no_mismatch() -> None:
    entries = ledger()
    later = chain.seal(18, "note", "2027-01-01T00:00:00Z", {}, entries[-1].hash, salt=lambda: "c" * 32)
    back = chain.seal(19, "note", NOW, {}, later.hash, salt=lambda: "d" * 32)
    report = verify(sealed(payload([*entries, later, back])))
    detail = next(c.detail for c in report.checks if c.name == "ledger")
    assert wrong(report) == [] and "1 dated before the one before, 1 dated after the packet itself" in detail
    assert "clock" not in next(c.detail for c in verify(sealed(payload())).checks if c.name == "ledger")


def test_what_rests_on_one_item_is_told_exactly_where_everything_is_shown() -> None:
    made = payload(everything=True)
    assert made["fragile"] and wrong(verify(sealed(made))) == []
    softened = copy.deepcopy(made)
    for row in softened["fragile"]:
        row["irreplaceable"] = []
    assert "verdict" in wrong(verify(sealed(softened)))
    # Where something is not shown, it may take an item's place; a dimension that does not fall it may not.
    part = payload(ledger(("evidence", {**piece(1, 8), "links": [{"dimension": "D1", "level": 2}]})))
    part["fragile"][0]["irreplaceable"] = ["D10", "D9", "D8"]
    assert "verdict" in wrong(verify(sealed(part)))


@pytest.mark.parametrize(("name", "key"), [("head", "note"), ("cover", "note")])
def test_nothing_rides_along_in_a_packet(name: str, key: str) -> None:
    made = payload()
    made[name][key] = "x"
    with pytest.raises(InputError, match="cannot be read"):
        verify(sealed(made))


def test_the_version_of_the_form_is_a_whole_number() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        verify(sealed({**payload(), "version": 1.0}))

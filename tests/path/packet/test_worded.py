"""Title, result, assistance and grade of an item beside what it was taken from."""

from __future__ import annotations

from typing import Any

import pytest

from gradatim.core import chain
from gradatim.core.chain import Entry
from gradatim.lab.exam.draw import commitment
from gradatim.path.evidence.record import TASK_ISSUED, records
from gradatim.path.evidence.signed import public_key
from gradatim.path.evidence.wording import FIXED, measured, wording
from gradatim.path.packet.page import page_facts
from gradatim.path.packet.payload import can_be_withheld
from gradatim.path.packet.verify import verify
from gradatim.path.packet.worded import Worded, check_words

from .ledgers import NOW, OWNER, ledger, payload, piece, sealed, wrong

KEY = public_key(OWNER)
ATTEMPT = {
    "type": "attempt",
    "attempt": "a1",
    "lab": "incident-response",
    "loss_micro": 1_234_560_000,
    "kind": "live",
}
TASK = {
    "type": "task", "attempt": "t2", "lab": "task-pipelines", "seed": "77",
    "outcome": {"status": "pass", "skill": 0.94, "pass_mark": 0.85},
}  # fmt: skip
EXAM = {
    "type": "exam",
    "exam": "x1",
    "lab": "incident-response",
    "skill": 0.31,
    "status": "fail",
    "issue": None,
}


def chained(*told: tuple[str, dict[str, Any]]) -> list[Entry]:
    entries: list[Entry] = []
    for number, (kind, fields) in enumerate(told, 1):
        prev = entries[-1].hash if entries else chain.START
        entries.append(chain.seal(number, kind, NOW, fields, prev, salt=lambda n=number: f"{n:032x}"))
    return entries


def issue(lab: str, attempt: str, seed: int = 77, **more: Any) -> tuple[str, dict[str, Any]]:
    return TASK_ISSUED, {
        "lab": lab,
        "attempt": attempt,
        "commitment": commitment(seed),
        "assistance": "none",
        **more,
    }


def looked(source: dict[str, Any], *before: tuple[str, dict[str, Any]], **change: Any) -> Worded:
    """What is found of an item over a source, its words as the source makes them unless they are given."""
    whole = {"wording": 1, "assistance": "none", **source}
    made = {"kind": "lab", "assistance": "none", "grade": "self-reported", **(wording(whole) or {}), **change}
    entries = chained(
        *before, ("evidence", {**made, "source": {k: v for k, v in whole.items() if v != "left out"}})
    )
    return check_words(records(entries)[0], entries, KEY)


@pytest.mark.parametrize("source", [ATTEMPT, EXAM, TASK])
def test_a_title_or_a_result_that_the_log_does_not_give_is_found(source: dict[str, Any]) -> None:
    assert looked(source).problems == []
    for name in FIXED[source["type"]]:
        (problem,) = looked(source, **{name: "Skill 0.99 (pass)"}).problems
        assert f"{name}: " in problem and "0.99" not in problem
    # Said to be withheld, or left out: there is nothing to compare, or it is missing.
    assert "result: " in looked(source, result="").problems[0]


def test_an_older_item_that_its_owner_named_says_so_and_shows_what_the_log_gives() -> None:
    old = looked({**EXAM, "wording": None}, title="An exam of mine", result="Skill 0.99 (pass)")
    assert old.problems == []
    assert "title and result in its owner's words" in old.notes[0] and "Skill 0.31 (fail)" in old.notes[0]


@pytest.mark.parametrize("source", [ATTEMPT, EXAM, TASK])
def test_help_that_was_said_at_the_start_does_not_become_none(source: dict[str, Any]) -> None:
    helped = {**source, "assistance": "AI"}
    assert looked(helped, assistance="AI").problems == []
    assert "assistance is said to be none, and was AI" in looked(helped).problems[0]
    assert "is left out" in looked({**source, "assistance": "left out"}).problems[0]
    # More help than was foreseen may be said later.
    assert looked(source, assistance="AI").problems == []


def test_the_ledger_was_told_at_issue_what_help_was_used() -> None:
    issued = ("exam-issued", {"exam": "x1", "assistance": "AI"})
    found = looked(EXAM, issued)
    assert found.problems == [
        "its log says assistance none, the ledger was told AI at issue",
        "assistance is said to be none, and was AI when it was begun",
    ]
    old = looked({**EXAM, "wording": None, "assistance": "left out"}, issued)
    assert old.problems == ["assistance is said to be none, and was AI when it was begun"]


def test_a_task_says_which_form_of_how_many_it_was() -> None:
    before = [issue("task-pipelines", "t1", 5), issue("task-other", "o1"), issue("task-pipelines", "t2")]
    found = looked(TASK, *before, issue("task-pipelines", "t3", 9), grade="self-run")
    assert found == Worded([], ["form 2 of 3 issued"])
    assert (
        "not the one that the ledger was told" in looked(TASK, issue("task-pipelines", "t2", 78)).problems[0]
    )
    assert "not the one that the ledger was told" in looked(TASK, issue("task-other", "t2")).problems[0]
    alone = looked(TASK, issue("task-pipelines", "t1", 5))
    assert alone.problems == [] and "how many forms were tried before is not known" in alone.notes[0]
    # Without its issue it is nobody's run but the owner's word.
    assert "grade of proof" in looked(TASK, grade="self-run").problems[0]


def test_a_packet_with_a_task_cannot_hide_how_many_were_issued() -> None:
    source = {"wording": 1, "assistance": "none", **TASK}
    told = {**piece(1, 5), **(wording(source) or {}), "kind": "lab", "source": source}
    more = [issue("task-pipelines", "t1", 5), issue("task-pipelines", "t2"), ("evidence", told)]
    made = payload(ledger(*more), everything=True)
    opened = [e["fields"] for e in made["chain"] if e["kind"] == TASK_ISSUED]
    assert ["value" in fields["commitment"] for fields in opened] == [False, True]
    assert "form 2 of 2 issued" in next(i["words"] for i in page_facts(made)["items"] if i["kind"] == "lab")
    assert not can_be_withheld(chain.parse(made["chain"][17]), "lab")
    closed = chain.redact(chain.parse(made["chain"][17]), ["lab"]).as_dict()
    forged = {**made, "chain": [*made["chain"][:17], closed, *made["chain"][18:]]}
    report = verify(sealed(forged))
    assert "E-020" in wrong(report)
    assert "hides which tasks were issued" in next(i.detail for i in report.items if i.id == "E-020")
    # Where no task is shown, which ones were issued is nobody's business.
    none = payload(ledger(*more[:2]), everything=True)
    assert all(
        "value" not in f for e in none["chain"] if e["kind"] == TASK_ISSUED for f in e["fields"].values()
    )


@pytest.mark.parametrize("grade", ["self-run", "issued", "re-judged"])
def test_no_item_carries_a_higher_grade_than_its_source_gives(grade: str) -> None:
    assert "grade of proof" in looked({"type": "form"}, grade=grade).problems[0]
    assert "grade of proof" in looked(ATTEMPT, grade=grade).problems[0]
    exam = looked(EXAM, grade=grade).problems
    assert exam == [] if grade == "self-run" else "gives self-run" in exam[0]


def test_measured_figures_stand_beside_the_owners_words() -> None:
    assert measured({"type": "git", "commits": 3, "files": 2}) == "The commits: 3 commits, 2 files."
    assert measured({"type": "report", "said": {"title": "No drift"}}) == (
        "Its report's line, which only the report can show: No drift"
    )
    assert measured({"type": "form"}) is None and measured("x") is None
    entries = ledger(("evidence", {**piece(1, 4), "title": "Rebuilt it all", "source": {
        "type": "git", "commits": 3, "files": 2, "digest": "x"}}))  # fmt: skip
    page = sealed(payload(entries, everything=True))
    report = verify(page)
    assert wrong(report) == []
    assert "owner's words. The commits: 3 commits, 2 files." in report.items[-1].detail
    assert b"The commits: 3 commits, 2 files." in page


def test_whose_help_was_used_cannot_be_withheld_from_a_packet() -> None:
    entry = ledger()[0]
    assert not can_be_withheld(entry, "assistance") and not can_be_withheld(entry, "grade")
    hidden = payload(hidden={(1, "assistance")})
    report = verify(sealed(hidden))
    assert "whether help was used is withheld" in report.items[0].detail


@pytest.mark.parametrize(
    "source",
    [
        {"type": "task"},
        {"type": "exam", "lab": 5},
        {"type": "attempt", "lab": "incident-response"},
        {"type": "badge", "token": "x"},
    ],
)
def test_a_malformed_source_is_a_mismatch_and_no_crash(source: dict[str, Any]) -> None:
    told = {**piece(1, 4), "source": {**source, "wording": 1}}
    report = verify(sealed(payload(ledger(("evidence", told)), everything=True)))
    assert "E-018" in wrong(report)

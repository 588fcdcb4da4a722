"""Prerequisites: met, met with a gap, not yet, and what is not there to check is called so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.core.errors import InputError
from gradatim.path import load
from gradatim.path.prerequisites import (
    Outcome,
    Performed,
    Record,
    judge,
    months_covered,
    overall,
    read_record,
)

TODAY = date(2026, 11, 23)
PATH = load(FOLDER)


def role(since: str, to: str | None = None, **more: Any) -> Record:
    return read_record({"what": "Ranking service", "since": since, "to": to, **more}, TODAY)


def test_the_six_are_those_of_the_path() -> None:
    assert [p.id for p in PATH.prerequisites] == [
        "production-experience",
        "python-and-frameworks",
        "deployed-models",
        "pipelines",
        "engineering-fundamentals",
        "independent-delivery",
    ]
    assert [p.id for p in PATH.prerequisites if p.task] == [
        "python-and-frameworks",
        "deployed-models",
        "pipelines",
        "engineering-fundamentals",
    ]


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], "not_checked"),
        ([role("2024-01-01", attested_by="A. Reviewer")], "met"),
        ([role("2024-01-01")], "gap"),  # long enough, nobody named
        ([role("2025-04-01", attested_by="A. Reviewer")], "gap"),  # twenty months
        ([role("2026-01-01", attested_by="A. Reviewer")], "not_yet"),
    ],
)
def test_production_experience(records: list[Record], state: str) -> None:
    found = judge(PATH.prerequisite("production-experience"), records, None, False, TODAY)
    assert found.state == state
    assert found.reason
    assert (found.months > 0) == (state != "met" and bool(records) and "months" in found.reason)


def test_two_pieces_of_work_with_own_share() -> None:
    asked = PATH.prerequisite("independent-delivery")

    def state(*records: Record) -> str:
        return judge(asked, records, None, False, TODAY).state

    whole = role("2026-01-01", "2026-03-01", own_share=0.8, attested_by="A. Reviewer")
    small = role("2026-04-01", "2026-05-01", own_share=0.2, attested_by="A. Reviewer")
    assert state(whole, whole) == "met"
    assert state(whole) == "gap"
    assert state(whole, small) == "gap"
    assert state(small, small) == "not_yet"
    assert state(whole, role("2026-01-01", "2026-03-01", own_share=0.8)) == "gap"


PASSED = Performed(True, 1.1, (), 1, "2026-03-01")
FAILED = Performed(False, 0.4, ("crash", "late"), 2, "2026-03-01")


def test_a_task_that_is_not_there_is_not_held_against_anyone_and_not_called_met() -> None:
    asked = PATH.prerequisite("pipelines")
    found = judge(asked, [], None, False, TODAY)
    assert found.state == "not_checked"
    assert "not there yet" in found.reason
    assert judge(asked, [], None, True, TODAY).reason == "The task was not performed yet."
    assert judge(asked, [], PASSED, True, TODAY).state == "met"
    assert judge(asked, [], FAILED, True, TODAY).state == "not_yet"
    near = judge(asked, [], FAILED._replace(share=0.9), True, TODAY)
    assert near.state == "gap" and "crash" in near.reason
    copied = judge(asked, [], Performed(False, 0.0, ("it was a copy",), 1, ""), True, TODAY)
    assert copied.state == "not_yet" and "it was a copy" in copied.reason


def test_task_and_record() -> None:
    asked = PATH.prerequisite("deployed-models")
    record = role("2026-01-01", attested_by="A. Reviewer")
    assert judge(asked, [], None, False, TODAY).state == "not_checked"
    assert judge(asked, [record], None, False, TODAY).state == "gap"
    assert judge(asked, [record], PASSED, True, TODAY).state == "met"
    assert judge(asked, [], PASSED, True, TODAY).state == "gap"
    assert judge(asked, [record], FAILED, True, TODAY).state == "not_yet"
    assert judge(asked, [record], FAILED._replace(share=0.8), True, TODAY).state == "gap"


def test_overall() -> None:
    met, gap, no, unknown = (Outcome(s, "because") for s in ("met", "gap", "not_yet", "not_checked"))  # type: ignore[arg-type]
    assert overall({"a": met, "b": met}) == "ready"
    assert overall({"a": met, "b": gap}) == "gaps"
    assert overall({"a": met, "b": unknown}) == "gaps"
    assert overall({"a": met, "b": gap, "c": no}) == "not_yet"
    assert overall({"a": unknown, "b": unknown}) == "open"


def test_overlapping_roles_count_once() -> None:
    both = [
        role("2024-01-01", "2025-01-01"),
        role("2024-07-01", "2025-07-01"),
        role("2024-08-01", "2024-09-01"),
    ]
    assert months_covered(both, TODAY) == pytest.approx(18, abs=0.1)
    assert months_covered([], TODAY) == 0


def test_every_defect_of_a_record_is_named() -> None:
    with pytest.raises(InputError) as caught:
        read_record({"what": "x", "since": "yesterday", "own_share": 2, "mood": "good"}, TODAY)
    assert len(caught.value.problems) == 4
    with pytest.raises(InputError, match="cannot be kept") as caught:
        read_record({"what": "A role", "since": "2027-01-01", "to": "2028-01-01"}, TODAY)
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError) as caught:
        read_record({"what": "A role", "since": "2026-01-01", "to": "2025-01-01"}, TODAY)
    assert "before it begins" in caught.value.problems[0]

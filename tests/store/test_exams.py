"""Exams in the store: issued once, one at a time, handed in once."""

from __future__ import annotations

import pytest

from gradatim.core.errors import StateError, UnknownName
from gradatim.store import NewAttempt, Store
from gradatim.store.exams import NewExam

SLOTS = [(11, True), (2**127, False), (13, False)]


def new(nonce: int = 5, player: str = "learner") -> NewExam:
    return NewExam(
        lab_id="l", lab_version="1.0.0", lab_digest="d", nonce=nonce, player=player,
        predicted={"skill": 0.5, "lo": 0.0, "hi": 1.0},
    )  # fmt: skip


def test_an_exam_is_kept_as_it_was_issued(store: Store) -> None:
    made = store.create_exam(new(nonce=2**128 - 1))
    again = store.get_exam(made.id)
    assert again == made and made.status == "drawing" and made.nonce == 2**128 - 1
    assert made.predicted == {"skill": 0.5, "lo": 0.0, "hi": 1.0}
    with pytest.raises(UnknownName):
        store.get_exam("e-none")


def test_the_next_exam_waits_for_the_last(store: Store) -> None:
    first = store.create_exam(new(1))
    with pytest.raises(StateError, match="not handed in"):
        store.create_exam(new(2))
    assert store.create_exam(new(2, player="p.py")).player == "p.py"
    store.open_exam(first.id, SLOTS)
    with pytest.raises(StateError):
        store.create_exam(new(3))
    store.submit_exam(first.id, {"skill": 0.1}, "2026-03-01T09:30:00Z")
    with pytest.raises(StateError, match="begun before"):
        store.create_exam(new(1))
    assert store.create_exam(new(3)).status == "drawing"
    assert [e.nonce for e in store.list_exams("l")] == [3, 2, 1]


def test_instances_are_opened_replaced_and_sealed(store: Store) -> None:
    exam = store.create_exam(new())
    assert store.sealed_seeds("l") == set()
    store.open_exam(exam.id, SLOTS)
    store.open_exam(exam.id, [(1, True)])
    assert [(s.seed, s.healthy) for s in store.sittings(exam.id)] == SLOTS
    assert store.sealed_seeds("l") == {seed for seed, _ in SLOTS}
    attempt = store.create_attempt(
        NewAttempt(lab_id="l", lab_version="1.0.0", lab_digest="d", seed=11, kind="exam")
    )
    assert store.sit(exam.id, 0, attempt.id).attempt_id == attempt.id
    assert store.sit(exam.id, 0, "a-later").attempt_id == attempt.id
    found = store.exam_of(attempt.id)
    assert found is not None and found.id == exam.id
    store.replace_sitting(exam.id, 0, "ours", (99, True))
    assert store.sittings(exam.id)[0] == (0, 99, True, None)
    assert store.replaced_sittings(exam.id) == 1
    assert store.exam_of(attempt.id) is not None


def test_the_first_submission_counts(store: Store) -> None:
    exam = store.create_exam(new())
    store.open_exam(exam.id, SLOTS)
    first = store.submit_exam(exam.id, {"skill": 0.1}, "2026-03-01T09:30:00Z")
    assert store.submit_exam(exam.id, {"skill": 0.9}, "2026-03-02T09:30:00Z") == first
    assert store.fail_exam(exam.id, "too late").status == "submitted"
    assert store.sealed_seeds("l") == set()

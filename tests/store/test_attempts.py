from __future__ import annotations

import math
import sqlite3
import threading
from dataclasses import replace

import pytest

from gradatim.core.errors import StateError, UnknownName
from gradatim.store import Attempt, NewAttempt, Store

NEW = NewAttempt(lab_id="incident-response", lab_version="1.0.0", lab_digest="d1", seed=2**128 - 1)


def test_an_attempt_comes_back_as_it_was_issued(store: Store) -> None:
    new = replace(NEW, family="metastable", kind="policy", player="mine.py", assistance="AI", t_s=0.1 + 0.2)
    made = store.create_attempt(new)
    assert store.get_attempt(made.id) == made
    assert made.seed == 2**128 - 1
    assert made.t_s == 0.1 + 0.2  # to the bit
    assert (made.family, made.kind, made.player, made.assistance) == ("metastable", "policy", "mine.py", "AI")
    assert (made.status, made.rewinds, made.hints_taken, made.outcome) == ("open", 0, 0, None)
    assert made.created_at == made.updated_at
    assert len(made.created_at) == len("2026-03-01T09:30:00Z")


@pytest.mark.parametrize("seed", [-1, 2**128])
def test_a_seed_out_of_range_leaves_nothing(store: Store, seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        store.create_attempt(replace(NEW, seed=seed))
    assert store.list_attempts() == []


def test_ids_are_unique_and_look_alike(store: Store) -> None:
    ids = {store.create_attempt(NEW).id for _ in range(60)}
    assert len(ids) == 60
    assert all(
        i.startswith("a-") and len(i) == 10 and set(i[2:]) <= set("abcdefghijklmnopqrstuvwxyz234567")
        for i in ids
    )


def test_an_id_that_is_taken_is_not_given_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("a" * 8 + "a" * 8 + "b" * 8)
    monkeypatch.setattr("secrets.choice", lambda _: next(letters))
    assert [store.create_attempt(NEW).id for _ in range(2)] == ["a-aaaaaaaa", "a-bbbbbbbb"]


def test_an_unknown_id_says_the_nearest(store: Store, attempt: Attempt) -> None:
    for _ in range(30):
        store.create_attempt(NEW)
    typo = attempt.id[:-1] + ("a" if attempt.id[-1] != "a" else "b")
    with pytest.raises(UnknownName) as error:
        store.get_attempt(typo)
    assert attempt.id in error.value.why
    with pytest.raises(UnknownName) as error:
        store.actions("0000000000000000000000")
    assert error.value.why.count("a-") == 5  # the newest few, not all thirty-one


def test_lists_are_newest_first_and_filtered(store: Store) -> None:
    first, second = store.create_attempt(NEW), store.create_attempt(replace(NEW, lab_id="other"))
    third = store.create_attempt(NEW)
    store.finish_attempt(first.id, status="abandoned")
    assert [a.id for a in store.list_attempts()] == [third.id, second.id, first.id]
    assert [a.id for a in store.list_attempts("incident-response", limit=1)] == [third.id]
    assert [a.id for a in store.list_attempts(status="open")] == [third.id, second.id]
    assert store.list_attempts("none such") == []


def test_the_clock_only_goes_forward(store: Store, attempt: Attempt) -> None:
    assert store.set_clock(attempt.id, 60.5)
    assert not store.set_clock(attempt.id, 60.5)
    assert not store.set_clock(attempt.id, 10.0)
    assert store.get_attempt(attempt.id).t_s == 60.5
    with pytest.raises(UnknownName):
        store.set_clock("a-none", 1.0)
    for bad in (math.nan, math.inf, -1.0):
        with pytest.raises(ValueError, match="simulated time"):
            store.set_clock(attempt.id, bad)


def test_a_tab_that_missed_a_rewind_does_not_move_the_clock(store: Store, attempt: Attempt) -> None:
    store.set_clock(attempt.id, 500.0)
    store.withdraw_actions(attempt.id, 100.0)
    assert not store.set_clock(attempt.id, 501.0, rewinds=0)
    assert store.get_attempt(attempt.id).t_s == 100.0
    assert store.set_clock(attempt.id, 101.0, rewinds=1)


def test_a_verdict_is_kept_and_final(store: Store, attempt: Attempt) -> None:
    outcome = {"by_cause": {"queue": 5}, "loss_micro": -(2**62)}
    verdict = {
        "submission": [{"b": 1, "a": 2.5}],
        "outcome": outcome,
        "loss_micro": -(2**62),
        "outcome_hash": "h",
        "t_s": 7200.0,
    }
    done = store.finish_attempt(attempt.id, **verdict)
    assert done == store.get_attempt(attempt.id)
    assert (done.status, done.outcome, done.loss_micro, done.t_s) == ("finished", outcome, -(2**62), 7200.0)
    assert done.submission == '[{"a":2.5,"b":1}]'
    assert store.finish_attempt(attempt.id, **verdict) == done  # the second tab
    with pytest.raises(StateError):
        store.finish_attempt(attempt.id, **{**verdict, "outcome_hash": "other"})
    with pytest.raises(StateError):
        store.finish_attempt(attempt.id, status="abandoned")
    assert store.get_attempt(attempt.id) == done
    assert not store.set_clock(attempt.id, 9999.0)
    for refused in (
        lambda: store.append_action(attempt.id, 0, 1.0, {}),
        lambda: store.withdraw_actions(attempt.id, 0.0),
        lambda: store.take_hint(attempt.id),
    ):
        with pytest.raises(StateError, match="finished"):
            refused()


def test_hints_are_counted(store: Store, attempt: Attempt) -> None:
    assert [store.take_hint(attempt.id), store.take_hint(attempt.id)] == [1, 2]
    assert store.get_attempt(attempt.id).hints_taken == 2


def test_a_fork_begins_with_the_prefix_of_its_parent(store: Store, attempt: Attempt) -> None:
    prefix = [(10.0, {"kind": "a"}), (20.0, {"kind": "b"})]
    fork = store.create_attempt(replace(NEW, parent_id=attempt.id, fork_at_s=30.0, t_s=30.0, actions=prefix))
    assert [(a.ordinal, a.t_s, a.action) for a in store.actions(fork.id)] == [
        (0, 10.0, {"kind": "a"}),
        (1, 20.0, {"kind": "b"}),
    ]
    assert (fork.parent_id, fork.fork_at_s, fork.t_s) == (attempt.id, 30.0, 30.0)
    store.append_action(fork.id, 2, 31.0, {"kind": "c"})
    with pytest.raises(UnknownName):
        store.create_attempt(replace(NEW, parent_id="a-none"))
    with pytest.raises(ValueError, match="order"):
        store.create_attempt(replace(NEW, actions=prefix[::-1]))
    assert len(store.list_attempts()) == 2


def test_a_row_that_something_else_edited_is_said(store: Store, attempt: Attempt) -> None:
    store.append_action(attempt.id, 0, 1.0, {"kind": "a"})
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE action SET action = '{broken'")
    with pytest.raises(StateError, match=attempt.id):
        store.actions(attempt.id)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE attempt SET outcome = 'x'")
    db.close()
    with pytest.raises(StateError, match="cannot be read"):
        store.get_attempt(attempt.id)


def test_threads_share_a_store(store: Store, attempt: Attempt) -> None:
    """Sixteen threads race for each ordinal; every ordinal is won exactly once."""
    won: list[int] = []
    unexpected: list[BaseException] = []
    start = threading.Barrier(16)

    def act() -> None:
        start.wait()
        while (ordinal := len(store.actions(attempt.id))) < 40:
            try:
                store.append_action(attempt.id, ordinal, float(ordinal), {"n": ordinal})
                won.append(ordinal)
            except StateError as error:
                if "meanwhile" not in error.what:
                    unexpected.append(error)
                    return
            except BaseException as error:
                unexpected.append(error)
                return

    threads = [threading.Thread(target=act) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not unexpected
    assert sorted(won) == list(range(40))
    assert [a.action["n"] for a in store.actions(attempt.id)] == list(range(40))

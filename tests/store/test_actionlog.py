from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gradatim.core.errors import StateError
from gradatim.store import Attempt, NewAttempt, Store


def test_an_action_comes_back_to_the_bit(store: Store, attempt: Attempt) -> None:
    action = {"kind": "set", "x": 0.1, "deep": {"text": "naïve ✓", "list": [1, None, True]}}
    t_s = math.nextafter(1800.0, 0)
    added = store.append_action(attempt.id, 0, t_s, action)
    (kept,) = store.actions(attempt.id)
    assert kept == added
    assert (kept.t_s, kept.action) == (t_s, action)
    assert store.get_attempt(attempt.id).t_s == t_s


def test_a_taken_ordinal_a_gap_and_a_step_back_are_refused(store: Store, attempt: Attempt) -> None:
    store.append_action(attempt.id, 0, 10.0, {"kind": "a"})
    for ordinal, t_s in [(0, 11.0), (2, 11.0), (-1, 11.0), (1, 9.0)]:
        with pytest.raises(StateError, match="meanwhile"):
            store.append_action(attempt.id, ordinal, t_s, {"kind": "b"})
    for bad in (math.nan, math.inf, -0.5):
        with pytest.raises(ValueError, match="simulated time"):
            store.append_action(attempt.id, 1, bad, {"kind": "b"})
    with pytest.raises(ValueError, match="JSON"):
        store.append_action(attempt.id, 1, 11.0, {"x": math.nan})
    assert [a.action for a in store.actions(attempt.id)] == [{"kind": "a"}]


def test_a_rewind_that_was_missed_is_noticed(store: Store, attempt: Attempt) -> None:
    """One tab has seen two actions; the other rewinds and acts until there are two again."""
    store.append_action(attempt.id, 0, 1.0, {"n": 1}, rewinds=0)
    store.append_action(attempt.id, 1, 2.0, {"n": 2}, rewinds=0)
    assert store.withdraw_actions(attempt.id, 1.0) == 1
    store.append_action(attempt.id, 1, 3.0, {"n": 3}, rewinds=1)
    with pytest.raises(StateError, match="meanwhile"):
        store.append_action(attempt.id, 2, 4.0, {"n": 4}, rewinds=0)
    assert [a.action["n"] for a in store.actions(attempt.id)] == [1, 3]
    assert [a.action["n"] for a in store.withdrawn_actions(attempt.id)] == [2]


class Log(RuleBasedStateMachine):
    """The log against a plain list."""

    home: Path

    @initialize()
    def begin(self) -> None:
        self.store = Store(self.home)
        self.id = self.store.create_attempt(
            NewAttempt(lab_id="l", lab_version="1", lab_digest="d", seed=0)
        ).id
        self.log: list[tuple[float, int]] = []
        self.gone: list[tuple[float, int]] = []
        self.clock_s, self.rewinds, self.n = 0.0, 0, 0

    def teardown(self) -> None:
        self.store.close()

    @rule(step_s=st.floats(0, 1e5))
    def append(self, step_s: float) -> None:
        t_s = self.clock_s + step_s
        self.store.append_action(self.id, len(self.log), t_s, {"n": self.n}, rewinds=self.rewinds)
        self.log.append((t_s, self.n))
        self.n += 1
        self.clock_s = t_s

    @rule(off=st.integers(-3, 3).filter(bool))
    def append_with_a_wrong_ordinal(self, off: int) -> None:
        with pytest.raises(StateError):
            self.store.append_action(self.id, len(self.log) + off, self.clock_s, {"n": -1})

    @rule(t_s=st.floats(0, 1e6))
    def tick(self, t_s: float) -> None:
        assert self.store.set_clock(self.id, t_s) == (t_s > self.clock_s)
        self.clock_s = max(self.clock_s, t_s)

    @precondition(lambda self: self.log)
    @rule(data=st.data())
    def rewind(self, data: st.DataObject) -> None:
        times = [t for t, _ in self.log]
        after_s = data.draw(st.sampled_from(times) | st.floats(0, max(times)))
        stays = [entry for entry in self.log if entry[0] <= after_s]
        lost = [entry for entry in self.log if entry[0] > after_s]
        assert self.store.withdraw_actions(self.id, after_s) == len(lost)
        self.log, self.gone = stays, self.gone + lost
        self.clock_s = min(self.clock_s, after_s)
        self.rewinds += 1

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(self.home)

    @invariant()
    def agrees(self) -> None:
        actions = self.store.actions(self.id)
        assert [(a.t_s, a.action["n"]) for a in actions] == self.log
        assert [a.ordinal for a in actions] == list(range(len(self.log)))
        withdrawn = self.store.withdrawn_actions(self.id)
        assert sorted(a.action["n"] for a in withdrawn) == sorted(n for _, n in self.gone)
        attempt = self.store.get_attempt(self.id)
        assert (attempt.t_s, attempt.rewinds) == (self.clock_s, self.rewinds)


def test_any_history_agrees_with_a_plain_list(tmp_path: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Log.home = tmp_path
    run_state_machine_as_test(Log, settings=settings(max_examples=20, stateful_step_count=15, deadline=None))

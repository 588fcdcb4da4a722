"""One function from a log to an outcome, however it is called."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradatim.lab.lab import Instance, Lab
from gradatim.lab.live import LiveSession
from gradatim.lab.outcome import Outcome
from gradatim.lab.replay import KEEP, Timeline
from gradatim.lab.submission import Step, Submission

Played = tuple[dict[str, Any], Outcome]

JUDGE = """
import json, sys
from gradatim.lab import catalogue
log = json.load(sys.stdin)
print(catalogue.lab(log["lab"]).instance(int(log["seed"]), log["family"]).judge(log).hash)
"""


def test_the_judge_says_what_the_live_session_said(instance: Instance, played: Played) -> None:
    outcome = instance.judge(played[0])
    assert outcome == played[1] and outcome.hash == played[1].hash
    assert Outcome.from_dict(json.loads(json.dumps(outcome.as_dict()))) == outcome


def test_another_process_says_the_same(played: Played) -> None:
    said = subprocess.run(
        [sys.executable, "-c", JUDGE],
        input=json.dumps(played[0]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.stdout.strip(), said.stderr) == (played[1].hash, "")


ACTION = st.sampled_from(
    [
        {"kind": "shed", "client": "all", "share": 0.4},
        {"kind": "shed", "client": "ios", "share": 1.0},
        {"kind": "ramp", "client": "all", "over_s": 120.0},
        {"kind": "set_retry_budget", "client": "all", "ratio": 0.1},
        {"kind": "restart", "how": "rolling"},
        {"kind": "scale", "replicas": 10},
        {"kind": "fall_back", "client": "web", "share": 0.5},
        {"kind": "set_queue_limit", "limit": 32},
        {"kind": "declare_over"},
    ]
)
TIMES = st.integers(1_200_000, 8_400_000) | st.integers(120, 840).map(lambda tick: tick * 10_000)
EDIT = st.one_of(
    st.tuples(st.just("drop"), st.integers(0, 99)),
    st.tuples(st.just("insert"), TIMES, ACTION),
    st.tuples(st.just("move"), st.integers(0, 99), TIMES),
)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EDIT, min_size=3, max_size=3), st.integers(0, 6))
def test_edits_of_a_log_come_to_what_a_fresh_world_says(
    instance: Instance, played: Played, edits: list[tuple[Any, ...]], keep: int
) -> None:
    """A timeline that has seen other logs gives, with its snapshots, what one that has seen none gives."""
    steps = list(Submission.parse(played[0]).actions)[: keep or None]
    for edit in edits:
        if edit[0] == "insert":
            steps.append(Step(edit[1], edit[2]))
        elif steps:
            i = edit[1] % len(steps)
            old = steps.pop(i)
            if edit[0] == "move":
                steps.append(Step(edit[2], old.action))
        steps.sort(key=lambda s: s.t_ms)
        kept = instance.timeline.run(steps)
    assert kept == Timeline(instance).run(steps)


def test_the_order_in_which_logs_are_asked_about_does_not_count(instance: Instance, played: Played) -> None:
    steps = Submission.parse(played[0]).actions
    logs = [steps, steps[:2], (), (*steps[:1], *steps[2:]), steps]
    forth = [instance.timeline.run(log).hash for log in logs]
    back = [instance.timeline.run(log).hash for log in reversed(logs)]
    assert forth == back[::-1] and forth[0] == forth[-1] == played[1].hash
    assert len(set(forth)) == 4


HOURS_LOG = [
    (1300.0, {"kind": "trace", "client": "all"}),
    (2000.0, {"kind": "shed", "client": "all", "share": 0.5}),
    (2000.0, {"kind": "page", "team": "data"}),
    (2000.0, {"kind": "ramp", "client": "web", "over_s": 60}),
    (3100.0, {"kind": "rollback", "change": "C-1"}),
    (3200.0, {"kind": "restart", "how": "rolling"}),
]
DAYS_LOG = [
    (50_400.0, {"kind": "differential_test"}),
    (50_400.0, {"kind": "quarantine", "source": "weather", "hours_back": 3}),
    (54_000.0, {"kind": "retrain", "rows": "recent"}),
    (54_000.0, {"kind": "page", "team": "data"}),
    (61_000.0, {"kind": "deploy", "version": "r1"}),
    (70_000.0, {"kind": "differential_test"}),
]
SAID = st.sampled_from(
    [
        {"kind": "acknowledge", "alert": "all"},
        {"kind": "silence", "alert": "SlowAnswers", "for_s": 600.0},
        {"kind": "take_hint"},
        {"kind": "answer", "message": "q-share", "fact": "some"},
        {"kind": "diagnose", "component": "predict", "mechanism": "cold_cache", "scope": "all", "sure": 0.5},
        {"kind": "submit_prevention", "guardrails": []},
        {"kind": "declare_over"},
    ]
)


@pytest.mark.parametrize(
    ("seed", "family", "log"), [(8, "metastable-overload", HOURS_LOG), (3, "stale-features", DAYS_LOG)]
)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(st.integers(0, 99), SAID), min_size=6, max_size=12))
def test_other_words_over_the_same_changes_come_to_what_a_fresh_world_says(
    lab: Lab, seed: int, family: str, log: list[tuple[float, Any]], said: list[tuple[int, Any]]
) -> None:
    def keep(found: list[Any]) -> Any:
        return lambda w: found.extend((w.ops.copy(), list(w.journal), w.now_s, lab.live.inbox(w, None)))

    instance = lab.instance(seed, family)
    changes = [Step(round(t * 1000), a) for t, a in log]
    ends = [s.t_ms for s in changes] + [round(instance.pace.horizon_s * 1000) - 1]
    spoken = [Step(ends[i % len(ends)] - 100_000 * (i % 2), a) for i, a in said]
    mixed = sorted((*changes, *spoken), key=lambda s: s.t_ms)
    shared, plain = list[Any](), list[Any]()
    instance.timeline.run(changes)
    outcome = instance.timeline.run(mixed, keep(shared))
    assert outcome == Timeline(instance).run(mixed, keep(plain))
    assert shared == plain


def test_a_fit_belongs_to_what_had_served_before_it(lab: Lab) -> None:
    """Three logs that retrain at the same moment in the same state, after different pasts."""
    instance = lab.instance(3, "feature-skew")
    retrain = [
        Step(216_000_000, {"kind": "retrain", "rows": "recent"}),
        Step(226_800_000, {"kind": "deploy", "version": "r1"}),
    ]
    logs = [retrain]
    for group in ("weather", "aircraft"):
        off = Step(108_000_000, {"kind": "set_feature", "features": group, "mode": "missing"})
        on = Step(180_000_000, {"kind": "set_feature", "features": group, "mode": "live"})
        logs.append([off, on, *retrain])
    shared = [instance.timeline.run(log).loss_micro for log in logs]
    assert shared == [Timeline(instance).run(log).loss_micro for log in logs]
    assert len(set(shared)) == 3


def test_snapshots_are_bounded(instance: Instance) -> None:
    t = instance.timeline
    for i in range(6):
        log = [Step(1_300_000 + 500_000 * k + i, {"kind": "page", "team": "web"}) for k in range(9)]
        t.run(log)
    assert len(t._marks) <= KEEP
    assert t._marks[0].prefix == () and t._marks[0].t_s == instance.lab.spec.start_s


def test_what_was_refused_does_not_count(instance: Instance) -> None:
    pages = [Step(2_000_000, {"kind": "declare_over"}), Step(2_100_000, {"kind": "declare_over"})]
    assert instance.timeline.run(pages).signals["actions"] == 1
    asked = Step(1_300_000, {"kind": "answer", "message": "q-share", "fact": "some"})
    assert instance.timeline.run([asked]) == instance.timeline.run([])


def test_watching_does_not_change_the_outcome(lab: Lab, played: Played) -> None:
    session = LiveSession(lab.instance(8, "metastable-overload"))
    for step in Submission.parse(played[0]).actions:
        while session.world.now_s < step.t_ms / 1000 - 137.0:
            session.advance(137.0)
            session.observe()
            session.tables()
        if step.t_ms / 1000 > session.world.now_s:
            session.advance(step.t_ms / 1000 - session.world.now_s)
        session.act(
            {"kind": "ramp", "client": "ios"} if step.action["kind"] == "declare_over" else {"kind": "x"}
        )
        session.act(step.action)
    assert session.finish().hash == played[1].hash
    assert session.submission().as_dict() == played[0]


def test_sessions_loaded_from_a_log_stand_where_it_stood(lab: Lab, played: Played) -> None:
    steps = list(Submission.parse(played[0]).actions)
    session = LiveSession(lab.instance(8, "metastable-overload"))
    session.load(steps, 2_000.0)
    assert session.world.now_s == 2000.0 and len(session.steps) == 3, "actions of that very moment are taken"
    session.load(steps[3:], 5_000.0)
    assert session.finish().hash == played[1].hash


def test_judging_and_other_sessions_do_not_move_a_session(lab: Lab, played: Played) -> None:
    instance = lab.instance(8, "metastable-overload")
    session = instance.live()
    session.advance(300.0)
    before = session.observe()
    instance.judge(played[0])
    other = instance.live()
    other.act({"kind": "shed", "share": 1.0})
    other.advance(900.0)
    assert session.observe() == before and session.submission().actions == ()


@pytest.mark.parametrize("seed", [8, 12])
def test_another_seed_is_another_world(lab: Lab, instance: Instance, seed: int) -> None:
    same = lab.instance(seed, "metastable-overload").timeline.run([]).hash == instance.timeline.run([]).hash
    assert same == (seed == 8)

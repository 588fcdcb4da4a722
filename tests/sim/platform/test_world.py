"""The world is a pure function of its scenario, seed and actions with their times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradatim.core.errors import GradatimError
from gradatim.sim.actions import ACTIONS
from gradatim.sim.faults import family
from gradatim.sim.platform.preview import preview
from gradatim.sim.platform.setup import MAX_REPLICAS
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.logs import Logs
from gradatim.sim.telemetry.tables import visible
from gradatim.sim.telemetry.telemetry import Telemetry

Make = Callable[..., World]
State = Callable[[World], dict[str, Any]]
END_S = 2600.0


@pytest.fixture(scope="module")
def sick(make: Make) -> World:
    """A retry storm with little time; tests take it back to its start."""
    return make("metastable-overload", seed=8, horizon_s=END_S, variant="everyone-retries")


@pytest.fixture(scope="module")
def start(sick: World) -> Any:
    return sick.snapshot()


def _play(world: World, plan: list[tuple[float, dict[str, Any]]], stops: list[float]) -> None:
    """Advance to every stop and take each action at its time."""
    todo = sorted([(t, 0, a) for t, a in plan] + [(t, 1, None) for t in stops], key=lambda x: x[:2])
    for t, _, action in todo:
        world.advance(t)
        if action is not None:
            world.act(action)
    world.advance(END_S)


PLAN: list[tuple[float, dict[str, Any]]] = [
    (1900.003, {"kind": "shed", "client": "all", "share": 0.6}),
    (1960.0, {"kind": "set_retry_budget", "client": "all", "ratio": 0.1}),
    (2000.0, {"kind": "restart", "how": "rolling"}),
    (2010.0, {"kind": "ramp", "client": "all", "over_s": 95}),
    (2110.5, {"kind": "scale", "replicas": 13}),
    (2200.0, {"kind": "prewarm_cache"}),
]


def test_sixty_minutes_are_an_hour(make: Make, state: State) -> None:
    scenario = {"family_id": "metastable-overload", "seed": 3, "variant": "cold-cache"}
    one, many = make(**scenario), make(**scenario)
    one.advance(4800.0)
    for i in range(60):
        many.advance(1200.0 + 60.0 * (i + 1))
    assert state(one) == state(many)


def test_time_cut_into_odd_pieces_with_actions_is_the_same(sick: World, start: Any, state: State) -> None:
    sick.restore(start)
    _play(sick, PLAN, [])
    expected = state(sick)
    for stops in (
        [1200.0 + 7.3 * i for i in range(190)],
        [t + d for t, _ in PLAN for d in (-0.001, 0.0, 0.001, 15.0, 60.0)],
        [10.0 * i for i in range(120, 260)],
    ):
        sick.restore(start)
        _play(sick, PLAN, [s for s in stops if s < END_S])
        assert state(sick) == expected


def test_a_fresh_world_is_the_restored_one(sick: World, start: Any, make: Make, state: State) -> None:
    fresh = make("metastable-overload", seed=8, horizon_s=END_S, variant="everyone-retries")
    _play(fresh, PLAN, [])
    sick.restore(start)
    _play(sick, PLAN, [])
    assert state(fresh) == state(sick)


def test_looking_changes_nothing(sick: World, start: Any, state: State) -> None:
    sick.restore(start)
    _play(sick, PLAN, [])
    expected = state(sick)
    sick.restore(start)
    telemetry = Telemetry(sick.record())
    book, logs = AlertBook(telemetry), Logs(telemetry, sick.changes)
    plan = list(PLAN)
    for t in np.arange(1205.0, END_S, 97.0):
        while plan and plan[0][0] <= t:
            sick.advance(plan[0][0])
            sick.act(plan.pop(0)[1])
        sick.advance(float(t))
        telemetry.update(sick.record())
        visible(telemetry, book.evaluate(), sick.changes)
        logs.lines(limit=50)
        sick.service(), sick.snapshot()
        for kind in ACTIONS:
            preview(sick, {"kind": kind})
        preview(sick, {"kind": "scale", "replicas": MAX_REPLICAS})
        preview(sick, {"kind": "rollback", "change": sick.changes[-1].id})
    sick.advance(END_S)
    assert state(sick) == expected


def test_a_snapshot_is_whole_and_outlives_other_branches(sick: World, start: Any, state: State) -> None:
    """Two branches, each with a snapshot on its way: going back to either brings its own past."""
    sick.restore(start)
    expected, kept = {}, {}
    for name, plan in (
        ("a", PLAN[:1]),
        ("b", [(1850.0, {"kind": "fall_back", "client": "ios", "share": 1.0})]),
    ):
        sick.restore(start)
        for t, action in plan:
            sick.advance(t)
            sick.act(action)
        sick.advance(2150.0)
        kept[name] = sick.snapshot()
        at_snapshot = state(sick)
        sick.advance(END_S)
        expected[name] = (at_snapshot, state(sick))
    for name in ("a", "b", "a"):
        sick.restore(kept[name])
        assert state(sick) == expected[name][0], f"{name} as it was"
        sick.advance(END_S)
        assert state(sick) == expected[name][1], f"{name} to its end"


def test_what_was_shown_before_a_restore_stays_as_it_was(sick: World, start: Any) -> None:
    sick.restore(start)
    sick.advance(2100.0)
    record = sick.record()
    shown = {k: v.copy() for k, v in record.control.items()}
    ticks = {k: v.copy() for k, v in record.ticks.items()}
    sick.restore(start)
    sick.act({"kind": "scale", "replicas": MAX_REPLICAS})
    sick.act({"kind": "shed", "share": 0.5})
    sick.advance(2300.0)
    assert all(np.array_equal(record.control[k], v) for k, v in shown.items())
    assert all(np.array_equal(record.ticks[k], v) for k, v in ticks.items())


def test_a_refused_action_changes_nothing(sick: World, start: Any, state: State) -> None:
    sick.restore(start)
    sick.advance(1900.0)
    sick.act({"kind": "declare_over"})
    before = state(sick)
    refused = [
        {"kind": "declare_over"},
        {"kind": "rollback", "change": "C-0"},
        {"kind": "ramp"},
        {"kind": "scale", "replicas": 12},
        {"kind": "drain", "replica": MAX_REPLICAS - 1},
    ]
    for message in refused:
        receipt = sick.act(message)
        assert not receipt.accepted and receipt.reason and receipt.effective_at_s == 1900.0, message
    for message in ({"kind": "shed"}, {"kind": "nothing"}, 7):
        with pytest.raises(GradatimError):
            sick.act(message)
    assert state(sick) == before


def test_a_change_that_is_still_to_come_cannot_be_rolled_back(sick: World, start: Any) -> None:
    sick.restore(start)
    later = [c for c in sick.changes if c.at_s > sick.now_s]
    assert later, "the calendar holds changes of this shift"
    for c in later:
        assert not sick.act({"kind": "rollback", "change": c.id}).accepted
        assert sick.change(c.id) is None
    sick.advance(later[0].at_s)
    assert sick.change(later[0].id) == later[0]


def test_common_random_numbers(sick: World, start: Any) -> None:
    """Two worlds are equal to the bit before the first difference in effect; arrivals always are."""
    seen = {}
    for name, action in (
        ("shed", {"kind": "shed", "share": 0.7}),
        ("timeout", {"kind": "set_timeout", "timeout_ms": 1500}),
        ("nothing", None),
    ):
        sick.restore(start)
        sick.advance(1907.0)
        if action:
            sick.act(action)
        sick.advance(END_S)
        seen[name] = (
            {k: v.copy() for k, v in sick.sim.ticks.items()},
            sick.sim.client_ticks.copy(),
            sick.sim.segment_ticks.copy(),
        )
    for a, b, effect_s in (
        ("shed", "nothing", 1922.0),
        ("timeout", "nothing", 1967.0),
        ("shed", "timeout", 1922.0),
    ):
        same = int(effect_s // 10)
        for name, column in seen[a][0].items():
            assert np.array_equal(column[:same], seen[b][0][name][:same]), (a, b, name)
        assert not np.array_equal(seen[a][0]["failed"][same:], seen[b][0]["failed"][same:])
        assert np.array_equal(seen[a][0]["arrivals"], seen[b][0]["arrivals"])
        assert np.array_equal(seen[a][1][:, :, 0], seen[b][1][:, :, 0]), "arrivals by client"
        assert np.array_equal(seen[a][2][:, :, 0], seen[b][2][:, :, 0]), "arrivals by airport"


def test_the_clock_never_passes_the_horizon_nor_goes_back(sick: World, start: Any) -> None:
    sick.restore(start)
    sick.advance(1300.0)
    sick.advance(1250.0)
    assert sick.now_s == 1300.0
    sick.advance(1e9)
    assert sick.now_s == END_S and sick.n_control == END_S / 10


def test_the_same_seed_is_the_same_world_and_another_is_not(make: Make) -> None:
    totals = [make(seed=s, horizon_s=1500.0).sim.totals() for s in (5, 5, 6)]
    assert totals[0] == totals[1] != totals[2]


# ---------------------------------------------------------------------- whatever is done, time goes on
CLIENT = st.sampled_from(["all", "web", "ios", "android", "partner"])
SHARE = st.sampled_from([0.0, 0.02, 0.5, 1.0])
MESSAGE = st.one_of(
    st.builds(lambda r: {"kind": "drain", "replica": r}, st.integers(0, MAX_REPLICAS - 1)),
    st.builds(lambda r: {"kind": "scale", "replicas": r}, st.integers(1, MAX_REPLICAS)),
    st.builds(lambda h: {"kind": "restart", "how": h}, st.sampled_from(["rolling", "all_at_once"])),
    st.builds(lambda s: {"kind": "shift_traffic", "previous_share": s}, SHARE),
    st.builds(lambda c, s: {"kind": "shed", "client": c, "share": s}, CLIENT, SHARE),
    st.builds(lambda c, s: {"kind": "ramp", "client": c, "over_s": s}, CLIENT, st.floats(10, 300)),
    st.builds(lambda c, s: {"kind": "fall_back", "client": c, "share": s}, CLIENT, SHARE),
    st.builds(
        lambda c, m: {"kind": "set_timeout", "client": c, "timeout_ms": m}, CLIENT, st.integers(50, 20_000)
    ),
    st.builds(
        lambda c, n, b, j: {
            "kind": "set_retries",
            "client": c,
            "max_attempts": n,
            "backoff_ms": b,
            "jitter": j,
        },
        CLIENT,
        st.integers(1, 7),
        st.integers(0, 30_000),
        st.booleans(),
    ),
    st.builds(
        lambda c, r: {"kind": "set_retry_budget", "client": c, "ratio": r},
        CLIENT,
        st.sampled_from([None, 0, 0.1, 1]),
    ),
    st.builds(
        lambda b, w: {"kind": "set_batching", "max_batch": b, "max_wait_ms": w},
        st.integers(1, 16),
        st.integers(0, 1000),
    ),
    st.builds(lambda n: {"kind": "set_queue_limit", "limit": n}, st.integers(32, 4096)),
    st.builds(
        lambda a: {"kind": "answer_on_failure", "answer": a},
        st.sampled_from(["error", "fallback", "default"]),
    ),
    st.just({"kind": "prewarm_cache"}),
    st.builds(lambda n: {"kind": "rollback", "nth": n}, st.integers(0, 40)),
)
LOG = st.lists(st.tuples(st.integers(1_200_000, 2_300_000), MESSAGE), min_size=2, max_size=9)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LOG, st.integers(1_200_000, 2_599_999))
def test_any_log_plays_to_the_end_and_a_snapshot_inside_it_changes_nothing(
    sick: World, start: Any, state: State, log: list[tuple[int, dict[str, Any]]], cut_ms: int
) -> None:
    plan = [(t / 1000, _named(sick, m)) for t, m in sorted(log, key=lambda x: x[0])]
    sick.restore(start)
    _play(sick, plan, [])
    expected = state(sick)
    # Again, with a snapshot at some moment, another future, and back.
    sick.restore(start)
    cut = cut_ms / 1000
    for t, action in plan:
        if t <= cut:
            sick.advance(t)
            sick.act(action)
    sick.advance(cut)
    kept = sick.snapshot()
    sick.act({"kind": "restart", "how": "all_at_once"})
    sick.advance(min(cut + 200, END_S))
    sick.restore(kept)
    _play(sick, [p for p in plan if p[0] > cut], [])
    assert state(sick) == expected


def _named(world: World, message: dict[str, Any]) -> dict[str, Any]:
    if "nth" in message:
        return {"kind": "rollback", "change": world.changes[-1 - message["nth"] % len(world.changes)].id}
    return message


def test_an_unknown_family_gives_the_nearest() -> None:
    with pytest.raises(GradatimError) as e:
        family("metastable-overlaod")
    assert "metastable-overload" in e.value.why

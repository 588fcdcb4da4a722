"""Model quality on a shift of days: states, labels, retraining, roll-back of one artefact, and what monitors see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradatim.core.money import micro
from gradatim.sim.faults import draws, family
from gradatim.sim.faults.scenario import SLOW, DataFault, LabelFault, NightlyRetrain, Scenario, Shock, Truth
from gradatim.sim.flights.state import Alteration
from gradatim.sim.platform import modelops
from gradatim.sim.platform.preview import preview
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.series_model import METRICS
from gradatim.sim.telemetry.telemetry import Telemetry

HOUR = 3600.0
AT = 16 * HOUR
TRUTH = Truth("weather", "error_code", "all", "", (), "")


def _world(*shocks: Shock, changes: tuple = (), seed: int = 9) -> World:
    config = replace(draws.config(seed), base_rate_per_s=2.8, replicas=3)
    return World(Scenario("t", "t", False, config, shocks, changes, AT, TRUTH, pace=SLOW), seed)


def _lost(world: World, from_h: float, to_h: float) -> int:
    first, last = round(from_h * 12), round(to_h * 12)
    return int(-world.sim.ticks["money_micro"][first:last].sum())


CODE = DataFault(AT, "code", (Alteration("code", "weather"),), "weather", float("inf"))


def test_a_quiet_shift_of_days_loses_nothing() -> None:
    world = _world()
    world.advance(world.horizon_s)
    assert _lost(world, 0, 84) == 0
    assert modelops.breached_s(world) is None
    assert not modelops.turned(world).any()


def test_an_error_code_costs_until_good_values_are_served_and_the_source_is_mended() -> None:
    world = _world(CODE)
    world.advance(AT + 8 * HOUR)
    harmed = _lost(world, 16, 24)
    assert harmed > 0
    assert world.act({"kind": "set_feature", "features": "weather", "mode": "last_good"}).accepted
    assert world.act({"kind": "page", "team": "data"}).accepted
    world.advance(AT + 11.5 * HOUR)
    world.act({"kind": "rerun_job", "job": "weather"})
    world.advance(AT + 12.5 * HOUR)
    world.act({"kind": "set_feature", "features": "weather", "mode": "live"})
    world.advance(world.horizon_s)
    assert _lost(world, 30, 84) == 0


def test_a_rerun_brings_what_the_source_has() -> None:
    world = _world(CODE)
    world.advance(AT + HOUR)
    world.act({"kind": "rerun_job", "job": "weather"})
    world.advance(AT + 3 * HOUR)
    assert any("source unchanged" in e.text for e in world.journal)
    assert _lost(world, 18, 19) != 0


def test_the_store_that_refuses_writes_wants_its_change_undone_first() -> None:
    scenario = family("stale-features").draw(4, start_s=0, horizon_s=0, variant="stale-quota")
    world = World(scenario, 4)
    world.advance(scenario.onset_s + HOUR)
    world.act({"kind": "rerun_job", "job": "weather"})
    world.advance(world.now_s + HOUR)
    assert any("refused by the store" in e.text for e in world.journal)
    world.act({"kind": "rollback", "change": scenario.changes[0].id})
    world.act({"kind": "rerun_job", "job": "weather"})
    world.advance(world.now_s + HOUR)
    assert any("table replaced" in e.text for e in world.journal)
    assert world.ops.serving is not None and "stale" not in world.ops.serving.faults


def test_a_retrain_learns_wrong_labels_and_not_quarantined_ones() -> None:
    fault = LabelFault(AT, 1e9, "zero")
    poisoned, kept = _world(fault), _world(fault)
    kept.advance(AT + 5 * HOUR)
    kept.act({"kind": "quarantine", "source": "labels", "hours_back": 24})
    shares = []
    for world in (poisoned, kept):
        world.advance(AT + 20 * HOUR)
        assert world.act({"kind": "retrain", "rows": "recent"}).accepted
        world.advance(world.now_s + 2 * HOUR)
        quality, serving = modelops.parts(world)
        shares.append(quality.fitted(serving.fits[-1]).predicted_pct)
    assert shares[0] < 20 < 27 < shares[1]


def test_a_retrained_version_serves_nothing_until_it_is_deployed_and_can_be_taken_back() -> None:
    world = _world()
    world.advance(30 * HOUR)
    assert not world.act({"kind": "deploy", "version": "r1"}).accepted
    world.act({"kind": "retrain", "rows": "all"})
    world.advance(34 * HOUR)
    assert _lost(world, 0, 34) == 0
    world.act({"kind": "deploy", "version": "r1"})
    world.advance(44 * HOUR)
    assert world.service()["model"] == "r1" and _lost(world, 35, 44) != 0
    world.act({"kind": "deploy", "version": "v5"})
    world.advance(54 * HOUR)
    assert _lost(world, 45, 54) == 0


def test_rolling_back_the_nightly_brings_the_model_back_and_leaves_the_rows() -> None:
    change = draws.change_id(9, AT + 6 * HOUR)
    world = _world(
        LabelFault(AT, 1e9, "zero"),
        NightlyRetrain(AT + 6 * HOUR, change),
        changes=(draws.Change(change, AT + 6 * HOUR, "deploy", "predict", "bot", "nightly"),),
    )
    world.advance(AT + 12 * HOUR)
    assert world.service()["model"] == "r1" and _lost(world, 22, 28) != 0
    world.act({"kind": "rollback", "change": change})
    world.advance(AT + 24 * HOUR)
    assert world.service()["model"] == "v5" and _lost(world, 29, 40) == 0


def test_slow_labels_change_what_is_measured_and_no_answer() -> None:
    world = _world(LabelFault(AT, AT + 30 * HOUR, "slow", (0, 1, 2), 12.0))
    world.advance(world.horizon_s)
    assert _lost(world, 0, 84) == 0
    seen = world.monitors.upto(world, 84)[:, 0]  # type: ignore[union-attr]
    gap = seen[:, METRICS.index("fresh_gap_pp")]
    assert np.nanmax(gap[20:50]) > 20
    assert abs(seen[80, METRICS.index("mature_gap_pp")]) < 15


def test_monitors_are_the_same_however_time_is_cut_and_after_a_rewind() -> None:
    at_once, in_hours = _world(CODE), _world(CODE)
    at_once.advance(40 * HOUR)
    snap = in_hours.snapshot()
    in_hours.act({"kind": "set_feature", "features": "weather", "mode": "missing"})
    in_hours.advance(30 * HOUR)
    in_hours.monitors.upto(in_hours, 30)  # type: ignore[union-attr]
    in_hours.restore(snap)
    for h in range(13, 41):
        in_hours.advance(h * HOUR)
        in_hours.record().monitors()  # type: ignore[misc]
    a, b = (w.monitors.upto(w, 40)[:40] for w in (at_once, in_hours))  # type: ignore[union-attr]
    np.testing.assert_array_equal(a, b)
    assert at_once.sim.totals() == in_hours.sim.totals()


def test_the_differential_test_sees_a_skew_and_not_an_old_table() -> None:
    skewed = _world(DataFault(AT, "skew", (Alteration("utc", "clock", (0,)),)))
    old = _world(DataFault(AT, "old", (Alteration("frozen", "weather", (0, 1, 2), 16),), "weather"))
    texts = []
    for world in (skewed, old):
        world.advance(AT + 5 * HOUR)
        ordinal = len(world.ops.done)
        world.act({"kind": "differential_test"})
        world.advance(AT + 6 * HOUR)
        texts.append(world.ops.serving.tests[ordinal])  # type: ignore[union-attr]
    assert (
        "clock: 100 % of EWR:" not in texts[0] and "clock: 100 % of EWR" in texts[0] and "JFK" not in texts[0]
    )
    assert "no value differs" in texts[1]


@pytest.mark.parametrize("action", [
    {"kind": "rerun_job", "job": "weather"}, {"kind": "retrain", "rows": "all"}, {"kind": "deploy", "version": "v4"},
    {"kind": "set_feature", "features": "clock", "mode": "missing"}, {"kind": "differential_test"},
    {"kind": "quarantine", "source": "labels"},
])  # fmt: skip
def test_a_shift_of_hours_has_no_jobs_and_no_retrain(action: dict[str, str]) -> None:
    world = World(family("quiet").draw(1, start_s=1200.0, horizon_s=2400.0), 1, horizon_s=2400.0)
    receipt = world.act(action)
    assert not receipt.accepted and "too short" in receipt.reason


def test_what_cannot_be_is_refused_with_a_reason() -> None:
    world = _world()
    for action, reason in (
        ({"kind": "set_feature", "features": "clock", "mode": "last_good"}, "no history"),
        ({"kind": "set_feature", "features": "weather", "mode": "live"}, "live already"),
        ({"kind": "deploy", "version": "v5"}, "serves already"),
        ({"kind": "deploy", "version": "v6"}, "not registered"),
    ):
        receipt = world.act(action)
        assert not receipt.accepted and reason in receipt.reason
    for _ in range(3):
        assert world.act({"kind": "retrain", "rows": "all"}).accepted
    assert "a week" in world.act({"kind": "retrain", "rows": "all"}).reason


def test_previews_of_a_shift_of_days_tell_cost_and_time_as_they_come() -> None:
    world = _world()
    for message in (
        {"kind": "rerun_job", "job": "weather"}, {"kind": "set_feature", "features": "weather", "mode": "last_good"},
        {"kind": "quarantine", "source": "labels"}, {"kind": "retrain"}, {"kind": "deploy", "version": "v4"},
        {"kind": "differential_test"},
    ):  # fmt: skip
        said, before = preview(world, message), len(world.ops.costs)
        receipt = world.act(message)
        assert receipt.accepted and said["problems"] == []
        assert said["effective_at_s"] == receipt.effective_at_s
        assert sum(c.micro_usd for c in world.ops.costs[before:]) == micro(said["cost_usd"])
        assert all(said[k] for k in ("touches", "expected", "risk", "undo")), message


def test_what_monitors_measure_is_no_background_on_a_shift_of_days() -> None:
    world = _world()
    world.advance(30.5 * HOUR)
    telemetry = Telemetry(world.record())
    ids = [s.id for s in telemetry.catalogue]
    assert len(ids) == len(set(ids))
    seen = telemetry.latest(["predict.score_mean", "model.score_pct", "predict.score_late_share"])
    score, percent = seen["predict.score_mean"], seen["model.score_pct"]
    assert score is not None and percent is not None and abs(100 * score - percent) < 0.1
    assert any(c.text == "model v5 at 100 % (was v4)" for c in world.changes)


def test_a_full_registry_takes_no_nightly_retrain_and_nothing_else_happens() -> None:
    world = _world(NightlyRetrain(AT + 10 * HOUR, "C-1"))
    for hours in (0, 2, 4):
        world.advance(AT + hours * HOUR)
        assert world.act({"kind": "retrain", "rows": "recent"}).accepted
    world.advance(AT + 11 * HOUR)
    assert world.service()["model"] == "v5"
    told = next(e.text for e in world.journal if "is full" in e.text)
    assert told.startswith("nightly retrain: the registry")
    world.advance(world.horizon_s)
    assert len(world.service()["versions"]) == 5


def test_the_nightly_retrain_is_held_while_labels_are_in_quarantine() -> None:
    served = {}
    for held in (True, False):
        world = _world(NightlyRetrain(AT + 10 * HOUR, "C-1"))
        world.advance(AT)
        if held:
            assert world.act({"kind": "quarantine", "source": "labels", "hours_back": 24}).accepted
        world.advance(AT + 11 * HOUR)
        served[held] = world.service()["model"]
        told = [e.text for e in world.journal if "retrain held" in e.text]
        assert told == (["nightly retrain held: labels are quarantined"] if held else [])
    assert served == {True: "v5", False: "r1"}


def test_a_retrain_that_ends_after_the_registry_has_filled_registers_nothing() -> None:
    world = _world(NightlyRetrain(AT + 1 * HOUR, "C-1"))
    world.advance(AT)
    assert all(world.act({"kind": "retrain", "rows": "recent"}).accepted for _ in range(3))
    world.advance(AT + 4 * HOUR)
    assert any(e.text.startswith("retrain: the registry") for e in world.journal)


def test_who_is_woken_before_a_source_breaks_has_mended_nothing() -> None:
    world = _world(CODE)
    world.advance(AT - 5 * HOUR)
    world.act({"kind": "page", "team": "data"})
    world.advance(AT + 1 * HOUR)
    world.act({"kind": "rerun_job", "job": "weather"})
    world.advance(AT + 2 * HOUR)
    assert world.ops.serving is not None and world.ops.serving.faults == {"code"}


def test_labels_that_were_mended_stay_mended_when_the_job_runs_again() -> None:
    world = _world(LabelFault(AT, AT + 4 * HOUR, "zero"))
    for hours in (6, 12):
        world.advance(AT + hours * HOUR)
        world.act({"kind": "rerun_job", "job": "labels"})
    world.advance(AT + 20 * HOUR)
    column = METRICS.index("zero_delay_pct")
    assert world.monitors is not None
    seen = world.monitors.upto(world, 36)[:36, 0, column].copy()
    world.monitors.forget()
    assert np.array_equal(seen, world.monitors.upto(world, 36)[:36, 0, column], equal_nan=True)
    assert world.ops.serving is not None and world.ops.serving.labels_mended_s == AT + 6.5 * HOUR

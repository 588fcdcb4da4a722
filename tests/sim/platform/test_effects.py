"""Each action does to the service what it says, when it says, at the price it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradatim.core.money import micro, usd
from gradatim.sim.actions import ACTIONS
from gradatim.sim.faults.scenario import ClientRelease, QueueLimitChange
from gradatim.sim.platform import operate
from gradatim.sim.platform.cache import CacheSettings, FeatureCache
from gradatim.sim.platform.preview import preview, title
from gradatim.sim.platform.setup import MAX_REPLICAS
from gradatim.sim.platform.vocabulary import CLIENTS

SPAN_S = 400.0


def _rows(bed: Any, world: Any, name: str) -> np.ndarray[Any, Any]:
    return np.asarray(world.sim.ticks[name][round(bed.at_s / 10) :])


def test_shedding_refuses_the_share_of_that_client_only(calm: Any) -> None:
    world = calm.act({"kind": "shed", "client": "ios", "share": 0.5}, SPAN_S)
    first = round((calm.at_s + 20) / 10)
    ios = CLIENTS.index("ios")
    arrivals, ok = (world.sim.client_ticks[first:, :, i].sum(axis=0) for i in (0, 2))
    assert abs(ok[ios] / arrivals[ios] - 0.5) < 0.02
    assert all(ok[i] / arrivals[i] > 0.99 for i in range(4) if i != ios)
    assert abs(calm.since(world, "shed") / arrivals[ios] - 0.5) < 0.02
    assert _rows(calm, world, "shed")[0] == 0, "not before its fifteen seconds"
    assert world.service()["clients"]["ios"]["shed_share"] == 0.5


def test_a_ramp_brings_everyone_back_in_equal_steps(calm: Any) -> None:
    world = calm.fresh()
    world.act({"kind": "shed", "share": 1.0})
    world.advance(calm.at_s + 60)
    assert _rows(calm, world, "shed")[-1] > 0.95 * _rows(calm, world, "arrivals")[-1]
    world.act({"kind": "ramp", "over_s": 100})
    shares = []
    for _ in range(13):
        world.advance(world.now_s + 10)
        shares.append(world.ops.shed["web"])
    steps = np.diff([s for s in shares if 0 < s < 1])
    assert len(steps) >= 7 and np.allclose(steps, steps[0])
    assert shares[-1] == 0 and world.ops.ramp == {}
    assert _rows(calm, world, "shed")[-1] == 0


def test_a_new_shed_replaces_a_ramp(calm: Any) -> None:
    world = calm.fresh()
    world.act({"kind": "shed", "share": 0.8})
    world.advance(calm.at_s + 20)
    world.act({"kind": "ramp", "over_s": 200})
    world.advance(calm.at_s + 80)
    world.act({"kind": "shed", "client": "web", "share": 0.9})
    world.advance(calm.at_s + 390)
    assert world.ops.shed["web"] == 0.9 and world.ops.shed["ios"] == 0


def test_fall_back_answers_from_the_table(calm: Any) -> None:
    world = calm.act({"kind": "fall_back", "client": "all", "share": 0.4}, SPAN_S)
    share = calm.since(world, "fallback") / calm.since(world, "arrivals")
    assert abs(share - 0.4 * (SPAN_S - 45) / SPAN_S) < 0.03
    assert calm.idle("fallback", SPAN_S) == 0


def test_scaling_up_takes_its_cold_start_and_costs(calm: Any) -> None:
    usual = calm.world.scenario.config.replicas
    more = MAX_REPLICAS - usual
    world = calm.act({"kind": "scale", "replicas": MAX_REPLICAS}, SPAN_S)
    ready = _rows(calm, world, "ready")
    cold_s = world.scenario.config.cold_start_s
    first_more = int(np.argmax(ready > usual)) * 10
    assert abs(first_more - (20 + cold_s)) <= 10 and ready[-1] == MAX_REPLICAS
    assert _rows(calm, world, "starting").max() == more
    spent = [c.micro_usd for c in world.ops.costs if c.cause == "capacity"]
    # By the tick; the one in which it begins counts whole.
    assert abs(len(spent) - (SPAN_S - 20) / 10) <= 1
    assert set(spent) == {micro(more * operate.REPLICA_USD_PER_H * 10 / 3600)}


def test_scaling_down_takes_effect_without_a_cold_start(calm: Any) -> None:
    world = calm.act({"kind": "scale", "replicas": 9}, 60.0)
    assert _rows(calm, world, "ready")[-1] == 9
    assert not [c for c in world.ops.costs if c.cause == "capacity"]


def test_restart_all_at_once_stops_the_service_and_rolling_does_not(calm: Any) -> None:
    both = {}
    for how in ("all_at_once", "rolling"):
        world = calm.act({"kind": "restart", "how": how}, SPAN_S)
        both[how] = (_rows(calm, world, "ready").copy(), calm.since(world, "failed"))
    ready, failed = both["all_at_once"]
    assert ready.min() == 0 and ready[-1] == 12 and failed > 2000
    assert (ready == 0).sum() * 10 == pytest.approx(60, abs=10)
    rolling, few = both["rolling"]
    assert 8 <= rolling.min() < 12 and rolling[-1] == 12
    assert few < failed / 10
    # Every replica was restarted once: 12 x 60 s away.
    assert (12 - rolling).sum() * 10 == pytest.approx(12 * 60, abs=60)


def test_a_rolling_restart_goes_on_when_the_fleet_changes_under_it(calm: Any) -> None:
    world = calm.fresh()
    world.act({"kind": "restart", "how": "rolling"})
    world.advance(calm.at_s + 60)
    world.act({"kind": "scale", "replicas": 3})
    world.act({"kind": "restart", "how": "all_at_once"})
    world.advance(calm.at_s + 500)
    assert world.ops.restart_next == [] and _rows(calm, world, "ready")[-1] == 3


def test_a_drained_replica_gets_nothing_new(calm: Any) -> None:
    world = calm.act({"kind": "drain", "replica": 4}, 120.0)
    done = world.sim.replica_ticks[round(calm.at_s / 10) + 3 :, :, 0].sum(axis=0)
    assert done[4] == 0 and (done[:12] > 0).sum() == 11
    assert _rows(calm, world, "ready")[-1] == 11


def test_only_a_replica_that_serves_can_be_drained(calm: Any) -> None:
    world = calm.fresh()
    for replica in range(world.scenario.config.replicas, MAX_REPLICAS):
        receipt = world.act({"kind": "drain", "replica": replica})
        assert not receipt.accepted and "off" in receipt.reason
    # Accepted, and gone before it takes effect: time goes on.
    assert world.act({"kind": "drain", "replica": 2}).accepted
    assert world.act({"kind": "drain", "replica": 2}).accepted
    world.advance(calm.at_s + 60)
    assert _rows(calm, world, "ready")[-1] == 11
    assert not world.act({"kind": "drain", "replica": 2}).accepted


def test_batching_and_queue_limit_reach_the_replicas(calm: Any) -> None:
    assert calm.idle("batch_items", 200.0) > 1.05 * calm.idle("batches", 200.0)
    world = calm.act({"kind": "set_batching", "max_batch": 1, "max_wait_ms": 0}, 200.0)
    last = slice(-5, None)
    assert (_rows(calm, world, "batches")[last] == _rows(calm, world, "batch_items")[last]).all()
    assert world.service()["max_batch"] == 1
    # Five replicas are too slow for everyone: the queue shows its limit.
    world.act({"kind": "scale", "replicas": 5})
    world.act({"kind": "set_queue_limit", "limit": 32})
    world.advance(calm.at_s + 400)
    assert _rows(calm, world, "queue_depth_max")[-5:].max() == 32
    assert _rows(calm, world, "rejected")[-5:].min() > 0
    assert world.record().control["queue_limit"][-1] == 32


def test_time_out_attempts_and_backoff_reach_the_clients(calm: Any) -> None:
    world = calm.act({"kind": "set_timeout", "client": "web", "timeout_ms": 60}, SPAN_S)
    first = round((calm.at_s + 70) / 10)
    timeouts = world.sim.client_ticks[first:, :, 4].sum(axis=0)
    assert timeouts[0] > 1000 and timeouts[1:].max() < timeouts[0] / 20
    attempts, arrivals = (world.sim.client_ticks[first:, 0, i].sum() for i in (1, 0))
    assert attempts > 1.1 * arrivals
    world.act({"kind": "set_retries", "client": "web", "max_attempts": 1, "backoff_ms": 0})
    world.advance(calm.at_s + SPAN_S + 200)
    last = world.sim.client_ticks[-10:, 0]
    assert last[:, 1].sum() == last[:, 0].sum(), "one attempt each"
    assert world.service()["clients"]["web"]["remote_max_attempts"] == 1


def test_a_retry_budget_denies_retries(calm: Any) -> None:
    world = calm.fresh()
    world.act({"kind": "set_timeout", "timeout_ms": 60})
    world.act({"kind": "set_retry_budget", "ratio": None})
    world.advance(calm.at_s + 300)
    free = _rows(calm, world, "retries")[-5:].sum()
    assert _rows(calm, world, "retries_denied")[-5:].sum() == 0
    world.act({"kind": "set_retry_budget", "ratio": 0.01})
    world.advance(calm.at_s + 600)
    retries, arrivals = (_rows(calm, world, n)[-5:].sum() for n in ("retries", "arrivals"))
    assert retries <= 0.011 * arrivals + 2 and retries < free / 4
    assert _rows(calm, world, "retries_denied")[-5:].sum() > 0


def test_answer_on_failure_turns_failures_into_answers(calm: Any) -> None:
    seen = {}
    for answer in ("error", "fallback", "default"):
        world = calm.fresh()
        world.act({"kind": "answer_on_failure", "answer": answer})
        world.act({"kind": "set_timeout", "timeout_ms": 60})
        world.act({"kind": "set_retries", "max_attempts": 1, "backoff_ms": 0})
        world.advance(calm.at_s + 200)
        seen[answer] = {n: int(_rows(calm, world, n)[-10:].sum()) for n in ("failed", "fallback", "default")}
    assert seen["error"]["failed"] > 500 and seen["error"]["fallback"] == seen["error"]["default"] == 0
    assert seen["fallback"]["failed"] == 0 and seen["fallback"]["fallback"] > 500
    assert seen["default"]["failed"] == 0 and seen["default"]["default"] > 500


# ---------------------------------------------------------------------- versions
def _answers(world: Any, ticks: int) -> Any:
    return world.sim.version_ticks[-ticks:, :2, 0].sum(axis=0)


def test_shifted_users_are_answered_by_the_previous_version(calm: Any) -> None:
    world = calm.act({"kind": "shift_traffic", "previous_share": 0.5}, SPAN_S)
    old, new = _answers(world, 10)
    assert abs(old / (old + new) - 0.5) < 0.05
    assert world.sim.version_ticks[round(calm.at_s / 10) : -round(SPAN_S / 10) + 15, 0, 0].sum() == 0, (
        "cold first"
    )


@pytest.mark.parametrize("share", [0.02, 1.0])
def test_small_and_whole_shares_are_served_and_come_back(calm: Any, share: float) -> None:
    world = calm.act({"kind": "shift_traffic", "previous_share": share}, SPAN_S)
    old, new = _answers(world, 10)
    assert old / (old + new) == pytest.approx(share, abs=0.02)
    assert _rows(calm, world, "failed")[-10:].sum() < 0.01 * _rows(calm, world, "arrivals")[-10:].sum()
    world.act({"kind": "shift_traffic", "previous_share": 0.0})
    world.advance(calm.at_s + SPAN_S + 250)
    assert _answers(world, 5)[0] == 0 and _rows(calm, world, "ready")[-1] == 12


def test_the_later_of_two_shifts_stands(calm: Any) -> None:
    world = calm.fresh()
    world.act({"kind": "shift_traffic", "previous_share": 0.5})
    world.advance(calm.at_s + 60)
    world.act({"kind": "shift_traffic", "previous_share": 0.0})
    world.advance(calm.at_s + 500)
    assert _answers(world, 10)[0] == 0


# ---------------------------------------------------------------------- rolling back each kind of change
def test_rolling_back_the_model_serves_the_one_before(calm: Any) -> None:
    world = calm.act({"kind": "rollback", "change": operate.model_change(calm.world)}, 200.0)
    assert world.service()["model"] == "v1"
    old, new = _answers(world, 5)
    assert new == 0 and old > 0
    again = world.act({"kind": "rollback", "change": operate.model_change(world)})
    assert not again.accepted and "already" in again.reason


def test_a_rollback_is_not_taken_twice_while_it_runs(calm: Any) -> None:
    world = calm.fresh()
    change = operate.model_change(world)
    assert world.act({"kind": "rollback", "change": change}).accepted
    world.advance(calm.at_s + 30)
    assert not world.act({"kind": "rollback", "change": change}).accepted
    assert len([c for c in world.ops.costs if c.cause == "changes"]) == 1


def test_rolling_back_an_innocent_change_changes_no_request(calm: Any) -> None:
    innocent = next(
        c
        for c in reversed(calm.world.changes)
        if c.id != operate.model_change(calm.world) and c.at_s < calm.at_s
    )
    untouched = calm.untouched(300.0)
    world = calm.act({"kind": "rollback", "change": innocent.id}, 300.0)
    for name, before in untouched.items():
        assert np.array_equal(world.sim.ticks[name], before), name
    assert innocent.id in world.ops.undone and any("rolled back" in e.text for e in world.journal)


def test_rolling_back_the_queue_limit(make: Any) -> None:
    world = make("metastable-overload", seed=4, horizon_s=2600.0, variant="deep-queue")
    shock = next(s for s in world.scenario.shocks if isinstance(s, QueueLimitChange))
    world.advance(max(world.now_s, shock.at_s + 10))
    assert world.service()["queue_limit"] == shock.limit
    assert world.act({"kind": "rollback", "change": shock.change}).accepted
    world.advance(world.now_s + 100)
    assert world.service()["queue_limit"] == world.scenario.config.queue_limit < shock.limit


def test_remote_configuration_does_not_reach_a_release_that_ignores_it_and_a_rollback_does(make: Any) -> None:
    world = make("metastable-overload", seed=4, variant="one-release")
    release = next(s for s in world.scenario.shocks if isinstance(s, ClientRelease))
    at = CLIENTS.index(release.client)
    world.advance(max(world.now_s, release.at_s + 10))
    world.act({"kind": "set_timeout", "client": "all", "timeout_ms": 5000})
    world.act({"kind": "set_retries", "client": "all", "max_attempts": 2})
    world.advance(world.now_s + 70)
    for i, policy in enumerate(world.sim.clients):
        ignores = i == at
        assert (policy.timeout_s, policy.max_attempts) == (
            (release.policy.timeout_s, release.policy.max_attempts) if ignores else (5.0, 2)
        )
    assert any("not read by the release" in e.text and release.client in e.text for e in world.journal)
    assert world.act({"kind": "rollback", "change": release.change}).accepted
    world.advance(world.now_s + 90 + operate.UNDO_RELEASE_S - 1)
    assert world.sim.clients[at].max_attempts == release.policy.max_attempts, "users take their time"
    world.advance(world.now_s + 2)
    assert (world.sim.clients[at].timeout_s, world.sim.clients[at].max_attempts) == (5.0, 2)
    # Holding that client back at the gateway does reach it.
    world.act({"kind": "shed", "client": release.client, "share": 1.0})
    world.advance(world.now_s + 40)
    last = world.sim.client_ticks[-1, at]
    assert last[0] > 0 and last[2] == 0


# ---------------------------------------------------------------------- the cache
def test_the_backfill_job_warms_a_cold_cache(make: Any, bed_of: Any) -> None:
    world = make("metastable-overload", seed=6, horizon_s=4000.0, variant="cold-cache")
    bed = bed_of(world, world.scenario.onset_s + 60)
    assert world.ops.cache.hit_rate < 0.6
    bed.act({"kind": "prewarm_cache"}, 260.0)
    warm = world.ops.cache.hit_rate
    bed.fresh().advance(bed.at_s + 260.0)
    assert warm > world.ops.cache.hit_rate + 0.1
    bed.act({"kind": "prewarm_cache"}, 260.0)
    assert bed.world.sim.pools[0].per_item_s == pytest.approx(
        world.scenario.config.per_item_s * world.ops.cache.cost_factor(), rel=0.01
    )


def test_a_saturated_store_keeps_a_cold_cache_cold_and_relief_lets_it_fill() -> None:
    def after(items_per_s: float, seconds: int = 900) -> float:
        cache = FeatureCache(CacheSettings(), hit_rate=0.1)
        for _ in range(seconds // 10):
            cache.step(items_per_s, 10.0)
        return cache.hit_rate

    capacity = CacheSettings().store_capacity_per_s
    assert after(3 * capacity) < 0.3 < 0.45 < after(capacity)
    full = FeatureCache(CacheSettings(), hit_rate=0.97)
    full.step(1e6, 1e6, prewarm_per_s=1.0)
    assert full.hit_rate <= full.settings.ceiling
    assert FeatureCache(CacheSettings(), hit_rate=0.95).cost_factor() == pytest.approx(1.0)
    assert FeatureCache(CacheSettings(), hit_rate=0.0).cost_factor() > 2


# ---------------------------------------------------------------------- preview
def _examples(world: Any) -> list[dict[str, Any]]:
    return [
        {"kind": "acknowledge", "alert": "all"},
        {"kind": "rollback", "change": operate.model_change(world)},
        {"kind": "shift_traffic", "previous_share": 0.3},
        {"kind": "shed", "share": 0.3},
        {"kind": "ramp"},
        {"kind": "fall_back", "share": 0.2},
        {"kind": "answer_on_failure", "answer": "fallback"},
        {"kind": "scale", "replicas": 10},
        {"kind": "restart"},
        {"kind": "drain", "replica": 0},
        {"kind": "set_timeout", "timeout_ms": 700},
        {"kind": "set_retries", "max_attempts": 2},
        {"kind": "set_retry_budget", "ratio": 0.2},
        {"kind": "set_batching", "max_batch": 4, "max_wait_ms": 5},
        {"kind": "set_queue_limit", "limit": 99},
        {"kind": "prewarm_cache"},
        {"kind": "repair_telemetry", "exporter": "gateway"},
        {"kind": "rerun_job", "job": "weather"},
        {"kind": "set_feature", "features": "weather", "mode": "missing"},
        {"kind": "quarantine", "source": "labels"},
        {"kind": "retrain"},
        {"kind": "deploy", "version": "v4"},
        {"kind": "differential_test"},
        {"kind": "set_memory_limit", "limit_mb": 3000},
        {"kind": "change_alert", "alert": "QueueDepth", "times": 2},
        {"kind": "silence", "alert": "all"},
        {"kind": "trace"},
        {"kind": "page", "team": "data"},
        {"kind": "status_update", "impact": "ok"},
        {"kind": "diagnose", "component": "none", "mechanism": "nothing_wrong", "scope": "none"},
        {
            "kind": "submit_prevention",
            "guardrails": [{"type": "retry_budget", "at": "clients", "ratio": 0.1}],
        },
        {"kind": "answer", "message": "q-share", "fact": "unknown"},
        {"kind": "take_hint"},
        {"kind": "declare_over"},
    ]


def test_a_preview_tells_cost_and_time_as_they_come(calm: Any) -> None:
    examples = _examples(calm.world)
    assert {e["kind"] for e in examples} == set(ACTIONS)
    for message in examples:
        world = calm.fresh()
        said = preview(world, message)
        before = len(world.ops.costs)
        receipt = world.act(message)
        assert receipt.accepted == (said["problems"] == []), message
        if receipt.accepted:
            assert said["effective_at_s"] == receipt.effective_at_s, message
            # Replicas are paid by the hour; nothing else comes later.
            paid = sum(c.micro_usd for c in world.ops.costs[before:])
            assert usd(paid) == said["cost_usd"], message
            assert all(said[k] for k in ("touches", "expected", "risk", "undo")), message
        assert title(world.ops.done[-1].message if receipt.accepted else {**message}), message
        effect = [p.at_s for p in world.ops.pending]
        assert effect == ([receipt.effective_at_s] if receipt.effective_at_s > world.now_s else [])


def test_a_preview_of_what_cannot_be_done_says_why(calm: Any) -> None:
    world = calm.fresh()
    for message, word in (
        ({"kind": "ramp"}, "shed"),
        ({"kind": "rollback", "change": "C-0"}, "no change C-0"),
        ({"kind": "scale", "replicas": 12}, "already"),
        ({"kind": "shed", "share": 3, "client": "fax"}, "client"),
        ({"kind": "nothing"}, "no action"),
        (None, "kind"),
    ):
        said = preview(world, message)
        assert said["problems"] and word in " ".join(said["problems"]), message


def test_talk_changes_no_request(calm: Any) -> None:
    untouched = calm.untouched(300.0)
    world = calm.fresh()
    for message in _examples(world):
        if not ACTIONS[message["kind"]].changes_service:
            # The differential test belongs to a shift of days.
            assert world.act(message).accepted == (message["kind"] != "differential_test")
    world.advance(calm.at_s + 300)
    for name, before in untouched.items():
        assert np.array_equal(world.sim.ticks[name], before), name


def test_a_changed_alert_fires_by_its_new_threshold_and_can_be_set_back(calm: Any) -> None:
    from gradatim.sim.telemetry.alerts import AlertBook
    from gradatim.sim.telemetry.telemetry import Telemetry

    world = calm.fresh()
    assert not world.act({"kind": "change_alert", "alert": "NoSuchRule", "times": 2}).accepted
    # Usually a host's neighbours take less than the ticket's 6 %: at a tenth of it, the rule fires.
    assert world.act({"kind": "change_alert", "alert": "HostCPUSteal", "times": 0.1}).accepted
    world.advance(calm.at_s + 300)
    book = AlertBook(Telemetry(world.record()))
    mine = [a for a in book.evaluate() if a["name"] == "HostCPUSteal" and a["since_s"] > calm.at_s]
    assert mine and mine[0]["state"] == "firing" and "> 0.6 " in mine[0]["expression"]
    world.act({"kind": "change_alert", "alert": "HostCPUSteal", "times": 1})
    world.advance(calm.at_s + 900)
    states = {
        a["state"] for a in AlertBook(Telemetry(world.record())).evaluate() if a["name"] == "HostCPUSteal"
    }
    assert states == {"resolved"}

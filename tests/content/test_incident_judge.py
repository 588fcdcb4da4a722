"""What the incident lab charges for: each cause by the deed that it is named after, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from gradatim.lab import catalogue
from gradatim.lab.lab import Instance, Lab
from gradatim.lab.outcome import Outcome
from gradatim.lab.submission import Step

Plan = list[tuple[float, dict[str, Any]]]
FAMILY = "metastable-overload"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return catalogue.lab("incident-response")


@pytest.fixture(scope="module")
def sick(lab: Lab) -> Instance:
    """A retry storm: harm from its onset to the end when nobody does anything."""
    seed = next(s for s in range(99) if lab.live.scenario(s, FAMILY).variant == "everyone-retries")
    return lab.instance(seed, FAMILY)


@pytest.fixture(scope="module")
def idle(sick: Instance) -> Outcome:
    return sick.timeline.run([])


def run(instance: Instance, *plan: tuple[float, dict[str, Any]]) -> Outcome:
    return instance.timeline.run([Step(round(t * 1000), a) for t, a in plan])


def differs(a: Outcome, b: Outcome) -> dict[str, int]:
    """Causes by which two outcomes differ, in micro-dollars."""
    return {c: a.by_cause[c] - b.by_cause[c] for c in a.by_cause if a.by_cause[c] != b.by_cause[c]}


def onset(instance: Instance) -> float:
    return instance.lab.live.scenario(instance.seed, instance.family).onset_s


def diagnosis(instance: Instance, **other: str) -> dict[str, Any]:
    truth = instance.lab.live.scenario(instance.seed, instance.family).truth
    right = {"component": truth.component, "mechanism": truth.mechanism, "scope": truth.scope}
    return {"kind": "diagnose", **right, **other}


def test_the_brief_names_every_cause_that_can_be_charged(lab: Lab, idle: Outcome) -> None:
    assert set(idle.by_cause) == set(lab.spec.graded)
    assert all(isinstance(v, int) for v in (*idle.by_cause.values(), *idle.signals.values()))
    assert set(idle.moments) <= set(idle.by_cause)
    assert all(lab.spec.start_s <= t <= lab.spec.horizon_s for t in idle.moments.values())
    assert idle.by_cause["answers"] > 0 and idle.signals["healthy"] == 0
    assert idle.by_cause["changes"] == idle.by_cause["pages"] == idle.by_cause["capacity"] == 0


def test_a_quiet_shift_costs_nothing(lab: Lab) -> None:
    quiet = lab.instance(3, lab.spec.quiet).timeline.run([])
    assert quiet.signals["onset_s"] == -1
    assert {c for c, v in quiet.by_cause.items() if v} <= {"answers"}


def test_each_word_has_its_own_price(sick: Instance, idle: Outcome) -> None:
    at = onset(sick)
    acknowledged = run(sick, (at + 200, {"kind": "acknowledge", "alert": "all"}))
    assert (
        set(differs(acknowledged, idle)) == {"escalation"} and differs(acknowledged, idle)["escalation"] < 0
    )
    late = run(sick, (at + 3000, {"kind": "acknowledge", "alert": "all"}))
    assert differs(late, idle) == {}
    paged = run(
        sick, (at + 200, {"kind": "page", "team": "web"}), (at + 201, {"kind": "page", "team": "web"})
    )
    assert differs(paged, idle) == {"pages": 300_000_000}
    silenced = run(sick, (at + 200, {"kind": "silence", "alert": "all"}), (at + 300, {"kind": "trace"}))
    assert differs(silenced, idle) == {}


def test_a_diagnosis_counts_by_its_last_word_before_the_end(sick: Instance, idle: Outcome) -> None:
    at = onset(sick) + 600
    right, wrong = diagnosis(sick), diagnosis(sick, mechanism="memory_leak")
    scope = diagnosis(sick, scope="JFK")

    def charged(*plan: tuple[float, dict[str, Any]]) -> int:
        return run(sick, *plan).by_cause["diagnosis"]

    none = idle.by_cause["diagnosis"]
    assert charged((at, right)) == 0 < charged((at, scope)) < charged((at, wrong)) == none
    assert charged((at, wrong), (at + 9, right)) == 0
    assert charged((at, right), (at + 9, wrong)) == none
    over = (at + 9, {"kind": "declare_over"})
    assert charged((at, wrong), over, (at + 10, right)) == none, "too late"


def test_declaring_it_over_while_users_are_harmed_costs_and_so_does_never(
    sick: Instance, idle: Outcome
) -> None:
    at = onset(sick)
    early = run(sick, (at + 600, {"kind": "declare_over"}))
    late = run(sick, (at + 3600, {"kind": "declare_over"}))
    assert (
        early.by_cause["open_incident"] > 500_000_000
        and late.by_cause["open_incident"] < idle.by_cause["open_incident"] + 500_000_000
    )
    assert early.signals["declared_s"] == int(at + 600)


def test_updates_end_the_silence_and_are_held_to_what_they_say(sick: Instance, idle: Outcome) -> None:
    at = onset(sick)

    def said(t: float, **fields: Any) -> tuple[float, dict[str, Any]]:
        return t, {
            "kind": "status_update",
            "impact": "degraded",
            "share_low": 0,
            "share_high": 1,
            "next_update_min": 120,
            **fields,
        }

    # A promise counts for an hour at most, however long it is.
    hour = run(sick, said(at + 300, next_update_min=60)).by_cause["silence"]
    assert hour == run(sick, said(at + 300, next_update_min=1440)).by_cause["silence"] > 0
    true = run(sick, said(at + 300), said(at + 3600), said(at + 6600))
    assert (
        set(differs(true, idle)) == {"silence"}
        and true.by_cause["silence"] == 0 == true.by_cause["statements"]
    )
    promised = run(sick, said(at + 300, next_update_min=30))
    assert 0 < promised.by_cause["silence"] < idle.by_cause["silence"]
    for wrong in (
        {"impact": "ok"},
        {"share_high": 0.01},
        {"cause": "confirmed", "component": "weather"},
    ):
        assert run(sick, said(at + 600, **wrong)).by_cause["statements"] > 0, wrong
    suspected = run(sick, said(at + 600, cause="suspected", component="weather"))
    assert suspected.by_cause["statements"] == 0, "a suspicion may be wrong"
    assert run(sick, said(1300.0, impact="down")).by_cause["statements"] > 0, "nothing is down yet"
    assert run(sick, said(1300.0, impact="ok", share_high=0.0)).by_cause["statements"] == 0


def test_a_limit_that_is_left_in_force_costs_and_one_that_is_taken_back_does_not(sick: Instance) -> None:
    at = onset(sick)
    shed = (at + 600, {"kind": "shed", "client": "partner", "share": 0.05})
    table = (at + 600, {"kind": "fall_back", "client": "web", "share": 0.1})
    ramp = (at + 900, {"kind": "ramp", "client": "partner", "over_s": 60.0})
    live = (at + 900, {"kind": "fall_back", "client": "web", "share": 0.0})
    over = (at + 1000, {"kind": "declare_over"})
    cost = {n: run(sick, *p, over).by_cause["open_incident"] for n, p in {
        "none": (), "shed": (shed,), "table": (table,), "both": (shed, table), "ramped": (shed, ramp),
        "live": (table, live),
    }.items()}  # fmt: skip
    assert cost["none"] == cost["ramped"] == cost["live"]
    assert {cost[n] - cost["none"] for n in ("shed", "table", "both")} == {300_000_000}


def test_what_was_said_or_acknowledged_before_it_began_does_not_count(sick: Instance, idle: Outcome) -> None:
    at = onset(sick)
    update = {
        "kind": "status_update", "impact": "degraded", "share_low": 0, "share_high": 1, "next_update_min": 60,
    }  # fmt: skip
    early = run(sick, (at - 300, {"kind": "acknowledge", "alert": "all"}), (at - 299, update))
    assert differs(early, idle) == {} and early.signals["acknowledged_s"] == -1
    again = run(
        sick,
        (at - 300, {"kind": "acknowledge", "alert": "all"}),
        (at + 300, {"kind": "acknowledge", "alert": "all"}),
    )
    assert set(differs(again, idle)) == {"escalation"} and again.signals["acknowledged_s"] == int(at + 300)


def test_an_alert_that_does_not_exist_is_neither_acknowledged_nor_silenced(sick: Instance) -> None:
    session = sick.live()
    for kind, more in (("acknowledge", {}), ("silence", {"for_s": 600})):
        refused = session.act({"kind": kind, "alert": "nonsense", **more})
        assert not refused["accepted"] and refused["reason"] == "there is no alert nonsense"
        for known in ("all", "GoodputFastBurn", "GoodputFastBurn#1"):
            assert session.act({"kind": kind, "alert": known, **more})["accepted"]
    assert len(session.steps) == 6


def test_an_exporter_restarted_before_it_breaks_has_mended_nothing(lab: Lab) -> None:
    instance = lab.instance(3, "broken-measurement")
    at = lab.live.scenario(3, "broken-measurement").blind_from_s
    assert at is not None
    repair = {"kind": "repair_telemetry", "exporter": "gateway"}
    idle, early, after = (run(instance, *plan) for plan in ([], [(1300.0, repair)], [(at + 600, repair)]))
    assert early.by_cause["blind"] == idle.by_cause["blind"] > after.by_cause["blind"] > 0
    assert run(instance, (1300.0, repair), (at + 600, repair)).by_cause["blind"] == after.by_cause["blind"]


def test_questions_are_asked_once_and_have_one_right_answer(sick: Instance, idle: Outcome, lab: Lab) -> None:
    session = sick.live()
    assert [m for m in session.inbox() if m["kind"] == "question"] == []
    session.advance(onset(sick) + 2100 - session.world.now_s)
    asked = [m for m in session.inbox() if m["kind"] == "question"]
    assert [m["id"] for m in asked] == ["q-share", "q-change", "q-over"]
    assert asked == [m for m in session.inbox() if m["kind"] == "question"]
    at = session.world.now_s
    silent = idle.by_cause["questions"]
    for m in asked:
        facts = [f["id"] for f in m["fact_options"]]
        assert facts[-1] == "unknown"
        costs = {
            f: run(sick, (at, {"kind": "answer", "message": m["id"], "fact": f})).by_cause["questions"]
            for f in facts
        }
        assert costs["unknown"] == silent, "who does not know in the end has not answered"
        assert sum(c == silent - 60_000_000 for c in costs.values()) == 1, "one fact is right"
        assert sum(c == silent + 90_000_000 for c in costs.values()) == len(facts) - 2, (
            "and the others are dear"
        )
        later = {"kind": "answer", "message": m["id"], "fact": min(costs, key=lambda f: costs[f])}
        first = {"kind": "answer", "message": m["id"], "fact": "unknown"}
        assert run(sick, (at, first), (at, later)).by_cause["questions"] == silent - 60_000_000
    for fact in ("unknown", "unknown", "many"):
        assert session.act({"kind": "answer", "message": "q-share", "fact": fact})["accepted"], (
            "as long as unknown"
        )
    for message, fact in (("q-share", "none"), ("q-over", "perhaps"), ("q-nothing", "yes")):
        assert not session.act({"kind": "answer", "message": message, "fact": fact})["accepted"]


def test_colleagues_and_traces_answer_after_a_while_with_what_they_can_know(sick: Instance) -> None:
    session = sick.live()
    session.advance(onset(sick) + 900 - session.world.now_s)
    teams = ("platform", "mobile", "web", "data", "partners", "network")
    for team in teams:
        session.act({"kind": "page", "team": team})
    session.act({"kind": "trace", "client": "ios"})
    before = len(session.inbox())
    session.advance(140)
    assert len(session.inbox()) == before, "nobody answers at once"
    session.advance(200)
    mail = {m["from"]: m for m in session.inbox() if m["kind"] == "message"}
    assert {f"{t} on-call" for t in teams} | {"Tracing"} == set(mail)
    now = session.world.now_s
    assert all(m["t_s"] <= now and m["text"] for m in mail.values())
    later = {m["from"]: m for m in session.inbox()}
    session.advance(600)
    again = {m["from"]: m for m in session.inbox()}
    assert all(again[k] == later[k] for k in mail), "what was said stays said"


def test_the_curve_of_the_debrief_adds_up_to_the_judgement(sick: Instance, lab: Lab) -> None:
    curves: list[list[int]] = []
    outcome = sick.timeline.run([], lambda world: curves.append(lab.live.loss_per_tick(world)))
    first = round(lab.spec.start_s / 10)
    assert len(curves[0]) == round(lab.spec.horizon_s / 10)
    total = outcome.by_cause["answers"] + outcome.by_cause["slo_credits"]
    assert sum(curves[0][first:]) == pytest.approx(total, abs=10 * len(curves[0]))


def test_luck_of_wrong_features_is_no_gain_on_a_shift_of_days(lab: Lab) -> None:
    """On this shift the old weather of one airport happens to do better than the new for hours."""
    instance = lab.instance(5057)
    raw: list[int] = []
    lost = instance.timeline.run((), lambda w: raw.extend((-w.sim.ticks["money_micro"]).tolist()))
    curve: list[int] = []
    instance.timeline.run((), lambda w: curve.extend(lab.live.loss_per_tick(w)))
    hours = [sum(raw[i : i + 12]) for i in range(144, len(raw), 12)]
    assert min(hours) < 0 < max(hours)
    assert lost.by_cause["answers"] == sum(h for h in hours if h > 0)
    credits = lost.by_cause["slo_credits"]
    assert sum(curve[144:]) == pytest.approx(lost.by_cause["answers"] + credits, abs=1_000)


def test_a_prevention_is_tried_on_a_hidden_quarter_and_the_last_one_counts(
    sick: Instance, idle: Outcome
) -> None:
    at = onset(sick) + 600
    budget = {"type": "retry_budget", "at": "clients", "ratio": 0.1}
    right = (at + 60, {"kind": "submit_prevention", "guardrails": [budget]})
    nothing = (at + 90, {"kind": "submit_prevention", "guardrails": []})
    told = (at, diagnosis(sick))
    before = run(sick, told)
    good = run(sick, told, right)
    assert set(differs(good, before)) == {"prevention"} and good.by_cause["prevention"] < 700_000_000
    assert good.signals["prevention_stops_pct"] > 60 and before.signals["prevention_stops_pct"] == 0
    assert good.moments["prevention"] == at + 60
    assert before.by_cause["prevention"] == idle.by_cause["prevention"] > 1_300_000_000
    assert differs(run(sick, told, right, nothing), before) == {}, "an empty list takes it back"
    assert differs(run(sick, right, told), before) == {}, "not before the diagnosis"
    session = sick.live()
    refused = session.act(right[1])
    assert not refused["accepted"] and "diagnosis" in refused["reason"]
    assert "diagnosis" in " ".join(session.preview(right[1])["problems"])
    assert session.act(diagnosis(sick))["accepted"] and session.act(right[1])["accepted"]
    assert "$12,000" in session.preview(right[1])["expected"]


def test_the_debrief_of_a_prevention_is_about_the_last_one_of_the_log(sick: Instance, lab: Lab) -> None:
    scenario = lab.live.scenario(sick.seed, FAMILY)
    budget = {"type": "retry_budget", "at": "clients", "ratio": 0.1}
    log = [
        Step(1_300_000, diagnosis(sick)),
        Step(1_310_000, {"kind": "submit_prevention", "guardrails": []}),
        Step(1_320_000, {"kind": "submit_prevention", "guardrails": [budget]}),
    ]
    told = lab.live.prevented(scenario, sick.seed, log)
    outcome = sick.timeline.run(log)
    assert told["loss_usd"] * 1e6 == pytest.approx(outcome.by_cause["prevention"])
    assert told["stops_pct"] == outcome.signals["prevention_stops_pct"]
    assert [g["text"] for g in told["guardrails"]] == ["retry budget 0.1 at the clients"]
    assert lab.live.prevented(scenario, sick.seed, log[:1])["handed_in"] is False


def test_plans_of_the_oracle_can_be_played(lab: Lab) -> None:
    for seed in range(12):
        for family in lab.spec.families:
            scenario = lab.live.scenario(seed, family)
            for plan in lab.live.oracle_plans(scenario, seed):
                times, pace = [t for t, _ in plan], scenario.pace
                assert times == sorted(times)
                assert pace.start_s <= times[0] and times[-1] <= pace.horizon_s

"""The prevention trial: what must be monotone is, what is hidden is keyed, and no fixed list pays."""

from __future__ import annotations

from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.content.senior_ai_engineer.reliability.incident_response.prevention import (
    exposures,
    gates,
    quarter,
    telling,
    trial,
)
from gradatim.content.senior_ai_engineer.reliability.incident_response.prevention.best import best, shelf
from gradatim.content.senior_ai_engineer.reliability.incident_response.prevention.judge import (
    MOST_USD,
    judge,
    judge_on,
)
from gradatim.core.money import micro, usd
from gradatim.core.streams import Stream
from gradatim.lab import catalogue
from gradatim.lab.policy import load_policy
from gradatim.sim.actions import guardrails as g
from gradatim.sim.actions import parse_action
from gradatim.sim.actions.kinds import SubmitPrevention
from gradatim.sim.faults import FAMILIES

LAB = "incident-response"
CASES = [(f, v) for f, own in exposures.EXPOSURES.items() for v in own]
SERVING = [(f, v) for f, v in CASES if f in ("metastable-overload", "slow-release")]
MECHANISM = {
    "everyone-retries": "retries", "one-release": "release", "cold-cache": "cache", "deep-queue": "queue",
    "slow-model": "model", "leaky-runtime": "leak", "patient-batches": "batching", "slow-host": "host",
}  # fmt: skip
PINNED = [(907576663, 80), (837082330, 81), (686477369, 90)]
"""(loss, per cent stopped) of one prevention on three seeds: another figure is another version of the lab."""


def rails(*given: dict[str, Any]) -> list[g.Guardrail]:
    action = parse_action({"kind": "submit_prevention", "guardrails": list(given)})
    assert isinstance(action, SubmitPrevention)
    return action.guardrails


def of_reference(name: str, case: str) -> list[g.Guardrail]:
    """What a shipped player hands in for a case."""
    path = catalogue.lab(LAB).folder / "references" / f"{name}.py"
    return rails(*load_policy(path).__globals__["GUARDRAILS"].get(case, []))


def loss_usd(given: Any, family: str, variant: str, seeds: range = range(6)) -> float:
    return mean(usd(judge(given, seed=s, family=family, variant=variant).loss_micro) for s in seeds)


# ---------------------------------------------------------------------------------------------- strategies
KIND = st.sampled_from(["model", "runtime", "config", "client"])
NUMBER = st.floats(0, 1, allow_nan=False)
ANY = st.one_of(
    st.builds(
        g.IngestRule,
        source=st.sampled_from(["weather", "bookings", "labels"]),
        check=st.sampled_from(["out_of_range", "missing", "one_value"]),
        most_share=NUMBER,
    ),
    st.builds(
        g.FreshnessLimit,
        of=st.sampled_from(["weather", "features", "counters"]),
        max_age_min=st.floats(1, 10_080),
        then=st.sampled_from(["page", "default"]),
    ),
    st.builds(
        g.SizeLimit,
        of=st.sampled_from(["queue", "store_reads", "batch_wait", "feature_file"]),
        limit=st.floats(1, 10_000),
    ),
    st.builds(
        g.CanaryGate,
        on=KIND,
        metric=st.sampled_from(["good_answers", "latency", "memory", "attempts", "score"]),
        min_samples=st.integers(10, 1_000_000),
        most_worse=NUMBER,
    ),
    st.builds(g.RetryBudget, at=st.sampled_from(["clients", "gateway"]), ratio=NUMBER),
    st.builds(g.MemoryBound, limit_mb=st.floats(256, 8192)),
    st.builds(
        g.AlertRule,
        metric=st.sampled_from(sorted(gates.USUAL)),
        above=st.floats(0, 5000),
        for_min=st.integers(1, 120),
        severity=st.sampled_from(["page", "ticket"]),
    ),
    st.builds(g.RolloutStages, on=KIND, stages=st.integers(2, 6), hold_min=st.floats(1, 2880)),
)
SOME = st.lists(ANY, max_size=4)
WHERE = st.sampled_from([*CASES, ("traffic-surge", "blip")])
SEEDS = st.integers(0, 2**128 - 1)


@settings(max_examples=60, deadline=None)
@given(SOME, WHERE, SEEDS)
def test_a_loss_is_bounded_repeatable_and_the_order_of_the_list_does_not_count(
    some: list[g.Guardrail], where: tuple[str, str], seed: int
) -> None:
    family, variant = where
    judged = judge(some, seed=seed, family=family, variant=variant)
    assert 0 <= judged.loss_micro <= micro(MOST_USD) and isinstance(judged.loss_micro, int)
    assert 0 <= judged.stops_pct <= 100 and isinstance(judged.stops_pct, int)
    assert all(b.usd >= 0 and b.pages >= 0 and b.refused >= 0 for b in judged.trial.burdens)
    assert all(0 <= m.left_micro <= m.harm_micro for m in judged.trial.met)
    assert judge(list(reversed(some)), seed=seed, family=family, variant=variant) == judged


@settings(max_examples=60, deadline=None)
@given(SOME, ANY, WHERE, SEEDS)
def test_one_more_guardrail_never_leaves_more_harm_and_never_costs_less(
    some: list[g.Guardrail], more: g.Guardrail, where: tuple[str, str], seed: int
) -> None:
    q = quarter.draw(seed, *where)
    without, with_it = trial.run(some, q), trial.run([*some, more], q)
    assert with_it.harm_micro <= without.harm_micro
    assert with_it.running_micro + with_it.blocked_micro >= without.running_micro + without.blocked_micro


LOOSER = {
    # field that can be loosened -> guardrails in which a larger value stops less and costs less
    "ratio": (g.RetryBudget,),
    "most_worse": (g.CanaryGate,),
    "most_share": (g.IngestRule,),
    "above": (g.AlertRule,),
    "for_min": (g.AlertRule,),
    "limit": (g.SizeLimit,),
    "max_age_min": (g.FreshnessLimit,),
}


@settings(max_examples=120, deadline=None)
@given(ANY, st.sampled_from(sorted(LOOSER)), st.floats(1, 8), WHERE, SEEDS)
def test_what_is_looser_stops_no_more_and_is_wrong_no_more_often(
    rail: g.Guardrail, field: str, factor: float, where: tuple[str, str], seed: int
) -> None:
    if not isinstance(rail, LOOSER[field]):
        return
    value = getattr(rail, field)
    top = {"ratio": 1.0, "most_worse": 1.0, "most_share": 1.0, "for_min": 120}.get(field, 10_000.0)
    wider = min(top, value * factor)
    loose = type(rail).model_validate(
        {**rail.model_dump(), field: int(wider) if field == "for_min" else wider}
    )
    q = quarter.draw(seed, *where)
    tight_run, loose_run = trial.run([rail], q), trial.run([loose], q)
    assert loose_run.harm_micro >= tight_run.harm_micro
    assert loose_run.blocked_micro <= tight_run.blocked_micro


@settings(max_examples=60, deadline=None)
@given(KIND, st.integers(2, 5), st.floats(1, 1000), st.floats(1, 2), WHERE, SEEDS)
def test_more_or_longer_stages_reach_fewer_and_delay_more(
    on: Any, stages: int, hold_min: float, factor: float, where: tuple[str, str], seed: int
) -> None:
    q = quarter.draw(seed, *where)
    base = trial.run([g.RolloutStages(on=on, stages=stages, hold_min=hold_min)], q)
    for slower in (
        g.RolloutStages(on=on, stages=stages + 1, hold_min=hold_min),
        g.RolloutStages(on=on, stages=stages, hold_min=hold_min * factor),
    ):
        run = trial.run([slower], q)
        assert run.harm_micro <= base.harm_micro and run.blocked_micro >= base.blocked_micro


# ---------------------------------------------------------------------------------------------- the world
def test_every_family_says_how_guardrails_meet_it() -> None:
    for family_id, family in FAMILIES.items():
        for variant in family.variants:
            exposure = exposures.of_variant(family_id, variant)
            scenario = family.draw(3, start_s=1200.0, horizon_s=8400.0, variant=variant)
            assert (exposure is None) <= scenario.healthy, (family_id, variant)
    with pytest.raises(KeyError):
        exposures.of_variant("no-such-family", "x")


def test_the_cap_is_three_tenths_of_the_usual_stakes() -> None:
    assert pytest.approx(0.3 * catalogue.lab(LAB).spec.usual_stakes_usd) == MOST_USD


@pytest.mark.parametrize(("family", "variant"), SERVING)
def test_none_costs_about_a_quarter_of_the_stakes_after_a_fault(family: str, variant: str) -> None:
    losses = [usd(judge([], seed=s, family=family, variant=variant).loss_micro) for s in range(20)]
    assert 1450 <= mean(losses) <= 1600 and min(losses) > 1200 and max(losses) < 1800


def test_where_nothing_was_wrong_none_is_best_and_free() -> None:
    assert loss_usd([], "traffic-surge", "blip") == 0 == loss_usd([], "quiet", "quiet")
    for rail in shelf():
        assert loss_usd([rail], "traffic-surge", "blip", range(2)) > 50, rail
    assert best(3, "traffic-surge", "blip") == ()


def test_the_quarter_is_hidden_by_the_seed_and_has_the_parts_it_should_have() -> None:
    a, again, b = (quarter.draw(s, "slow-release", "slow-model") for s in (1, 1, 2))
    assert (a.incidents, a.releases) == (again.incidents, again.releases)
    assert a.incidents != b.incidents and a.releases != b.releases
    assert [x.own for x in a.incidents] == [True] * 10 + [False] * 5 and len(a.releases) == 10
    assert all(sum(r.kind == k for r in a.releases) >= 2 for k in quarter.KINDS)
    own = exposures.EXPOSURES["slow-release"]
    assert all((x.exposure in own.values()) == x.own for x in a.incidents)
    same = mean(
        x.exposure is own["slow-model"]
        for s in range(40)
        for x in quarter.draw(s, "slow-release", "slow-model").incidents[:10]
    )
    assert 0.84 < same < 0.96
    assert quarter.draw(1, "traffic-surge", "blip").incidents == ()


def test_the_amounts_are_the_same_everywhere() -> None:
    set_a = rails(
        {"type": "canary_gate", "on": "model", "metric": "latency", "min_samples": 30, "most_worse": 0.1},
        {"type": "alert_rule", "metric": "batch_slowness", "above": 1.15, "for_min": 2},
    )
    told = [judge(set_a, seed=s, family="slow-release", variant="slow-model")[:2] for s in (0, 7, 2**127)]
    assert told == PINNED


@pytest.mark.parametrize(("family", "variant"), SERVING)
def test_what_is_right_for_one_mechanism_is_poor_for_the_others(family: str, variant: str) -> None:
    none = loss_usd([], family, variant)
    case = MECHANISM[variant]
    right = [loss_usd(of_reference(n, case), family, variant) for n in ("senior", "gradual")]
    half = loss_usd(of_reference("mid", case), family, variant)
    top = mean(
        usd(judge(best(s, family, variant), seed=s, family=family, variant=variant).loss_micro)
        for s in range(6)
    )
    assert top <= min(right) and max(right) < 0.48 * none
    assert 1.25 * max(right) < half < 0.8 * none
    for other, wrong in MECHANISM.items():
        if other != variant and not {case, wrong} <= {"release", "retries"}:
            assert loss_usd(of_reference("senior", wrong), family, variant) > 0.97 * none, other
    if case == "release":
        assert loss_usd(of_reference("senior", "retries"), family, variant) > 0.97 * none, (
            "it reads no configuration"
        )


def test_no_fixed_list_pays() -> None:
    """Of 150 drawn lists of the oracle's guardrails, none saves a sixth of what the right ones save."""
    mix = [
        *((f, v, 1 / 12) for f, v in SERVING),
        ("traffic-surge", "blip", 1 / 6),
        ("broken-measurement", "lost-counts", 1 / 6),
    ]
    quarters = [(quarter.draw(s, f, v), w / 2) for f, v, w in mix for s in (0, 1)]

    def weighed(some: Any) -> float:
        return sum(w * usd(judge_on(some, q).loss_micro) for q, w in quarters)

    s = Stream(5, "test/lists")
    lists = [[s.choice(shelf(), i, k) for k in range(s.integer(1, 4, i))] for i in range(120)] + [
        [r for k in range(4) for r in of_reference("senior", s.choice(tuple(MECHANISM.values()), i, k))]
        for i in range(30)
    ]
    none = weighed([])
    right = sum(
        w
        * usd(
            judge(
                of_reference("senior", MECHANISM.get(v, "counters")) if f != "traffic-surge" else [],
                seed=s_,
                family=f,
                variant=v,
            ).loss_micro
        )
        / 2
        for f, v, w in mix
        for s_ in (0, 1)
    )
    assert right < 0.45 * none
    assert min(weighed(x) for x in lists) > none - (none - right) / 6


# ---------------------------------------------------------------------------------------------- sizes
def test_a_canary_with_too_few_samples_is_a_coin_and_one_that_is_too_tight_holds_good_ones() -> None:
    def outcome(n: int, worse: float) -> tuple[float, int]:
        gate = g.CanaryGate(on="model", metric="latency", min_samples=n, most_worse=worse)
        runs = [trial.run([gate], quarter.draw(s, "slow-release", "slow-model")) for s in range(30)]
        return mean(r.stops_pct for r in runs), sum(len(b.blocked) for r in runs for b in r.burdens)

    few, enough, tight, loose = outcome(10, 0.2), outcome(3000, 0.2), outcome(3000, 0.0), outcome(3000, 0.9)
    assert few[0] < enough[0] - 6 and few[1] > 15 and enough[1] == 0 and enough[0] > 80
    assert tight[1] > 30
    assert loose[0] < 0.75 * enough[0]
    never = outcome(1_000_000, 1.0)
    assert never[0] > 80 and never[1] >= 30 * 2, "what never has its samples goes nowhere, good or bad"


def test_a_budget_of_a_tenth_stops_storms_and_nothing_else_does_it_as_cheaply() -> None:
    def at(ratio: float, where: str = "clients") -> float:
        return loss_usd([g.RetryBudget(at=where, ratio=ratio)], "metastable-overload", "everyone-retries")  # type: ignore[arg-type]

    assert at(0.1) < at(0.0) and at(0.1) < at(0.25) < at(0.9)
    assert at(0.9) > loss_usd([], "metastable-overload", "everyone-retries")
    assert at(0.1) < at(0.1, "gateway")
    own = "one-release"
    client, gateway = ([g.RetryBudget(at=a, ratio=0.1)] for a in ("clients", "gateway"))  # type: ignore[arg-type]
    assert (
        loss_usd(gateway, "metastable-overload", own)
        < 600
        < 1400
        < loss_usd(client, "metastable-overload", own)
    )


@pytest.mark.parametrize(
    ("variant", "of", "small", "right", "large"),
    [
        ("deep-queue", "queue", 10, 90, 600),
        ("cold-cache", "store_reads", 3, 28, 80),
        ("patient-batches", "batch_wait", 5, 150, 2000),
    ],
)
def test_a_limit_is_wrong_on_both_sides(
    variant: str, of: Any, small: float, right: float, large: float
) -> None:
    family = "slow-release" if variant == "patient-batches" else "metastable-overload"
    low, mid, high = (loss_usd([g.SizeLimit(of=of, limit=v)], family, variant) for v in (small, right, large))
    assert mid < 0.5 * high and mid + 80 < low


def test_a_memory_bound_below_what_is_usual_kills_replicas() -> None:
    low, right, high = (
        loss_usd([g.MemoryBound(limit_mb=v)], "slow-release", "leaky-runtime") for v in (950, 3000, 6000)
    )
    assert right < 0.6 * high and right + 200 < low
    assert (
        loss_usd([g.MemoryBound(limit_mb=950)], "quiet", "quiet")
        > 400
        > loss_usd([g.MemoryBound(limit_mb=3000)], "quiet", "quiet")
    )


def test_an_alert_trades_detection_for_false_pages() -> None:
    def at(above: float, for_min: int, severity: Any = "page") -> tuple[float, int]:
        rule = g.AlertRule(metric="replica_spread", above=above, for_min=for_min, severity=severity)
        run = trial.run([rule], quarter.draw(4, "slow-release", "slow-host"))
        return run.stops_pct, sum(b.pages for b in run.burdens)

    assert at(1.4, 1)[1] > 50 and at(2.2, 2)[1] == 0 and at(2.2, 2)[0] > 60
    assert at(13.9, 2)[0] < 20 and at(2.2, 60)[0] < at(2.2, 20)[0] < at(2.2, 2)[0]
    assert at(2.2, 2, "ticket")[0] == 0, "a ticket comes after the usual search"


@pytest.mark.parametrize(
    ("family", "variant", "right"),
    [
        (
            "bad-code",
            "code-served",
            {"type": "ingest_rule", "source": "weather", "check": "one_value", "most_share": 0.16},
        ),
        (
            "feature-skew",
            "skew-model-side",
            {
                "type": "canary_gate",
                "on": "model",
                "metric": "score",
                "min_samples": 6000,
                "most_worse": 0.03,
            },
        ),
        ("stale-features", "stale-quota", {"type": "freshness_limit", "of": "features", "max_age_min": 90}),
    ],
)
def test_data_faults_have_their_guardrails_too(family: str, variant: str, right: dict[str, Any]) -> None:
    assert loss_usd(rails(right), family, variant) < 0.37 * loss_usd([], family, variant)
    assert loss_usd(rails(right), "slow-release", "slow-model") > 0.97 * loss_usd(
        [], "slow-release", "slow-model"
    )


# ---------------------------------------------------------------------------------------------- telling
def test_the_debrief_adds_up_to_the_loss() -> None:
    some = rails(
        {"type": "canary_gate", "on": "model", "metric": "latency", "min_samples": 10, "most_worse": 0.02},
        {"type": "memory_bound", "limit_mb": 1000},
    )
    told = telling.tell(some, seed=9, family="slow-release", variant="slow-model")
    judged = judge(some, seed=9, family="slow-release", variant="slow-model")
    quarter_usd = sum(x["running_usd"] + x["burden_usd"] for x in told["guardrails"]) + sum(
        x["left_usd"] for x in told["incidents"]
    )
    assert told["loss_usd"] == usd(judged.loss_micro) < MOST_USD
    assert told["loss_usd"] == pytest.approx(quarter_usd / 100, abs=0.01)
    own, others = told["groups"]
    assert (own["n"], others["n"]) == (10, 5)
    for group in (own, others):
        assert group["stopped"] + group["shortened"] + group["untouched"] == group["n"]
    assert own["stopped"] >= 5 and any(x["by"] == judged.trial.rails[0].words for x in told["incidents"])
    assert sum(": " in x["text"] for x in told["incidents"]) >= 14, "a stopped job has no size"
    assert all(x["by"] is None for x in told["incidents"] if x["state"] == "untouched")
    assert "killed" not in told["guardrails"][0]["wrong"] and told["guardrails"][1]["wrong"] != "never wrong"
    nothing = telling.tell(None, seed=9, family="traffic-surge", variant="blip")
    assert nothing["handed_in"] is False and nothing["groups"] == [] and nothing["loss_usd"] == 0

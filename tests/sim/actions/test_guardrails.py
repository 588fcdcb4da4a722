"""Guardrails: typed, bounded, priced, and told in words."""

from __future__ import annotations

from typing import Any

import pytest

from gradatim.core.errors import InputError
from gradatim.sim.actions import catalogue, parse_action
from gradatim.sim.actions.guardrails import MOST_GUARDRAILS, upkeep_usd
from gradatim.sim.actions.kinds import SubmitPrevention

EACH: tuple[dict[str, Any], ...] = (
    {"type": "ingest_rule", "source": "weather", "check": "one_value", "most_share": 0.2},
    {"type": "freshness_limit", "of": "features", "max_age_min": 90},
    {"type": "size_limit", "of": "queue", "limit": 90},
    {"type": "canary_gate", "on": "model", "metric": "latency", "min_samples": 500, "most_worse": 0.2},
    {"type": "retry_budget", "at": "gateway", "ratio": 0.1},
    {"type": "memory_bound", "limit_mb": 2400},
    {"type": "alert_rule", "metric": "replica_spread", "above": 2, "for_min": 3},
    {"type": "rollout_stages", "on": "runtime", "stages": 4, "hold_min": 60},
)


def handed_in(*guardrails: Any) -> SubmitPrevention:
    action = parse_action({"kind": "submit_prevention", "guardrails": list(guardrails)})
    assert isinstance(action, SubmitPrevention)
    return action


def shapes() -> dict[str, Any]:
    schema = next(a["schema"] for a in catalogue() if a["kind"] == "submit_prevention")
    mapping = schema["properties"]["guardrails"]["items"]["discriminator"]["mapping"]
    return {name: schema["$defs"][ref.rpartition("/")[2]] for name, ref in mapping.items()}


def test_there_is_an_example_of_each_and_each_has_a_form() -> None:
    forms = shapes()
    assert {e["type"] for e in EACH} == set(forms)
    for form in forms.values():
        fields = {n: f for n, f in form["properties"].items() if n != "type"}
        assert form["additionalProperties"] is False and form["description"] and form["title"]
        assert all(f.get("description") for f in fields.values()), form["title"]


@pytest.mark.parametrize("one", EACH, ids=lambda e: e["type"])
def test_each_is_priced_told_and_read_back_as_it_is_logged(one: dict[str, Any]) -> None:
    action = handed_in(one)
    (rail,) = action.guardrails
    assert 5_000 <= rail.running_usd <= 25_000
    assert 10 < len(rail.words) < 120
    assert parse_action(action.model_dump()) == action
    assert handed_in(action.guardrails[0].model_dump()) == action


@pytest.mark.parametrize("one", EACH, ids=lambda e: e["type"])
def test_the_ends_of_every_range_are_legal_and_a_step_beyond_is_not(one: dict[str, Any]) -> None:
    for name, field in shapes()[one["type"]]["properties"].items():
        for end, step in (("minimum", -1), ("maximum", 1)):
            if end in field:
                handed_in({**one, name: field[end]})
                with pytest.raises(InputError, match="malformed"):
                    handed_in({**one, name: field[end] + step})
        if "enum" in field:
            for value in field["enum"]:
                handed_in({**one, name: value})
            with pytest.raises(InputError, match="malformed"):
                handed_in({**one, name: "something else"})


def test_at_most_four_and_none_is_an_answer_too() -> None:
    assert handed_in().guardrails == []
    assert len(handed_in(*EACH[:MOST_GUARDRAILS]).guardrails) == 4
    with pytest.raises(InputError, match="malformed"):
        handed_in(*EACH[: MOST_GUARDRAILS + 1])


def test_each_further_guardrail_makes_all_of_them_dearer() -> None:
    four = handed_in(*EACH[4:]).guardrails
    alone = [r.running_usd for r in four]
    assert upkeep_usd([]) == [] and upkeep_usd(four[:1]) == alone[:1]
    assert [sum(upkeep_usd(four[:n])) / sum(alone[:n]) for n in (2, 3, 4)] == [1.25, 1.5, 1.75]


def test_every_problem_of_a_list_is_told_with_its_place() -> None:
    with pytest.raises(InputError) as failed:
        handed_in(
            {"type": "retry_budget", "at": "moon", "ratio": 2},
            {"type": "wish"},
            {"ratio": 1},
            7,
        )
    told = "\n".join(failed.value.problems)
    for place in (
        "guardrails.0.retry_budget.at",
        "guardrails.0.retry_budget.ratio",
        "guardrails.1",
        "guardrails.2",
        "guardrails.3",
    ):
        assert place in told

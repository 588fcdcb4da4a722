"""The action messages: forms for every action, and every problem of a bad one at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.errors import GradatimError, InputError, UnknownName
from gradatim.sim.actions import ACTIONS, catalogue, parse_action
from gradatim.sim.actions.kinds import StatusUpdate

NAN, INF = float("nan"), float("inf")


def test_every_action_has_a_form() -> None:
    forms = catalogue()
    assert [f["kind"] for f in forms] == list(ACTIONS) and len(forms) >= 20
    for form in forms:
        schema = form["schema"]
        json.dumps(form, allow_nan=False)
        assert schema["additionalProperties"] is False
        assert schema["properties"]["kind"]["const"] == form["kind"]
        fields = {k: v for k, v in schema["properties"].items() if k != "kind"}
        assert set(ACTIONS[form["kind"]].model_fields) == {"kind", *fields}
        assert all(v.get("description") for v in fields.values()), form["kind"]
        assert form["title"] and form["group"] and form["help"] and form["delay_s"] >= 0


def test_forms_promise_only_what_is_accepted() -> None:
    """The ends of every bounded number are legal, one step beyond is not."""
    checked = 0
    for form in catalogue():
        example = EXAMPLES[form["kind"]]
        for name, field in form["schema"]["properties"].items():
            for end, step in (("minimum", -1), ("maximum", 1)):
                if end in field and form["kind"] != "status_update":
                    parse_action({**example, name: field[end]})
                    with pytest.raises(InputError, match="malformed"):
                        parse_action({**example, name: field[end] + step})
                    checked += 1
    assert checked >= 20


EXAMPLES: dict[str, dict[str, Any]] = {
    m["kind"]: m
    for m in (
        {"kind": "acknowledge", "alert": "all"},
        {"kind": "take_hint"},
        {"kind": "rollback", "change": "C-1042"},
        {"kind": "shift_traffic", "previous_share": 0.5},
        {"kind": "shed", "client": "ios", "share": 0.5},
        {"kind": "ramp", "over_s": 60},
        {"kind": "fall_back", "share": 1},
        {"kind": "answer_on_failure", "answer": "fallback"},
        {"kind": "scale", "replicas": 14},
        {"kind": "restart", "how": "rolling"},
        {"kind": "drain", "replica": 3},
        {"kind": "set_timeout", "timeout_ms": 900},
        {"kind": "set_retries", "max_attempts": 2},
        {"kind": "set_retry_budget", "ratio": None},
        {"kind": "set_batching", "max_batch": 4, "max_wait_ms": 5},
        {"kind": "set_queue_limit", "limit": 64},
        {"kind": "prewarm_cache"},
        {"kind": "repair_telemetry", "exporter": "gateway"},
        {"kind": "rerun_job", "job": "labels"},
        {"kind": "set_feature", "features": "clock", "mode": "missing"},
        {"kind": "quarantine", "source": "weather", "hours_back": 12},
        {"kind": "retrain", "rows": "recent"},
        {"kind": "deploy", "version": "r1"},
        {"kind": "differential_test"},
        {"kind": "set_memory_limit", "limit_mb": 2048},
        {"kind": "change_alert", "alert": "QueueDepth", "times": 2},
        {"kind": "silence", "alert": "all"},
        {"kind": "trace"},
        {"kind": "page", "team": "data"},
        {"kind": "status_update", "impact": "ok"},
        {"kind": "answer", "message": "q", "fact": "unknown"},
        {"kind": "diagnose", "component": "none", "mechanism": "nothing_wrong", "scope": "none"},
        {"kind": "submit_prevention", "guardrails": [{"type": "memory_bound", "limit_mb": 2400}]},
        {"kind": "declare_over"},
    )
}


def test_there_is_an_example_of_each() -> None:
    assert set(EXAMPLES) == set(ACTIONS)


@pytest.mark.parametrize("message", EXAMPLES.values(), ids=EXAMPLES)
def test_what_is_logged_reads_back_as_the_same(message: dict[str, Any]) -> None:
    logged = json.loads(json.dumps(parse_action(message).model_dump(), allow_nan=False))
    assert parse_action(logged).model_dump() == logged
    assert parse_action(parse_action(message)) == parse_action(message)


@pytest.mark.parametrize(
    ("message", "problems"),
    [
        ({"kind": "shed", "share": NAN}, ["share"]),
        ({"kind": "shed", "share": INF, "client": "fax"}, ["client", "share"]),
        ({"kind": "shed", "share": "much", "client": 7, "why": "panic"}, ["client", "share", "why"]),
        ({"kind": "shed"}, ["share"]),
        ({"kind": "set_batching"}, ["max_batch", "max_wait_ms"]),
        ({"kind": "set_batching", "max_batch": 1.5, "max_wait_ms": -1}, ["max_batch", "max_wait_ms"]),
        ({"kind": "set_retry_budget"}, ["ratio"]),
        ({"kind": "scale", "replicas": 10**400}, ["replicas"]),
        ({"kind": "ramp", "over_s": 10**400}, ["over_s"]),
        ({"kind": "scale", "replicas": [12]}, ["replicas"]),
        ({"kind": "acknowledge", "alert": "a" * 81}, ["alert"]),
        ({"kind": "acknowledge", "alert": "\ud800"}, ["alert"]),
        ({"kind": "acknowledge", "alert": None, "also": 1}, ["alert", "also"]),
        ({"kind": "answer"}, ["message", "fact"]),
        (
            {"kind": "diagnose", "component": "me", "mechanism": "bad luck"},
            ["component", "mechanism", "scope"],
        ),
        ({"kind": "page", "team": {"$ne": 1}}, ["team"]),
        ({"kind": "drain", "replica": -1}, ["replica"]),
        ({"kind": "declare_over", "__class__": "x"}, ["__class__"]),
        (
            {"kind": "status_update", "impact": "meh", "share_low": 2, "next_update_min": 1},
            ["impact", "share_low", "next_update_min"],
        ),
    ],
)
def test_all_problems_at_once(message: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(InputError) as e:
        parse_action(message)
    assert sorted(p.split(":")[0] for p in e.value.problems) == sorted(problems)
    assert all(p.split(": ", 1)[1] for p in e.value.problems)


def test_an_inconsistent_update_tells_each_contradiction() -> None:
    with pytest.raises(InputError) as e:
        parse_action(
            {
                "kind": "status_update",
                "impact": "ok",
                "share_low": 0.5,
                "share_high": 0.1,
                "component": "predict",
            }
        )
    (problem,) = e.value.problems
    assert "share_low is above share_high" in problem and "unknown cause names no component" in problem
    with pytest.raises(InputError, match="malformed") as e:
        parse_action({"kind": "status_update", "impact": "ok", "cause": "confirmed"})
    assert "confirmed cause names its component" in e.value.problems[0]
    fine = parse_action({"kind": "status_update", "impact": "ok", "cause": "suspected"})
    assert isinstance(fine, StatusUpdate) and fine.component is None


@pytest.mark.parametrize(
    "message",
    [None, 7, "shed", [], {}, {"kind": None}, {"kind": ["shed"]}, {"share": 1}, float("nan"), b"{}"],
)
def test_what_is_no_message_is_refused(message: Any) -> None:
    with pytest.raises(InputError, match="text field"):
        parse_action(message)


def test_an_unknown_kind_says_the_nearest() -> None:
    with pytest.raises(UnknownName) as e:
        parse_action({"kind": "rolback", "change": "C-1"})
    assert e.value.why == 'did you mean "rollback"?'


@pytest.mark.parametrize("kind", ["\ud800", "x" * 100_000, "shed\x00", "Shed", ""])
def test_an_unknown_kind_gives_a_short_answer_that_can_be_sent(kind: str) -> None:
    with pytest.raises(UnknownName) as e:
        parse_action({"kind": kind})
    assert len(e.value.describe().encode()) < 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted({f for c in ACTIONS.values() for f in c.model_fields})


@given(st.sampled_from(sorted(ACTIONS)), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_any_json_is_an_action_or_a_clear_error(kind: str, fields: dict[str, Any]) -> None:
    try:
        action = parse_action({**fields, "kind": kind})
    except GradatimError as e:
        assert e.describe().encode("utf-8", "replace")
    else:
        json.dumps(action.model_dump(), allow_nan=False).encode()

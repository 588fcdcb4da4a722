"""Driving a session with a policy, and logs made of other logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradatim.core.errors import InputError, PolicyError
from gradatim.lab.lab import Instance, Lab
from gradatim.lab.live import LiveSession
from gradatim.lab.policy import MAX_STEPS, drive, load_policy, play_isolated
from gradatim.lab.reference import Bench, changed
from gradatim.lab.spec import Reference
from gradatim.lab.submission import Step

IDLE = {"actions": [], "advance_s": 3600}


@pytest.fixture
def session(instance: Instance) -> LiveSession:
    return LiveSession(instance, instance.timeline.reset())


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (None, "NoneType"),
        ([], "list"),
        ("later", "str"),
        (7, "int"),
        ({"actions": "shed"}, "actions"),
        ({"actions": [{}] * 201}, "actions"),
        ({"advance_s": "soon"}, "advance_s"),
        ({"advance_s": True}, "advance_s"),
        ({"advance_s": None}, "advance_s"),
        ({"advance_s": float("nan")}, "advance_s"),
        ({"advance_s": float("inf")}, "advance_s"),
        ({"actions": 1, "advance_s": []}, "actions is not"),
    ],
)
def test_a_malformed_reply_ends_the_run(session: LiveSession, reply: Any, says: str) -> None:
    with pytest.raises(PolicyError) as e:
        drive(session, lambda obs, query: reply)
    assert says in e.value.describe()
    assert session.steps == []


@pytest.mark.parametrize("seconds", [10**400, 1e300, 3600], ids=["no float", "great", "an hour"])
def test_a_great_leap_is_an_hour(session: LiveSession, seconds: float) -> None:
    times: list[float] = []

    def policy(obs: dict[str, Any], query: Any) -> dict[str, Any]:
        times.append(obs["t_s"])
        return {"advance_s": seconds}

    drive(session, policy)
    assert times == [1200.0, 4800.0] and session.ended


@pytest.mark.parametrize("seconds", [0, -5, 1e-300, -(10**400)], ids=["none", "back", "tiny", "no float"])
def test_the_least_step_is_a_second(session: LiveSession, seconds: float) -> None:
    times: list[float] = []

    def policy(obs: dict[str, Any], query: Any) -> dict[str, Any]:
        times.append(obs["t_s"])
        return {"advance_s": seconds if len(times) < 4 else 3600}

    drive(session, policy)
    assert times[:4] == [1200.0, 1201.0, 1202.0, 1203.0]
    assert MAX_STEPS > 8400 - 1200, "a step of a second reaches the end"


def test_each_step_hears_what_became_of_its_actions(session: LiveSession) -> None:
    heard: list[list[dict[str, Any]]] = []

    def policy(obs: dict[str, Any], query: Any) -> dict[str, Any]:
        heard.append(obs["receipts"])
        actions: list[Any] = [
            {"kind": "page", "team": "web"},
            {"kind": "rollback", "change": "C-0"},
            7,
            {"kind": "shed"},
        ]
        return {"actions": actions if len(heard) == 1 else [], "advance_s": 3600}

    told: list[float] = []
    drive(session, policy, told.append)
    assert heard[0] == [] and heard[2:] == [[]] * len(heard[2:])
    assert [r["accepted"] for r in heard[1]] == [True, False, False, False]
    assert all(r["reason"] for r in heard[1][1:]) and heard[1][3]["problems"]
    assert len(session.steps) == 1 and told[-1] == 1.0


def test_a_bad_query_is_an_answer_not_an_end(session: LiveSession) -> None:
    said: list[dict[str, Any]] = []

    def policy(obs: dict[str, Any], query: Any) -> dict[str, Any]:
        if not said:
            said.extend((query("SELECT * FROM truth"), query("SELECT count(*) AS n FROM log")))
        return IDLE

    drive(session, policy)
    assert said[0]["error"] and said[0]["rows"] == []
    assert said[1]["rows"][0][0] > 100


def test_the_same_policy_in_its_own_process_is_the_same(instance: Instance, lab: Lab) -> None:
    path = lab.folder / "references" / "restart_all.py"
    here = LiveSession(instance, instance.timeline.reset())
    drive(here, load_policy(path))
    at_home = here.finish()
    there = LiveSession(instance, instance.timeline.reset())
    play_isolated(there, path)
    assert here.steps and [s.action["kind"] for s in there.steps].count("restart") >= 1
    assert there.finish().hash == at_home.hash


def test_a_reference_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_policy(tmp_path / "none.py")


# ---------------------------------------------------------------------- changed logs
STEPS = (
    Step(2_000_000, {"kind": "acknowledge", "alert": "all"}),
    Step(2_100_000, {"kind": "shed", "client": "all", "share": 0.5}),
    Step(2_200_000, {"kind": "diagnose", "component": "none", "mechanism": "nothing_wrong", "scope": "none"}),
    Step(8_000_000, {"kind": "declare_over"}),
)


def _change(lab: Lab, **how: Any) -> list[tuple[int, str]]:
    ref = Reference(name="changed", kind="ablation", text="A changed log.", base="senior", **how)
    return [(s.t_ms, s.action["kind"]) for s in changed(STEPS, ref, lab.instance(8, "traffic-surge"))]


def test_a_late_log_stays_inside_the_shift(lab: Lab) -> None:
    assert _change(lab, delay_s=900.0) == [
        (2_900_000, "acknowledge"),
        (3_000_000, "shed"),
        (3_100_000, "diagnose"),
        (8_399_999, "declare_over"),
    ]


def test_a_log_without_one_kind(lab: Lab) -> None:
    assert _change(lab, drop=("diagnose", "shed")) == [
        (2_000_000, "acknowledge"),
        (8_000_000, "declare_over"),
    ]


def test_a_careless_log_has_one_thing_more(lab: Lab) -> None:
    extra = {"after": "last_change", "delay_s": 120, "action": {"kind": "restart", "how": "all_at_once"}}
    assert (2_220_000, "restart") in _change(lab, insert=(extra,))
    # Where nothing was changed, it comes after the page was taken; where nothing was done at all, not.
    assert (2_120_000, "restart") in _change(lab, insert=(extra,), drop=("shed",))
    assert _change(lab, insert=(extra,), drop=("shed", "acknowledge")) == [
        (2_200_000, "diagnose"),
        (8_000_000, "declare_over"),
    ]


def test_players_are_played_once_bases_first_and_the_oracle_last(lab: Lab) -> None:
    bench = Bench(lab.instance(8))
    names = bench.names()
    assert names[-1] == "oracle" and sorted(names[:-1]) == sorted(r.name for r in lab.spec.reference)
    for ref in lab.spec.reference:
        assert ref.base is None or names.index(ref.base) < names.index(ref.name)
    idle = bench.play("idle")
    assert idle.steps == () and bench.play("idle") is idle
    bench.put("senior", idle)
    assert bench.play("late").steps == (), "a changed log is made of the one that was put"

"""The log that is handed in: parsed whole or refused with every problem."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from gradatim.core.errors import InputError, VersionMismatch
from gradatim.lab.lab import Instance, Lab
from gradatim.lab.submission import MAX_ACTIONS, Submission

Played = tuple[dict[str, Any], Any]
SHED = {"kind": "shed", "share": 0.5}


def test_the_round_trip_through_json(played: Played) -> None:
    data = json.loads(json.dumps(played[0]))
    parsed = Submission.parse(data)
    assert parsed.as_dict() == played[0] == data
    assert Submission.parse(parsed.as_dict()) == parsed
    assert parsed.fingerprint == Submission.parse(data).fingerprint
    data["actions"][1]["action"]["share"] = 0.51
    assert Submission.parse(data).fingerprint != parsed.fingerprint


def test_a_large_seed_survives(lab: Lab) -> None:
    sub = Submission(lab.id, lab.spec.version, lab.digest, (1 << 128) - 1, None, ())
    assert Submission.parse(json.loads(json.dumps(sub.as_dict()))) == sub


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"format": 2}, ["format"]),
        ({"format": None, "lab": 7, "version": None, "digest": []}, ["format", "lab", "version", "digest"]),
        ({"family": 3}, ["family"]),
        ({"seed": 8}, ["seed"]),
        ({"seed": "-1"}, ["seed"]),
        ({"seed": "٣"}, ["seed"]),
        ({"seed": "1" * 40}, ["seed"]),
        ({"seed": ""}, ["seed"]),
        ({"seed": None}, ["seed"]),
        ({"seed": "1e3"}, ["seed"]),
        ({"actions": None}, ["actions"]),
        ({"actions": {"0": 1}}, ["actions"]),
        ({"actions": [{"t_ms": 1, "action": SHED}] * (MAX_ACTIONS + 1)}, ["actions"]),
        ({"actions": [7, None, []]}, ["actions[0].t_ms", "actions[1].t_ms", "actions[2].t_ms"]),
        ({"actions": [{"action": SHED}]}, ["actions[0].t_ms"]),
        ({"actions": [{"t_ms": 1300000.5, "action": SHED}]}, ["actions[0].t_ms"]),
        ({"actions": [{"t_ms": True, "action": SHED}]}, ["actions[0].t_ms"]),
        ({"actions": [{"t_ms": "1", "action": SHED}]}, ["actions[0].t_ms"]),
        ({"actions": [{"t_ms": 5, "action": SHED}, {"t_ms": 4, "action": SHED}]}, ["actions[1].t_ms"]),
        (
            {
                "actions": [
                    {"t_ms": 5},
                    {"t_ms": 6, "action": {"kind": "shed"}},
                    {"t_ms": 7, "action": {"kind": "x"}},
                ]
            },
            ["actions[0].action", "actions[1].action", "actions[2].action"],
        ),
        ({"seed": 1, "actions": [{"t_ms": None}], "lab": 1}, ["lab", "seed", "actions[0].t_ms"]),
    ],
)
def test_every_problem_is_told(played: Played, change: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(InputError, match="malformed") as e:
        Submission.parse({**played[0], **change})
    assert [p.split(":")[0] for p in e.value.problems] == problems


@pytest.mark.parametrize("data", [None, [], "x", 7, float("nan")])
def test_what_is_no_object(data: Any) -> None:
    with pytest.raises(InputError, match="JSON object"):
        Submission.parse(data)


def test_a_thousand_problems_are_told_shortly(played: Played) -> None:
    with pytest.raises(InputError) as e:
        Submission.parse({**played[0], "actions": [{"t_ms": None}] * 1000})
    assert len(e.value.problems) == 50


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": "9"}, "another instance"),
        ({"family": None}, "another instance"),
        ({"lab": "another-lab"}, "another-lab"),
        ({"actions": [{"t_ms": 1_199_999, "action": SHED}]}, "outside the shift"),
        ({"actions": [{"t_ms": 8_400_001, "action": SHED}]}, "outside the shift"),
        ({"actions": [{"t_ms": 10**300, "action": SHED}]}, "outside the shift"),
    ],
)
def test_what_belongs_elsewhere_is_refused(
    instance: Instance, played: Played, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match="belong") as e:
        instance.judge({**copy.deepcopy(played[0]), **change})
    assert says in e.value.describe()


def test_another_version_says_which(instance: Instance, played: Played) -> None:
    with pytest.raises(VersionMismatch, match=r"made with version 0\.0\.1 \(ffffffff\)") as e:
        instance.judge({**played[0], "version": "0.0.1", "digest": "f" * 20})
    assert e.value.where == "lab incident-response" and e.value.next
    # The number alone decides nothing: the digest does.
    assert instance.judge({**played[0], "version": "0.0.1"}).hash

"""Requests and issues: bound to each other, signed, in time."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gradatim.core.errors import InputError
from gradatim.lab.exam import issue

AT = "2026-03-01T09:30:00Z"
KEY = "11" * 32


def made(**changes: Any) -> dict[str, Any]:
    asked = issue.request("incident-response", "0.1.0", "d" * 20, "A. Learner", 5, AT) | changes
    return issue.sign(asked, issue.load_key(KEY), reviewer="B. Reviewer", nonce=9, at=AT, hours=4)


def test_an_issue_holds_until_its_hours_are_over() -> None:
    one = issue.check(made())
    assert one["expires_at"] == "2026-03-01T13:30:00Z"
    assert not issue.late(one, "2026-03-01T13:30:00Z") and issue.late(one, "2026-03-01T13:30:01Z")
    assert issue.minutes_between(AT, "2026-03-01T10:15:00Z") == 45


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("expires_at",), "2027-03-01T13:30:00Z"),
        (("nonce",), "0" * 32),
        (("reviewer",), "C. Other"),
        (("request", "learner"), "D. Other"),
        (("request", "nonce"), "1" * 32),
        (("public_key",), "22" * 32),
        (("signature",), "00" * 64),
    ],
)
def test_nothing_in_it_can_be_changed(path: tuple[str, ...], value: str) -> None:
    changed = copy.deepcopy(made())
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(InputError, match="cannot be used") as refused:
        issue.check(changed)
    assert "signature" in refused.value.problems[0]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        issue.check({"format": issue.ISSUE, "request": {}, "nonce": "x"})
    assert len(refused.value.problems) >= 8
    with pytest.raises(InputError) as refused:
        issue.sign({}, issue.load_key(KEY), reviewer=" ", nonce=9, at=AT, hours=0)
    assert {p.split(":")[0] for p in refused.value.problems} >= {"hours", "reviewer", "nonce", "at"}
    for nonsense in (None, [], 7, {"format": "other"}):
        with pytest.raises(InputError):
            issue.check(nonsense)


def test_both_halves_make_the_nonce() -> None:
    first = issue.joint_nonce(made())
    assert 0 <= first < 2**128
    assert issue.joint_nonce(made(nonce="0" * 32)) != first

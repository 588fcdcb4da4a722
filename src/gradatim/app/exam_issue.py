"""Requests and issued exams: the learner's half is remembered in this home, the reviewer's is signed by it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradatim.app.keys import private_key
from gradatim.core.errors import InputError
from gradatim.lab.exam import issue as signed
from gradatim.store.rows import utc_now

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.lab import Lab


def make_request(app: App, lab_id: str, learner: str) -> dict[str, Any]:
    """A request, remembered here: an issue answers it in this home only.

    Raises:
        InputError: no name.
    """
    lab = app._lab(lab_id)
    if not learner.strip():
        raise InputError(
            "a request says whose it is",
            ["name: empty"],
            next="gradatim exam issue --request LAB --name NAME",
        )
    asked = signed.request(
        lab.id, lab.spec.version, lab.digest, learner.strip(), secrets.randbits(128), utc_now()
    )
    app.store.set_setting(f"exam-request/{asked['nonce']}", asked)
    return asked


def make_issue(app: App, asked: Mapping[str, Any], *, reviewer: str, hours: float) -> dict[str, Any]:
    """The reviewer's answer, signed with the key of this home, the one that signs packets too."""
    problems = signed.request_problems(asked)
    if problems:
        raise InputError("this request cannot be answered", problems, next="gradatim exam issue --help")
    return signed.sign(
        asked,
        signed.load_key(private_key(app.home)),
        reviewer=reviewer,
        nonce=secrets.randbits(128),
        at=utc_now(),
        hours=hours,
    )


def check_issue(app: App, lab: Lab, issue: Mapping[str, Any]) -> int:
    """The nonce of an issued exam that answers a request of this home, for this version of the lab, in time.

    Raises:
        InputError: it does not; all problems at once.
    """
    checked = signed.check(issue)
    asked = checked["request"]
    problems = []
    if app.store.get_setting(f"exam-request/{asked['nonce']}") != asked:
        problems.append("request: not one that was made here; an issued exam belongs to who asked for it")
    if asked["lab"] != lab.id:
        problems.append(f"lab: {asked['lab']}, this is {lab.id}")
    elif asked["lab_digest"] != lab.digest:
        problems.append(f"lab: asked for with {asked['lab_digest'][:8]}, this is {lab.digest[:8]}")
    if signed.late(checked, utc_now()):
        problems.append(f"expires_at: {checked['expires_at']} is over")
    if problems:
        raise InputError(
            "this issued exam cannot be begun",
            problems,
            next="make a new request: gradatim exam issue --help",
        )
    return signed.joint_nonce(checked)

"""One instance of the incident lab that all tests of the kernel share."""

from __future__ import annotations

from typing import Any

import pytest

from gradatim.lab import catalogue
from gradatim.lab.lab import Instance, Lab
from gradatim.lab.live import LiveSession

SEED = 8
LOG: list[tuple[float, dict[str, Any]]] = [
    (1300.125, {"kind": "acknowledge", "alert": "all"}),
    (2000.0, {"kind": "shed", "client": "all", "share": 0.5}),
    (2000.0, {"kind": "page", "team": "data"}),
    (2300.5, {"kind": "ramp", "client": "all", "over_s": 60}),
    (3100.0, {"kind": "restart", "how": "rolling"}),
    (4000.0, {"kind": "declare_over"}),
]


@pytest.fixture(scope="session")
def lab() -> Lab:
    return catalogue.lab("incident-response")


@pytest.fixture(scope="session")
def instance(lab: Lab) -> Instance:
    return lab.instance(SEED, "metastable-overload")


@pytest.fixture(scope="session")
def played(lab: Lab) -> tuple[dict[str, Any], Any]:
    """The submission of a live session that took a known log, and the session's own outcome."""
    session = LiveSession(lab.instance(SEED, "metastable-overload"))
    for t, action in LOG:
        if t > session.world.now_s:
            session.advance(t - session.world.now_s)
        assert session.act(action)["accepted"]
    return session.submission().as_dict(), session.finish()

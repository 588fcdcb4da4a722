"""The rules of the shipped rubric, and a way to make exhibits."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from gradatim.content import senior_ai_engineer
from gradatim.path import rubric
from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.support import Rules


@pytest.fixture(scope="session")
def rules() -> Rules:
    return Rules.of(rubric.load(senior_ai_engineer.FOLDER))


@pytest.fixture(scope="session")
def item() -> Callable[..., Exhibit]:
    def make(name: str, kind: str = "work", /, **given: Any) -> Exhibit:
        claims = {k: v for k, v in given.items() if k.startswith("D")}
        more = {k: v for k, v in given.items() if not k.startswith("D")}
        more.setdefault("keys", frozenset({name}))
        more.setdefault("days", (datetime.date(2026, 1, 1), datetime.date(2026, 9, 30)))
        return Exhibit(name, kind, claims, own_share=more.pop("own_share", 0.5), **more)

    return make

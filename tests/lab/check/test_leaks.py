"""The search for the truth finds it wherever it is planted, and nowhere in the shipped lab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from gradatim.lab import catalogue
from gradatim.lab.check import leaks
from gradatim.lab.lab import Lab

FAMILY = "metastable-overload"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return catalogue.lab("incident-response")


@pytest.fixture(scope="module")
def seed(lab: Lab) -> int:
    return next(s for s in range(100) if lab.live.family_of(s) == FAMILY)


def planted(lab: Lab, **verbs: Callable[..., Any]) -> Lab:
    """The lab with one of its verbs replaced."""
    made = type("Leaky", (type(lab.live),), {name: staticmethod(f) for name, f in verbs.items()})
    return replace(lab, module=SimpleNamespace(LAB=made()))  # type: ignore[arg-type]


def test_the_shipped_lab_tells_nothing(lab: Lab, seed: int) -> None:
    assert leaks.search(lab, seed, FAMILY) == []


def test_a_truth_in_the_inbox_is_found(lab: Lab, seed: int) -> None:
    def inbox(world: Any, telemetry: Any) -> list[dict[str, Any]]:
        if world.now_s < world.scenario.onset_s:
            return []
        return [{"id": "m", "t_s": world.now_s, "text": f"It is {world.scenario.variant.upper()}, surely."}]

    found = leaks.search(planted(lab, inbox=inbox), seed, FAMILY)
    variant = lab.live.scenario(seed, FAMILY).variant
    assert found and all(f.startswith("observe at") and variant in f for f in found)


def test_a_truth_in_a_refusal_is_found(lab: Lab, seed: int) -> None:
    def refusal(world: Any, action: dict[str, Any]) -> str:
        return f"not for {world.scenario.family}" if action["kind"] == "rollback" else ""

    found = leaks.search(planted(lab, refusal=refusal), seed, FAMILY)
    assert any(f.startswith("refusal at") and FAMILY in f for f in found)


def test_a_word_inside_another_word_is_no_leak() -> None:
    assert leaks._has("an unhealthy replica", "healthy") is False
    assert leaks._has("is it healthy?", "healthy") is True
    assert leaks._has('{"onset_s": 3}', "onset_s") is True

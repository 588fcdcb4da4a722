"""A shared session: the same world, log and outcome as a session of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradatim.lab import catalogue
from gradatim.lab.lab import Instance
from gradatim.lab.live import PARTS, LiveSession
from gradatim.lab.policy import drive, load_policy
from gradatim.lab.reference import Bench
from gradatim.lab.shared import SharedSession

ACK: dict[str, Any] = {"kind": "acknowledge", "alert": "all"}
OVER: dict[str, Any] = {"kind": "declare_over"}
SAY: dict[str, Any] = {
    "kind": "status_update", "impact": "degraded", "share_low": 0.1, "share_high": 0.6, "next_update_min": 30,
}  # fmt: skip
PAGE: dict[str, Any] = {"kind": "page", "team": "data"}
SHED: dict[str, Any] = {"kind": "shed", "client": "all", "share": 0.3}
RERUN: dict[str, Any] = {"kind": "rerun_job", "job": "weather"}


def shift(seed: int, family: str) -> Instance:
    return catalogue.lab("incident-response").instance(seed, family)


@pytest.mark.parametrize(
    ("family", "seed", "acts"),
    [
        ("metastable-overload", 8, {9: ACK, 11: SAY, 30: OVER}),
        ("metastable-overload", 8, {9: ACK, 10: PAGE, 12: SHED, 14: SAY}),
        ("stale-features", 3, {9: ACK, 10: SAY, 12: PAGE, 14: RERUN, 20: OVER}),
        ("late-labels", 1, {}),
    ],
)
def test_it_shows_what_a_session_of_its_own_shows(family: str, seed: int, acts: dict[int, Any]) -> None:
    alone, shared = LiveSession(shift(seed, family)), SharedSession(shift(seed, family))
    step = 0
    while not alone.ended:
        if step in acts:
            assert alone.act(acts[step]) == shared.act(acts[step])
        # Every part, in another order each time: looking at one must not change another.
        for name in (*PARTS[step % 6 :], *PARTS[: step % 6]) if step % 2 else ("alerts",):
            assert shared.part(name) == alone.part(name), (step, name)
        assert shared.advance(17 * alone.tick_s) == alone.advance(17 * alone.tick_s)
        step += 1
    assert shared.observe() == alone.observe() and shared.steps == alone.steps
    assert shared.finish().hash == alone.finish().hash


@pytest.mark.parametrize("family", ["metastable-overload", "feature-skew"])
@pytest.mark.parametrize("name", ["declare_over", "paperwork", "cap_retries", "mid"])
def test_a_reference_plays_as_it_does_alone(family: str, name: str) -> None:
    instance = shift(11, family)
    bench = Bench(instance)
    bench.play("idle")
    played = bench.play(name)
    session = LiveSession(shift(11, family))
    drive(session, load_policy(instance.lab.folder / "references" / f"{name}.py"))
    assert tuple(session.steps) == played.steps
    assert session.finish().hash == played.outcome.hash


def test_nothing_is_run_until_somebody_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = shift(8, "metastable-overload")
    session = SharedSession(instance)
    world = instance.timeline.world
    runs: list[float] = []
    advance: Callable[[float], None] = world.advance
    monkeypatch.setattr(world, "advance", lambda to_s: (runs.append(to_s), advance(to_s))[1])
    while not session.ended:
        session.glance()["alerts"]
        session.glance()["metrics"]
        session.advance(60.0)
    assert session.finish().hash == shift(8, "metastable-overload").timeline.run([]).hash
    assert runs == []


def test_a_part_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="truth"):
        SharedSession(shift(8, "metastable-overload")).glance()["truth"]

"""The play loop of one attempt: one task, one clock, any number of tabs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gradatim.core.errors import InputError, StateError
from gradatim.web.live import LiveAttempt, LiveRooms


class Wall:
    """A clock that can be moved: all that the loop needs of a room."""

    def __init__(self, horizon_s: float = 1e9, fail: Exception | None = None) -> None:
        self.t_s, self.horizon_s, self.fail = 0.0, horizon_s, fail
        self.steps: list[float] = []

    def advance(self, seconds: float) -> dict[str, Any]:
        if self.fail is not None:
            raise self.fail
        self.steps.append(seconds)
        self.t_s = min(self.horizon_s, self.t_s + seconds)
        return {"t_s": self.t_s, "ended": self.t_s >= self.horizon_s}


async def until(condition: Callable[[], bool]) -> None:
    """Give other tasks a turn until the condition holds."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def play(scene: Callable[[LiveAttempt, Wall], Any], wall: Wall | None = None, alone_s: float = 5.0) -> None:
    wall = wall or Wall()

    async def run() -> None:
        live = LiveAttempt("a", wall, alone_s=alone_s)
        await scene(live, wall)
        live.pause()
        await until(lambda: live.at_rest)

    with ThreadPoolExecutor(1) as pool:  # Playwright keeps an event loop running in the main thread
        pool.submit(asyncio.run, run()).result()


def test_time_runs_only_while_playing() -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        live.join()
        assert wall.t_s == 0
        live.play()
        await until(lambda: wall.t_s > 0)
        live.pause()
        await until(lambda: live.at_rest)
        stood = wall.t_s
        live.wake()
        await asyncio.sleep(0)
        assert wall.t_s == stood

    play(scene)


def test_playing_twice_runs_one_task() -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        live.join(), live.join()
        before = len(asyncio.all_tasks())
        live.play()
        live.play()
        live.pause()
        live.play()
        assert len(asyncio.all_tasks()) == before + 1
        await until(lambda: len(wall.steps) >= 3)

    play(scene)


def test_speed_is_simulated_seconds_per_wall_second_and_a_stall_does_not_jump() -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        live.join()
        live.set_speed(600)
        live.play()
        await until(lambda: len(wall.steps) >= 5)
        assert all(0 <= step <= 600 * 0.5 for step in wall.steps)
        assert any(step >= 600 * 0.05 for step in wall.steps)

    play(scene)


@pytest.mark.parametrize("speed", [0, 2, -10, 1e9, "10", None, True, float("nan"), [10]])
def test_only_the_four_speeds(speed: object) -> None:
    live = LiveAttempt("a", Wall())
    with pytest.raises(InputError):
        live.set_speed(speed)
    assert live.speed == 10


def test_every_tab_is_woken_and_mail_goes_to_the_others() -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        one, two = live.join(), live.join()
        live.play()
        await until(lambda: one.woken.is_set() and two.woken.is_set())
        live.tell_others(one, {"type": "notes", "text": "hello"})
        assert one.mail == [] and two.mail == [{"type": "notes", "text": "hello"}]

    play(scene)


def test_with_no_page_play_pauses_and_says_why() -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        seat = live.join()
        live.play()
        live.leave(seat)
        await until(lambda: not live.playing)
        assert "no page" in live.why

    play(scene, alone_s=0.05)


def test_a_page_that_comes_back_in_time_keeps_it_playing() -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        seat = live.join()
        live.play()
        live.leave(seat)
        live.join()
        reached = wall.t_s
        await until(lambda: wall.t_s > reached + 3)  # 0.3 wall seconds, six times the patience
        assert live.playing

    play(scene, alone_s=0.05)


def test_at_the_horizon_it_ends() -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        live.join()
        live.set_speed(600)
        live.play()
        await until(lambda: not live.playing)
        assert wall.t_s == wall.horizon_s and live.why == "the time is up"

    play(scene, Wall(horizon_s=100.0))


@pytest.mark.parametrize(
    ("error", "said"),
    [(StateError("the disk is full"), "the disk is full"), (ZeroDivisionError("x"), "stopped with an error")],
)
def test_an_error_pauses_and_is_told(error: Exception, said: str) -> None:
    async def scene(live: LiveAttempt, wall: Wall) -> None:
        live.join()
        live.play()
        await until(lambda: not live.playing)
        assert said in live.why

    play(scene, Wall(fail=error))


def test_one_live_attempt_per_attempt() -> None:
    rooms, wall = LiveRooms(), Wall()
    assert rooms.get("a", wall) is rooms.get("a", wall)
    assert rooms.get("a", wall) is not rooms.get("b", wall)


def test_a_rebuilt_room_starts_every_tab_again() -> None:
    rooms = LiveRooms()
    live = rooms.get("a", Wall())
    again = rooms.get("a", Wall())
    assert again is live and live.generation == 1

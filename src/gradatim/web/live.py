"""One attempt being played: who watches it, how fast its clock runs, and the task that moves it.

However many tabs are open, an attempt has one `LiveAttempt` in a process and at most one running task.
A tab never receives pushed frames: it is woken, asks the room what is new since its own cursor, and sends
that. So a slow tab gets fewer and larger frames, holds nobody up and loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from gradatim.core.errors import GradatimError, InputError

log = logging.getLogger(__name__)

SPEEDS = (1, 10, 60, 600)
FRAME_S = 0.1
"""Wall seconds between two steps of the clock."""
LONGEST_STEP_WALL_S = 0.5
"""After a stall (a sleeping laptop, a busy core) the clock does not jump by more than this much wall time."""
ALONE_S = 5.0
"""With no page connected for this long, play pauses."""


class Clock(Protocol):
    """The part of a room that moves time."""

    def advance(self, seconds: float) -> dict[str, Any]: ...


@dataclass(eq=False)
class Seat:
    """One tab's place: woken when there may be something new, with messages other tabs left for it."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    mail: list[dict[str, Any]] = field(default_factory=list)


class LiveAttempt:
    """Play state of one attempt, shared by its tabs. All methods run on the event loop."""

    def __init__(self, attempt_id: str, room: Clock, *, alone_s: float = ALONE_S) -> None:
        self.attempt_id = attempt_id
        self.room = room
        self.playing = False
        self.speed = 10
        self.why = ""
        self.generation = 0
        """Goes up when the past was rewritten (a rewind): cursors of an older generation are void."""
        self._alone_s = alone_s
        self._tabs: set[Seat] = set()
        self._runner: asyncio.Task[None] | None = None
        self._lonely: asyncio.TimerHandle | None = None

    # -- tabs ---------------------------------------------------------------------------------------------
    def join(self) -> Seat:
        """A new tab takes a seat."""
        if self._lonely is not None:
            self._lonely.cancel()
            self._lonely = None
        seat = Seat()
        self._tabs.add(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """A tab went away; the last one starts the count-down to pause."""
        self._tabs.discard(seat)
        if not self._tabs and self.playing and self._lonely is None:
            loop = asyncio.get_running_loop()
            self._lonely = loop.call_later(self._alone_s, self._pause_if_alone)

    @property
    def at_rest(self) -> bool:
        """No task is moving the clock."""
        return self._runner is None or self._runner.done()

    @property
    def n_tabs(self) -> int:
        return len(self._tabs)

    def wake(self) -> None:
        """Something changed: every tab asks for what is new."""
        for seat in self._tabs:
            seat.woken.set()

    def tell_others(self, seat: Seat, message: dict[str, Any]) -> None:
        """Leave a message for every tab but this one."""
        for other in self._tabs:
            if other is not seat:
                other.mail.append(message)
                other.woken.set()

    def _pause_if_alone(self) -> None:
        self._lonely = None
        if not self._tabs:
            self.pause("no page was open for five seconds")

    # -- the clock ----------------------------------------------------------------------------------------
    def state(self) -> dict[str, Any]:
        """What every frame says about the transport."""
        return {"playing": self.playing, "speed": self.speed, "why": self.why, "tabs": self.n_tabs}

    def set_speed(self, speed: object) -> None:
        """Choose one of `SPEEDS`.

        Raises:
            InputError: another value.
        """
        if isinstance(speed, bool) or not isinstance(speed, int) or speed not in SPEEDS:
            known = ", ".join(str(s) for s in SPEEDS)
            raise InputError(f"speed must be one of {known}", [f"speed: {speed!r}"[:120]])
        self.speed = speed
        self.wake()

    def play(self) -> None:
        """Let simulated time run. Playing twice is playing once."""
        if self.playing:
            return
        self.playing, self.why = True, ""
        if self.at_rest:
            self._runner = asyncio.create_task(self._run(), name=f"play {self.attempt_id}")
        self.wake()

    def pause(self, why: str = "") -> None:
        """Stop simulated time; `why` is shown when nobody pressed the button."""
        self.playing, self.why = False, why
        self.wake()

    def rewritten(self) -> None:
        """The past changed: every tab starts again from nothing."""
        self.generation += 1
        self.wake()

    async def _run(self) -> None:
        last = time.monotonic()
        while self.playing:
            began = time.monotonic()
            wall_s, last = min(began - last, LONGEST_STEP_WALL_S), began
            try:
                clock = await asyncio.to_thread(self.room.advance, self.speed * wall_s)
            except GradatimError as error:
                self.pause(error.what)
                return
            except Exception:
                log.exception("attempt %s: the clock stopped", self.attempt_id)
                self.pause("the simulation stopped with an error; the server's log has it")
                return
            if clock.get("ended"):
                self.pause("the time is up")
                return
            self.wake()
            await asyncio.sleep(max(0.0, FRAME_S - (time.monotonic() - began)))


class LiveRooms:
    """The attempts that are open in this process, by id."""

    def __init__(self) -> None:
        self._live: dict[str, LiveAttempt] = {}

    def get(self, attempt_id: str, room: Clock) -> LiveAttempt:
        """The one `LiveAttempt` of this attempt; a room that was rebuilt replaces the old one's."""
        live = self._live.get(attempt_id)
        if live is None:
            live = self._live[attempt_id] = LiveAttempt(attempt_id, room)
        elif live.room is not room and not live.playing:
            live.room = room
            live.rewritten()
        return live

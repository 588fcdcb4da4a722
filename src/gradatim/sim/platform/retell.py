"""Another talk over the same changes: what was said and written moves nothing but the operators' own notes.

Two logs that change the service alike have the same simulation behind them. Once it has run for one of them, the other
needs only its notes told anew, at their own times and in their own order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from gradatim.sim.actions.kinds import TALK, parse_action
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.record import Event

Told = tuple[float, dict[str, Any]]
"""When, and the action."""


def retell(world: World, log: Sequence[Told], refused: Callable[[World, dict[str, Any]], str]) -> None:
    """Replace what was said in a `world` by the talk of `log`, whose changes are those that were made in it.

    Args:
        world: at its horizon, or at any time after the last of the log, reached by the same changes at the same times.
        log: the whole log, talk and changes, in order of time.
        refused: a lab's own reason to refuse an action.
    """
    ops, end_s = world.ops, world.now_s
    changes = deque(d for d in ops.done if d.message["kind"] not in TALK)
    notes = deque(e for e in world.journal if not is_talk(e))
    ops.done, ops.acknowledged, ops.silenced, ops.answered = [], {}, {}, {}
    ops.declared_at_s = None
    world.journal = []
    ordinals: dict[int, int] = {}
    for t_s, action in log:
        if action["kind"] in TALK:
            while notes and (notes[0].t_s < t_s or (notes[0].t_s == t_s and notes[0].kind != "own")):
                world.journal.append(notes.popleft())
            world.now_s = t_s
            if not refused(world, action):
                world.act(action)
        elif changes and (changes[0].t_s, changes[0].message) == (t_s, parse_action(action).model_dump()):
            done = changes.popleft()
            ordinals[done.ordinal] = len(ops.done)
            ops.done.append(done._replace(ordinal=len(ops.done)))
            while notes and notes[0].t_s <= t_s:
                world.journal.append(notes.popleft())
                if world.journal[-1].t_s == t_s and world.journal[-1].kind == "own":
                    break
    world.journal.extend(notes)
    world.now_s = end_s
    if ops.serving is not None:
        ops.serving.tests = {ordinals[i]: text for i, text in ops.serving.tests.items()}


def is_talk(e: Event) -> bool:
    """Whether a line of the journal is a trace of talk."""
    return e.kind in ("ack", "silence") or (e.kind == "own" and e.data["action"] in TALK)

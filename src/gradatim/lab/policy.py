"""Driving a session with a policy: a function `policy(obs, query) -> {"actions": [...], "advance_s": s}`."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError, InputError, PolicyError

if TYPE_CHECKING:
    from gradatim.lab.live import LiveSession

Policy = Callable[[dict[str, Any], Callable[[str], dict[str, Any]]], dict[str, Any]]
MAX_STEPS = 20_000
LEAST_S, MOST_TICKS = 1.0, 360
"""What a step may ask for: at least a second; at most an hour on a shift of hours, thirty hours on one of days."""


def drive(
    session: LiveSession,
    policy: Policy,
    progress: Callable[[float], None] | None = None,
    look: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """Play `session` to its horizon; `look` gives what the policy sees, the session's `observe` unless told.

    The observation carries `receipts`: what became of the actions of the step before. A malformed action is a
    refused one; a malformed reply ends the run.

    Raises:
        PolicyError: the reply is not what a policy returns, or it takes more than 20,000 steps.
    """

    def query(sql: str) -> dict[str, Any]:
        try:
            return session.query(sql)
        except GradatimError as e:
            return {"error": e.describe(), "columns": [], "rows": []}

    look = look or session.observe
    receipts: list[dict[str, Any]] = []
    for _ in range(MAX_STEPS):
        if session.ended:
            return
        seen = look()
        seen["receipts"] = receipts
        reply = policy(seen, query)
        actions, seconds = _checked(reply, MOST_TICKS * session.tick_s)
        receipts = [session.act(a) for a in actions]
        session.advance(seconds)
        if progress is not None:
            progress(session.now_s / session.world.horizon_s)
    raise PolicyError(
        f"the policy took more than {MAX_STEPS} steps",
        why="each step must advance the clock",
        next="return a larger advance_s",
    )


def _checked(reply: Any, most_s: float) -> tuple[list[Any], float]:
    if not isinstance(reply, dict):
        raise PolicyError(f"a policy returns a dict, this one returned {type(reply).__name__}")
    actions, seconds = reply.get("actions", []), reply.get("advance_s", 60)
    problems = []
    if not isinstance(actions, list) or len(actions) > 200:
        problems.append("actions is not a list of at most 200 actions")
    if (
        not isinstance(seconds, int | float)
        or isinstance(seconds, bool)
        or not -math.inf < seconds < math.inf
    ):
        problems.append("advance_s is not a number")
    if problems:
        raise PolicyError("the policy's reply is malformed", why="; ".join(problems))
    # Bounded before it becomes a float: an integer may be too large for one.
    return actions, float(min(most_s, max(LEAST_S, seconds)))


def load_policy(path: Path) -> Policy:
    """A shipped reference's policy, in this process. Learner code never comes here: see `lab.sandbox`."""
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as e:
        raise InputError("the policy file cannot be read", [str(e)], where=str(path)) from None
    module: dict[str, Any] = {"__name__": "policy", "__file__": path.name}
    exec(compile(source, path.name, "exec"), module)
    policy: Policy = module["policy"]
    return policy


def play_isolated(session: LiveSession, path: Path, progress: Callable[[float], None] | None = None) -> None:
    """Play with learner code in its own limited process."""
    from gradatim.lab.sandbox import PolicyProcess

    with PolicyProcess(path) as process:
        drive(session, process.step, progress)

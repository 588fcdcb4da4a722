"""A changed log and what it would have come to: the same function, called once more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError, InputError
from gradatim.core.money import usd

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.submission import Step
    from gradatim.store import Attempt

_timelines: dict[str, Any] = {}
_lock = threading.Lock()


def timeline(app: App, a: Attempt) -> Any:
    """The instance of an attempt with its snapshots; the last one used is kept."""
    with _lock:
        if a.id not in _timelines:
            _timelines.clear()
            _timelines[a.id] = app.instance(a).timeline
        return _timelines[a.id]


def whatif(app: App, a: Attempt, edits: list[dict[str, Any]]) -> dict[str, Any]:
    """The outcome of the attempt's log with `edits` applied.

    Raises:
        InputError: an edit is malformed or names an action that is not there; all problems at once.
    """
    steps = edited(app, a, edits)
    outcome = timeline(app, a).run(steps)
    assert a.loss_micro is not None and a.outcome is not None
    return {
        "loss_usd": usd(outcome.loss_micro),
        "delta_usd": usd(outcome.loss_micro - a.loss_micro),
        "by_cause": {c: usd(m) for c, m in outcome.by_cause.items()},
        "by_cause_delta_usd": {
            c: usd(m - a.outcome["by_cause"].get(c, 0)) for c, m in outcome.by_cause.items()
        },
        "signals": outcome.signals,
        "hash": outcome.hash,
        "edits": edits,
    }


def edited(app: App, a: Attempt, edits: Any) -> tuple[Step, ...]:
    """The attempt's log with edits applied, in order of time."""
    from gradatim.lab.submission import Step
    from gradatim.sim.actions import parse_action

    pace = app.instance(a).pace
    steps: list[Step | None] = list(app._steps(a))
    added: list[Step] = []
    problems: list[str] = []

    def at(value: Any, where: str) -> int:
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and pace.start_s <= value <= pace.horizon_s
        ):
            return round(value * 1000)
        problems.append(f"{where}: {value!r} is not a time from {pace.start_s:g} to {pace.horizon_s:g} s")
        return 0

    def existing(value: Any, where: str) -> int | None:
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and 0 <= value < len(steps)
            and steps[value] is not None
        ):
            return value
        problems.append(f"{where}: there is no action {value!r}; the log has {len(steps)}, counted from 0")
        return None

    if not isinstance(edits, list) or not edits:
        raise InputError("a what-if needs at least one edit", ['edits: [{"move": 0, "to_s": 2000}]'])
    for i, edit in enumerate(edits):
        if not isinstance(edit, dict) or len({"move", "drop", "insert"} & set(edit)) != 1:
            problems.append(f"edits[{i}]: needs one of move, drop, insert")
        elif "drop" in edit:
            k = existing(edit["drop"], f"edits[{i}].drop")
            if k is not None:
                steps[k] = None
        elif "move" in edit:
            k, t_ms = existing(edit["move"], f"edits[{i}].move"), at(edit.get("to_s"), f"edits[{i}].to_s")
            if k is not None:
                old = steps[k]
                assert old is not None
                added.append(Step(t_ms, old.action))
                steps[k] = None
        else:
            new = edit["insert"] if isinstance(edit["insert"], dict) else {}
            t_ms = at(new.get("t_s"), f"edits[{i}].insert.t_s")
            try:
                added.append(Step(t_ms, parse_action(new.get("action")).model_dump()))
            except GradatimError as e:
                problems.append(f"edits[{i}].insert.action: {e.describe()}".replace("\n", "; "))
    if problems:
        raise InputError("the edits do not fit the attempt", problems, next="gradatim lab whatif --help")
    return tuple(sorted([*(s for s in steps if s is not None), *added], key=lambda s: s.t_ms))

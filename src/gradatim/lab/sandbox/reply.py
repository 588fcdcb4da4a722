"""What a policy may answer: {"actions": [...], "advance_s": number}. All defects at once."""

from __future__ import annotations

from typing import Any

from .limits import Limits

_KEYS = ("actions", "advance_s")
_MAX_DEPTH = 16
_MAX_ADVANCE_S = 1e9


def check_reply(value: object, limits: Limits) -> tuple[dict[str, Any], list[str]]:
    """The answer in its normal form and its problems; the first is only meant when the second is empty."""
    if not isinstance(value, dict):
        return {}, [f"it returned {_kind(value)}, not a dict"]
    problems = [f"unknown key {key!r}" for key in value if key not in _KEYS]
    problems += [f"missing key {key!r}" for key in _KEYS if key not in value]
    actions = value.get("actions", [])
    if not isinstance(actions, list):
        problems.append(f"actions is {_kind(actions)}, not a list")
        actions = []
    if len(actions) > limits.actions_per_step:
        problems.append(f"{len(actions)} actions in one answer; at most {limits.actions_per_step}")
    for i, action in enumerate(actions[: limits.actions_per_step]):
        if not isinstance(action, dict):
            problems.append(f"actions[{i}] is {_kind(action)}, not a dict")
        elif not isinstance(action.get("kind"), str):
            problems.append(f'actions[{i}] has no "kind"')
        elif _depth(action) > _MAX_DEPTH:
            problems.append(f"actions[{i}] is nested more than {_MAX_DEPTH} deep")
    advance_s = value.get("advance_s", limits.min_advance_s)
    if isinstance(advance_s, bool) or not isinstance(advance_s, int | float):
        problems.append(f"advance_s is {_kind(advance_s)}, not a number")
    elif advance_s < limits.min_advance_s:
        problems.append(f"advance_s is less than {limits.min_advance_s:g} s: the run would never end")
    elif not advance_s <= _MAX_ADVANCE_S:  # catches NaN, too
        problems.append("advance_s is not a number of seconds below thirty years")
    return {"actions": actions, "advance_s": advance_s}, problems


def _depth(value: object) -> int:
    """Levels of lists and dicts, counted without recursion; stops once it is too deep."""
    level, depth = [value], 0
    while level and depth <= _MAX_DEPTH:
        inside = [item for item in level if isinstance(item, dict | list)]
        level = [child for item in inside for child in (item.values() if isinstance(item, dict) else item)]
        depth += bool(inside)
    return depth


def _kind(value: object) -> str:
    return {
        type(None): "None",
        bool: "a bool",
        int: "an int",
        float: "a float",
        str: "a string",
        list: "a list",
        dict: "a dict",
    }.get(type(value), f"a {type(value).__name__}")

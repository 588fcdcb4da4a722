"""From what the policy's process said, or how it ended, to the error a learner reads."""

from __future__ import annotations

import signal
from typing import Any

from gradatim.core.errors import PolicyError

from .limits import Limits

_AGAIN = "mend the policy and run the same command again"
_SHAPE = 'a policy returns {"actions": [{"kind": ..., ...}], "advance_s": 60}: plain JSON values, no NaN'


def from_report(report: dict[str, Any], name: str, limits: Limits) -> PolicyError:
    """The error for a reported exception. Every field is checked: learner code can forge it."""
    kind, message = _text(report, "kind"), _text(report, "message")
    stage = "loading" if report.get("stage") == "load" else "one step"
    where = _where(report, name)
    if kind == "OverLimit":
        cpu_s = limits.load_cpu_s if stage == "loading" else limits.step_cpu_s
        if message == "all":
            return _all_cpu(where, limits)
        if message == "cpu":
            what = f"the policy used more than {cpu_s:g} s of CPU in {stage}"
            return PolicyError(
                what, where=where, why="a loop there does not end, or is too slow", next=_AGAIN
            )
        what = f"the policy did not answer within {limits.step_wall_s:g} s"
        return PolicyError(
            what, where=where, why="it was waiting there (time in query does not count)", next=_AGAIN
        )
    if report.get("memory") is True:
        why = f"the process may use {limits.memory_mb:,} MiB in all"
        return PolicyError("the policy ran out of memory", where=where, why=why, next=_AGAIN)
    if kind == "LookupError" and message == "no function named policy":
        next_step = "add: def policy(obs, query): return {'actions': [], 'advance_s': 60}"
        return PolicyError(
            "the policy file has no function named policy", where=name, why=_SHAPE, next=next_step
        )
    if kind in ("SyntaxError", "IndentationError", "TabError"):
        return PolicyError(
            "the policy is not valid Python", where=where, why=f"{kind}: {message}", next=_AGAIN
        )
    if kind == "SystemExit":
        why = "a policy returns after each step and is called again; it does not end the process"
        return PolicyError("the policy called exit", where=where, why=why, next=_AGAIN)
    verb = "could not be loaded" if stage == "loading" else "failed"
    return PolicyError(f"the policy {verb}", where=where, why=f"{kind}: {message}".rstrip(": "), next=_AGAIN)


def _all_cpu(where: str, limits: Limits) -> PolicyError:
    what = f"the policy used more than {limits.total_cpu_s} s of CPU in all"
    return PolicyError(what, where=where, why="every step is within its limit, their sum is not", next=_AGAIN)


def bad_reply(problems: list[str], name: str) -> PolicyError:
    """The error for an answer of the wrong shape."""
    what = "the policy returned something that is not an answer: " + "; ".join(problems[:8])
    return PolicyError(what, where=f"{name}, in policy", why=_SHAPE, next=_AGAIN)


def too_slow(name: str, limits: Limits) -> PolicyError:
    """The error for a process that answered nothing at all in time."""
    what = f"the policy did not answer within {limits.step_wall_s:g} s"
    why = "a call there does not return, or signals and exceptions were caught"
    return PolicyError(what, where=name, why=why, next=_AGAIN)


def too_long_in_all(name: str, limits: Limits) -> PolicyError:
    """The error for many slow steps."""
    what = f"the policy took more than {limits.total_wall_s:g} s in all"
    return PolicyError(what, where=name, why="every step is within its limit, their sum is not", next=_AGAIN)


def garbled(detail: str, name: str, limits: Limits) -> PolicyError:
    """The error for a frame that is too long or no JSON."""
    if detail.endswith("KiB"):
        why = f"an answer has at most {limits.reply_kb} KiB; this one has {detail}"
        return PolicyError(
            "the policy's answer is too large", where=f"{name}, in policy", why=why, next=_AGAIN
        )
    why = "something wrote to the descriptor that carries the answers"
    return PolicyError("the policy disturbed its channel", where=name, why=why, next=_AGAIN)


def ended(code: int | None, name: str, limits: Limits, stage: str) -> PolicyError:
    """The error for a process that is gone. `code`: exit code, 128 + n for signal n, None if unknown."""
    what = f"the policy's process ended while {'it was loaded' if stage == 'loading' else 'it was answering'}"
    if code is not None and code > 128:
        number = code - 128
        if number == signal.SIGXCPU:
            return _all_cpu(name, limits)
        try:
            why = f"it was ended by {signal.Signals(number).name}"
        except ValueError:
            why = f"it was ended by signal {number}"
        if number == signal.SIGKILL:
            why += f" (more than {limits.total_cpu_s} s of CPU in all, or the machine is out of memory)"
        if number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            why += " (endless recursion, or a library out of memory)"
    elif code == 71:
        what, why = "the policy ran out of memory", f"the process may use {limits.memory_mb:,} MiB in all"
    elif code:
        why = f"its exit code was {code}"
    else:
        why = "it left on its own, or closed the descriptor that carries the answers"
    return PolicyError(what, where=name, why=why, next=_AGAIN)


def _where(report: dict[str, Any], name: str) -> str:
    frames = report.get("frames")
    frame = frames[-1] if isinstance(frames, list) and frames and isinstance(frames[-1], dict) else None
    if frame is None or not isinstance(frame.get("line"), int):
        return name
    function, source = _text(frame, "function"), _text(frame, "source")
    inside = "" if function in ("", "<module>") else f", in {function}"
    return f"{name}, line {frame['line']}{inside}" + (f": {source}" if source else "")


def _text(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    return (
        "".join(c if c.isprintable() or c == "\n" else "?" for c in value[:500])
        if isinstance(value, str)
        else ""
    )

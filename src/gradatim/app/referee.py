"""The references of an instance, computed in a process of their own while the learner works.

Each result goes to the store as soon as it is there; a killed referee loses the one in hand. Started as
`python -m gradatim.app.referee HOME ATTEMPT`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.errors import VersionMismatch

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store import Attempt

VARIABLE = "GRADATIM_REFERENCES"
"""Set to "off", references are not computed in the background; figures that need them stay empty."""

OTHER_VERSION = 3
"""Exit code of a referee that found another version of the lab than the attempt's."""
TRIES = 3
"""How often a referee that dies is started again, before the page says so."""
AGAIN_AFTER_S = 15.0
"""So long after the last try it is tried anew when somebody looks; a page that loads itself again does not."""

_running: dict[str, subprocess.Popen[bytes]] = {}
_died: dict[str, Died] = {}
_lock = threading.Lock()


class Died(NamedTuple):
    """The ends of an attempt's referee without a result: how many in a row, the last one's exit code and time."""

    times: int
    code: int
    at_s: float


def ensure(app: App, a: Attempt) -> dict[str, Any]:
    """Start the referee of an attempt unless it runs or has nothing to do; say how far it is."""
    from gradatim.app.debrief import key as debrief_key
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec

    folder = folders.folder(a.lab_id)
    names = {r.name for r in load_spec(folder).reference} | {"oracle"}
    done = len(names & set(app.store.get_references(a.lab_digest, a.seed, a.family)))
    total = len(names)
    if a.status == "finished":
        total += 1
        done += app.store.get_setting(debrief_key(a)) is not None
    if done == total:
        return {"done": done, "total": total, "state": "done"}
    if folders.version_digest(folder) != a.lab_digest:
        return {"done": done, "total": total, "state": "other version"}
    if os.environ.get(VARIABLE) == "off":
        return {"done": done, "total": total, "state": "off"}
    with _lock:
        state = _looked_at(a.id, time.monotonic())
        if state == "computing" and a.id not in _running:
            _running[a.id] = subprocess.Popen(
                [sys.executable, "-m", "gradatim.app.referee", str(app.home), a.id],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    return {"done": done, "total": total, "state": state}


def _looked_at(attempt_id: str, now_s: float) -> str:
    """What to say of an attempt's referee; one that has ended is forgotten, so that another can start."""
    process = _running.get(attempt_id)
    code = None if process is None else process.poll()
    if code is not None:
        del _running[attempt_id]
        before = _died.pop(attempt_id, None)
        if code != 0:
            # Killed, or the code changed under it: a fresh process reads it anew.
            _died[attempt_id] = Died(before.times + 1 if before else 1, code, now_s)
    died = _died.get(attempt_id)
    if died is not None and (died.times >= TRIES or died.code == OTHER_VERSION):
        if now_s - died.at_s < AGAIN_AFTER_S:
            return "other version" if died.code == OTHER_VERSION else "failed"
        del _died[attempt_id]
    return "computing"


def compute(app: App, a: Attempt) -> None:
    """Play every reference whose result is not stored yet."""
    from gradatim.lab.outcome import Outcome
    from gradatim.lab.reference import Bench, Played
    from gradatim.lab.submission import Step

    bench = Bench(app.instance(a))
    known = app.store.get_references(a.lab_digest, a.seed, a.family)
    for name, stored in known.items():
        steps = tuple(Step(s["t_ms"], s["action"]) for s in stored.outcome["steps"])
        bench.put(name, Played(steps, Outcome.from_dict(stored.outcome["outcome"])))
    for name in bench.names():
        if name not in known:
            played = bench.play(name)
            app.store.put_reference(
                a.lab_digest,
                a.seed,
                a.family,
                name,
                {"outcome": played.outcome.as_dict(), "steps": [s._asdict() for s in played.steps]},
                played.outcome.hash,
            )


def main(home: str, attempt_id: str) -> None:
    """The process: one at a time for a home, and never in the learner's way."""
    from gradatim.app.app import App
    from gradatim.app.background import yield_to_the_learner
    from gradatim.app.debrief import key, work_out

    yield_to_the_learner()
    app = App(Path(home))
    a = app.store.get_attempt(attempt_id)
    try:
        with (Path(home) / "referee.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            compute(app, a)
            a = app.store.get_attempt(attempt_id)
            if a.status == "finished" and app.store.get_setting(key(a)) is None:
                work_out(app, a)
    except VersionMismatch:
        sys.exit(OTHER_VERSION)


if __name__ == "__main__":
    main(*sys.argv[1:3])

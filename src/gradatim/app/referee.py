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
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store import Attempt

VARIABLE = "GRADATIM_REFERENCES"
"""Set to "off", references are not computed in the background; figures that need them stay empty."""

_running: dict[str, subprocess.Popen[bytes]] = {}
_lock = threading.Lock()


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
        process = _running.get(a.id)
        if process is None or process.poll() is not None:
            if process is not None and process.returncode != 0:
                return {"done": done, "total": total, "state": "failed"}
            _running[a.id] = subprocess.Popen(
                [sys.executable, "-m", "gradatim.app.referee", str(app.home), a.id],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    return {"done": done, "total": total, "state": "computing"}


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
    """The process: as polite as the system allows, and one at a time for a home."""
    from gradatim.app.app import App
    from gradatim.app.debrief import key, work_out

    if hasattr(os, "nice"):
        os.nice(10)
    app = App(Path(home))
    a = app.store.get_attempt(attempt_id)
    with (Path(home) / "referee.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        compute(app, a)
        a = app.store.get_attempt(attempt_id)
        if a.status == "finished" and app.store.get_setting(key(a)) is None:
            work_out(app, a)


if __name__ == "__main__":
    main(*sys.argv[1:3])

"""Long checks of packets: a process of its own each, with progress, that can be ended at any moment.

Exams are recomputed with their reference players, about a minute each, tasks and policies are run again, and all those
have processes of their own; so a check leads a process group, and stopping it ends the group. Run as
`python -m gradatim.app.checking HOME FOLDER DRAWS`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError, StateError, UnknownName

if TYPE_CHECKING:
    from gradatim.app.app import App

FOLDER = "checks"
MOST_RUNNING, MOST_KEPT = 2, 8
_PACKET, _NAME, _SAID, _REPORT, _ERROR = "packet", "name", "said", "report.json", "error.json"


@dataclass
class Job:
    """One check: its process, the folder that it works in, and what the quick look had found."""

    folder: Path
    name: str
    process: subprocess.Popen[bytes]
    quick: dict[str, Any]
    stopped: bool = False
    found: dict[str, Any] | None = field(default=None)


class Checking:
    """The checks of this process. None of them outlives it for longer than its own work."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def start(self, data: bytes, name: str, quick: dict[str, Any], *, fresh: int = 0) -> str:
        """Begin to check a packet wholly; returns the id of the check.

        Args:
            data: the file.
            name: what it is called.
            quick: the report without what takes its time, shown until there is another.
            fresh: on how many draws of one's own policies and tasks are judged again.

        Raises:
            StateError: two checks are running already.
        """
        with self._lock:
            running = [job for job in self._jobs.values() if self._state(job) == "running"]
            if len(running) >= MOST_RUNNING:
                raise StateError(
                    f"{len(running)} packets are being checked already", why="each check keeps the processor busy",
                    next="wait for one of them, or stop it",
                )  # fmt: skip
            for old in list(self._jobs)[: max(len(self._jobs) - MOST_KEPT + 1, 0)]:
                if self._state(self._jobs[old]) != "running":
                    del self._jobs[old]
            check = secrets.token_hex(8)
            folder = self._app.home / FOLDER / check
            folder.mkdir(mode=0o700, parents=True)
            (folder / _PACKET).write_bytes(data)
            (folder / _NAME).write_text(name, encoding="utf-8")
            process = subprocess.Popen(
                [sys.executable, "-m", "gradatim.app.checking", str(self._app.home), str(folder), str(fresh)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._jobs[check] = Job(folder, name, process, quick)
            return check

    def show(self, check: str) -> dict[str, Any]:
        """Where a check is: {id, file, state, said, report}. `state` is running, done, stopped or failed.

        Raises:
            UnknownName: there is none of that id in this process.
        """
        with self._lock:
            job = self._job(check)
            state = self._state(job)
            said = ""
            with contextlib.suppress(OSError):
                said = (job.folder / _SAID).read_text(encoding="utf-8")
            if state != "running" and job.found is None:
                job.found = self._read(job)
                shutil.rmtree(job.folder, ignore_errors=True)
            report = job.quick
            if job.found is not None and job.found.get("report") is not None:
                report = job.found["report"]
            elif state == "done":
                state = "failed"
            why = (job.found or {}).get("error", "")
            return {"id": check, "file": job.name, "state": state, "said": said, "why": why, "report": report}

    def stop(self, check: str) -> None:
        """End a check and everything it has started. Twice is the same as once. Raises UnknownName."""
        with self._lock:
            job = self._job(check)
            if self._state(job) == "running":
                job.stopped = True
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(job.process.pid, signal.SIGKILL)
                job.process.wait()

    def stop_all(self) -> None:
        """End every check, as when the server stops."""
        for check in list(self._jobs):
            self.stop(check)

    def _job(self, check: str) -> Job:
        if check not in self._jobs:
            raise UnknownName("check", check[:40], self._jobs, next="gradatim packet verify FILE")
        return self._jobs[check]

    @staticmethod
    def _state(job: Job) -> str:
        if job.stopped:
            return "stopped"
        return "running" if job.process.poll() is None else "done"

    @staticmethod
    def _read(job: Job) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            found["report"] = json.loads((job.folder / _REPORT).read_text(encoding="utf-8"))
        with contextlib.suppress(OSError, ValueError):
            found["error"] = str(json.loads((job.folder / _ERROR).read_text(encoding="utf-8"))["what"])
        return found


def run(home: Path, folder: Path, fresh: int) -> int:
    """Check the packet in `folder`, saying there how far it is; the report is whole or not there."""
    from gradatim.app.app import App

    app = App(home)

    def write(name: str, text: str) -> None:
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)

    try:
        name = (folder / _NAME).read_text(encoding="utf-8")
        report = app.packets.verify(
            (folder / _PACKET).read_bytes(),
            where=name,
            fresh=fresh,
            progress=lambda text: write(_SAID, text),
        )
        write(_REPORT, json.dumps(report))
    except GradatimError as error:
        write(_ERROR, json.dumps(error.as_dict()))
        return 2
    finally:
        app.store.close()
    return 0


def end_with_parent(parent: int) -> None:
    """End this process and all it started once the process that asked for it is gone, however it went."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=watch, name="parent", daemon=True).start()


if __name__ == "__main__":
    end_with_parent(os.getppid())
    sys.exit(run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))

"""Entry of the policy's process: a supervisor outside, the learner's code inside.

The supervisor is started by `process.py`, forks once and waits. It ends its child when the child's work
is over, or when the other end of the control pipe is gone (the parent closed it, or was killed), and
leaves nothing.
"""

# ruff: noqa: PTH106, PTH108, PTH118, PTH123, PTH208
from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import sys
from importlib.machinery import ModuleSpec
from typing import Any

from . import isolate
from .calls import Calls
from .channel import Channel, Closed
from .play import Player


def main() -> None:
    """Read the configuration from the command line and run."""
    config: dict[str, Any] = json.loads(sys.argv[1])
    active = isolate.separate_processes()
    config["supervisor"] = os.getpid()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake_write)
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        for descriptor in (wake_read, wake_write, config["control"]):
            os.close(descriptor)
        _be_policy(config, active)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)  # the parent sees the end of the output when the last learner process ends
    os.close(config["channel"])
    _supervise(child, config["control"], wake_read, config["base"])


def _be_policy(config: dict[str, Any], active: list[str]) -> None:
    code = 0
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        packages = isolate.enter(config, active)
        channel = Channel(config["channel"])
        channel.send({"type": "hello", "isolation": active})
        sys.path[:] = [*(path for path in sys.path if path != config["ours"]), packages]
        for name in [name for name in sys.modules if name.partition(".")[0] == "jail"]:
            del sys.modules[name]
        sys.argv[:], sys.orig_argv[:], sys.executable = ["policy.py"], [], ""
        sys.meta_path.insert(0, NoPlatform())
        player = Calls(channel, config["listener"]) if config["player"] == "calls" else Player(channel)
        config.clear()
        player.run()
    except Closed:
        pass
    except MemoryError:
        code = 71
    except Exception as error:
        # A defect of the sandbox itself: told through the output pipe, which the parent reads when we end.
        print(f"sandbox: {type(error).__name__}: {error}", file=sys.stderr)
        code = 72
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


class NoPlatform:
    """Says why `import gradatim` fails, where the folder would have been hidden anyway."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Refuse the platform, know nothing else."""
        if name.partition(".")[0] == "gradatim":
            raise ModuleNotFoundError("a policy has the standard library and numpy, not gradatim", name=name)
        return None


def _supervise(child: int, control: int, wake: int, base: str) -> None:
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake, select.POLLIN)
    status: int | None = None
    while status is None:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if control in ready:
            _end(child)
            break
        os.read(wake, 4096)
        while True:
            try:
                pid, result = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == child:
                status = result
    with contextlib.suppress(OSError):
        os.killpg(
            child, signal.SIGKILL
        )  # where there is no pid namespace, the child's forks are in its group
    _end_orphans()
    for folder in ("scratch", "packages"):
        _remove(os.path.join(base, folder))
    _remove(base)
    code = 0 if status is None else os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _end(child: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)


def _end_orphans() -> None:
    """Without a pid namespace, what escaped the group is ours now (we are its subreaper): end it, too."""
    if not sys.platform.startswith("linux"):
        return
    while True:
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        for pid in _children(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _children(parent: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            if int(file.read().rpartition(b")")[2].split()[1]) == parent:
                found.append(int(name))
    return found


def _remove(folder: str) -> None:
    """Remove a folder and the links in it; what a learner wrote there (files of no bytes) included."""
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            _remove(entry.path)
        else:
            os.unlink(entry.path)
    os.rmdir(folder)

"""Everything that is taken away from the process before the learner's code is read.

Each step that a kernel may refuse is tried and, if refused, left out; the list says what holds.
"""

# ruff: noqa: PTH116, PTH119, PTH123
from __future__ import annotations

import contextlib
import os
import resource
import signal
import stat
import sys
from typing import Any

# All of them now: after the change of root there is no folder left to import them from.
from . import landlock, linux, root, seccomp

_LINUX = sys.platform.startswith("linux")
# Root becomes a user that nobody else is: a number per sandbox from a range that distributions leave unused.
_FIRST_UID = 1_879_048_192


def separate_processes() -> list[str]:
    """In the supervisor: let the next fork be the first process of its own namespace."""
    if not _LINUX:
        return []

    linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
    try:
        linux.unshare(linux.CLONE_NEWPID)
        return ["pid namespace"]
    except OSError:
        pass
    uid, gid = os.getuid(), os.getgid()
    try:
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWPID)
    except OSError:
        return []
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return ["user namespace", "pid namespace"]


def enter(config: dict[str, Any], active: list[str]) -> str:
    """In the child: give up what the learner's code must not have; ends in the scratch folder.

    Args:
        config: what `process.py` passed: base, numpy, hidden and the limits.
        active: extended with what holds.

    Returns:
        The import folder that holds numpy.
    """
    view = _look_around(config, active)
    if _LINUX:
        _drop_rights(config, active)

        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        active.append("no new privileges")
        # After the change of user, which clears it. The supervisor has one thread, so it does mean its death.
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        linux.prctl(linux.PR_SET_DUMPABLE, 0)
        active.append("dies with its supervisor")
    _limit(config, active)
    if _LINUX:
        with contextlib.suppress(OSError):
            active.append(landlock.restrict(view.readable, [view.scratch, "/dev/null"]))
        with contextlib.suppress(OSError):
            active.append(seccomp.install(os.getpid()))
    return view.packages


def _look_around(config: dict[str, Any], active: list[str]) -> root.View:

    if _LINUX:
        for flag, label in (
            (linux.CLONE_NEWNET, "network namespace"),
            (linux.CLONE_NEWIPC, "ipc namespace"),
            (linux.CLONE_NEWUTS, "uts namespace"),
        ):
            try:
                linux.unshare(flag)
                active.append(label)
            except OSError:
                continue
        try:
            linux.unshare(linux.CLONE_NEWNS)
            view = root.private_view(config["base"], config["numpy"], config["hidden"], config["scratch_mb"])
            active += ["mount namespace", "root folder of its own"]
            return view
        except OSError:
            pass
    view = root.shared_view(config["base"], config["numpy"])
    os.chdir(view.scratch)
    return view


def _drop_rights(config: dict[str, Any], active: list[str]) -> None:

    own_root = "root folder of its own" in active
    if os.getuid() == 0 and own_root and _world_readable(config):
        try:
            number = _FIRST_UID + config["supervisor"]
            os.setgroups([])
            os.setresgid(number, number, number)
            os.setresuid(number, number, number)
            active.append("user of its own")
        except OSError:
            pass
    try:
        linux.drop_capabilities()
        active.append("no capabilities")
    except OSError:
        pass


def _world_readable(config: dict[str, Any]) -> bool:
    """Could another user import the standard library? (An unusual umask at installation says no.)"""
    try:
        return all(
            os.stat(path).st_mode & stat.S_IROTH
            for path in (os.__file__, *(f"/packages/{os.path.basename(p)}" for p in config["numpy"]))
        )
    except OSError:
        return False


def _limit(config: dict[str, Any], active: list[str]) -> None:
    megabyte = 1 << 20
    # Only a scratch folder of bounded size may be written to.
    file_bytes = config["scratch_mb"] * megabyte if "root folder of its own" in active else 0
    # The hard limit on CPU lies a second above the soft one, whose signal says where the policy was.
    cpu_s = config["total_cpu_s"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    active.append(f"cpu {cpu_s} s")
    limits = [
        (resource.RLIMIT_CORE, 0, ""),
        (resource.RLIMIT_FSIZE, file_bytes, ""),
        (resource.RLIMIT_NOFILE, 64, "64 open files"),
    ]
    if _LINUX:
        limits.append(
            (resource.RLIMIT_AS, config["memory_mb"] * megabyte, f"memory {config['memory_mb']} MiB")
        )
        # The kernel counts processes per user (and user namespace): only ours alone can be bounded fairly.
        if "user of its own" in active or "user namespace" in active:
            limits.append((resource.RLIMIT_NPROC, config["threads"], f"{config['threads']} threads"))
    for kind, value, label in limits:
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            continue
        if label:
            active.append(label)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full file is an OSError, not a death

"""A seccomp filter: no new processes, no other programs, no sockets, no signals to others.

Threads stay possible. Refused calls answer EPERM, so that the learner sees a PermissionError with its line.
"""

from __future__ import annotations

import ctypes
import errno
import os

from . import linux

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000
# name: (x86_64, aarch64); None where the architecture has no such call
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
}
_CLONE = (56, 220)
_CLONE3 = 435
_TGKILL = (234, 131)
_PRCTL = (157, 167)
_CLONE_THREAD = 0x00010000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data (little endian)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def install(own_pid: int) -> str:
    """Install the filter on this process for good; `no_new_privs` must be set.

    Args:
        own_pid: the process id as the process itself sees it: the only one it may signal (abort does).

    Raises:
        OSError: the kernel refuses, or the architecture is not known here.
    """
    machine = os.uname().machine
    if machine not in _AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"no filter for {machine}")
    code = _filter(machine, own_pid)
    program = _Program(len(code) // 8, code)
    linux.syscall(
        {"x86_64": 317, "aarch64": 277}[machine], ctypes.c_uint(1), ctypes.c_uint(0), ctypes.byref(program)
    )
    return "seccomp: no processes, programs, sockets, signals"


def _filter(machine: str, own_pid: int) -> bytes:
    column = 0 if machine == "x86_64" else 1

    def line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return (
            code.to_bytes(2, "little")
            + bytes((if_true, if_false))
            + (value & 0xFFFFFFFF).to_bytes(4, "little")
        )

    refused = line(_RETURN, _REFUSE | errno.EPERM)
    allowed = line(_RETURN, _ALLOW)
    lines = [
        line(_LOAD, _ARCH),
        line(_EQUAL, _AUDIT_ARCH[machine], 1, 0),
        line(_RETURN, _KILL),
        line(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        lines += [line(_AT_LEAST, _X32_BIT, 0, 1), refused]
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            lines += [line(_EQUAL, number, 0, 1), refused]
    # ENOSYS: the C library then falls back to clone, whose flags a filter can read.
    lines += [line(_EQUAL, _CLONE3, 0, 1), line(_RETURN, _REFUSE | errno.ENOSYS)]
    argument = line(_LOAD, _FIRST_ARGUMENT)
    lines += [
        line(_EQUAL, _CLONE[column], 0, 4),
        argument,
        line(_ANY_BIT, _CLONE_THREAD, 0, 1),
        allowed,
        refused,
    ]
    lines += [line(_EQUAL, _TGKILL[column], 0, 4), argument, line(_EQUAL, own_pid, 0, 1), allowed, refused]
    # A process that could take its death signal back might outlive its supervisor.
    lines += [
        line(_EQUAL, _PRCTL[column], 0, 4),
        argument,
        line(_EQUAL, linux.PR_SET_PDEATHSIG, 0, 1),
        refused,
        allowed,
    ]
    lines.append(allowed)
    return b"".join(lines)

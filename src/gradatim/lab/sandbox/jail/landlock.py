"""Landlock: what the process may read and write, held by the kernel.

Source: Linux kernel documentation, "Landlock: unprivileged access control" (ABI 1 to 7).
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable

from . import linux

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE, IOCTL_DEV: the only rights that a rule on a file may name.
_FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
# How many file rights each ABI knows: 13 at first, REFER in 2, TRUNCATE in 3, IOCTL_DEV in 5.
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}
_NET_BIND_CONNECT = 3  # from ABI 4
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3  # from ABI 6


def restrict(readable: Iterable[str], writable: Iterable[str]) -> str:
    """Allow reading below `readable`, everything but executing below `writable`, and nothing else.

    Returns:
        What is active, in a few words.

    Raises:
        OSError: the kernel has no Landlock, or refuses it here.
    """
    abi = linux.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    every_right = (1 << _RIGHTS_BY_ABI.get(abi, 16)) - 1
    attributes = (ctypes.c_uint64 * 3)(every_right, _NET_BIND_CONNECT, _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = linux.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint(0))
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | _READ_DIR)
        for path in writable:
            _allow(ruleset, path, every_right & ~1)
        linux.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)
    return f"landlock {abi}: files" + (", tcp" if abi >= 4 else "") + (", signals" if abi >= 6 else "")


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # gone or out of reach: then it needs no permission either
    try:
        if not stat.S_ISDIR(os.fstat(folder).st_mode):
            rights &= _FILE_RIGHTS
        rule = rights.to_bytes(8, sys.byteorder) + folder.to_bytes(4, sys.byteorder)
        linux.syscall(
            _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH_BENEATH), rule, ctypes.c_uint(0)
        )
    finally:
        os.close(folder)

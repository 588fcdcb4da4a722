"""A root folder of the sandbox's own: standard library, numpy, shared libraries, devices, a scratch folder.

Everything else, /proc and the home folder included, is not forbidden but absent.
"""

# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH114, PTH115, PTH118, PTH119, PTH120, PTH211
from __future__ import annotations

import os
import sys
from typing import NamedTuple

from . import linux

_LIBRARY_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
_FILES = ("/etc/ld.so.cache", "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_PACKAGE_FOLDERS = ("site-packages", "dist-packages")
_STICKY_FLAGS = (
    linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC | 1024 | 2048
)  # times, too


class View(NamedTuple):
    """Where things are for the learner's code.

    Attributes:
        readable: paths that may be read.
        scratch: the one folder that may be written.
        packages: the import folder that holds numpy and nothing else.
    """

    readable: list[str]
    scratch: str
    packages: str


def readable_paths() -> list[str]:
    """The standard library without its site-packages, and the system's shared libraries."""
    paths = list(_FILES)
    for folder in (path for path in sys.path if os.path.isdir(path)):
        paths += [entry.path for entry in os.scandir(folder) if entry.name not in _PACKAGE_FOLDERS]
    seen: set[str] = set()
    for folder in (*_LIBRARY_FOLDERS, os.path.join(sys.base_prefix, "lib")):
        real = os.path.realpath(folder)
        if real in seen or not os.path.isdir(real):
            continue
        seen.add(real)
        for entry in os.scandir(real):
            shared = ".so" in entry.name or "linux-gnu" in entry.name
            if shared and entry.path not in seen:
                paths.append(entry.path)
    return paths


def shared_view(base: str, numpy_folders: list[str]) -> View:
    """The view without a root of its own: links to numpy beside an empty folder, both below `base`."""
    scratch, packages = os.path.join(base, "scratch"), os.path.join(base, "packages")
    os.mkdir(scratch)
    os.mkdir(packages)
    for folder in numpy_folders:
        os.symlink(folder, os.path.join(packages, os.path.basename(folder)))
    return View([*readable_paths(), packages, *numpy_folders], scratch, packages)


def private_view(base: str, numpy_folders: list[str], hidden: list[str], scratch_mb: int) -> View:
    """Build the root on a small tmpfs at `base` and move into it. Needs a mount namespace of our own.

    Args:
        base: an empty folder to mount on; it stays empty outside.
        numpy_folders: numpy and the libraries it ships with.
        hidden: folders to cover with an empty one wherever they would show.
        scratch_mb: size of the scratch folder.

    Raises:
        OSError: a mount was refused; nothing has changed then.
    """
    readable = readable_paths()
    linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", base, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=755")
    try:
        bound: list[str] = []
        for folder in (
            *_LIBRARY_FOLDERS,
            *(os.path.dirname(p) for p in sys.path if p.endswith("lib-dynload")),
        ):
            _show(folder, base, bound)
        for path in _FILES:
            if os.path.exists(path):
                _bind(path, base + path)
        for folder in numpy_folders:
            _bind(folder, os.path.join(base, "packages", os.path.basename(folder)))
        for folder in [*hidden, *_package_folders()]:
            if any(folder.startswith(top + "/") for top in bound) and os.path.isdir(base + folder):
                linux.mount("tmpfs", base + folder, "tmpfs", linux.MS_RDONLY | linux.MS_NOSUID, "size=4k")
        scratch = os.path.join(base, "scratch")
        os.mkdir(scratch)
        options = f"size={scratch_mb}m,nr_inodes=1024,mode=777"
        linux.mount("tmpfs", scratch, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC, options)
        flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
        linux.mount("", base, flags=flags)
        os.chdir(base)
        linux.pivot_root_here()
    except OSError:
        os.chdir("/")
        linux.umount_lazily(base)
        raise
    os.chdir("/scratch")
    return View([*readable, "/packages"], "/scratch", "/packages")


def _package_folders() -> list[str]:
    """Third-party packages that lie inside the library folders."""
    found = []
    for parent in {path for path in sys.path if os.path.isdir(path)} | _python_folders():
        found += [os.path.join(parent, name) for name in _PACKAGE_FOLDERS]
    return [folder for folder in found if os.path.isdir(folder)]


def _python_folders() -> set[str]:
    return {
        entry.path
        for folder in _LIBRARY_FOLDERS
        if os.path.isdir(folder)
        for entry in os.scandir(folder)
        if entry.name.startswith("python")
    }


def _show(folder: str, base: str, bound: list[str]) -> None:
    """Bind a library folder at its own path, or repeat it where it is a link."""
    if folder in bound or any(folder.startswith(top + "/") for top in bound):
        return
    if os.path.islink(folder):
        if not os.path.lexists(base + folder):
            os.makedirs(os.path.dirname(base + folder), exist_ok=True)
            os.symlink(os.readlink(folder), base + folder)
    elif os.path.isdir(folder):
        _bind(folder, base + folder)
        bound.append(folder)


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o444))
    linux.mount(source, target, flags=linux.MS_BIND | linux.MS_REC)
    # Flags that the source mount carries may be locked: keep them, or the remount is refused.
    kept = os.statvfs(target).f_flag & _STICKY_FLAGS
    if source.startswith("/dev/"):
        flags = kept & ~linux.MS_NODEV
    else:
        flags = kept | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("", target, flags=linux.MS_REMOUNT | linux.MS_BIND | flags)

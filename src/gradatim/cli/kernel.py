"""The compiled simulator: where its machine code is kept, whether it is there, and compiling it once.

Compiling takes some ten to thirty seconds and would stall every other thread, so a subprocess does it and
leaves the result in numba's cache. The cache folder is named after what the machine code depends on: numba
itself looks only at the file of the outermost function, and would go on using an inlined function that has
changed in another file. A marker in the folder says that the compilation went to its end; reading it costs
no import of numba.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gradatim.core.errors import StateError

NUMBA_VARIABLE = "NUMBA_CACHE_DIR"
VARIABLE = "GRADATIM_CACHE"
PROGRAM = "from gradatim.app.bench import compile_kernel; compile_kernel()"
SIMULATOR = Path(__file__).resolve().parents[1] / "sim"
KEPT_FOLDERS = 4


def cache_folder() -> Path:
    """The folder of the machine code: `NUMBA_CACHE_DIR` itself, or one below `GRADATIM_CACHE`.

    `GRADATIM_CACHE` is the platform's cache folder unless it is set. It is not under the home folder: a
    fresh home does not need a fresh compilation.
    """
    if given := os.environ.get(NUMBA_VARIABLE):
        return Path(given)
    if chosen := os.environ.get(VARIABLE):
        base = Path(chosen).expanduser().absolute()
    else:
        import platformdirs

        base = platformdirs.user_cache_path("gradatim", appauthor=False)
    return base / f"kernel-{fingerprint()}"


def use_cache() -> None:
    """Make numba, here and in every child process, keep its machine code in `cache_folder`.

    Call it before numba is imported. Where the folder cannot be written, numba keeps its own choice.
    """
    folder = cache_folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            os.environ[NUMBA_VARIABLE] = str(folder)


def marker() -> Path:
    """The file that is there once this simulator is compiled for this machine."""
    return cache_folder() / f"compiled-{fingerprint()}"


def is_compiled() -> bool:
    """Whether the machine code is in the cache."""
    return marker().exists()


def compile_once(progress: Callable[[float], None], program: str = PROGRAM) -> float:
    """Compile the simulator in a subprocess unless it is compiled already.

    A second process that asks meanwhile waits for the first.

    Args:
        progress: called about ten times a second with the seconds spent so far.
        program: the Python code that the subprocess runs.

    Returns:
        The seconds it took; 0 when there was nothing to do.

    Raises:
        StateError: the compilation failed; carries the last line that it printed.
    """
    use_cache()
    if is_compiled():
        return 0.0
    started = time.monotonic()
    with _only_one(lambda: progress(time.monotonic() - started)):
        if not is_compiled():
            _compile(program, lambda: progress(time.monotonic() - started))
            marker().touch()
            _prune(cache_folder())
    return time.monotonic() - started


def _compile(program: str, waiting: Callable[[], None]) -> None:
    command = [sys.executable, "-P", "-c", program]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            while child.poll() is None:
                waiting()
                with suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=0.1)
        except BaseException:
            child.kill()
            raise
        errors = child.stderr.read() if child.stderr else ""
    if child.returncode != 0:
        last = errors.strip().split("\n")[-1] or f"exit code {child.returncode}"
        raise StateError(
            "the simulator could not be compiled", where=str(cache_folder()), why=last, next="gradatim doctor"
        )


@contextmanager
def _only_one(waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of the cache folder; `waiting` is called while another process holds it."""
    import fcntl

    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "compile.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                time.sleep(0.1)
        yield


def _prune(current: Path) -> None:
    """Remove the machine code of older versions, all but the few newest."""
    if not current.name.startswith("kernel-"):
        return
    with suppress(OSError):
        older = [folder for folder in current.parent.glob("kernel-*") if folder != current]
        older.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in older[KEPT_FOLDERS - 1 :]:
            shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def fingerprint(source: Path = SIMULATOR) -> str:
    """Names what the machine code depends on: the compiled packages' sources, versions, the processor.

    Place and time of a file count as well as its text: numba compares those, and would compile again.
    """
    parts = [importlib.metadata.version("numba"), platform.python_version(), platform.machine(), _processor()]
    state = hashlib.blake2b("\n".join(parts).encode(), digest_size=10)
    texts = {file: file.read_bytes() for file in sorted(source.rglob("*.py"))}
    compiled = {file.parent for file, text in texts.items() if b"numba" in text}
    for file, text in texts.items():
        if file.parent in compiled:
            state.update(f"{file}\0{file.stat().st_mtime_ns}\0".encode() + text)
    return state.hexdigest()


def _processor() -> str:
    """The processor's model and features, as far as the machine tells without running anything."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))

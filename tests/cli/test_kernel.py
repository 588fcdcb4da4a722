"""The compiled simulator: compiled once, by one process, and again when its sources change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gradatim.cli import kernel
from gradatim.core.errors import StateError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, in use."""
    monkeypatch.delenv(kernel.NUMBA_VARIABLE)
    monkeypatch.setenv(kernel.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def count(log: Path) -> str:
    """A program that says in `log` that it ran."""
    return f"open({str(log)!r}, 'a').write('ran\\n')"


def test_compiles_once(cache: Path, tmp_path: Path) -> None:
    log, seconds = tmp_path / "log", list[float]()
    assert not kernel.is_compiled()
    assert kernel.compile_once(seconds.append, count(log)) > 0
    assert kernel.is_compiled()
    assert kernel.compile_once(seconds.append, count(log)) == 0.0
    assert log.read_text() == "ran\n"
    assert seconds == sorted(seconds) and seconds
    assert kernel.marker().parent.parent == cache


def test_the_subprocess_and_numba_here_use_the_same_folder(cache: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = f"import numba, pathlib; pathlib.Path({str(seen)!r}).write_text(numba.config.CACHE_DIR)"
    kernel.compile_once(lambda _: None, program)
    assert seen.read_text() == str(kernel.cache_folder())
    assert kernel.cache_folder().parent == cache


def test_a_failure_says_why_and_leaves_no_marker(cache: Path) -> None:
    with pytest.raises(StateError) as raised:
        kernel.compile_once(lambda _: None, "raise MemoryError('no room')")
    assert raised.value.why == "MemoryError: no room"
    assert raised.value.next == "gradatim doctor"
    assert not kernel.is_compiled()


def test_a_killed_compilation_leaves_no_marker(cache: Path) -> None:
    with pytest.raises(StateError, match="could not be compiled"):
        kernel.compile_once(lambda _: None, "import os; os.kill(os.getpid(), 9)")
    assert not kernel.is_compiled()


def test_an_interrupt_ends_the_compilation(cache: Path, tmp_path: Path) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kernel.compile_once(interrupt, "import time; time.sleep(600)")
    assert not kernel.is_compiled()


def test_two_processes_compile_once(cache: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    slow = "import time; time.sleep(0.3); " + count(log)
    program = f"from gradatim.cli.kernel import compile_once; compile_once(lambda _: None, {slow!r})"
    both = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [child.wait(timeout=60) for child in both] == [0, 0]
    assert log.read_text() == "ran\n"


def test_a_change_in_any_file_of_a_compiled_package_is_another_kernel(tmp_path: Path) -> None:
    (tmp_path / "serving").mkdir()
    (tmp_path / "telemetry").mkdir()
    (tmp_path / "serving" / "loop.py").write_text("from numba import njit")
    (tmp_path / "serving" / "layout.py").write_text("WIDTH = 1")
    (tmp_path / "telemetry" / "noise.py").write_text("LEVEL = 1")
    first = kernel.fingerprint.__wrapped__(tmp_path)
    (tmp_path / "telemetry" / "noise.py").write_text("LEVEL = 2")
    assert kernel.fingerprint.__wrapped__(tmp_path) == first
    (tmp_path / "serving" / "layout.py").write_text("WIDTH = 2")
    second = kernel.fingerprint.__wrapped__(tmp_path)
    assert second != first
    (tmp_path / "serving").rename(tmp_path / "moved")
    assert kernel.fingerprint.__wrapped__(tmp_path) != second


def test_the_marker_means_that_a_lab_compiles_nothing_more() -> None:
    """Numba that disagrees with the marker would stall the app while a person waits."""
    kernel.compile_once(lambda _: None)

    def machine_code() -> dict[str, int]:
        return {str(file): file.stat().st_mtime_ns for file in kernel.cache_folder().rglob("*.nb[ci]")}

    before = machine_code()
    program = (
        "from gradatim.lab.catalogue import lab\n"
        "session = lab('incident-response').instance(3).live()\n"
        "session.advance(60)\n"
        "session.act({'kind': 'scale', 'replicas': 12})\n"
        "session.advance(600)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert before
    assert machine_code() == before


def test_old_machine_code_is_removed(cache: Path) -> None:
    for number in range(9):
        (cache / f"kernel-{number}").mkdir(parents=True)
    kernel.compile_once(lambda _: None, "pass")
    left = sorted(folder.name for folder in cache.iterdir())
    assert len(left) == kernel.KEPT_FOLDERS
    assert kernel.cache_folder().name in left


def test_a_folder_that_cannot_be_made_leaves_numba_its_own_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.delenv(kernel.NUMBA_VARIABLE)
    monkeypatch.setenv(kernel.VARIABLE, str(tmp_path / "file"))
    kernel.use_cache()
    assert kernel.NUMBA_VARIABLE not in kernel.os.environ

"""What every test shares: a home of its own, one cache of the compiled simulator, settings of hypothesis."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from gradatim.cli.kernel import use_cache

# Before any test imports numba; the worker processes and the children of tests inherit it.
use_cache()
# Thirty reference runs for each attempt that a test starts would be most of the suite; web tests switch it on.
os.environ["GRADATIM_REFERENCES"] = "off"

# Wall time says nothing on a shared machine. On CI the same examples are drawn every time.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


# `make test` unpacks Debian's Prometheus here where the machine has none.
os.environ["PATH"] += f"{os.pathsep}{Path(__file__).resolve().parent.parent / '.venv/prometheus/usr/bin'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Comparisons with the real Prometheus run wherever Debian's package can be had, and fail without it there."""
    if shutil.which("prometheus") or shutil.which("apt-get"):
        return
    left = [item for item in items if item.get_closest_marker("prometheus")]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)


@pytest.fixture(autouse=True)
def gradatim_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the home of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GRADATIM_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def tracked(root: Path) -> Callable[..., list[Path]]:
    """The files of the repository that are, or will be, committed: `tracked("*.py")`."""
    import subprocess

    def files(*patterns: str) -> list[Path]:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
        return [path for name in listed.split("\0") if name and (path := root / name).is_file()]

    return files

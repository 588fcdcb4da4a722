"""The process behind the debrief: what is said when it dies, and how it gives way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradatim.app import App, referee
from gradatim.app.background import NICENESS


class Ended:
    """A process that has ended with a code."""

    def __init__(self, code: int) -> None:
        self.returncode = code

    def poll(self) -> int:
        return self.returncode


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """No other test's processes are looked at."""
    kept = dict(referee._running), dict(referee._died)
    referee._running.clear()
    referee._died.clear()
    yield
    referee._running.clear()
    referee._died.clear()
    referee._running.update(kept[0])
    referee._died.update(kept[1])


def looked_at(code: int, now_s: float) -> str:
    referee._running["a-1"] = Ended(code)  # type: ignore[assignment]
    return referee._looked_at("a-1", now_s)


def test_one_that_dies_is_started_again_twice_before_it_is_told() -> None:
    assert looked_at(1, 0.0) == "computing"
    assert looked_at(-9, 1.0) == "computing"
    assert looked_at(1, 2.0) == "failed"
    # The page loads itself once more and must not find another try, or it would do so for ever.
    assert referee._looked_at("a-1", 3.0) == "failed"
    assert referee._looked_at("a-1", 2.0 + referee.AGAIN_AFTER_S) == "computing"


def test_one_that_ends_well_wipes_the_slate() -> None:
    assert looked_at(1, 0.0) == looked_at(1, 1.0) == looked_at(0, 2.0) == looked_at(1, 3.0) == "computing"


def test_another_version_is_told_at_once_and_looked_for_again_later() -> None:
    assert looked_at(referee.OTHER_VERSION, 0.0) == "other version"
    assert referee._looked_at("a-1", 1.0) == "other version"
    assert referee._looked_at("a-1", referee.AGAIN_AFTER_S) == "computing"


def test_the_process_says_that_the_version_is_another(app: App) -> None:
    attempt = app.start("incident-response", seed=11)["id"]
    with app.store._engine.begin() as db:
        db.exec_driver_sql("UPDATE attempt SET lab_digest = 'ffffffffffffffffffff'")
    done = subprocess.run(
        [sys.executable, "-m", "gradatim.app.referee", str(app.home), attempt],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == referee.OTHER_VERSION, done.stderr


@pytest.mark.parametrize("module", ["referee", "examiner"])
def test_what_computes_beside_the_learner_gives_way(module: str, tmp_path: Path) -> None:
    program = f"""
import os
from gradatim.app import {module}
from gradatim.core.errors import UnknownName
try:
    {module}.main({str(tmp_path)!r}, "unknown")
except UnknownName:
    print(os.getpriority(os.PRIO_PROCESS, 0))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(said.stdout) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)

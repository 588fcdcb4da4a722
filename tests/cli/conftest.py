"""Run the command line in a process of its own, as a person's shell does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Ran(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def gradatim(gradatim_home: Path) -> Callable[..., Ran]:
    """`gradatim("lab", "list")`: run it, wait for it, and return how it ended."""

    def run(*words: object, timeout_s: float = 120, **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "gradatim", *map(str, words)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env={**os.environ, "COLUMNS": "100", **environment},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run

"""A store in a folder of its own, and an attempt to work on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradatim.store import Attempt, NewAttempt, Store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    # A space and a percent sign: both are special to someone on the way (shell, alembic's config).
    return tmp_path / "my home 100%"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with Store(home, timeout_s=5.0) as opened:
        yield opened


@pytest.fixture
def attempt(store: Store) -> Attempt:
    return store.create_attempt(
        NewAttempt(lab_id="incident-response", lab_version="1.0.0", lab_digest="d1", seed=7)
    )


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def spawn(bytecode: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python on some code, wait until it says "ready"; what still runs at the end is killed."""
    # Where the environment forbids bytecode files, each child would compile SQLAlchemy again.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    children: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        return child

    yield start
    for child in children:
        with child:
            child.kill()

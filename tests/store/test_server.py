from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gradatim.core.errors import StateError
from gradatim.store import ServerLock, running_server

SERVER = """
import sys
from pathlib import Path
from gradatim.store import ServerLock
lock = ServerLock(Path(sys.argv[1])).acquire()
lock.announce(8765, "secret")
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def server(tmp_path: Path, spawn: Callable[..., subprocess.Popen[str]]) -> subprocess.Popen[str]:
    return spawn(SERVER, tmp_path)


def test_no_server(tmp_path: Path) -> None:
    assert running_server(tmp_path) is None
    assert not (tmp_path / "server.lock").exists()  # looking leaves nothing


def test_one_server_a_home_and_it_is_found(tmp_path: Path, server: subprocess.Popen[str]) -> None:
    info = running_server(tmp_path)
    assert info is not None
    assert (info.pid, info.port, info.token) == (server.pid, 8765, "secret")
    with pytest.raises(StateError, match="running") as error:
        ServerLock(tmp_path).acquire()
    assert error.value.where == "http://127.0.0.1:8765"
    assert "secret" not in error.value.describe()
    server.communicate("\n")
    assert running_server(tmp_path) is None


def test_kill_9_frees_the_home_although_the_file_stays(tmp_path: Path, server: subprocess.Popen[str]) -> None:
    server.kill()
    server.communicate()
    assert "8765" in (tmp_path / "server.lock").read_text()
    assert running_server(tmp_path) is None
    with ServerLock(tmp_path) as lock:
        info = running_server(tmp_path)
        assert info is not None
        assert (info.pid, info.port) == (os.getpid(), None)  # not the dead one's port
        lock.announce(1, "t")
    assert running_server(tmp_path) is None


def test_the_process_id_is_not_what_counts(tmp_path: Path) -> None:
    """A live process that happens to have the dead server's id is no server."""
    with ServerLock(tmp_path):
        text = (tmp_path / "server.lock").read_text()
    (tmp_path / "server.lock").write_text(text)
    assert str(os.getpid()) in text
    assert running_server(tmp_path) is None


def test_the_file_is_private_and_only_the_holder_announces(tmp_path: Path) -> None:
    with ServerLock(tmp_path) as lock:
        lock.announce(1, "token")
        assert lock.path.stat().st_mode & 0o077 == 0
    with pytest.raises(StateError):
        lock.announce(2, "token")
    lock.release()  # twice does no harm


def test_children_do_not_keep_the_lock(tmp_path: Path) -> None:
    lock = ServerLock(tmp_path).acquire()
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True, close_fds=False
    )
    lock.release()
    try:
        assert running_server(tmp_path) is None
    finally:
        child.communicate("\n")

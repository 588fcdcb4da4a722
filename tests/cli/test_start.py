"""`gradatim` alone: serves, opens the running one, and ends cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from gradatim.cli.start import compile_with_progress

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_with_progress()


@pytest.fixture
def start(gradatim_home: Path) -> Iterator[Start]:
    """Start `gradatim --no-browser` with more options; what still runs at the end is killed."""
    children: list[subprocess.Popen[str]] = []

    def run(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "gradatim", "--no-browser", *options]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield run
    for child in children:
        with child:
            child.kill()


def said(child: subprocess.Popen[str]) -> dict[str, str]:
    """The line of JSON that a started server prints."""
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, child.communicate()[1]
    answer: dict[str, str] = json.loads(line)
    return answer


def test_serves_and_stops(start: Start) -> None:
    child = start("--port", "0", "--json")
    answer = said(child)
    assert answer["state"] == "ready"
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        page = client.get(answer["url"])
    assert page.status_code == 200
    assert "Gradatim" in page.text
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (0, "", "")


def test_opens_the_running_one(start: Start) -> None:
    first = said(start("--port", "0", "--json"))
    second = start("--json")
    assert said(second) == {**first, "state": "running already"}
    assert second.wait(timeout=60) == 0


def test_a_second_port_for_the_same_home_is_refused(start: Start) -> None:
    said(start("--port", "0", "--json"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        other = start("--port", str(free.getsockname()[1]))
        _, err = other.communicate(timeout=60)
    assert other.returncode == 2
    assert err.startswith("gradatim is running on this home already\n")


def test_a_port_in_use(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        child = start("--port", str(other.getsockname()[1]))
        out, err = child.communicate(timeout=60)
    assert child.returncode == 2
    assert out == ""
    assert "cannot be used" in err and "next:  gradatim --port 0" in err


def test_a_killed_server_leaves_the_home_usable(start: Start, gradatim_home: Path) -> None:
    first = start("--port", "0", "--json")
    before = said(first)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(timeout=60)
    again = said(start("--port", "0", "--json"))
    assert again["state"] == "ready"
    assert again["url"] != before["url"]

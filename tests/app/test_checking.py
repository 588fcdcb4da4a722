"""Long checks of packets: progress, the whole report in the end, and an end at any moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App
from gradatim.core.errors import StateError, UnknownName

NOW = "2026-11-19T10:00:00Z"
PATIENCE_S = 120


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[App]:
    app = App(tmp_path / "reader")
    yield app
    app.checking.stop_all()
    app.store.close()


@pytest.fixture(scope="module")
def packet(finished: tuple[App, str]) -> bytes:
    """A packet with twenty times the log of one attempt."""
    app, attempt = finished
    for i in range(20):
        told = {"context": f"Again, {i}", "links": [{"dimension": "D5", "level": 3}]}
        app.evidence.from_attempt(attempt, told)
    return app.packets.build("html", owner="Ines", everything=True)[0]


def until(app: App, check: str, wanted: Any) -> dict[str, Any]:
    """Look until `wanted(what is shown)`."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        shown = app.checking.show(check)
        if wanted(shown):
            return shown
    pytest.fail(f"nothing came of it: {shown}")


def test_a_check_shows_its_progress_and_is_ended_in_the_middle(reader: App, packet: bytes) -> None:
    quick = {"ok": True, "items": []}
    check = reader.checking.start(packet, "packet.html", quick)
    shown = until(reader, check, lambda s: "recomputing E-" in s["said"] or s["state"] != "running")
    assert (shown["state"], shown["file"], shown["report"]) == ("running", "packet.html", quick)
    second = reader.checking.start(b"no packet", "b.html", quick)
    with pytest.raises(StateError, match="already"):
        reader.checking.start(packet, "c.html", quick)
    reader.checking.stop(check)
    reader.checking.stop(check)
    stopped = reader.checking.show(check)
    assert (stopped["state"], stopped["report"]) == ("stopped", quick)
    failed = until(reader, second, lambda s: s["state"] != "running")
    assert failed["state"] == "failed" and "not a packet" in failed["why"]
    assert list((reader.home / "checks").iterdir()) == []
    with pytest.raises(UnknownName):
        reader.checking.show("nothing")


def test_a_check_that_is_over_has_the_whole_report(reader: App, owner_packet: bytes) -> None:
    quick = reader.packets.verify(owner_packet, quick=True)
    check = reader.checking.start(owner_packet, "packet.html", quick)
    done = until(reader, check, lambda s: s["state"] != "running")
    assert done["state"] == "done", done
    assert done["report"] == reader.packets.verify(owner_packet)
    reader.delete_all()
    assert not (reader.home / "checks").exists()


@pytest.fixture
def owner_packet(app: App) -> bytes:
    app.evidence.record(
        {"kind": "work", "title": "A piece", "links": [{"dimension": "D1", "level": 3}]}, now=NOW
    )
    return app.packets.build("html", owner="Ines", now=NOW)[0]

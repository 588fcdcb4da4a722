"""An app in a home of its own, and one finished attempt to look at from all sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App
from gradatim.app.room import Room

LAB = "incident-response"
SEED = 11


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = App(tmp_path / "a home")
    yield made
    made.store.close()


@pytest.fixture
def again(app: App) -> Iterator[Callable[[], App]]:
    """Another process on the same home, as far as the home can tell: an app that shares nothing in memory."""
    others: list[App] = []

    def make() -> App:
        others.append(App(app.home))
        return others[-1]

    yield make
    for other in others:
        other.store.close()


@pytest.fixture
def room(app: App) -> Room:
    """The room of a new attempt."""
    return app.room(app.start(LAB, seed=SEED)["id"])


LOG: list[tuple[float, dict[str, Any]]] = [
    (1300.25, {"kind": "acknowledge", "alert": "all"}),
    (1320.0, {"kind": "shed", "client": "all", "share": 0.2}),
    (1320.0, {"kind": "page", "team": "data"}),
    (1500.5, {"kind": "ramp", "client": "all", "over_s": 60}),
    (2600.0, {"kind": "set_retry_budget", "client": "all", "ratio": 0.1}),
    (2900.0, {"kind": "status_update", "impact": "degraded"}),
]


def play_log(room: Room) -> None:
    """Take the actions of LOG at their times."""
    for t, action in LOG:
        if t > room.clock()["t_s"]:
            room.advance(t - room.clock()["t_s"])
        assert room.act(action)["accepted"], action


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, str]]:
    """An app with one finished attempt."""
    app = App(tmp_path_factory.mktemp("finished"))
    attempt = app.start(LAB, seed=SEED)["id"]
    play_log(app.room(attempt))
    app.finish(attempt)
    yield app, attempt
    app.store.close()


@pytest.fixture
def play() -> Callable[[Room], None]:
    """`play_log`: takes the actions of a known log."""
    return play_log


@pytest.fixture(scope="session")
def log() -> list[tuple[float, dict[str, Any]]]:
    """The known log."""
    return LOG

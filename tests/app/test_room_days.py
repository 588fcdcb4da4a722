"""A room on a shift of days: its clock, what it says of money, what came of the jobs that were run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App
from gradatim.app.room import Room
from gradatim.cli.lab import judge
from gradatim.core.errors import InputError

LAB, FAMILY = "incident-response", "stale-features"


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Room:
    app = App(tmp_path_factory.mktemp("days"))
    return app.room(app.start(LAB, seed=21, family=FAMILY)["id"])


def update_form(room: Room) -> dict[str, Any]:
    form = next(a for a in room.hello()["actions"] if a["kind"] == "status_update")
    default: dict[str, Any] = form["schema"]["properties"]["next_update_min"]
    return default


def test_what_came_of_a_job_is_told(days: Room) -> None:
    days.rewind(43_200.0)
    assert days.act({"kind": "rerun_job", "job": "weather"})["accepted"]
    days.advance(1800.0)
    told = [m for m in days.since(None)["annotations"] if m.get("result")]
    assert [(m["t_s"], m["kind"], m["who"]) for m in told] == [(45_000.0, "config", "you")]
    assert told[0]["text"].startswith("weather job re-run: ended")


def test_the_estimate_says_that_wrong_answers_are_not_in_it(days: Room, app: App) -> None:
    days.rewind(43_200.0)
    before = days.since(None)["lost"]["usd"]
    assert days.act({"kind": "differential_test"})["accepted"]
    lost = days.since(None)["lost"]
    assert lost["without_wrong_answers"]
    assert lost["usd"] - before == pytest.approx(60.0)
    hours = app.room(app.start(LAB, seed=9)["id"])
    assert not hours.since(None)["lost"]["without_wrong_answers"]
    assert update_form(hours)["default"] == 30
    assert update_form(days)["default"] == 720


def test_times_of_the_log_can_be_typed_again(app: App, tmp_path: Path) -> None:
    attempt = app.start(LAB, seed=21, family=FAMILY)["id"]
    assert app.attempt(attempt)["clock"] == "day 1 20:00:00"
    room = app.room(attempt)
    room.advance(13 * 3600.0)
    assert room.act({"kind": "rerun_job", "job": "weather"})["accepted"]
    app.finish(attempt)
    row = app.attempt(attempt)
    assert row["clock"] == "day 4 20:00:00"
    steps = app.submission(attempt)["actions"]
    ((_, time, _),) = judge.log_rows(steps, judge.attempt_clock(row))
    assert time == "day 2 09:00:00"
    edits = judge.as_edits((("0", "2/07:30"),), (), (), row)
    assert edits == [{"move": 0, "to_s": 84_600.0}]
    same = judge.as_edits((("0", time),), (), (), row)
    assert app.whatif(attempt, same)["delta_usd"] == 0.0
    with pytest.raises(InputError) as refused:
        judge.as_edits((("0", "25:00"),), (), (), row)
    assert "25:00" in refused.value.describe()

"""The demo home: marked, plausible, and a packet that verifies."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from gradatim.app import App
from gradatim.app.demo import FOLDER, demo
from gradatim.app.demo_exams import KEY, MARKER, is_demo
from gradatim.core.errors import InputError, StateError, UnknownName
from gradatim.web.server import DEMO_FILE

TODAY = datetime.date(2026, 11, 19)


def test_everything_is_marked_and_the_packet_verifies(tmp_path: Path) -> None:
    made = demo(tmp_path, today=TODAY, labs=False)
    assert made["made"]
    app = App(tmp_path / FOLDER)
    assert app.evidence.check() == []
    items = app.evidence.items()
    assert all(i["sample"] for i in items)
    assert min(i["started"] for i in items) < "2026-06-01"
    assert max(i["ended"] for i in items) <= "2026-11-19"
    assert all("constructed" in a["role"] for i in items for a in i["attestations"])
    page, preview = app.packets.build("html", owner=made["owner"])
    assert b"constructed example" in page
    assert preview["headline"]["decision"] == "Not yet at the bar."
    assert len(preview["panel"]["raters"]) == 3
    assert preview["panel"]["raters"][1]["severity"]["value"] < -0.8
    report = app.packets.verify(page)
    assert report["ok"], report["checks"]
    assert app.learner.answers().weekly_hours == 6
    assert all("constructed example" in i["detail"] for i in report["items"])
    app.store.close()
    assert demo(tmp_path, today=TODAY, labs=False) == {**made, "made": False}


def test_its_exams_are_figures_that_move_the_map_and_nothing_else(tmp_path: Path) -> None:
    demo(tmp_path, today=TODAY, labs=False)
    app = App(tmp_path / FOLDER)
    assert is_demo(app.home) and MARKER == DEMO_FILE
    skill = app.skill("incident-response")
    assert skill["state"] == "shown_again" and skill["estimate"]["n"] == 15
    assert {row["grade"] for row in skill["history"]} == {"constructed example"}
    assert all(row["sample"] for row in skill["history"])
    calibration = app.estimates.calibration()
    assert calibration["overall"]["n"] == 4
    over_time = [abs(row["bias"]) for row in calibration["over_time"]]
    assert over_time[-1] < over_time[0]
    states = {s["id"]: s["state"] for m in app.path()["modules"] for s in m["skills"]}
    assert sum(state == "used" for state in states.values()) >= 5
    assert app.retests()
    # Not one of them is an exam: nothing to show, to record, to verify, to put into a badge or a packet.
    assert app.exams.all() == [] and app.store.list_exams() == []
    with pytest.raises(UnknownName):
        app.evidence.from_exam("demo-1", {})
    with pytest.raises(StateError, match="no exam"):
        app.packets.badge("production-ml-reliability", owner="x")
    assert not [e for e in app.store.entries() if e.kind.startswith("exam")]
    app.store.close()


def test_elsewhere_such_figures_are_not_read_and_the_mark_cannot_be_withheld(tmp_path: Path) -> None:
    demo(tmp_path, today=TODAY, labs=False)
    app, real = App(tmp_path / FOLDER), App(tmp_path / "real")
    real.store.set_setting(KEY, app.store.get_setting(KEY))
    assert real.skill("incident-response")["history"] == []
    item = app.evidence.items()[0]["id"]
    with pytest.raises(InputError, match="cannot be withheld"):
        app.evidence.redact(item, ["sample"])
    with pytest.raises(InputError) as refused:
        app.packets.preview(withhold=[f"{item}:sample"])
    assert any("always shown" in problem for problem in refused.value.problems)
    page, _ = app.packets.build(
        "html", withhold=[f"{i['id']}:*" for i in app.evidence.items()], everything=True
    )
    assert page.count(b"constructed example") > len(app.evidence.items())
    app.store.redact_entry(int(item.removeprefix("E-")), ["sample"])  # by hand, around the use case
    page, preview = app.packets.build("html", everything=True)
    assert all(i["sample"] for i in preview["items"])
    app.store.close()
    real.store.close()

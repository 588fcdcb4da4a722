"""The demo home: marked, plausible, and a packet that verifies."""

from __future__ import annotations

import datetime
from pathlib import Path

from gradatim.app import App
from gradatim.app.demo import FOLDER, demo

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
    app.store.close()
    assert demo(tmp_path, today=TODAY, labs=False) == {**made, "made": False}

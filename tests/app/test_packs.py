"""Another company's path in the app: opened, remembered, refused, and everything that rests on it."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gradatim.app import App
from gradatim.core.errors import InputError, StateError, UnknownName

BAKERY = Path(__file__).parents[1] / "path" / "bakery"
NOW = datetime.datetime(2026, 11, 19, 10, tzinfo=datetime.UTC)
LADDER = b"""dimension,Mid,Senior
Delivery,Plans their own project,Plans work that crosses teams
Mentoring,Helps newcomers,Grows named people by reviews
"""


def test_everything_follows_the_open_path_and_the_choice_is_remembered(
    app: App, again: Callable[[], App]
) -> None:
    assert len(app.path()["modules"]) == 6
    made = app.packs.open(str(BAKERY))
    assert (made["title"], made["skills"], made["labs"]) == ("Baker to head baker", 2, 0)
    for one in (app, again()):
        assert [m["id"] for m in one.path()["modules"]] == ["dough"]
        assert [d["id"] for d in one.rubric()["dimensions"]] == ["HAND", "PLAN"]
        assert one.skill("kneading")["state"] == "no_lab"
        assert one.labs() == []
        assert {p["id"] for p in one.learner.prerequisites(NOW)["prerequisites"]} == {"own-loaf"}
        one.learner.set({"weekly_hours": 5, "scope": {"HAND": 3}})
        assert one.plan.show(NOW)["items"][0]["skill"] == "kneading"
        assert one.plan.forecast(NOW)["possible"]
        assert one.next_step()["title"]
    item = app.evidence.record(
        {"kind": "work", "title": "A loaf", "links": [{"dimension": "HAND", "level": 3}]}
    )
    page, preview = app.packets.build("html", owner="Ines")
    assert [d["id"] for d in preview["dimensions"]] == ["HAND", "PLAN"]
    assert app.packets.verify(page)["ok"]
    # Back on the path that ships: the item stays, its claim counts for nothing there; scope likewise.
    assert app.packs.open("senior_ai_engineer")["dimensions"] == 10
    assert app.evidence.get(item["id"])["title"] == "A loaf"
    assert app.learner.answers().scope == {}
    app.learner.set({"scope": {"D1": 3}})
    assert app.learner.answers().scope == {"D1": 3}
    assert app.packets.preview(owner="Ines")["verdict"]["mean"] == 1.0
    app.packs.open(str(BAKERY))
    assert app.learner.answers().scope == {"HAND": 3}


def test_a_running_app_sees_another_process_change_the_path(app: App, again: Callable[[], App]) -> None:
    assert len(app.path()["modules"]) == 6
    again().packs.open(str(BAKERY))
    assert len(app.path()["modules"]) == 1
    again().packs.open("senior_ai_engineer")
    assert len(app.path()["modules"]) == 6


def test_what_cannot_be_opened_leaves_the_open_path(app: App, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(BAKERY, broken)
    text = (broken / "path.toml").read_text()
    (broken / "path.toml").write_text(text.replace('after = ["kneading"]', 'after = ["proofing"]'))
    with pytest.raises(InputError) as refused:
        app.packs.open(str(broken))
    assert any("wait for each other" in problem for problem in refused.value.problems)
    (broken / "path.toml").write_text(text.replace('"HAND"', '"FOOT"'))
    with pytest.raises(InputError, match="does not fit"):
        app.packs.open(str(broken))
    for nothing in ("no-such-pack", "", str(tmp_path / "nowhere"), "../.."):
        with pytest.raises(InputError):
            app.packs.open(nothing)
    assert len(app.path()["modules"]) == 6
    assert not (app.home / "pack.json").exists()


def test_a_folder_that_went_away_says_how_to_go_back(
    app: App, again: Callable[[], App], tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    shutil.copytree(BAKERY, gone)
    app.packs.open(str(gone))
    shutil.rmtree(gone)
    with pytest.raises(StateError, match="not there any more") as refused:
        again().path()
    assert refused.value.next == "gradatim --pack senior_ai_engineer path"
    (app.home / "pack.json").write_text("{half")
    with pytest.raises(StateError, match="cannot be read"):
        again().path()
    again().packs.open("senior_ai_engineer")
    assert len(app.path()["modules"]) == 6


def test_a_ladder_becomes_a_path_with_the_labs_of_the_one_before(app: App) -> None:
    ladder = app.packs.read_ladder(LADDER, "Our ladder.csv")
    assert not (app.home / "packs").exists()
    made = app.packs.import_ladder(ladder)
    assert Path(made["folder"]) == app.home / "packs" / "our-ladder"
    with pytest.raises(StateError, match="a pack already"):
        app.packs.import_ladder(ladder)
    app.packs.import_ladder(ladder, force=True, title="Ours")
    opened = app.packs.open("our-ladder")
    assert opened["rubric"] == "Ours" and opened["skills"] == 30
    assert [lab["id"] for lab in app.labs()] == ["incident-response"]
    assert app.skill("incident-response")["labs"]
    assert {d["id"] for d in app.rubric()["dimensions"]} == {"DELIVERY", "MENTORING"}
    rows = {p["id"]: p for p in app.packs.all()}
    assert rows["our-ladder"]["open"] and not rows["senior-ai-engineer"]["open"]
    assert list((app.home / "packs").rglob("*.part")) == []
    app.delete_all()
    assert not (app.home / "packs").exists() and not (app.home / "pack.json").exists()


def test_the_badge_and_the_unknown_follow_the_path(app: App) -> None:
    app.packs.open(str(BAKERY))
    with pytest.raises(StateError, match="no lab yet"):
        app.packets.badge("dough", owner="Ines")
    with pytest.raises(UnknownName):
        app.skill("incident-response")
    assert json.loads((app.home / "pack.json").read_text())["folder"] == str(BAKERY.resolve())

"""Reviews through the app: three people, each in a home of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App
from gradatim.content import senior_ai_engineer
from gradatim.core.errors import InputError, StateError, UnknownName
from gradatim.path import rubric
from gradatim.path.review.anchor import anchors

NOW = "2026-11-19T10:00:00Z"
DIMENSIONS = [f"D{i}" for i in range(1, 11)]
RUBRIC = rubric.load(senior_ai_engineer.FOLDER)


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Callable[[str], App]]:
    made: list[App] = []

    def new(name: str) -> App:
        made.append(App(tmp_path / name))
        return made[-1]

    yield new
    for app in made:
        app.store.close()


@pytest.fixture
def packet(app: App) -> bytes:
    for d in DIMENSIONS:
        for k in range(2):
            told = {
                "kind": "work", "title": f"{d} piece {k}", "action": "Did.", "result": "Held.", "own_share": 0.5,
                "started": "2026-01-10", "ended": "2026-09-30", "project": f"p{k}",
                "links": [{"dimension": d, "level": 4}],
            }  # fmt: skip
            app.evidence.record(told, now=NOW)
    return app.packets.build("html", owner="Ines", now=NOW)[0]


def said(name: str, level: int) -> dict[str, Any]:
    words = {"D5": "I saw the pages go away."}
    return {
        "reviewer": name,
        "role": "Staff engineer",
        "levels": dict.fromkeys(DIMENSIONS, level),
        "words": words,
    }


def test_every_anchor_rates_each_dimension_with_words_and_a_reason() -> None:
    found = anchors(RUBRIC.id)
    assert list(found) == ["first", "second", "third"]
    for one in found.values():
        assert list(one.levels) == [d.id for d in RUBRIC.dimensions]
        assert set(one.levels.values()) <= {2, 3, 4}  # at the ends severity cannot show
    assert {level for one in found.values() for level in one.levels.values()} == {2, 3, 4}
    assert anchors("another-rubric") == {}


def test_an_anchor_is_read_blind_rated_once_and_then_told(app: App) -> None:
    before = app.reviews.anchor("first")
    assert not any("level" in item or "why" in item for item in before["items"])
    assert app.reviews.severity()["n"] == 0
    after = app.reviews.calibrate("first", dict.fromkeys(DIMENSIONS, 4), now=NOW)
    assert all(item["mine"] == 4 and item["why"] for item in after["items"])
    assert after["severity"]["value"] > 1
    with pytest.raises(StateError, match="rated already"):
        app.reviews.calibrate("first", dict.fromkeys(DIMENSIONS, 3))
    with pytest.raises(UnknownName):
        app.reviews.calibrate("fourth", dict.fromkeys(DIMENSIONS, 3))
    with pytest.raises(InputError) as error:
        app.reviews.calibrate("second", {"D1": 7, "D99": 3, "D2": True})
    assert len(error.value.problems) == 8 + 1 + 2


def test_what_is_rated_blind_shows_no_level_no_verdict_no_other_rating(
    app: App, packet: bytes, homes: Any
) -> None:
    first, second = homes("first"), homes("second")
    app.reviews.attach(json.dumps(first.reviews.rate(packet, said("First Reader", 3), now=NOW)), now=NOW)
    page, _ = app.packets.build("html", owner="Ines", now=NOW)
    seen = second.reviews.blind(page)
    text = json.dumps({k: seen[k] for k in ("items", "owner", "covers")})
    assert "First Reader" not in text
    assert '"level"' not in text
    assert "verdict" not in seen
    assert seen["items"][0]["about"] == ["D1"]
    with pytest.raises(StateError, match="rate it first"):
        second.reviews.compare(page)
    second.reviews.rate(page, said("Second Reader", 4), now=NOW)
    found = second.reviews.compare(page)
    assert found["reviewers"] == ["First Reader", "Second Reader"]
    assert found["dimensions"][0] | {"mean_corrected": 0} == {
        "id": "D1", "title": "Scope and ambiguity", "mine": 4, "mine_corrected": 4.0, "carried": 4, "others": [3],
        "mean_corrected": 0, "panel": 3,
    }  # fmt: skip
    with pytest.raises(StateError, match="already"):
        second.reviews.rate(page, said("Second Reader", 5), now=NOW)


def test_a_panel_of_three_comes_back_into_the_packet(app: App, packet: bytes, homes: Any) -> None:
    for i, level in enumerate((4, 4, 3)):
        reader = homes(f"reader {i}")
        for a in anchors(RUBRIC.id).values():
            # The second reader is a level too kind to everybody.
            reader.reviews.calibrate(a.id, {d: min(5, x + (i == 1)) for d, x in a.levels.items()}, now=NOW)
        app.reviews.attach(
            json.dumps(reader.reviews.rate(packet, said(f"Reader {i}", level), now=NOW)), now=NOW
        )
    page, preview = app.packets.build("html", owner="Ines", now=NOW)
    board = preview["panel"]
    assert [r["severity"]["n"] for r in board["raters"]] == [30, 30, 30]
    assert board["raters"][1]["severity"]["value"] > 0.8
    assert abs(board["raters"][0]["severity"]["value"]) < 0.01
    assert preview["verdict"]["levels"]["D1"] == 3  # 4, 3.1 and 3 come to 3.4
    assert b"I saw the pages go away." in page
    assert homes("checker").packets.verify(page)["ok"]


def test_what_is_no_rating_of_ours_is_refused(app: App, packet: bytes, homes: Any, tmp_path: Path) -> None:
    reader = homes("reader")
    file = reader.reviews.rate(packet, said("A Reader", 3), now=NOW)
    app.reviews.attach(json.dumps(file), now=NOW)
    with pytest.raises(StateError, match="already"):
        app.reviews.attach(json.dumps(file), now=NOW)
    with pytest.raises(InputError):
        app.reviews.attach(json.dumps(file).replace("A Reader", "B Reader"), now=NOW)
    with pytest.raises(InputError):
        app.reviews.attach("{}", now=NOW)
    with pytest.raises(InputError, match="cannot be attached"):
        app.reviews.attach(json.dumps(app.reviews.rate(packet, said("Myself", 5), now=NOW)), now=NOW)
    other = homes("other")
    with pytest.raises(InputError) as error:
        other.reviews.attach(json.dumps(file), now=NOW)
    assert "not in this ledger" in " ".join(error.value.problems)


def test_an_altered_packet_is_not_rated(packet: bytes, homes: Any) -> None:
    reader = homes("reader")
    altered = packet.replace(b"Held.", b"Flew.", 1)
    assert reader.reviews.blind(altered)["whole"] is False
    with pytest.raises(InputError, match="altered"):
        reader.reviews.rate(altered, said("A Reader", 3))
    with pytest.raises(InputError) as error:
        reader.reviews.rate(packet, {"levels": {"D1": 9, "D77": 2}})
    assert len(error.value.problems) >= 12

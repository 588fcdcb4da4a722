"""The layout of the map: every box in its place, every arrow from a box to a box, for any path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.path import load
from gradatim.web.forecast import over_time, strip
from gradatim.web.graph import NODE_H, NODE_W, WIDTH, layout, wrap

BAKERY = Path(__file__).resolve().parent.parent / "path" / "bakery"


def modules(folder: Path) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = load(folder).as_dict()["modules"]
    return made


def test_thirty_boxes_that_do_not_overlap() -> None:
    graph = layout(modules(FOLDER))
    boxes = [(n.x, n.y) for n in graph.nodes]
    assert len(set(boxes)) == 30
    for x, y in boxes:
        assert 0 <= x <= WIDTH - NODE_W
        assert 0 <= y <= graph.height - NODE_H
        assert not [1 for a, b in boxes if (a, b) != (x, y) and abs(a - x) < NODE_W and abs(b - y) < NODE_H]


def test_an_arrow_for_each_skill_that_comes_after_another() -> None:
    made = modules(FOLDER)
    graph = layout(made)
    wanted = {(other, s["id"]) for m in made for s in m["skills"] for other in s["after"]}
    assert {(a, b) for a, b, _ in graph.edges} == wanted
    at = {n.skill["id"]: (n.x, n.y) for n in graph.nodes}
    for begin, end, path in graph.edges:
        numbers = [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", path)]
        x, y = at[begin]
        assert x - 1 <= numbers[0] <= x + NODE_W + 1 and y <= numbers[1] <= y + NODE_H
        assert "nan" not in path
        if begin in {
            s["id"] for m in made for s in m["skills"] if end in {t["id"] for t in m["skills"]}
        } and (at[begin][0] == at[end][0]):
            assert at[begin][1] < at[end][1], "inside a module arrows point down"


def test_a_path_of_one_module_is_drawn_too() -> None:
    graph = layout(modules(BAKERY))
    assert [n.skill["id"] for n in graph.nodes] == ["kneading", "proofing"]
    assert len(graph.edges) == 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Onboarding", ("Onboarding",)),
        ("Data and feature architecture", ("Data and feature", "architecture")),
        ("Unbreakablenamewithoutanyspace", ("Unbreakablenamewithoutanyspace",)),
    ],
)
def test_names_wrap_at_a_word(text: str, lines: tuple[str, ...]) -> None:
    assert wrap(text) == lines


def test_the_forecast_s_axis_holds_every_date() -> None:
    found = {
        "today": "2026-11-23",
        "ready": {"p15": "2028-06-17", "p50": "2028-07-31", "p85": "2028-09-18"},
        "windows": ["2027-04-01", "2028-04-01", "2029-04-01"],
    }
    made = strip(found)
    assert made is not None
    places = [made["p15"], made["p50"], made["p85"], *(w["x"] for w in made["windows"])]
    assert all(0 <= x <= 100 for x in places)
    assert made["p15"] < made["p50"] < made["p85"]
    assert 3 <= len(made["ticks"]) <= 14
    assert strip({**found, "ready": {"p15": None, "p50": None, "p85": None}}) is None
    endless = strip({**found, "ready": {"p15": "2028-01-01", "p50": "2071-01-01", "p85": None}})
    assert endless is not None and endless["open"] and endless["p85"] == 100.0
    assert len(endless["ticks"]) <= 14


def test_an_estimate_over_time_needs_two_exams() -> None:
    def row(at: str, value: float) -> dict[str, Any]:
        e = {"value": value, "low": value - 0.2, "high": value + 0.2}
        return {"at": at, "skill": value, "predicted": None, "estimate": e}

    assert over_time([row("2026-03-01T18:00:00Z", 0.5)]) is None
    made = over_time([row("2026-03-01T18:00:00Z", 0.4), row("2026-06-01T18:00:00Z", 0.8)])
    assert made is not None
    first, last = made["points"]
    assert first["x"] < last["x"] and first["y"] > last["y"]
    assert first["high"] < first["y"] < first["low"]

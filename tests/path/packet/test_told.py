"""A packet made anew from changed data, page and all, and sealed with another key: what it tells must follow."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from jinja2 import TemplateError

from gradatim.app import App
from gradatim.core.errors import GradatimError
from gradatim.path.evidence.signed import new_key, public_key
from gradatim.path.packet.payload import read
from gradatim.path.packet.render import render
from gradatim.path.packet.seal import seal, unseal
from gradatim.path.packet.verify import MISMATCH, Report, verify
from gradatim.path.review.rating import Rating, signed_rating

NOW = "2026-11-19T10:00:00Z"
Payload = dict[str, Any]


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Payload:
    """Three items, one of them with help and one withheld in part, and a reviewer's rating."""
    app = App(tmp_path_factory.mktemp("owner"))
    for i in (4, 8, 9):
        told = {
            "kind": "work", "title": f"Piece {i}", "action": "Did it.", "result": "It held.", "started": "2026-01-10",
            "ended": "2026-09-30", "links": [{"dimension": f"D{i}", "level": 3}],
            "assistance": "AI" if i == 9 else "none",
        }  # fmt: skip
        app.evidence.record(told, now=NOW)
    first = app.packets.build("html", owner="Ines", now=NOW)[0]
    entries = app.store.entries("evidence")
    rating = Rating(
        packet=unseal(first).digest, owner="Ines", reviewer="P. Raman", role="manager",
        levels={f"D{n}": 2 for n in range(1, 11)},
        words={}, seen={f"E-{e.number:03d}": e.hash for e in entries}, anchors={}, anchor_levels={},
        rated_at=NOW,
    )  # fmt: skip
    app.reviews.attach(json.dumps(signed_rating(rating, new_key())), now=NOW)
    made = read(app.packets.build("html", owner="Ines", withhold=["E-002:result"], now=NOW)[0])
    app.store.close()
    return made


def again(payload: Payload, change: Callable[[Payload], object]) -> Report:
    """The report on a packet made anew after a change of its data."""
    private = new_key()
    made = copy.deepcopy(payload)
    made["key"] = public_key(private)
    change(made)
    return verify(seal(render(made, "html"), private))


def test_without_a_change_it_holds(payload: Payload) -> None:
    assert again(payload, lambda p: None).ok


CHANGES: dict[str, Callable[[Payload], object]] = {
    "help is not told": lambda p: p.update(not_proved=[r for r in p["not_proved"] if r["what"] != "Done alone"]),
    "nobody's word is not told": lambda p: p.update(
        not_proved=[r for r in p["not_proved"] if r["what"] != "Nobody else's word"]
    ),
    "a sentence of one's own": lambda p: p["not_proved"].append({"what": "All is well", "why": "truly"}),
    "a sentence changed": lambda p: next(r for r in p["not_proved"] if r["what"] == "Done alone").update(why="–"),
    "a sentence twice": lambda p: p["not_proved"].append(p["not_proved"][0]),
    "fewer stand than are shown": lambda p: p["cover"].update(standing=1),
    "more stand than there are": lambda p: p["cover"].update(standing=400),
    "fewer are shown": lambda p: p["cover"].update(shown=2),
    "withheld and not": lambda p: p["withheld"].append([1, "title"]),
    "withheld elsewhere": lambda p: p["withheld"].append([999, "title"]),
    "ratings left out": lambda p: p.update(ratings=[], panel=None),
    "a rating's level": lambda p: p["ratings"][0].update(payload=f"{p['ratings'][0]['payload']} "),
    "another bar": lambda p: p["rubric"]["bar"].update(mean=1.5),
    "a verdict": lambda p: p["verdict"].update(met=True),
    "a gate": lambda p: [g.update(met=not g["met"]) for g in p["verdict"]["gates"]],
    "an item dropped": lambda p: p.update(items=p["items"][:-1]),
    "the end cut off": lambda p: p.update(
        chain=p["chain"][:2], head={"count": 2, "hash": p["chain"][1]["hash"]}, ratings=[], panel=None
    ),
    "no title": lambda p: p["chain"][0]["fields"]["title"].update(value="Another"),
    "another time": lambda p: p["chain"][0].update(at="2020-01-01T00:00:00Z"),
    "what it rests on": lambda p: p["fragile"].clear(),
    "a reason of one's own": lambda p: p["not_proved"][0].update(why="A committee of five saw level 5."),
    "another level shown": lambda p: p["not_proved"][3].update(
        why=p["not_proved"][3]["why"].replace("level 3", "level 2", 1)
    ),
    "chosen otherwise": lambda p: p["cover"].update(smallest=False, exact=True),
    "chosen in a way not told": lambda p: p["cover"].update(exact="yes"),
    "numbers that are none": lambda p: p["cover"].update(standing="three"),
    "rows that are none": lambda p: p.update(not_proved=[5]),
}  # fmt: skip


CANNOT_BE_SHOWN = {"rows that are none"}
"""What no page can be made from: whoever forges it has nothing to seal."""


@pytest.mark.parametrize("how", CHANGES)
def test_what_it_tells_follows_from_it(payload: Payload, how: str) -> None:
    if how in CANNOT_BE_SHOWN:
        with pytest.raises((GradatimError, TemplateError, TypeError)):
            again(payload, CHANGES[how])
        return
    report = again(payload, CHANGES[how])
    assert not report.ok and MISMATCH in [c.status for c in report.checks], how

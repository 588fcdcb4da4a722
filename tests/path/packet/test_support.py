"""Levels, gates, bar, fragility: the rules as PATH.md says them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest

from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.gates import passed, projects, quarters
from gradatim.path.packet.support import Rules, level_of, levels
from gradatim.path.packet.verdict import bar_met, could_say, fragile, judge, mean, not_proved

Make = Any
DIMENSIONS = [f"D{i}" for i in range(1, 11)]


def test_each_four_needs_two_independent_items_of_which_one_is_work(rules: Rules, item: Make) -> None:
    work, decision = item("a", D5=4), item("b", "decision", D5=4)
    assert level_of(rules, [work], "D5") == 3  # one item carries a 3, however high it is claimed
    assert level_of(rules, [work, decision], "D5") == 4
    assert level_of(rules, [decision, item("c", "review", D5=4)], "D5") == 3  # no work
    same = item("d", D5=4, keys=frozenset({"a", "file"}))
    assert level_of(rules, [work, same], "D5") == 3  # both from one thing
    assert level_of(rules, [work, same, item("e", D5=4, keys=frozenset({"file"}))], "D5") == 4  # a and e
    assert level_of(rules, [], "D5") == 1


def test_labs_never_carry_a_four(rules: Rules, item: Make) -> None:
    labs = [item(f"lab{i}", "lab", **dict.fromkeys(DIMENSIONS, 5)) for i in range(6)]
    assert max(levels(rules, labs).values()) <= 3
    # One piece of work beside them is one item, not two.
    assert level_of(rules, [*labs, item("w", D5=4)], "D5") == 3


def test_a_reason_is_believed_only_where_the_shown_items_leave_room_for_it(rules: Rules, item: Make) -> None:
    one, other = item("a", D5=4), item("b", D5=4)
    chance = {"state": "have", "work": "The new index"}

    def could(
        shown: list[Exhibit], why: str, level: int = 3, chance: Mapping[str, str] | None = None
    ) -> bool:
        return could_say(rules, shown, "D5", level, chance or {}, why)

    assert could([one], "1 of 2 items at level 4.")
    assert could(
        [one], "1 of 2 items at level 4. The others are of kinds that do not count there (lab, review)."
    )
    assert not could([one], "0 of 2 items at level 4.")  # there is one of them already
    assert not could([one], "2 of 2 items at level 4.") and not could([one], "1 of 3 items at level 4.")
    assert not could([one], "Shown at level 3; nothing claims level 4.")
    assert not could([one], "No item at level 4 is work.")
    assert could([one, other], "The items at level 4 are not independent of each other.")
    assert could([item("c", D5=3)], "Shown at level 3; nothing claims level 4.")
    assert not could([item("c", D5=3)], "Shown at level 2; nothing claims level 4.")
    assert could([], "Nothing is shown.", level=1) and not could([], "A committee saw level 5.", level=1)
    assert not could([one], "1 of 2 items at level 4.", chance=chance)
    assert could([one], "1 of 2 items at level 4. Work in hand: The new index.", chance=chance)
    assert not could([one], "1 of 2 items at level 4. Work in hand: The new index.")


def test_a_disputed_item_backs_nothing(rules: Rules, item: Make) -> None:
    items = [item("a", D5=4), item("b", D5=4, disputed=True)]
    assert level_of(rules, items, "D5") == 3
    assert any(r["what"] == "Disputed" for r in not_proved(rules, items, items, []))


def _at(item: Make, found: dict[str, int]) -> list[Any]:
    return [item(f"{d}-{i}", **{d: level}) for d, level in found.items() for i in range(2)]


@pytest.mark.parametrize(
    ("fours", "threes", "twos", "met"),
    [
        (7, 3, 0, True),
        (6, 4, 0, False),
        (5, 5, 0, False),
        (9, 0, 1, False),
        (10, 0, 0, True),
        (8, 1, 1, False),
    ],
)
def test_the_bar(rules: Rules, item: Make, fours: int, threes: int, twos: int, met: bool) -> None:
    found = dict(zip(DIMENSIONS, [4] * fours + [3] * threes + [2] * twos, strict=True))
    items = _at(item, found)
    assert levels(rules, items) == found
    assert bar_met(rules, found) is met
    assert judge(rules, items).mean == pytest.approx(sum(found.values()) / 10)


def test_the_mean_is_weighted(rules: Rules) -> None:
    import dataclasses

    heavy = dataclasses.replace(rules, weights={**rules.weights, "D1": 11.0})
    assert mean(heavy, {d: 3 if d != "D1" else 5 for d in DIMENSIONS}) == pytest.approx(4.1)


def test_a_panel_lowers_and_never_raises(rules: Rules, item: Make) -> None:
    items = _at(item, dict.fromkeys(DIMENSIONS, 4))
    verdict = judge(rules, items, dict.fromkeys(DIMENSIONS, 5) | {"D1": 2})
    assert verdict.levels["D1"] == 2
    assert verdict.levels["D2"] == 4
    assert verdict.met is False
    assert verdict.supported["D1"] == 4


def _span(item: Make, name: str, first: str, last: str, **more: Any) -> Any:
    return item(
        name, D5=4, days=(datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)), **more
    )


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2026-03-25", "2026-04-05", 1),  # on both sides of a quarter's end, and twelve days long
        ("2026-01-01", "2026-03-31", 1),
        ("2026-01-01", "2026-07-01", 2),
        ("2026-01-01", "2026-04-29", 1),
        ("2026-01-01", "2026-04-30", 2),
        ("2026-01-10", "2026-06-30", 2),
        ("2025-11-01", "2026-11-01", 5),
    ],
)
def test_quarters_are_counted_where_work_went_on(item: Make, first: str, last: str, count: int) -> None:
    assert quarters([_span(item, "a", first, last)]) == count


def test_gates_leave_labs_out_and_say_what_is_missing(rules: Rules, item: Make) -> None:
    lab = item("l", "lab", D5=3, project="lab x", days=(datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)))
    work = _span(item, "a", "2026-01-01", "2026-09-01", project="p", explained=False, own_share=None)
    assert projects([lab, work]) == 1
    found = {g.id: g for g in passed(rules, [lab, work])}
    assert found["sustained"].met is True
    assert found["repeated"].met is False
    assert found["own-share"].here == "not stated: a"
    assert found["how-and-what"].met is False
    assert found["legible"].met is None
    assert {g.met for g in passed(rules, [])} == {False}
    assert judge(rules, _at(item, dict.fromkeys(DIMENSIONS, 4))).met is False  # one project, unnamed


def test_fragility_names_the_item_and_whether_anything_takes_its_place(rules: Rules, item: Make) -> None:
    packet = _at(item, dict.fromkeys(DIMENSIONS[:7], 4) | dict.fromkeys(DIMENSIONS[7:], 3))
    spare = item("spare", D1=4)
    rows = {r["item"]: r for r in fragile(rules, packet, [*packet, spare])}
    assert rows["D1-0"]["falls"] == [{"dimension": "D1", "from": 4, "to": 3}]
    assert rows["D1-0"]["irreplaceable"] == []
    assert rows["D2-0"]["irreplaceable"] == ["D2"]
    assert rows["D2-0"]["bar_falls"] is True
    assert "D9-0" not in rows  # the other one carries the 3


def test_what_is_not_proved_says_why(rules: Rules, item: Make) -> None:
    items = [
        item("a", D1=4), item("b", "lab", D2=4), item("c", "review", D3=4), item("d", "decision", D3=4),
        item("e", D4=4, keys=frozenset({"k"})), item("f", D4=4, keys=frozenset({"k"})),
        item("g", D6=2, assistance="AI"),
        item("h", "lab", D7=4), item("i", D7=4), item("j", "teaching", D2=3),
    ]  # fmt: skip
    chance = [
        {"dimension": "D9", "state": "none", "since": "2026-08-01", "action": "a newcomer", "who": "P. Raman"}
    ]
    told = {r["what"]: r["why"] for r in not_proved(rules, items, items, chance)}
    by_id = {what.rpartition("(")[2].rstrip(")"): why for what, why in told.items()}
    assert by_id["D1"] == "1 of 2 items at level 4."
    assert "Only labs" in by_id["D2"]
    assert by_id["D3"] == "No item at level 4 is work."
    assert "not independent" in by_id["D4"]
    assert by_id["D6"] == "Shown at level 2; nothing claims level 4."
    assert "(lab)" in by_id["D7"]
    assert by_id["D9"] == "Nothing is shown. No opportunity since 2026-08-01; action: a newcomer (P. Raman)."
    assert told["Done alone"] == "with help: g (AI)"
    assert "a, c, d" in told["Nobody else's word"]
    assert told["Labs"].startswith("b, h: simulated")

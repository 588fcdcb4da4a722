"""What an item of evidence may say, and what it may not."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from gradatim.core.errors import InputError
from gradatim.path.evidence import parse_item, visible
from gradatim.path.evidence.text import file_name

TODAY = datetime.date(2026, 11, 19)
GOOD: dict[str, Any] = {
    "kind": "work", "title": "Feature path in two failure domains", "context": "One late file stopped serving.",
    "action": "Split the path.", "result": "p99 fell.", "own_share": 0.5, "started": "2026-03-01",
    "co_authors": [{"name": "R. Okoye", "share": 0.5}], "ended": "2026-06-30", "project": "features",
    "links": [{"dimension": "D4", "level": 4}], "metric": {"name": "p99", "baseline": 410, "after": 190, "unit": "ms"},
}  # fmt: skip


def parse(**changes: Any) -> Any:
    return parse_item({**GOOD, **changes}, today=TODAY, dimensions=["D1", "D4"], skills=["ml-roi"])


def problems(**changes: Any) -> str:
    with pytest.raises(InputError) as error:
        parse(**changes)
    return "\n".join(error.value.problems)


def test_a_whole_item_is_kept() -> None:
    item = parse()
    assert item.own_share == 0.5
    assert item.missing() == []
    assert parse(context="", own_share=None, links=[]).missing() == [
        "context",
        "own share",
        "a rubric statement it shows",
    ]


def test_shares_of_co_authors_never_add_to_more_than_one() -> None:
    assert (
        parse(own_share=0.6, co_authors=[{"name": "A", "share": 0.1}, {"name": "B", "share": 0.3}]).own_share
        == 0.6
    )
    assert "adds up to 1.1" in problems(own_share=0.6)
    assert "adds up to 1.2" in problems(own_share=None, co_authors=[{"name": x, "share": 0.4} for x in "abc"])
    assert "named twice" in problems(co_authors=[{"name": "A", "share": 0.1}, {"name": "a ", "share": 0.1}])
    assert parse(
        own_share=0.1, co_authors=[{"name": f"p{i}", "share": 0.1} for i in range(9)]
    )  # 10 × 0.1 is one


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "rumour"}, "kind"),
        ({"title": "x"}, "title"),
        ({"own_share": 0}, "own_share"),
        ({"own_share": 1.5}, "own_share"),
        ({"own_share": float("nan")}, "own_share"),
        ({"started": "2026-07-01"}, "before the start"),
        ({"ended": "2026-11-21"}, "has not come yet"),
        ({"ended": "30 June"}, "ended"),
        ({"links": [{"dimension": "D5", "level": 4}]}, "no dimension D5"),
        ({"links": [{"dimension": "D4", "level": 6}]}, "links.0.level"),
        ({"links": [{"dimension": "D4", "level": 4, "skill": "juggling"}]}, "no skill juggling"),
        ({"links": [{"dimension": "D4", "level": 4}] * 2}, "more than once"),
        ({"metric": {"name": "p99", "baseline": float("inf"), "after": 1}}, "metric.baseline"),
        ({"artefacts": [{"name": "a", "digest": "md5:1", "bytes": 1}]}, "artefacts.0.digest"),
        ({"assistance": "wizard"}, "assistance"),
        ({"promised": True}, "promised"),
        ({"context": "x" * 4001}, "context"),
    ],
)
def test_what_is_wrong_is_said_by_its_place(changes: dict[str, Any], says: str) -> None:
    assert says in problems(**changes)


def test_all_problems_come_at_once() -> None:
    said = problems(kind="rumour", own_share=0.9, title="", assistance="wizard")
    assert all(word in said for word in ("kind", "adds up to 1.4", "title", "assistance"))


def test_the_day_may_be_tomorrow_somewhere() -> None:
    assert parse(ended="2026-11-20")


def test_hidden_characters_become_visible() -> None:
    item = parse(title="pay\u202egpj.exe", context="a\x00b\x1b[31m\r\nc")
    assert item.title == "pay\\u202egpj.exe"
    assert item.context == "a\\u0000b\\u001b[31m\nc"
    assert visible("naïve ✓ 東京 👩‍💻") == "naïve ✓ 東京 👩‍💻"
    assert file_name("../../etc/passwd") == "passwd"
    assert file_name("C:\\temp\\a\nb.txt") == "a\\u000ab.txt"
    assert file_name("/") == "unnamed"
    assert len(file_name("x" * 5000)) < 125

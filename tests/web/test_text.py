"""Numbers, times and Markdown as pages write them."""

from __future__ import annotations

import pytest

from gradatim.core.clock import ShiftClock
from gradatim.web import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(5760.2, "$5,760"), (0, "$0"), (-12.4, "−$12"), (None, "–"), (0.2, "under $1"), (-0.2, "−under $1")],
)
def test_dollars(value: float | None, shown: str) -> None:
    assert text.usd(value) == shown


def test_plurals() -> None:
    assert [text.plural(n, "attempt") for n in (0, 1, 1200)] == ["no attempts", "1 attempt", "1,200 attempts"]


@pytest.mark.parametrize(
    ("name", "value", "label", "shown"),
    [
        ("acknowledged_s", 740.4, "Acknowledged", "08:12"),
        ("declared_s", -1, "Declared", "never"),
        ("spent_usd", 120.0, "Spent", "$120"),
        ("missed_share", 0.125, "Missed", "12.5 %"),
        ("prevention_stops_pct", 87, "Prevention stops", "87 %"),
        ("diagnosis_right", 1, "Diagnosis right", "yes"),
        ("harmed", True, "Harmed", "yes"),
        ("last_harm_s", None, "Last harm", "never"),
        ("actions", 7, "Actions", "7"),
    ],
)
def test_signals_carry_their_unit(name: str, value: object, label: str, shown: str) -> None:
    assert (text.signal_name(name), text.signal(value, name, ShiftClock(False).text)) == (label, shown)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src=x onerror="a()">',
        "[x](data:text/html,x)",
    ],
)
def test_markdown_lets_no_markup_through(source: str) -> None:
    html = str(text.markdown(source))
    assert "<script" not in html and "<img" not in html and "href" not in html


def test_markdown_makes_headings_lists_and_tables() -> None:
    html = str(text.markdown("## A\n\n- b\n\n| c | d |\n|---|---|\n| 1 | 2 |"))
    assert "<h2>A</h2>" in html and "<li>b</li>" in html and "<td>1</td>" in html

"""The report: one file, no request, no script, text escaped, written in one step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradatim.core.errors import InputError
from gradatim.instruments import report as reports
from gradatim.instruments.report import Input, Report, Section, Verdict, plot


def made(**changes: object) -> Report:
    fig, ax = plot.new(10, 3)
    ax.plot([0, 1], [0, 1], color=plot.ACCENT)
    body = reports.figure(fig, "A line", (["x", "y"], [(0, 0), (1, 1)])) + reports.table(
        ["name", "value"], [("<b>&", 3), (reports.state("bad", "drifted"), 4)], right=[1]
    )
    facts = {
        "title": "Drift of <a>",
        "command": "gradatim work drift 'a b.csv' c.csv",
        "verdict": Verdict("bad", "Two & more", ("one", "two")),
        "sections": [Section("Then & now", body)],
        "not_checked": ["labels"],
        "inputs": [Input("a.csv", "sha256:00", 1234, 5678)],
        "json": {"x": 1},
    }
    return Report(**(facts | changes))  # type: ignore[arg-type]


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    page = reports.render(made())
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', page) == []
    assert re.findall(r"url\((?!#)[^)]*\)", page) == []
    assert "default-src 'none'" in page


def test_the_verdict_comes_first_and_text_is_escaped() -> None:
    page = reports.render(made())
    assert page.index("Two &amp; more") < page.index("Then &amp; now") < page.index("What was not checked")
    assert "Drift of &lt;a&gt;" in page and "<b>&" not in page
    assert page.index("What was not checked") < page.index("gradatim work drift &#x27;a b.csv&#x27;")
    assert "1,234" in page and "sha256:00" in page


def test_a_drawing_follows_the_theme_and_has_its_data() -> None:
    page = reports.render(made())
    drawn = page[page.index("<svg", page.index("<figure")) : page.index("</figure>")]
    assert "var(--accent)" in drawn
    assert not re.findall(r"#010a[0-9a-f]{2}", drawn)
    assert 'role="img"' in drawn and "View as table" in drawn
    assert "DejaVu" not in drawn


@pytest.mark.parametrize(("kind", "word"), [("good", "Good"), ("bad", "Bad"), ("unsure", "Not sure")])
def test_a_state_is_a_shape_and_a_word(kind: str, word: str) -> None:
    page = reports.render(made(verdict=Verdict(kind, "x")))  # type: ignore[arg-type]
    block = page[page.index('<section class="verdict') :]
    assert f'class="verdict {kind}"' in block[:80] and f"</svg>{word}</p>" in block[:600]


def test_the_json_has_the_documented_keys() -> None:
    facts = reports.as_json(made())
    assert list(facts) == ["schema", "title", "command", "verdict", "result", "not_checked", "inputs"]
    assert facts["verdict"] == {"kind": "bad", "headline": "Two & more", "why": ["one", "two"]}
    assert facts["inputs"] == [{"name": "a.csv", "digest": "sha256:00", "rows": 1234, "bytes": 5678}]


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    reports.write(made(), tmp_path / "a.html")
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]
    with pytest.raises(InputError, match="cannot be written"):
        reports.write(made(), tmp_path / "none" / "a.html")


def test_an_input_is_named_by_what_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Input.of(tmp_path / "x.csv", 3) == Input("x.csv", f"sha256:{known}", 3, 3)

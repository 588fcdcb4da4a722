"""Files and tables of items taken in through forms: digests only, all or nothing, whatever they are called."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App

CSV = """title,kind,started,ended,project,own_share,co_authors,links,action,result
RFC on label delay,decision,2026-05-01,2026-06-30,labels,0.6,M. Sato=0.4,D8:4; D1:3,Wrote it,Adopted
Load test,work,2026-03-01,2026-03-20,features,1,,D4:4,Ran it,Held
"""
HOSTILE = (
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "a\u202egnp.exe",
    "<img src=x onerror=alert(1)>",
    "x" * 3000,
    ".",
)


def items(server: Any) -> list[dict[str, Any]]:
    app = App(server.home)
    found = app.evidence.items()
    app.store.close()
    return found


@pytest.mark.browser
def test_files_and_a_table_are_recorded_in_the_browser(
    open_page: Any, axe: Any, sideways: Any, server: Any, tmp_path: Path
) -> None:
    (tmp_path / "design <b>.md").write_text("A secret design.", encoding="utf-8")
    (tmp_path / "items.csv").write_text(CSV, encoding="utf-8")
    page = open_page("/evidence")
    for summary in ("Take in files", "Take in a table of items"):
        page.get_by_text(summary).click()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe(page) == [] and sideways(page) == 0
    page.locator("#file-t").fill("Design of the feature path")
    page.locator("#file-f").set_input_files([tmp_path / "design <b>.md", tmp_path / "items.csv"])
    page.locator("#file-s").fill("0,6")
    page.locator("#file-d").select_option("D4")
    page.locator("#file-l").select_option("4")
    page.get_by_role("button", name="Record by digest").click()
    page.get_by_role("heading", name="Design of the feature path").wait_for()
    text = page.inner_text("main")
    digest = hashlib.blake2b(b"A secret design.", digest_size=32).hexdigest()
    assert "design <b>.md, 16 bytes" in text and digest in text and "0.6" in text
    assert all(b"A secret design." not in p.read_bytes() for p in server.home.rglob("*") if p.is_file())
    # Nothing chosen, but a place on this machine: a browser sends a file without a name then.
    page.goto(server.url + "/evidence")
    page.get_by_text("Take in files").click()
    page.locator("#file-t").fill("A whole folder")
    page.locator("#file-p").fill(str(tmp_path))
    page.get_by_role("button", name="Record by digest").click()
    page.get_by_role("heading", name="A whole folder").wait_for()
    assert "items.csv" in page.inner_text("main")
    page.goto(server.url + "/evidence")
    page.get_by_text("Take in a table of items").click()
    page.locator("#table").set_input_files(tmp_path / "items.csv")
    page.get_by_role("button", name="Check and record all").click()
    page.get_by_text("2 items recorded.").wait_for()
    assert page.get_by_role("link", name="E-").count() >= 3
    assert axe(page) == []


def test_the_browser_and_the_command_line_record_the_same(server: Any, tmp_path: Path) -> None:
    app = App(tmp_path / "home")
    (tmp_path / "notes.md").write_bytes(b"notes")
    (tmp_path / "items.csv").write_text(CSV, encoding="utf-8")
    raw = {"title": "Notes of a review", "own_share": 0.5, "links": [{"dimension": "D9", "level": 3}]}
    wanted = [
        app.evidence.from_files([tmp_path / "notes.md"], raw),
        *app.evidence.import_file(tmp_path / "items.csv"),
    ]
    app.store.close()
    form = {"title": "Notes of a review", "share": "0.5", "dimension": "D9", "level": "3"}
    with server.client(follow_redirects=True) as client:
        assert (
            client.post("/evidence/files", data=form, files={"file": ("notes.md", b"notes")}).status_code
            == 200
        )
        answer = client.post("/evidence/import", files={"file": ("items.csv", CSV.encode())})
        assert "2 items recorded." in answer.text
        assert (
            client.post("/evidence/files", data={**form, "place": str(tmp_path / "notes.md")}).status_code
            == 200
        )
    names = ("kind", "title", "own_share", "links", "artefacts", "source", "started", "ended", "grade")
    *found, place = list(reversed(items(server)[:4]))
    assert [{n: x.get(n) for n in names} for x in found] == [{n: x.get(n) for n in names} for x in wanted]
    assert place["artefacts"] == wanted[0]["artefacts"]


def test_hostile_names_are_labels_and_nothing_else(server: Any) -> None:
    form = {"title": "Files with names"}
    with server.client(follow_redirects=True) as client:
        files = [("file", (name, b"x")) for name in HOSTILE]
        answer = client.post("/evidence/files", data=form, files=files)
        assert answer.status_code == 200 and "<img src=x" not in answer.text
        table = client.post("/evidence/import", files={"file": ("../<b>.CSV", CSV.encode())})
        assert table.status_code == 200 and "<b>.CSV" not in table.text
    rows = items(server)
    names = [a["name"] for a in next(x for x in rows if x["title"] == "Files with names")["artefacts"]]
    assert len(names) == len(HOSTILE) and names[:2] == ["passwd", "boot.ini"]
    assert all(("/" not in n and "\\u202e" not in n.replace("\\\\", "")) or "u202e" in n for n in names)
    assert max(map(len, names)) <= 400
    assert rows[0]["source"]["file"] == "<b>.CSV"


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("items.csv", b"title,salary\nA,1\n", "column &#39;salary&#39; is not one of"),
        (
            "items.csv",
            CSV.replace("2026-03-20", "2099-03-20").encode(),
            "item 2: ended: 2099-03-20 has not come yet",
        ),
        ("items.jsonl", b'{"title": "One", "kind": "work"}\n{"title"\n', "line 2: not JSON"),
        ("items.jsonl", b"\xff\xfe\x00", "utf-8"),
        ("items.json", b"[" * 100_000, "not JSON"),
        ("items.csv", b"", "column &#39;title&#39; is missing"),
    ],
)
def test_a_table_with_one_bad_line_records_nothing(server: Any, name: str, data: bytes, says: str) -> None:
    before = len(items(server))
    with server.client() as client:
        answer = client.post("/evidence/import", files={"file": (name, data)})
    assert answer.status_code == 422 and says in answer.text.replace("&#x27;", "&#39;")
    assert len(items(server)) == before


def test_what_is_too_large_or_missing_is_refused_before_anything_is_written(server: Any) -> None:
    before = len(items(server))
    with server.client() as client:
        large = client.post(
            "/evidence/files", data={"title": "Large"}, files={"file": ("a", b"x" * 2_100_000)}
        )
        assert large.status_code == 413
        none = client.post("/evidence/files", data={"title": "", "place": ""})
        assert none.status_code == 422 and "file: choose one" in none.text and "title: say" in none.text
        nowhere = client.post("/evidence/files", data={"title": "Lost", "place": "~nosuchuser/x\0"})
        assert nowhere.status_code == 422 and "no such file or folder" in nowhere.text
        many = [("file", (f"f{i}", b"")) for i in range(201)]
        assert "at most 200" in client.post("/evidence/files", data={"title": "Many"}, files=many).text
        assert client.post("/evidence/import").status_code == 422
    assert len(items(server)) == before

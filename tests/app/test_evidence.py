"""The ledger as the faces use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App
from gradatim.core.errors import InputError, StateError, UnknownName

NOW = "2026-11-19T10:00:00Z"
WORK: dict[str, Any] = {
    "kind": "work", "title": "RFC on label delay", "context": "Labels come late.", "action": "Wrote it.",
    "result": "Two teams use it.", "own_share": 0.6, "started": "2026-05-01", "ended": "2026-06-30",
    "project": "labels", "links": [{"dimension": "D8", "level": 4}],
}  # fmt: skip
REPORT = {
    "command": "drift reference.csv current.csv", "result": {}, "not_checked": ["labels"],
    "verdict": {"kind": "bad", "headline": "Two of 14 columns moved", "why": ["x"]},
    "inputs": [{"name": "a.csv", "digest": "sha256:" + "ab" * 32, "rows": 9, "bytes": 70}],
}  # fmt: skip


def test_an_item_is_recorded_corrected_withdrawn_and_withheld(app: App) -> None:
    first = app.evidence.record(WORK, now=NOW)
    assert first["id"] == "E-001"
    second = app.evidence.record({**WORK, "title": "RFC on late labels", "replaces": 1}, now=NOW)
    assert app.evidence.get("1")["replaced_by"] == "E-002"
    assert [i["id"] for i in app.evidence.items(standing=True)] == ["E-002"]
    with pytest.raises(StateError):
        app.evidence.record({**WORK, "replaces": 1}, now=NOW)
    assert app.evidence.redact(second["id"], ["context"])["withheld"] == ["context"]
    gone = app.evidence.withdraw("e-2", "counted twice", now=NOW)
    assert (gone["withdrawn"], gone["stands"]) == ("counted twice", False)
    assert app.evidence.check() == []
    for wrong in ("E-009", "nothing", ""):
        with pytest.raises(UnknownName):
            app.evidence.get(wrong)
    with pytest.raises(InputError):
        app.evidence.withdraw("E-001", "  ")
    with pytest.raises(InputError):
        app.evidence.redact("E-001", [])


def test_what_is_refused_writes_nothing(app: App) -> None:
    with pytest.raises(InputError):
        app.evidence.record({**WORK, "own_share": 7}, now=NOW)
    assert app.evidence.problems({**WORK, "own_share": 7}, now=NOW)
    assert app.store.entries() == []


def test_a_report_leaves_digests_and_no_content(app: App) -> None:
    made = app.evidence.get(
        app.evidence.record_report(REPORT, {"links": [{"dimension": "D5", "level": 3}]}, now=NOW)
    )
    assert (made["kind"], made["title"], made["ended"]) == ("work", "Two of 14 columns moved", "2026-11-19")
    assert made["artefacts"] == [{"name": "a.csv", "digest": "sha256:" + "ab" * 32, "bytes": 70}]
    for broken in ({}, {**REPORT, "inputs": [{}]}, {**REPORT, "verdict": 3}):
        with pytest.raises(InputError):
            app.evidence.record_report(broken, now=NOW)


def test_files_are_taken_by_digest(app: App, tmp_path: Path) -> None:
    import hashlib

    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "rfc.md").write_text("# RFC")
    (folder / "a\nb\u202e.txt").write_text("x")
    (folder / "out").symlink_to("/etc/hostname")
    made = app.evidence.from_files([folder], {"title": "The RFC itself"}, now=NOW)
    names = {a["name"]: a["digest"] for a in made["artefacts"]}
    assert set(names) == {"rfc.md", "a\\u000ab\\u202e.txt"}
    assert names["rfc.md"] == "blake2b-256:" + hashlib.blake2b(b"# RFC", digest_size=32).hexdigest()
    with pytest.raises(InputError) as error:
        app.evidence.from_files([tmp_path / "no", tmp_path / "neither"], {"title": "No file"}, now=NOW)
    assert len(error.value.problems) == 2


def test_an_attempt_is_captured_with_all_that_recomputes_it(finished: tuple[App, str]) -> None:
    app, attempt = finished
    made = app.evidence.from_attempt(attempt, {"links": [{"dimension": "D5", "level": 3}]})
    source = made["source"]
    assert made["kind"] == "lab"
    assert (source["attempt"], source["outcome_hash"]) == (attempt, app.attempt(attempt)["hash"])
    assert source["submission"] == app.submission(attempt)
    with pytest.raises(UnknownName):
        app.evidence.from_attempt("nothing", {})


def test_an_open_attempt_is_no_evidence(app: App) -> None:
    attempt = app.start("incident-response", seed=3)["id"]
    with pytest.raises(StateError, match="open"):
        app.evidence.from_attempt(attempt, {})
    assert app.store.entries() == []


def test_a_named_person_attests_in_another_home(app: App, tmp_path: Path) -> None:
    item = app.evidence.record(WORK, now=NOW)["id"]
    asked = app.evidence.ask(item, owner="Ines Carvalho", person="M. Sato", now=NOW)
    page = tmp_path / asked["name"]
    page.write_text(asked["page"])
    other = App(tmp_path / "other home")
    assert other.evidence.requested(page)["item"]["title"] == WORK["title"]
    said = {
        "name": "M. Sato",
        "role": "Lead",
        "relation": "Co-author",
        "stance": "confirms",
        "share_percent": 40,
        "words": "So it was.",
    }
    answer = other.evidence.attest(page, said, now=NOW)
    other.store.close()
    text = json.dumps(answer)
    made = app.evidence.attach(text, now=NOW)
    (attestation,) = made["attestations"]
    assert (attestation["name"], attestation["stance"], attestation["by_owner"]) == (
        "M. Sato",
        "confirms",
        False,
    )
    with pytest.raises(StateError, match="already"):
        app.evidence.attach(text, now=NOW)
    with pytest.raises(InputError):
        app.evidence.attach(text.replace("So it was", "She did it all"), now=NOW)
    with pytest.raises(InputError):
        app.evidence.attach("not json", now=NOW)
    assert app.evidence.check() == []
    assert (app.home / "signing.key").stat().st_mode & 0o077 == 0


def test_an_answer_by_the_owner_is_marked_and_one_about_another_ledger_refused(
    app: App, tmp_path: Path
) -> None:
    item = app.evidence.record(WORK, now=NOW)["id"]
    page = tmp_path / "a.html"
    page.write_text(app.evidence.ask(item, owner="Ines", person="Ines", now=NOW)["page"])
    said = {"name": "Ines", "role": "Me", "relation": "Myself", "stance": "confirms"}
    text = json.dumps(app.evidence.attest(page, said, now=NOW))
    assert app.evidence.attach(text, now=NOW)["attestations"][0]["by_owner"] is True
    other = App(tmp_path / "other home")
    other.evidence.record(WORK, now=NOW)
    with pytest.raises(InputError, match="another entry"):
        other.evidence.attach(text, now=NOW)
    other.store.close()


def test_opportunities_are_recorded_and_grow_old(app: App) -> None:
    assert {o["state"] for o in app.evidence.opportunities(now=NOW)} == {"not looked at"}
    app.evidence.set_opportunity("D8", work="RFC on label delay", now=NOW)
    none = app.evidence.set_opportunity(
        "D9", action="a newcomer in the second quarter", who="P. Raman", now=NOW
    )
    assert (none["state"], none["stale"]) == ("none", False)
    later = {o["dimension"]: o for o in app.evidence.opportunities(now="2027-03-19T10:00:00Z")}
    assert later["D8"]["stale"]
    assert later["D1"]["state"] == "not looked at"
    with pytest.raises(InputError) as error:
        app.evidence.set_opportunity("D99", work="a", action="b", now=NOW)
    assert len(error.value.problems) == 3


def test_a_clock_that_was_set_back_breaks_nothing(app: App) -> None:
    told = {
        "kind": "work",
        "links": [{"dimension": "D1", "level": 3}],
        "started": "2025-01-01",
        "ended": "2025-01-02",
    }
    app.evidence.record({**told, "title": "First piece"}, now="2026-11-19T10:00:00Z")
    app.evidence.record({**told, "title": "Second piece"}, now="2025-11-19T10:00:00Z")
    assert app.evidence.check() == []
    assert [i["title"] for i in app.evidence.items()] == ["Second piece", "First piece"]
    page, _ = app.packets.build("html", owner="Ines", now="2025-11-20T10:00:00Z")
    assert app.packets.verify(page)["ok"]

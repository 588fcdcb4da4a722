"""Packets through the app: built from a ledger with a real attempt, verified in another home."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradatim.app import App
from gradatim.core import chain
from gradatim.core.errors import InputError, StateError

NOW = "2026-11-19T10:00:00Z"
POLICY = 'def policy(obs, query):\n    return {"actions": [], "advance_s": 3600}\n'


@pytest.fixture(scope="module")
def owner(finished: tuple[App, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app with a finished attempt, and evidence of every sort."""
    app, attempt = finished
    policy = tmp_path_factory.mktemp("policy") / "idle.py"
    policy.write_text(POLICY)
    app.evidence.from_attempt(attempt, {"links": [{"dimension": "D5", "level": 3}]}, policy=policy)
    file = policy.with_name("rfc.md")
    file.write_text("# RFC")
    for k in range(2):
        told = {
            "title": f"RFC {k}", "action": "Wrote it.", "result": "Adopted.", "own_share": 0.5, "started": "2026-01-10",
            "ended": "2026-09-30", "project": f"p{k}", "links": [{"dimension": "D8", "level": 4}],
        }  # fmt: skip
        (
            app.evidence.from_files([file], told, now=NOW)
            if k
            else app.evidence.record({"kind": "work", **told}, now=NOW)
        )
    yield app


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[App]:
    made = App(tmp_path / "reader")
    yield made
    made.store.close()


def test_a_reader_recomputes_the_attempt_and_says_what_is_self_reported(owner: App, reader: App) -> None:
    page, preview = owner.packets.build("html", owner="Ines Carvalho", now=NOW)
    report = reader.packets.verify(page)
    assert report["ok"], report["checks"]
    assert {i["title"][:3]: i["status"] for i in report["items"]} == {
        "Inc": "recomputed",
        "RFC": "self-reported",
    }
    assert report["rubric"] == "the one of the path open here"
    assert report["anchors"] == []
    assert preview["verdict"]["levels"]["D8"] == 4
    assert preview["verdict"]["levels"]["D5"] == 3
    assert owner.packets.payload(now=NOW)["owner"] == "Ines Carvalho"  # remembered


def test_a_forged_loss_is_found_though_everything_else_was_made_anew(owner: App, reader: App) -> None:
    """The whole ledger rebuilt around a better loss, sealed with a new key: the log says otherwise."""
    from gradatim.path.evidence.signed import public_key
    from gradatim.path.packet.build import build
    from gradatim.path.packet.render import render
    from gradatim.path.packet.seal import seal

    key = "77" * 32
    for change in (
        {"loss_micro": 1},
        {"outcome_hash": "0" * 40},
        {"seed": "9"},
        {"submission": {}},
        {"lab": "no-such-lab"},
    ):
        forged: list[chain.Entry] = []
        for e in owner.store.entries():
            values = e.values()
            if e.number == 1:
                values["source"] = {**values["source"], **change}
            prev = forged[-1].hash if forged else chain.START
            forged.append(chain.seal(e.number, e.kind, e.at, values, prev, salt=lambda: "7" * 32))
        head = chain.Head(len(forged), forged[-1].hash)
        made_by = owner.packets.payload(owner="I", now=NOW)["made_by"]
        made = build(
            forged, head, owner.evidence.rubric, owner="I", key=public_key(key), made_by=made_by, now=NOW
        )
        report = reader.packets.verify(seal(render(made, "html"), key))
        lab = report["items"][0]
        if "lab" in change:
            assert lab["status"] == "needs another version"
        else:
            assert lab["status"] == "does not match", change
            assert not report["ok"]


def test_another_version_of_a_lab_is_no_mismatch(
    owner: App, reader: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradatim.lab import catalogue

    page, _ = owner.packets.build("html", owner="Ines", now=NOW)
    lab = catalogue.lab("incident-response")
    import dataclasses

    monkeypatch.setattr(catalogue, "lab", lambda _: dataclasses.replace(lab, digest="other"))
    report = reader.packets.verify(page)
    assert report["items"][0]["status"] == "needs another version"
    assert report["ok"]


def test_what_is_withheld_from_one_packet_changes_its_verdict(owner: App, reader: App) -> None:
    page, preview = owner.packets.build("json", owner="Ines", withhold=["E-002:links", "E-003:*"], now=NOW)
    assert preview["verdict"]["levels"]["D8"] == 1
    assert b"Adopted" not in page
    assert reader.packets.verify(page)["ok"]
    assert owner.evidence.get("E-002")["links"]  # the ledger has it still
    with pytest.raises(InputError) as error:
        owner.packets.payload(owner="Ines", withhold=["E-99:x", "E-002:nothing"], committee="spring")
    assert len(error.value.problems) == 3


def test_artefacts_are_compared_with_the_files_themselves(owner: App, reader: App, tmp_path: Path) -> None:
    page, _ = owner.packets.build("html", owner="Ines", now=NOW)
    (tmp_path / "rfc.md").write_text("# RFC")
    same = reader.packets.verify(page, files=tmp_path)
    assert any("the digest that was recorded" in i["detail"] for i in same["items"])
    (tmp_path / "rfc.md").write_text("# RFD")
    assert not reader.packets.verify(page, files=tmp_path)["ok"]


@pytest.mark.slow
def test_a_policy_is_played_again_on_the_readers_own_draws(owner: App, reader: App) -> None:
    page, _ = owner.packets.build("html", owner="Ines", now=NOW)
    (row,) = reader.packets.verify(page, fresh=1, seed=12)["fresh"]
    assert (row["item"], row["seed"], row["failed"]) == ("E-001", "12", [])
    (draw,) = row["draws"]
    assert draw["seed"] == "12"
    # Doing nothing is one of the skill-free players.
    assert row["skill"] is not None
    assert row["skill"] <= 0.0 + 1e-9
    with pytest.raises(InputError):
        reader.packets.verify(page, fresh=51)


def test_nothing_to_show_and_no_name_are_said(app: App) -> None:
    with pytest.raises(InputError, match="built"):
        app.packets.payload()
    with pytest.raises(StateError, match="no evidence"):
        app.packets.payload(owner="Ines")
    with pytest.raises(InputError, match="form"):
        app.packets.build("docx", owner="Ines")


def test_a_ledger_that_is_not_whole_is_said_in_the_packet(app: App, reader: App) -> None:
    import sqlite3
    from contextlib import closing

    for k in range(3):
        app.evidence.record(
            {"kind": "work", "title": f"Piece {k}", "links": [{"dimension": "D1", "level": 3}]}, now=NOW
        )
    with closing(sqlite3.connect(app.store.path)) as db, db:
        db.execute("DELETE FROM ledger WHERE number = 2")
    page, preview = app.packets.build("html", owner="Ines", now=NOW)
    assert preview["ledger_problems"]
    assert b"The ledger is not whole." in page
    report = reader.packets.verify(page)
    assert not report["ok"]
    assert next(c["status"] for c in report["checks"] if c["name"] == "ledger") == "does not match"


def test_the_preview_names_every_field_that_is_opened(owner: App) -> None:
    page, preview = owner.packets.build("html", owner="Ines", now=NOW)
    found = re.search(r'id="packet">(.*?)</script>', page.decode(), re.S)
    assert found is not None
    for raw, row in zip(json.loads(found[1])["chain"], preview["shares"], strict=True):
        assert {n for n, f in raw["fields"].items() if "value" in f} == set(row["open"])


def test_a_copy_to_read_is_made_again_and_compared(owner: App, reader: App) -> None:
    whole = {form: owner.packets.build(form, owner="Ines", now=NOW)[0] for form in ("html", "md", "pdf")}

    def said(**copies: bytes) -> dict[str, str]:
        named = [(f"packet.{form}", data) for form, data in copies.items()]
        report = reader.packets.verify(whole["html"], copies=named)
        assert report["ok"] == all(c["status"] == "holds" for c in report["checks"])
        return {c["name"]: c["status"] for c in report["checks"] if c["name"].startswith("copy")}

    assert said(md=whole["md"], pdf=whole["pdf"]) == {"copy packet.md": "holds", "copy packet.pdf": "holds"}
    assert said(md=whole["md"] + b" ") == {"copy packet.md": "does not match"}
    assert said(md=whole["md"].replace(b"Not yet", b"Well")) == {"copy packet.md": "does not match"}
    assert said(pdf=whole["pdf"].replace(b"Ines", b"Inez", 1) + b"%") == {"copy packet.pdf": "does not match"}
    assert said(docx=b"x") == {"copy packet.docx": "does not match"}

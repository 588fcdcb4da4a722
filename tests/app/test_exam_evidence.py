"""An exam as evidence: its logs, its draw and its skill are recomputed by whoever gets the packet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import small_lab

from gradatim.app import App, examiner
from gradatim.core import chain
from gradatim.core.errors import StateError
from gradatim.lab import catalogue, folders
from gradatim.lab.exam.draw import kinds
from gradatim.path.packet.recompute import recompute

LAB = small_lab.LAB
NONCE = next(n for n in range(1000, 2000) if kinds(n, 0) == [False, True, False])


@pytest.fixture(scope="module")
def sat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, str]]:
    """An app with one exam that is handed in, everything idle, on the small lab."""
    before = folders.labs
    small_lab.install(small_lab.make(tmp_path_factory.mktemp("lab")))
    app = App(tmp_path_factory.mktemp("sat"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradatim.app.exams.secrets.randbits", lambda bits: NONCE)
        exam = app.exams.start(LAB, predicted={"skill": 0.2, "lo": -0.5, "hi": 0.6}, assistance="pair")["id"]
    with pytest.raises(StateError):
        app.evidence.from_exam(exam, {})  # not handed in
    examiner.draw(app, app.store.get_exam(exam), workers=1)
    app.exams.submit(exam)
    yield app, exam
    app.store.close()
    folders.labs = before
    catalogue.lab.cache_clear()


@pytest.fixture(scope="module")
def item(sat: tuple[App, str]) -> dict[str, Any]:
    app, exam = sat
    return app.evidence.from_exam(exam, {"links": [{"dimension": "D5", "level": 3}]})


def _entries(app: App) -> dict[str, Any]:
    found = {e.kind: e for e in app.store.entries()}
    return {"issued": found["exam-issued"], "submitted": found["exam-submitted"]}


@pytest.mark.slow
def test_an_exam_is_captured_and_recomputed_in_another_home(
    sat: tuple[App, str], item: dict[str, Any], tmp_path: Path
) -> None:
    app, _ = sat
    assert (item["kind"], item["grade"], item["assistance"]) == ("lab", "self-run", "pair")
    assert len(item["source"]["attempts"]) == 3
    page, _ = app.packets.build("html", owner="Ines")
    reader = App(tmp_path / "reader")
    report = reader.packets.verify(page)
    assert report["ok"], report
    assert [i["status"] for i in report["items"]] == ["recomputed"]
    assert "3 logs and the skill" in report["items"][0]["detail"]
    quick = reader.packets.verify(page, quick=True)
    assert [i["status"] for i in quick["items"]] == ["self-reported"]
    reader.store.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nonce": f"{7:032x}"}, "not drawn by its nonce"),
        ({"healthy": [True, True, True]}, "not of the sort"),
        ({"attempts": "first twice"}, "twice"),
        ({"attempts": "better"}, "instance 1 comes to"),
        pytest.param({"skill": 0.99, "status": "pass"}, "the skill comes to", marks=pytest.mark.slow),
    ],
)
def test_what_is_forged_in_an_exam_does_not_match(
    sat: tuple[App, str], item: dict[str, Any], change: dict[str, Any], says: str
) -> None:
    source = {**item["source"], **change}
    first, *rest = item["source"]["attempts"]
    if change.get("attempts") == "first twice":
        source["attempts"] = [first, first, *rest[1:]]
    elif change.get("attempts") == "better":
        source["attempts"] = [{**first, "loss_micro": 1}, *rest]
    found = recompute(source, _entries(sat[0]))
    assert found.status == "does not match"
    assert says in found.detail


def test_an_exam_without_its_entries_or_out_of_order_does_not_match(
    sat: tuple[App, str], item: dict[str, Any]
) -> None:
    entries = _entries(sat[0])
    missing = recompute(item["source"], {"issued": None, "submitted": entries["submitted"]})
    assert "does not show its issue" in missing.detail
    turned = recompute(
        item["source"], {"issued": entries["issued"], "submitted": chain.redact(entries["issued"], [])}
    )
    assert "before it was issued" in turned.detail


def test_a_failed_exam_gives_no_badge(sat: tuple[App, str], item: dict[str, Any]) -> None:
    app, exam = sat
    assert app.exams.verdict(exam)["verdict"]["status"] == "fail"
    module = app.lab(LAB)["module"]
    with pytest.raises(StateError, match="no exam"):
        app.packets.badge(module, owner="Ines")
    # The same with a passed one, as a badge would name it.
    stored = app.store.get_exam(exam)
    import dataclasses

    verdict = {**(stored.verdict or {}), "status": "pass"}
    named = app.packets._passed(dataclasses.replace(stored, verdict=verdict))
    assert named is not None
    assert named["instances"] == 3

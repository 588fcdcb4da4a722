"""Evidence, packet and review in a real browser: as a learner, as somebody who attests, as a reviewer."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App

pytestmark = pytest.mark.browser

NOW = "2026-11-19T10:00:00Z"
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) \u202e"
WIDTHS = ((1440, 900), (390, 844))


@pytest.fixture(scope="module")
def someone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Another person with a packet of their own."""
    app = App(tmp_path_factory.mktemp("someone"))
    for d in range(1, 11):
        told = {
            "kind": "work", "title": f"Piece {d} {HOSTILE}", "context": HOSTILE, "action": "Did.", "result": "Held.",
            "own_share": 0.5, "started": "2026-01-10", "ended": "2026-09-30", "project": f"p{d % 2}",
            "links": [{"dimension": f"D{d}", "level": 3}],
        }  # fmt: skip
        app.evidence.record(told, now=NOW)
    yield app
    app.store.close()


@pytest.fixture(scope="module")
def packet(someone: App, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packet") / "packet.html"
    path.write_bytes(someone.packets.build("html", owner="Ines <Carvalho>", now=NOW)[0])
    return path


def test_record_look_and_preview(open_page: Any, axe: Any, sideways: Any, server: Any) -> None:
    page = open_page("/evidence/new")
    page.get_by_label("In one line").fill(f"RFC on label delay {HOSTILE}")
    page.get_by_label("Action:").fill(HOSTILE)
    page.get_by_label("Your own part").fill("0,6")
    page.get_by_label("Influence and communication").select_option("4")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("heading", name="RFC on label delay").wait_for()
    item = page.url.rpartition("/")[2]
    assert "alert(1)" in page.inner_text("main")
    assert "\\u202e" in page.inner_text("h1")
    for path in (
        "/evidence",
        "/evidence/new",
        f"/evidence/{item}",
        "/packet?owner=Ines",
        "/review",
        "/review/anchors/first",
    ):
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(server.url + path)
            assert page.locator("h1").count() == 1
            assert sideways(page) == 0, path
        assert axe(page) == [], path
    page.goto(f"{server.url}/packet?owner=Ines")
    assert "Not yet at the bar." in page.inner_text("main")
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML, to hand in").click()
    assert Path(download.value.path()).read_bytes().startswith(b"<!doctype html>")


def test_a_bad_form_says_everything_at_once(open_page: Any) -> None:
    page = open_page("/evidence/new", allow=("422",))
    page.get_by_label("In one line").fill("A plan for next year")
    page.get_by_label("Last day").fill("2099-01-01")
    page.get_by_label("Your own part").fill("0.9")
    page.get_by_label("Co-author").first.fill("M. Sato")
    page.get_by_label("Their part").first.fill("0.4")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("heading", name="cannot be recorded").wait_for()
    text = page.inner_text("main")
    assert "adds up to 1.3" in text
    assert "has not come yet" in text


def test_a_correction_keeps_the_co_authors_that_the_form_has_no_room_for(server: Any) -> None:
    app = App(server.home)
    others = [{"name": f"Author {i}", "share": 0.1} for i in range(5)]
    told = {"kind": "work", "title": "Written by six", "own_share": 0.5, "co_authors": others}
    before = app.evidence.record(told, now=NOW)["id"]
    said = {"replaces": before, "kind": "work", "title": "Written by six people", "own_share": "0.5",
            "started": "2026-01-10", "ended": "2026-02-10", "co_name_0": "Author 0", "co_share_0": "0.05",
            "co_name_1": "Author 1", "co_share_1": "0.1"}  # fmt: skip
    with server.client(follow_redirects=True) as client:
        assert client.post("/evidence", data=said).status_code == 200
    made = app.evidence.items()[0]
    app.store.close()
    assert made["title"] == "Written by six people" and made["replaces"] == int(before[2:])
    assert made["co_authors"] == [{"name": "Author 0", "share": 0.05}, others[1], *others[3:]]


def test_a_packet_is_verified_and_an_altered_one_found(
    open_page: Any, packet: Path, tmp_path: Path, server: Any
) -> None:
    page = open_page("/packet")
    page.get_by_label("Packet file").set_input_files(packet)
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("heading", name="nothing in it does not match").wait_for()
    altered = tmp_path / "altered.html"
    altered.write_bytes(packet.read_bytes().replace(b"Held.", b"Flew.", 1))
    page.goto(f"{server.url}/packet")
    page.get_by_label("Packet file").set_input_files(altered)
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("heading", name="it does not match").wait_for()


def test_a_reviewer_rates_blind_and_then_compares(
    open_page: Any, axe: Any, sideways: Any, packet: Path, someone: App
) -> None:
    page = open_page("/review", 390, 844)
    page.get_by_label("Packet file").set_input_files(packet)
    page.get_by_role("button", name="Open a packet").click()
    page.get_by_role("heading", name="Your rating").wait_for()
    text = page.inner_text("main")
    assert "bar" not in page.inner_text("h1")
    assert "Not yet at the bar" not in text
    assert axe(page) == []
    assert sideways(page) == 0
    page.get_by_label("Your name").fill("Jonas Feld")
    page.get_by_label("Your role").fill("Committee member")
    for d in range(1, 11):
        page.check(f"input[name=level_D{d}][value='3']")
    page.get_by_role("button", name="Rate it, once").click()
    page.get_by_role("heading", name="Compared").wait_for()
    assert axe(page) == []
    assert page.get_by_role("button", name="Rate it, once").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Get the signed rating").click()
    made = someone.reviews.attach(Path(download.value.path()).read_bytes(), now=NOW)
    assert made["reviewer"] == "Jonas Feld"


def test_a_named_person_attests_in_a_browser(browser: Any, someone: App, tmp_path: Path) -> None:
    """The request is one file, opened from the disk, that signs and sends nothing."""
    asked = someone.evidence.ask("E-001", owner="Ines", person="Maki Sato", now=NOW)
    file = tmp_path / asked["name"]
    file.write_text(asked["page"])
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    requests: list[str] = []
    page.on("console", lambda m: problems.append(m.text))
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("request", lambda r: requests.append(r.url))
    page.goto(file.as_uri())
    assert "<script>alert(1)</script>" in page.inner_text("#claim")
    page.get_by_label("Yes, as it is written").check()
    page.get_by_label("Their part of it").fill("50")
    page.get_by_label("In your own words").fill("I saw it held. “Ünïcode” \u2028 too.")
    page.get_by_label("Your role").fill("Lead")
    page.get_by_label("How you worked").fill("Same team")
    with page.expect_download() as download:
        page.get_by_role("button", name="Sign and save").click()
    answer = Path(download.value.path()).read_text(encoding="utf-8")
    assert "fingerprint" in page.inner_text("#done")
    context.close()
    assert problems == []
    assert [r for r in requests if not r.startswith(("file:", "blob:"))] == []
    made = someone.evidence.attach(answer, now=NOW)
    (said,) = made["attestations"]
    assert (said["name"], said["share_percent"], said["by_owner"]) == ("Maki Sato", 50, False)
    assert json.loads(answer)["key"] == said["key"]
    packet = someone.packets.build("html", owner="Ines", everything=True, now=NOW)[0]
    report = someone.packets.verify(packet)
    assert report["ok"]
    assert any("Maki Sato" in a for a in report["anchors"])


def test_a_badge_is_taken_in_and_says_how_far_it_was_checked(
    open_page: Any, axe: Any, server: Any, tmp_path: Path
) -> None:
    from gradatim.path.evidence.signed import public_key
    from gradatim.path.packet.badge import credential, signed

    exam = {"id": "x1", "lab": "incident-response", "lab_version": "1.0.0", "skill": 0.71, "pass_mark": 0.6,
            "instances": 4, "grade": "self-run", "hash": "ab"}  # fmt: skip
    made = credential(owner=f"A. Person {HOSTILE}", key=public_key("33" * 32), now=NOW,
                      module={"id": "m", "title": f"Module {HOSTILE}"}, lab_titles=["A lab"], exams=[exam])  # fmt: skip
    (tmp_path / "badge.jwt").write_text(signed(made, "33" * 32))
    (tmp_path / "bad.svg").write_text('<!DOCTYPE x [<!ENTITY a "b">]><svg>&a;</svg>')
    page = open_page("/evidence", allow=("422",))
    page.get_by_text("Take in an Open Badge").click()
    page.get_by_label("A badge of version 3.0").set_input_files(tmp_path / "badge.jwt")
    assert axe(page) == []
    page.get_by_role("button", name="Check and record").click()
    page.get_by_role("heading", name="Badge: Module").wait_for()
    assert "VC-JWT, holds" in page.locator("dl.car").inner_text()
    assert "subject not confirmed as yours" in page.locator("dl.car").inner_text()
    assert axe(page) == []
    page.goto(server.url + "/evidence")
    assert page.get_by_text("subject not confirmed as yours").count() >= 1
    page.goto(server.url + "/evidence")
    page.get_by_text("Take in an Open Badge").click()
    page.get_by_label("A badge of version 3.0").set_input_files(tmp_path / "bad.svg")
    page.get_by_role("button", name="Check and record").click()
    assert "entities" in page.locator(".problems").inner_text()


def test_exams_in_a_packet_are_recomputed_in_the_background(
    open_page: Any, axe: Any, server: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    owner = App(tmp_path_factory.mktemp("examined"))
    source = {"type": "exam", "exam": "x1", "lab": "a-lab-of-another-company", "lab_version": "1.0.0",
              "lab_digest": "ab", "attempts": [], "healthy": [], "skill": 0.7, "status": "pass"}  # fmt: skip
    told = {
        "kind": "lab",
        "title": "Exam elsewhere",
        "links": [{"dimension": "D5", "level": 3}],
        "source": source,
    }
    owner.evidence.record(told, now=NOW)
    packet = tmp_path_factory.mktemp("packet") / "packet.html"
    packet.write_bytes(owner.packets.build("html", owner="Ines", now=NOW)[0])
    owner.store.close()
    page = open_page("/packet")
    page.get_by_label("Packet file").set_input_files(packet)
    page.get_by_role("button", name="Verify").click()
    page.wait_for_url("**/packet/checks/*")
    assert axe(page) == []
    page.get_by_text("Everything is checked, exams and tasks too.").wait_for(timeout=60_000)
    assert "needs another version" in page.locator("main").inner_text()
    assert page.get_by_role("button", name="Stop").count() == 0
    assert axe(page) == []
    with server.client() as client:
        assert client.get("/packet/checks/nothing").status_code == 404
        assert client.get("/packet/verify").headers["location"] == "/packet#verify"
        with packet.open("rb") as file:
            again = client.post("/packet/verify", files={"file": file})
        address = again.headers["location"]
        assert client.post(f"{address}/stop").headers["location"] == address
        text = client.get(address).text
    assert "are not run again" in text or "Everything is checked" in text


def test_a_task_is_taken_in_and_judged_on_fresh_draws_of_a_reader(
    open_page: Any, axe: Any, sideways: Any, server: Any, tmp_path: Path
) -> None:
    with server.client(follow_redirects=True) as client:
        client.post("/tasks/task-pipelines/start")
        text = client.get("/tasks/task-pipelines").text
        attempt = text.partition("/tasks/attempts/")[2].partition("/")[0]
        starter = zipfile.ZipFile(io.BytesIO(client.get(f"/tasks/attempts/{attempt}/starter.zip").content))
        files = [("files", (n, starter.read(f"task-pipelines/{n}"))) for n in ("features.py", "job.py")]
        assert "Not passed" in client.post(f"/tasks/attempts/{attempt}/submit", files=files).text
        for folder in ("/nowhere", "~nosuchuser/x", "a\0b"):
            answer = client.post("/evidence/commits", data={"repository": folder})
            assert answer.status_code == 422 and "no such folder" in answer.text
            assert "commits: which ones?" in answer.text  # never the whole history without being asked for
    page = open_page("/evidence")
    for summary in ("Take in an attempt", "Take in commits"):
        page.get_by_text(summary).click()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe(page) == [] and sideways(page) == 0
    page.locator("#what").select_option(f"attempt/{attempt}")
    page.locator("#cap-d").select_option("D4")
    page.locator("#cap-l").select_option("3")
    page.get_by_role("button", name="Record with its log").click()
    page.get_by_role("heading", name="Performed task: Mend a pipeline, not passed").wait_for()
    assert "log inside" in page.locator("dl.car").inner_text()
    with server.client(follow_redirects=True) as client:
        assert f"attempt/{attempt}" not in client.get("/evidence").text
        built = client.post("/packet/file", data={"owner": "Ines", "form": "html", "everything": "true"})
    packet = tmp_path / "packet.html"
    packet.write_bytes(built.content)
    page.goto(server.url + "/packet")
    page.get_by_label("Packet file").set_input_files(packet)
    page.get_by_label("Fresh draws of your own").fill("2")
    page.get_by_role("button", name="Verify").click()
    page.wait_for_url("**/packet/checks/*")
    page.get_by_role("heading", name="On fresh draws of your own").wait_for(timeout=60_000)
    row = page.locator("table", has_text="files of a task").inner_text()
    assert "does not pass" in row and "task-pipelines" in row and "leak" in row
    assert page.get_by_text("recomputed").count() >= 1
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe(page) == [] and sideways(page) == 0

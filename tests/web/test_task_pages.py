"""The pages of a performed task: start, download, hand in a folder or files, the verdict."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_a_task_in_the_browser_from_the_prerequisites_to_its_verdict(
    open_page: Any, axe: Any, sideways: Any, server: Any
) -> None:
    page = open_page("/start/prerequisites")
    page.locator("#pipelines").get_by_role("link", name="Perform the task").click()
    page.get_by_role("button", name="Start an attempt").click()
    folder = Path(page.locator("#folder").input_value())
    assert (folder / "BRIEF.md").is_file()
    with page.expect_download() as download:
        page.get_by_role("link", name="Starter as a zip file").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        assert packed.read("task-pipelines/job.py").decode() == (folder / "job.py").read_text(
            encoding="utf-8"
        )
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe(page) == [] and sideways(page) == 0
    page.get_by_role("button", name="Hand in the folder").click()
    page.wait_for_url("**/tasks/attempts/*")
    assert page.locator("h1").inner_text() == "Not passed"
    assert page.get_by_text("missed", exact=True).count() >= 2
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe(page) == [] and sideways(page) == 0


def test_files_can_be_sent_and_what_cannot_be_judged_spends_nothing(server: Any) -> None:
    with server.client(follow_redirects=True) as client:
        assert client.post("/tasks/task-pipelines/start").status_code == 200
        attempt = server_attempt(client)
        packed = zipfile.ZipFile(io.BytesIO(client.get(f"/tasks/attempts/{attempt}/starter.zip").content))
        sent = {n: packed.read(f"task-pipelines/{n}") for n in ("features.py", "job.py")}
        half = client.post(f"/tasks/attempts/{attempt}/submit", files=[("files", ("job.py", b"def run(:"))])
        assert half.status_code in (400, 422) and "features.py: missing" in half.text
        assert client.post(f"/tasks/attempts/{attempt}/submit", data={"folder": ""}).status_code in (400, 422)
        files = [("files", (f"C:\\work\\{n}", b"\xef\xbb\xbf" + t)) for n, t in sent.items()]
        done = client.post(f"/tasks/attempts/{attempt}/submit", files=files)
        assert done.status_code == 200 and "Not passed" in done.text
        assert client.get("/tasks/task-nothing").status_code == 404


def server_attempt(client: Any) -> str:
    """The open attempt, from the page's own link."""
    text = client.get("/tasks/task-pipelines").text
    return str(text.partition("/tasks/attempts/")[2].partition("/")[0])

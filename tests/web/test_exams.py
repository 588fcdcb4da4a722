"""An exam in the browser: what one expects, drawing, one instance in its room, handing in, the verdict."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TESTS = Path(__file__).parents[1]
small_lab = SimpleNamespace(**runpy.run_path(str(TESTS / "small_lab.py")))
SERVE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
import small_lab
small_lab.install(Path(sys.argv[2]))
from gradatim.app import App, examiner, exams
from gradatim.lab.exam.draw import kinds
from gradatim.web import serve
# A nonce that draws three instances: an exam of five takes the test twice as long.
class Short:
    randbits = staticmethod(lambda bits: next(n for n in range(1000, 2000) if len(kinds(n, 0)) == 3))
exams.secrets = Short
# The examiner's own process would not find the small lab: it draws here, while the first page is shown.
import threading
real = examiner.ensure
def ensure(app, exam):
    if exam.status == "drawing" and exam.id not in examiner._running:
        examiner._running[exam.id] = None
        threading.Thread(target=examiner.draw, args=(app, exam, 1), daemon=True).start()
    if exam.status == "drawing":
        return {**exam.progress, "state": "drawing"}
    return real(app, exam)
examiner.ensure = ensure
serve(Path(sys.argv[1]), port=0, open_browser=False, ready=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The signed-in address of a server that knows the small lab."""
    folder = tmp_path_factory.mktemp("exam-web")
    made, home = small_lab.make(folder), folder / "home"
    home.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(home), str(made), str(TESTS)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "GRADATIM_HOME": str(home)},
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, "the server did not start"
    yield line
    process.terminate()
    process.wait(15)
    process.stdout.close()


@pytest.fixture
def opened(address: str, browser: Browser) -> Iterator[Callable[[str, int], Page]]:
    """`opened(path, width)` -> a signed-in page; the test fails on any message of its console."""
    problems: list[str] = []
    contexts = []

    def opening(path: str, width: int) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(180_000)  # the first page waits for the compiled simulator on a busy machine
        page.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.goto(address)
        parts = urlsplit(address)
        page.goto(f"{parts.scheme}://{parts.netloc}{path}")
        return page

    yield opening
    for context in contexts:
        context.close()
    assert problems == []


def test_an_exam_from_the_form_to_the_verdict(
    opened: Callable[[str, int], Page],
    axe: Callable[..., list[dict[str, Any]]],
    sideways: Callable[[Page], int],
) -> None:
    page = opened(f"/labs/{small_lab.LAB}", 1440)

    def sound(where: Page) -> None:
        assert axe(where) == [] and sideways(where) == 0

    page.get_by_role("link", name="Exam of this lab").click()
    sound(page)
    for label, value in (("Skill", "0.5"), ("At least", "0"), ("At most", "0.9")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Begin the exam").click()
    expect(page.get_by_role("button", name="Open instance 1")).to_be_visible(timeout=400_000)
    exam = urlsplit(page.url).path
    sound(page)
    assert "healthy" not in page.inner_text("main")

    page.get_by_role("button", name="Open instance 1").click()
    expect(page.locator("#clock-time")).not_to_contain_text("--", timeout=60_000)
    assert "seed sealed" in page.inner_text("header.rbar")
    expect(page.locator("#rewind")).to_be_hidden()
    expect(page.locator("#fork")).to_be_hidden()
    assert not re.search(r"\d{20,}", page.content()), "a seed"
    room = urlsplit(page.url).path
    page.locator("#finish").click()
    page.get_by_role("button", name="End this instance").click()
    page.wait_for_url(f"**{exam}", timeout=60_000)
    assert "1 of" in page.inner_text("dl.figures")

    small = opened(exam, 390)
    sound(small)
    small.goto(small.url.replace(exam, room.removesuffix("/room")))
    assert urlsplit(small.url).path == exam, "no debrief before it is handed in"

    page.get_by_text("Hand in as it stands").click()
    page.get_by_role("button", name=re.compile("not worked")).click()
    expect(page.get_by_role("heading", name="How much this says")).to_be_visible(timeout=120_000)
    sound(page)
    small.goto(small.url)
    sound(small)
    page.get_by_role("link", name="Debrief of instance 1").click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.goto(page.url.split("/attempts")[0] + "/exams")
    sound(page)

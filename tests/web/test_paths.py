"""Another company's path in a real browser, on a server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App

pytestmark = pytest.mark.browser

BAKERY = Path(__file__).parents[1] / "path" / "bakery"
LADDER = "dimension;Mid;Senior\nDelivery;Plans their own project;Plans work that crosses teams\n"
PAGES = ("/", "/modules/dough", "/skills/kneading", "/start", "/start/prerequisites", "/plan", "/rubric",
         "/rubric/HAND", "/evidence", "/evidence/new", "/labs", "/packet", "/paths")  # fmt: skip


@pytest.fixture(scope="module")
def baker(launch: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    start, stop = launch
    home = tmp_path_factory.mktemp("baker") / "home"
    app = App(home)
    app.packs.open(str(BAKERY))
    app.store.close()
    running = start(home)
    yield running
    stop(running)


@pytest.fixture
def page(baker: Any, browser: Any) -> Iterator[Any]:
    context = browser.new_context(reduced_motion="reduce")
    context.add_cookies([{"name": baker.cookie[0], "value": baker.cookie[1], "url": baker.url}])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_the_path_is_the_bakers(
    page: Any, baker: Any, axe: Any, sideways: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in PAGES:
        answer = page.goto(baker.url + path)
        assert answer.status == 200, path
        assert page.locator("h1").count() == 1, path
        assert "Incident" not in page.locator("main").inner_text(), path
        assert sideways(page) == 0, path
        assert axe(page) == [], path
    page.goto(baker.url)
    assert "Kneading" in page.locator("main").inner_text()
    assert page.goto(baker.url + "/skills/incident-response").status == 404


def test_a_ladder_is_uploaded_read_and_opened(page: Any, baker: Any, axe: Any, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.csv", tmp_path / "Ours & theirs.csv"
    bad.write_text("dimension,Mid,Senior\nCare,Minds it,\n")
    good.write_text(LADDER)
    page.goto(baker.url + "/paths")
    page.get_by_label("File").set_input_files(bad)
    page.get_by_role("button", name="Read it").click()
    assert "Care: nothing is said at Senior" in page.locator(".problems").inner_text()
    page.goto(baker.url + "/paths")
    page.get_by_label("File").set_input_files(good)
    page.get_by_role("button", name="Read it").click()
    assert page.get_by_role("heading", name="Made: Ours & theirs").is_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Open this path").click()
    page.goto(baker.url + "/rubric")
    assert page.get_by_role("link", name="DELIVERY Delivery").is_visible()
    page.goto(baker.url + "/paths")
    page.get_by_role("button", name="Open Mid-level to senior AI engineer").click()
    page.get_by_text("This path is “Mid-level to senior AI engineer”.").wait_for()
    with baker.client() as client:
        refused = client.post("/paths/open", data={"pack": "/etc"})
    assert refused.status_code == 404

"""The pages in a real browser: readable at both widths and in both themes, by eye, ear and keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.browser

LAB = "incident-response"
PAGES = ("/", "/labs", f"/labs/{LAB}", "/attempts", "/skills/incident-response", "/skills/ml-roi")
WIDTHS = ((1440, 900), (390, 844))


@pytest.fixture(scope="module", autouse=True)
def one_open_attempt(server: Any) -> Iterator[str]:
    """An attempt, so that the pages have something to show."""
    with server.client() as client:
        answer = client.post(f"/api/labs/{LAB}/attempts", json={"seed": 11})
        assert answer.status_code == 201, answer.text
        yield answer.json()["id"]


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_pages_are_accessible_and_fit(
    open_page: Any, axe: Any, sideways: Any, server: Any, width: int, height: int
) -> None:
    page = open_page("/", width, height)
    for path in PAGES:
        page.emulate_media(color_scheme="light")
        page.goto(server.url + path)
        assert page.title().endswith("· Gradatim")
        assert page.locator("h1").count() == 1
        assert sideways(page) == 0, path
        assert axe(page) == [], path
        # Only colours change with the theme.
        page.emulate_media(color_scheme="dark")
        assert axe(page, only="color-contrast") == [], path


@pytest.mark.parametrize(
    "path", ["/nothing/here", "/labs/incident-respnse", "/attempts/none", "/skills/nope"]
)
def test_what_is_not_there_is_said_in_the_same_style(
    open_page: Any, axe: Any, sideways: Any, path: str
) -> None:
    page = open_page(path, 390, 844, "dark", allow=("404",))
    assert axe(page) == []
    assert sideways(page) == 0
    assert page.locator("h1").count() == 1
    assert page.get_by_role("link", name="Back to the path").is_visible() or "Next" in page.inner_text("main")


def test_home_shows_six_modules_thirty_skills_and_says_which_have_no_lab(open_page: Any, server: Any) -> None:
    page = open_page("/")
    assert page.locator(".map tbody tr").count() == 6
    assert page.locator(".map .sk").count() == 30
    with server.client() as client:
        skills = [s for m in client.get("/api/path").json()["modules"] for s in m["skills"]]
    without = [s for s in skills if not s["labs"]]
    assert page.locator(".map .st", has_text=re.compile("^no lab yet$")).count() == len(without) > 0
    legend = page.locator(".legend").inner_text()
    assert f"no lab yet {len(without)}" in legend
    assert sum(int(n) for n in re.findall(r"(\d+)(?:\s|$)", legend)) == 30


def test_home_leads_to_the_open_attempt(open_page: Any, one_open_attempt: str) -> None:
    page = open_page("/")
    hero = page.locator(".hero .btn.primary")
    assert hero.count() == 1
    assert re.match(r"/attempts/.+/room", hero.get_attribute("href"))
    assert page.locator("main .cmd code").last.inner_text().startswith("gradatim")


def test_every_link_of_the_map_opens(server: Any) -> None:
    with server.client(headers={"Accept": "text/html"}) as client:
        home = client.get("/").text
        links = set(re.findall(r'href="(/[^"#]*)"', home))
        assert len([link for link in links if link.startswith("/skills/")]) == 30
        for link in sorted(links):
            assert client.get(link, follow_redirects=True).status_code == 200, link


def test_a_page_works_by_keyboard_alone(open_page: Any) -> None:
    page = open_page("/labs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_theme_is_chosen_kept_and_there_before_the_first_paint(open_page: Any, server: Any) -> None:
    page = open_page("/labs", theme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    with page.expect_response(lambda r: r.url.endswith("/theme")):
        page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    page.goto(f"{server.url}/attempts")
    assert page.evaluate(ground) == dark
    assert 'data-theme="dark"' in page.request.get(f"{server.url}/").text()
    with page.expect_response(lambda r: r.url.endswith("/theme")):
        page.get_by_role("button", name="System").click()
    assert page.evaluate(ground) == light


def test_commands_can_be_copied(open_page: Any, server: Any) -> None:
    page = open_page("/labs")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    button = page.get_by_role("button", name="Copy").last
    command = page.locator(".cmd code").last.inner_text()
    button.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == command


def test_pages_work_without_script(browser: Any, server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/labs?token={server.token}")
    page.get_by_role("button", name="Dark").click()
    assert page.url == f"{server.url}/labs"
    assert page.locator("html").get_attribute("data-theme") == "dark"
    context.close()


def test_the_lab_page_says_what_is_graded_and_what_is_not(open_page: Any, server: Any) -> None:
    with server.client() as client:
        lab = client.get(f"/api/labs/{LAB}").json()
    page = open_page(f"/labs/{LAB}")
    text = page.inner_text("main")
    for item in lab["not_measured"]:
        assert item in text
    for item in lab["graded"]:
        assert item["text"] in text
    assert page.get_by_role("button", name="Start a practice run").is_visible()


def test_a_bad_seed_is_refused_with_what_to_do(open_page: Any) -> None:
    page = open_page(f"/labs/{LAB}", allow=("422",))
    page.get_by_text("Choose the seed").click()
    page.get_by_label("Seed").fill("seven")
    page.get_by_role("button", name="Start a practice run").click()
    page.get_by_role("heading", name="the seed is not a whole number").wait_for()
    assert f"gradatim lab start {LAB}" in page.inner_text("main")


def test_no_page_carries_an_inline_style_or_script(server: Any) -> None:
    with server.client(headers={"Accept": "text/html"}) as client:
        for path in PAGES:
            html = client.get(path).text
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html), path

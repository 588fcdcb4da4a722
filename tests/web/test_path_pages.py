"""The pages of the path in a real browser: map, module, skill, start, prerequisites, plan, rubric."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/modules/production-ml-reliability",
    "/skills/incident-response",
    "/estimates",
    "/start",
    "/start/prerequisites",
    "/plan",
    "/rubric",
    "/rubric/D5",
)


@pytest.fixture(scope="module", autouse=True)
def answered(server: Any) -> Iterator[None]:
    """Answers and a record, so that the pages have dates to show."""
    said = {"weekly_hours": "5", "committee_windows": "04-01, 10-01", "scope.D1": "3", "time_zone": "UTC"}
    record = {"what": "Ranking service", "since": "2023-01-01", "attested_by": "A. Lead"}
    with server.client(follow_redirects=True) as client:
        assert client.post("/start", data=said).status_code == 200
        made = client.post("/start/prerequisites/production-experience", data=record)
        assert made.status_code == 200
    yield
    with server.client() as client:
        client.post("/start", data={**dict.fromkeys(said, ""), "scope.D1": ""})


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_pages_are_accessible_and_fit(
    open_page: Any, axe: Any, sideways: Any, server: Any, width: int, height: int
) -> None:
    page = open_page("/", width, height)
    for path in PAGES:
        page.emulate_media(color_scheme="light")
        page.goto(server.url + path)
        assert page.locator("h1").count() == 1, path
        assert sideways(page) == 0, path
        assert axe(page) == [], path
        page.emulate_media(color_scheme="dark")
        assert axe(page, only="color-contrast") == [], path


def test_the_map_is_a_graph_with_a_shape_and_a_word_for_each_skill(open_page: Any, server: Any) -> None:
    with server.client() as client:
        skills = [s for m in client.get("/api/path").json()["modules"] for s in m["skills"]]
    page = open_page("/")
    nodes = page.locator(".graph a[href^='/skills/']")
    assert nodes.count() == 30
    assert page.locator(".graph .edge").count() == sum(len(s["after"]) for s in skills)
    for i in range(30):
        node = nodes.nth(i)
        assert node.locator(".glyph").count() == 1
        assert node.locator(".word").inner_html().strip()
    nodes.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/skills/*")


def test_on_a_phone_the_map_is_lists(open_page: Any) -> None:
    page = open_page("/", 390, 844)
    assert not page.locator(".graph").is_visible()
    assert page.locator(".map .sk").first.is_visible()
    wide = open_page("/", 1440, 900)
    assert wide.locator(".graph").is_visible()
    assert not wide.locator(".map").is_visible()


def test_questions_are_answered_kept_and_taken_back(open_page: Any) -> None:
    page = open_page("/start")
    assert page.get_by_label("How many hours a week").input_value() == "5"
    page.get_by_label("What is your role now?").fill("ML engineer")
    page.get_by_label("D5 Ownership and operations").select_option("3")
    page.get_by_role("button", name="Keep these answers").click()
    page.get_by_role("status").wait_for()
    assert page.get_by_label("What is your role now?").input_value() == "ML engineer"
    assert page.get_by_label("D5 Ownership and operations").input_value() == "3"
    page.get_by_label("What is your role now?").fill("")
    page.get_by_label("D5 Ownership and operations").select_option("")
    page.get_by_role("button", name="Keep these answers").click()
    page.get_by_role("status").wait_for()
    assert page.get_by_label("What is your role now?").input_value() == ""


def test_bad_answers_are_named_together(open_page: Any) -> None:
    page = open_page("/start", allow=("422",))
    page.get_by_label("How many hours a week").fill("900")
    page.get_by_label("In which time zone").fill("Nowhere")
    page.get_by_role("button", name="Keep these answers").click()
    page.get_by_role("heading", name="these answers cannot be kept").wait_for()
    text = page.inner_text("main")
    assert "weekly_hours" in text and "time_zone" in text


def test_each_performed_prerequisite_leads_to_its_task_and_nobody_is_locked_out(open_page: Any) -> None:
    page = open_page("/start/prerequisites")
    assert page.locator(".prereq").count() == 6
    assert page.locator('.prereq a[href^="/tasks/"]').count() >= 4
    text = page.inner_text("main")
    assert "Nobody is locked out" in text
    assert "A. Lead" in text
    assert page.locator("#production-experience .st", has_text="met").count() == 1
    assert page.locator("#independent-delivery form").count() == 1


def test_a_record_is_written_and_withdrawn(open_page: Any) -> None:
    page = open_page("/start/prerequisites")
    form = page.locator("#independent-delivery form").last
    form.get_by_label("System or piece of work").fill("Feature store <script>")
    form.get_by_label("Since").fill("2025-02-01")
    form.get_by_label("Your own share, per cent").fill("70 %")
    form.get_by_role("button").click()
    row = page.locator("#independent-delivery tbody tr")
    row.wait_for()
    assert "Feature store <script>" in row.inner_text()
    assert "0.70" in row.inner_text()
    row.get_by_role("button", name="Withdraw").click()
    page.locator("#independent-delivery tbody tr").wait_for(state="detached")


def test_the_plan_has_three_dates_levers_and_a_calendar(open_page: Any, server: Any) -> None:
    page = open_page("/plan")
    text = page.inner_text("main")
    for word in ("P15", "P50", "P85", "7 hours a week instead of 5", "Committee after it"):
        assert word in text
    assert re.search(r"[+−]\d+\.\d weeks", text)
    with server.client() as client:
        file = client.get("/plan.ics")
        assert file.headers["content-type"].startswith("text/calendar")
        assert file.content.startswith(b"BEGIN:VCALENDAR")
        assert file.content.count(b"BEGIN:VEVENT") > 60


def test_a_skill_shows_what_is_missing_reading_and_work(open_page: Any) -> None:
    page = open_page("/skills/incident-response")
    assert page.locator(".todo li").count() >= 2
    assert all("Why:" in t for t in page.locator(".todo li").all_inner_texts())
    text = page.inner_text("main")
    assert "Site Reliability Engineering" in text
    assert "gradatim work incident" in text
    page.get_by_role("link", name="D5 Ownership and operations").click()
    page.get_by_role("heading", name="4 senior").wait_for()


def test_a_self_rating_stays_beside(open_page: Any) -> None:
    page = open_page("/rubric/D8")
    page.get_by_label("Level").select_option("3")
    page.get_by_label("Why, in a line").fill("one RFC")
    page.get_by_role("button", name="Keep it beside the evidence").click()
    page.get_by_role("cell", name="one RFC").wait_for()
    assert "never averaged" in page.inner_text("main")


def test_no_page_tells_a_share_of_the_way_or_a_chance_of_promotion(server: Any) -> None:
    with server.client(headers={"Accept": "text/html"}) as client:
        for path in PAGES:
            html = client.get(path).text
            text = re.sub(r"<[^>]+>", " ", html.partition("<main")[2])
            shares = set(re.findall(r"\d+ ?%[^.]{0,20}", text))
            assert all(s.startswith("80 %") or "D4" in path or path == "/rubric/D5" for s in shares), path
            assert "chance of promotion" not in text and "% complete" not in text
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html), path


def test_what_is_not_there_is_said(open_page: Any, axe: Any) -> None:
    for path in ("/modules/nope", "/rubric/D99"):
        page = open_page(path, 390, 844, "dark", allow=("404",))
        assert axe(page) == []
        assert page.locator("h1").count() == 1


def test_the_use_case_reads_the_same_table_as_the_command_line(root: Path) -> None:
    """`gradatim work` lists its commands where the skill pages look for them."""
    from gradatim.app.wayfinding import work_commands

    text = (root / "src" / "gradatim" / "cli" / "work" / "__init__.py").read_text(encoding="utf-8")
    assert all(f'"{name}":' in text for name in work_commands())

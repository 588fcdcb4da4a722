"""A shift of days in a real browser, by mouse: its times are read and typed, people are answered, jobs report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gradatim.core.clock import ShiftClock

pytestmark = pytest.mark.browser

LAB = "incident-response"
OPEN_MS = 120_000
ROUND_TRIP = """async ([times, near]) => {
  const { WallTime } = await import('/static/room/time.js');
  const made = (horizon_s) => {
    const time = new WallTime();
    time.learn({ t_s: 43200, clock: '20:00:00', start_s: 43200, horizon_s });
    return time;
  };
  const days = made(302400), hours = made(50400);
  const read = (text) => days.parse(text, near);
  return times.map((t) => [
    days.hhmm(t), days.hhmmss(t), read(days.hhmmss(t)), read(days.short(t)), hours.hhmmss(t), days.tick(t, false),
  ]);
}"""
REFUSED = """async (typed) => {
  const { WallTime } = await import('/static/room/time.js');
  const time = new WallTime();
  time.learn({ t_s: 43200, clock: '20:00:00', start_s: 43200, horizon_s: 302400 });
  return typed.filter((text) => !Number.isNaN(time.parse(text, 90000)));
}"""


@pytest.fixture(scope="module")
def attempt(server: Any) -> str:
    """A shift of days, some hours after its page: somebody has asked."""
    with server.client() as client:
        made: str = client.post(
            f"/api/labs/{LAB}/attempts", json={"seed": 21, "family": "stale-features"}
        ).json()["id"]
        client.post(f"/api/attempts/{made}/advance", json={"seconds": 62_000}).raise_for_status()
    return made


@pytest.fixture
def room(open_page: Callable[..., Page], attempt: str) -> Callable[..., Page]:
    """`room(…) -> Page` with everything on it."""

    def opening(**more: Any) -> Page:
        page = open_page(f"/attempts/{attempt}/room", **more)
        expect(page.locator("#clock-time")).to_contain_text("day 2", timeout=OPEN_MS)
        expect(page.locator("#log-count")).to_contain_text("lines", timeout=OPEN_MS)
        return page

    return opening


def chosen(page: Page, pane: str, label: str, option: str) -> None:
    page.locator(f"{pane} select").and_(page.get_by_label(label, exact=True)).select_option(label=option)


def test_the_page_writes_and_reads_times_as_the_command_line_does(room: Any) -> None:
    page: Page = room()
    days, hours = ShiftClock(True), ShiftClock(False)
    times = [43_200, 57_599, 57_600, 90_840, 144_000, 302_400, -3600, -30_000]
    found = page.evaluate(ROUND_TRIP, [times, 90_000])
    for t_s, (short, long, back, dense, of_day, tick) in zip(times, found, strict=True):
        assert (short, long, tick) == (days.text(t_s), days.text(t_s, seconds=True), days.tick(t_s))
        assert back == dense == t_s
        assert of_day == hours.text(t_s, seconds=True)
    assert page.evaluate(REFUSED, ["25:00", "2/25:00", "9h14", "2 09:14", "day 09:14", "2/", ""]) == []


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_no_violation_and_no_sideways_scroll(
    room: Any, axe: Any, sideways: Any, width: int, theme: str
) -> None:
    page = room(width=width, theme=theme)
    assert sideways(page) == 0
    assert axe(page) == []


def test_every_time_on_the_page_names_its_day(room: Any) -> None:
    page: Page = room()
    expect(page.locator("#clock-time")).to_have_text("day 2 13:13")
    expect(page.locator("#alerts tbody tr").filter(has_text="ModelMonitorBreached").first).to_contain_text(
        "day 2 05:00"
    )
    assert page.locator("#log > div > div").last.inner_text().startswith("2/13:")
    expect(page.locator("#axis svg")).to_contain_text("day 2")
    expect(page.locator("#lost-label")).to_have_text("Failed answers and changes")
    page.locator("#rewind").click()
    dialog = page.locator("dialog[open]")
    field = dialog.locator("#moment")
    for typed, told in (
        ("25:00", "is not a time such as day 2 09:42"),
        ("5/09:00", "Choose from day 1 20:00:00 to"),
    ):
        field.fill(typed)
        dialog.get_by_role("button", name="Rewind").click()
        expect(dialog.get_by_role("alert")).to_contain_text(told)
    dialog.get_by_role("button", name="Cancel").click()


def test_a_question_is_answered_and_an_update_is_posted_with_one_click_each(room: Any) -> None:
    page: Page = room()
    asked = page.locator("#messages .msg").filter(has_text="Gate desks ask")
    asked.get_by_text("Not known yet").click()
    asked.get_by_role("button", name="Answer").click()
    expect(asked).to_contain_text("You answered: Not known yet")
    expect(asked.get_by_role("radio")).to_have_count(3)  # and can be answered again
    page.locator("#update-open").click()
    expect(page.get_by_label("Next update")).to_have_value("720")
    chosen(page, "#update-form", "Impact", "degraded")
    # The click that follows leaves this field, which must not undo what was previewed.
    page.get_by_label("Share high").fill("20")
    post = page.locator("#update-form button[type=submit]")
    expect(post).to_have_attribute("aria-disabled", "false")
    post.click()
    expect(page.locator("#messages-due")).to_have_text("update due day 3 01:13")
    page.locator("#action-groups button").filter(has_text="Fall back").click()
    expect(page.locator("#action-groups select option")).to_have_text(["Fall back", "Answer on failure"])


def test_what_came_of_a_job_is_told_and_stands_on_the_desk(room: Any) -> None:
    page: Page = room()
    page.locator("#action-groups button").filter(has_text="Run a job").click()
    page.locator("#action-groups select").select_option(label="Re-run a job")
    chosen(page, "#action-form", "Job", "weather")
    confirm = page.locator("#action-form button[type=submit]")
    expect(confirm).to_have_attribute("aria-disabled", "false")
    confirm.click()
    expect(page.locator("#toasts")).to_contain_text("takes effect day 2 13:43:20")
    page.locator("#step").click()
    expect(page.locator("#toasts")).to_contain_text("day 2 13:43 weather job re-run: ended")
    page.locator("#desk-open").click()
    desk = page.locator("dialog[open]")
    desk.get_by_role("tab", name="Changes, 14 days").click()
    expect(desk.locator("tbody tr").first).to_contain_text("weather job re-run: ended")
    expect(desk.locator("tbody tr").first).to_contain_text("day 2 13:43")
    desk.get_by_role("tab", name="Prices").click()
    expect(desk.locator("tbody tr").filter(has_text="offer, and it is not late")).to_contain_text("−$0.198")

"""Forms of the room: a control says what it does, an error stays, nothing is bought twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

LAB = "incident-response"
OPEN_MS = 120_000


@pytest.fixture(scope="module")
def attempt(server: Any) -> str:
    """Ten minutes into a shift of hours."""
    with server.client() as client:
        made: str = client.post(f"/api/labs/{LAB}/attempts", json={"seed": 11}).json()["id"]
        client.post(f"/api/attempts/{made}/advance", json={"seconds": 600}).raise_for_status()
    return made


@pytest.fixture
def room(open_page: Callable[..., Page], attempt: str) -> Callable[..., Page]:
    """`room(**size)` -> the attempt's page with everything on it."""

    def opening(**more: Any) -> Page:
        page = open_page(f"/attempts/{attempt}/room", **more)
        expect(page.locator("#log-count")).to_contain_text("lines", timeout=OPEN_MS)
        return page

    return opening


def test_a_choice_that_has_a_default_offers_no_empty_one(room: Any) -> None:
    """Left empty it would have been sent without the field, which means: all clients."""
    page = room()
    page.get_by_role("button", name="Shed", exact=True).click()
    client = page.locator("#action-form").get_by_label("Client", exact=True)
    assert client.locator("option").all_inner_texts() == ["all", "web", "ios", "android", "partner"]
    page.keyboard.press("u")
    component = page.locator("#update-form").get_by_label("Component", exact=True)
    said = component.locator("option").all_inner_texts()
    assert said[0] == "not said" and said.count("none") == 1


def test_the_same_action_twice_is_asked_about(room: Any, server: Any, attempt: str) -> None:
    page = room()
    page.get_by_role("button", name="Run a job", exact=True).click()
    confirm = page.locator("#action-form button[type=submit]")
    expect(confirm).to_have_attribute("aria-disabled", "false")
    confirm.click()
    expect(page.locator("#toasts")).to_contain_text("Backfill the cache: takes effect")
    expect(confirm).to_have_attribute("aria-disabled", "false")
    confirm.click()
    expect(page.get_by_role("dialog")).to_contain_text("You have just done exactly this.")
    expect(page.get_by_role("dialog")).to_contain_text("costs $120")
    page.get_by_role("button", name="Cancel").click()
    with server.client() as client:
        log = client.get(f"/api/attempts/{attempt}/submission").json()["actions"]
    assert [one["action"]["kind"] for one in log].count("prewarm_cache") == 1


def test_good_news_does_not_push_a_refusal_out(room: Any) -> None:
    page = room()
    page.evaluate("gradatimRoom.toast('Refused: nobody knows that alert', 'bad')")
    for i in range(5):
        page.evaluate(f"gradatimRoom.toast('job {i} ended')")
    expect(page.locator("#toasts .bad")).to_have_text("Refused: nobody knows that alert")
    expect(page.locator("#toasts .bad")).to_have_attribute("role", "alert")
    expect(page.locator("#toasts p:not(.bad)")).to_have_text(["job 3 ended", "job 4 ended"])


def test_settings_on_the_desk_have_units_and_no_heading_stands_over_nothing(room: Any) -> None:
    page = room()
    # In one step: the next frame brings the service as it is.
    page.evaluate("""() => {
      const { desk } = gradatimRoom;
      desk.service = { ...desk.service, quarantined: {}, versions: [] };
      void desk.open();
    }""")
    sheet = page.locator("#desk-sheet")
    expect(sheet).to_contain_text("Max wait, ms")
    expect(sheet).to_contain_text("Remote timeout, ms")
    for name in ("Quarantined", "Versions"):
        expect(sheet.locator(f"dt:text-is('{name}') + dd")).to_have_text("none")
        expect(sheet.get_by_role("heading", name=name)).to_have_count(0)


def test_the_tabs_of_the_desk_stay_where_they_are(room: Any) -> None:
    page = room()
    page.keyboard.press("k")
    tops = set()
    for tab in page.get_by_role("tab").all():
        tab.click()
        tops.add(round((tab.bounding_box() or {"y": -1})["y"]))
    assert len(tops) == 1


def test_a_diagnosis_says_what_its_mechanism_means_before_it_is_committed(room: Any) -> None:
    page = room()
    form = page.locator("#diagnosis-form")
    for label, value in (("Component", "features"), ("Mechanism", "cold cache"), ("Scope", "all")):
        form.get_by_label(label, exact=True).select_option(label=value)
    meaning = "cold cache: the cache is cold, and the load keeps it from filling."
    expect(form).to_contain_text(meaning)
    form.locator("button[type=submit]").click()
    expect(page.get_by_role("dialog")).to_contain_text(meaning)
    page.keyboard.press("Escape")


def test_what_is_missing_is_told_in_the_words_of_the_form(room: Any) -> None:
    page = room()
    page.keyboard.press("o")
    page.get_by_role("button", name="Submit prevention").click()
    page.locator("#close-form").get_by_role("button", name="Add").click()
    problems = page.locator("#close-form .blast li")
    expect(problems.first).to_have_text("1, Files of: still to be filled in")
    assert all("_" not in text for text in problems.all_inner_texts())


def test_ending_early_says_that_questions_stay_unanswered(room: Any) -> None:
    page = room()
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_contain_text("Nobody answers what is asked in them.")
    page.keyboard.press("Escape")


def test_on_a_phone_every_pane_is_one_tap_away(room: Any, axe: Any, sideways: Any) -> None:
    page = room(width=390, height=844)
    for name, pane in (("Act", "#pane-action"), ("Messages", "#pane-messages"), ("Alerts", "#pane-alerts")):
        page.get_by_role("navigation", name="Panes of the room").get_by_role("link", name=name).click()
        expect(page.locator(pane)).to_be_in_viewport()
    assert axe(page) == [] and sideways(page) == 0


def test_the_next_alert_is_seen_on_its_way(room: Any, server: Any) -> None:
    """The clock runs on the page while it is searched: no long silence, no second search meanwhile."""
    page = room()
    page.evaluate("""() => {
      globalThis.seen = new Set();
      const clock = document.getElementById("clock-time");
      new MutationObserver(() => seen.add(clock.textContent)).observe(clock, {childList: true, subtree: true});
    }""")
    button = page.locator("#next-alert")
    button.click()
    expect(button).to_have_attribute("aria-busy", "false", timeout=OPEN_MS)
    expect(page.locator("#alerts [data-ack]").first).to_be_visible(timeout=OPEN_MS)
    assert page.evaluate("seen.size") > 2

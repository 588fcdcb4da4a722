"""The incident room in a real browser: looked at, played with the mouse, played with the keyboard alone."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

LAB = "incident-response"
OPEN_MS = 120_000
PAPERS = ("Service now", "Architecture", "Handover", "Runbook", "Changes, 14 days", "Objectives", "Prices")


def started(server: Any, seed: int = 11) -> str:
    with server.client() as client:
        answer = client.post(f"/api/labs/{LAB}/attempts", json={"seed": seed})
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made


def ready(page: Page) -> Page:
    """Wait until the room has its first frame."""
    expect(page.locator("#clock-time")).not_to_have_text("--:--:--", timeout=OPEN_MS)
    expect(page.locator("#log-count")).to_contain_text("lines", timeout=OPEN_MS)
    return page


@pytest.fixture(scope="module")
def attempt(server: Any) -> str:
    """One attempt, twenty minutes in: something has been alerted."""
    made = started(server)
    with server.client() as client:
        client.post(f"/api/attempts/{made}/advance", json={"seconds": 2400}).raise_for_status()
    return made


@pytest.fixture
def room(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """`room(attempt, …) -> Page` with everything on it."""

    def opening(attempt: str, **more: Any) -> Page:
        return ready(open_page(f"/attempts/{attempt}/room", **more))

    return opening


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1100, 800), (390, 844)])
def test_no_violation_and_no_sideways_scroll(
    room: Any, attempt: str, axe: Any, sideways: Any, theme: str, width: int, height: int
) -> None:
    page = room(attempt, width=width, height=height, theme=theme)
    expect(page.locator(".strip canvas").first).to_be_attached()
    assert axe(page) == []
    assert sideways(page) == 0
    if width == 1440:
        assert page.evaluate("document.documentElement.scrollHeight") == height


def test_eight_charts_each_with_a_legend_and_a_table(room: Any, attempt: str) -> None:
    page = room(attempt)
    expect(page.locator(".strip canvas")).to_have_count(8)
    for chart in page.locator(".strip .plot[role=img]").all():
        assert re.search(r"\d\d:\d\d to \d\d:\d\d", chart.get_attribute("aria-label") or "")
    values = page.locator(".strip .key b").all_inner_texts()
    assert len(values) >= 12 and all(v != "–" for v in values)
    page.keyboard.press("t")
    expect(page.locator("#table-body tbody tr").first).to_be_visible()
    assert page.locator("#table-body thead th").count() >= 12
    page.keyboard.press("Escape")
    expect(page.locator("#table-body")).to_be_hidden()


def test_play_runs_the_clock_and_pause_holds_it(room: Any, server: Any) -> None:
    page = room(started(server))
    began = page.locator("#clock-time").inner_text()
    page.keyboard.press("4")
    expect(page.get_by_role("button", name="×600")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_contain_text("Pause")
    expect(page.locator("#clock-time")).not_to_have_text(began)
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_contain_text("Play")


def test_the_crosshair_shows_the_values_of_its_moment(room: Any, attempt: str) -> None:
    page = room(attempt)
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    chip = page.locator("#axis .xtext")
    expect(chip).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    before = chip.text_content()
    page.keyboard.press("Shift+ArrowLeft")
    expect(chip).not_to_have_text(before or "")
    page.keyboard.press("Escape")
    expect(page.locator("#axis g")).to_have_attribute("visibility", "hidden")


def test_dragging_zooms_and_z_follows_again(room: Any, attempt: str) -> None:
    page = room(attempt)
    box = page.locator(".strip .plot[role=img]").nth(2).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 30, steps=4)
    page.mouse.up()
    expect(page.locator("#follow")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#follow")).to_be_hidden()


def test_another_series_can_be_charted_and_stays_after_a_reload(room: Any, attempt: str) -> None:
    page = room(attempt)
    page.get_by_role("button", name="Choose the series of Data age").click()
    dialog = page.get_by_role("dialog")
    while dialog.get_by_role("checkbox", checked=True).count():
        dialog.get_by_role("checkbox", checked=True).first.uncheck()
    dialog.get_by_role("searchbox").fill("scaler cpu")
    dialog.get_by_label(re.compile("CPU the scaler saw")).check()
    dialog.get_by_role("button", name="Show").click()
    last = page.locator(".strip .key").last
    expect(last).to_have_attribute("title", re.compile("^scaler"))
    page.reload()
    ready(page)
    expect(page.locator(".strip .key").last).to_have_attribute("title", re.compile("^scaler"))


def test_an_incident_worked_by_keyboard_alone(room: Any, server: Any) -> None:
    page = room(started(server))
    keys = page.keyboard
    keys.press("n")
    expect(page.locator("#alerts [data-ack]").first).to_be_visible(timeout=OPEN_MS)
    keys.press("a")
    name = page.evaluate("document.activeElement.getAttribute('aria-label')").removeprefix("Ack ")
    keys.press("Enter")
    expect(page.locator("#alerts tr", has_text=name).first).to_contain_text("yours")

    keys.press("x")
    while page.evaluate("document.activeElement.textContent") != "Scale":
        keys.press("Tab")
    keys.press("Enter")
    while page.evaluate("document.activeElement.tagName") != "INPUT":
        keys.press("Tab")
    keys.type("14")
    expect(page.locator("#action-form .blast")).to_contain_text("replicas")
    expect(page.locator("#action-form button[type=submit]")).to_be_enabled()
    keys.press("Control+Shift+Enter")
    expect(page.locator("#toasts")).to_contain_text("takes effect")
    keys.press("Escape")

    keys.press("u")
    for text in ("deg", None, None, "60", None, None, None):
        if text:
            keys.press("Control+a") if text.isdigit() else None
            keys.type(text)
        keys.press("Tab")
    expect(page.locator("#update-form button[type=submit]")).to_be_enabled()
    keys.press("Control+Shift+Enter")
    expect(page.locator("#messages")).to_contain_text("You")
    expect(page.locator("#messages-due")).to_contain_text("update due")

    keys.press("Escape")
    keys.press("d")
    for _ in range(3):
        keys.press("ArrowDown")
        keys.press("Tab")
    expect(page.locator("#diagnosis-form button[type=submit]")).to_be_enabled()
    keys.press("Control+d")
    expect(page.get_by_role("dialog")).to_contain_text("Commit this diagnosis?")
    keys.press("Enter")
    expect(page.locator("#diagnosis-state")).to_contain_text("committed")

    keys.press("Escape")
    keys.press("w")
    keys.type("n s x ? 4 are letters here")
    expect(page.locator("#notes-state")).to_have_text("saved")
    assert page.locator("#notes").input_value() == "n s x ? 4 are letters here"
    assert page.get_by_role("dialog").count() == 0

    page.reload()
    ready(page)
    expect(page.locator("#notes")).to_have_value("n s x ? 4 are letters here")
    expect(page.locator("#diagnosis-state")).to_contain_text("committed")
    expect(page.locator("#lanes svg")).to_have_attribute("aria-label", re.compile("scale", re.IGNORECASE))


def test_a_prevention_is_put_together_by_keyboard_priced_and_handed_in(
    room: Any, server: Any, axe: Any, sideways: Any
) -> None:
    made = started(server)
    with server.client() as client:
        said = {"kind": "diagnose", "component": "predict", "mechanism": "slow_model", "scope": "all"}
        assert client.post(f"/api/attempts/{made}/act", json=said).json()["accepted"]
    page = room(made)
    keys = page.keyboard
    keys.press("o")
    keys.press("Tab")
    keys.press("Enter")
    form = page.locator("#close-form")
    expect(form).to_contain_text("Guardrails")

    def tab_to(text: str) -> None:
        while page.evaluate("document.activeElement.textContent") != text:
            keys.press("Tab")

    tab_to("Add")
    keys.press("Enter")
    keys.type("Canary")
    expect(form).to_contain_text("beside the version in use")
    for typed in ("model", "latency", "2000", "20"):
        keys.press("Tab")
        keys.type(typed)
    expect(form.locator(".blast")).to_contain_text("$13,000 a quarter")
    tab_to("Add")
    keys.press("Enter")
    keys.type("Alert")
    for typed in ("batch slowness", "1.3", "2"):
        keys.press("Tab")
        keys.type(typed)
    expect(form.locator(".blast")).to_contain_text("$16,250 + $11,250 = $27,500 a quarter")
    assert axe(page) == [] and sideways(page) == 0
    for _ in range(2):
        tab_to("Add")
        keys.press("Enter")
    expect(form.get_by_role("button", name="Add")).to_be_disabled()
    for _ in range(2):
        form.get_by_role("button", name="Remove").last.click()
    expect(form.locator("button[type=submit]")).to_have_attribute("aria-disabled", "false")
    keys.press("Control+Shift+Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Submit prevention?")
    keys.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Submit prevention: done")
    with server.client() as client:
        log = client.get(f"/api/attempts/{made}/submission").json()["actions"]
    assert log[-1]["action"]["guardrails"] == [
        {"type": "canary_gate", "on": "model", "metric": "latency", "min_samples": 2000, "most_worse": 0.2},
        {"type": "alert_rule", "metric": "batch_slowness", "above": 1.3, "for_min": 2, "severity": "page"},
    ]


def test_a_refused_action_says_why(room: Any, attempt: str) -> None:
    page = room(attempt)
    page.get_by_role("button", name="Roll back", exact=True).click()
    field = page.get_by_label("Change", exact=True)
    field.fill("C-0000")
    expect(page.locator("#action-form .blast")).to_contain_text("C-0000")
    expect(page.locator("#action-form button[type=submit]")).to_be_disabled()


def test_all_problems_are_told_at_once_and_only_after_a_touch(room: Any, attempt: str) -> None:
    page = room(attempt)
    page.get_by_role("button", name="Retries", exact=True).click()
    page.locator("#action-groups select").select_option(label="Attempts")
    expect(page.locator("#action-form .blast")).to_be_empty()
    page.get_by_label("Max attempts").fill("99")
    page.get_by_label("Backoff").fill("-4")
    problems = page.locator("#action-form .blast li")
    expect(problems).to_have_count(2)


def test_hostile_text_stays_text(room: Any, attempt: str) -> None:
    page = room(attempt)
    page.keyboard.press("q")
    page.keyboard.type("select '<img src=x onerror=alert(1)>' as \"<b>x</b>\"")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sql-result td")).to_have_text("<img src=x onerror=alert(1)>")
    page.locator("#sql").fill("select <img src=x onerror=alert(1)> from nowhere")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sql-result pre")).to_be_visible()
    assert page.locator("#sql-result img, #sql-result b").count() == 0
    page.locator("#sql").fill("DROP TABLE log")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sql-result pre")).to_contain_text("SELECT")
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#sql")).to_have_value("DROP TABLE log")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#sql")).to_have_value(re.compile("nowhere"))


def test_the_log_filters_and_holds(room: Any, attempt: str) -> None:
    page = room(attempt)
    page.keyboard.press("/")
    page.keyboard.type("scaler")
    lines = page.locator("#log > div > div")
    expect(lines.first).to_contain_text("scaler")
    assert all("scaler" in text for text in lines.all_inner_texts())
    assert lines.count() <= 400
    page.locator("#log-pause").click()
    expect(page.locator("#log-count")).to_contain_text("held")


def test_two_tabs_keep_in_step(room: Any, server: Any) -> None:
    made = started(server)
    one = room(made)
    two = one.context.new_page()
    two.goto(one.url)
    ready(two)
    one.bring_to_front()
    one.keyboard.press("s")
    expect(one.locator("#clock-cap")).to_contain_text("1 of 120 min")
    expect(two.locator("#clock-time")).to_have_text(one.locator("#clock-time").inner_text())
    one.keyboard.press("w")
    one.keyboard.type("seen from both")
    expect(two.locator("#notes")).to_have_value("seen from both")


def test_rewind_asks_and_forgets(room: Any, server: Any) -> None:
    page = room(started(server))
    began = page.locator("#clock-time").inner_text()
    page.keyboard.press("s")
    expect(page.locator("#clock-time")).not_to_have_text(began)
    page.keyboard.press("r")
    page.get_by_label("Time", exact=True).fill("99:99")
    page.get_by_role("button", name="Rewind", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("not a time of day")
    page.get_by_label("Time", exact=True).fill(began)
    page.get_by_role("button", name="Rewind", exact=True).click()
    expect(page.locator("#clock-time")).to_have_text(began)


def test_help_lists_every_key_and_the_desk_has_its_papers(room: Any, attempt: str, axe: Any) -> None:
    page = room(attempt)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    for word in ("play or pause", "next alert", "crosshair back", "narrower", "status update", "rewind"):
        expect(dialog).to_contain_text(word)
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    for name in (
        "Service now",
        "Architecture",
        "Handover",
        "Runbook",
        "Changes, 14 days",
        "Objectives",
        "Prices",
    ):
        tab = page.get_by_role("tab", name=name)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel")).not_to_be_empty()
    assert axe(page) == []


def test_a_killed_server_loses_nothing(launch: Any, browser: Browser, tmp_path: Path) -> None:
    start, stop = launch
    home = tmp_path / "home"
    home.mkdir()
    server = start(home)
    made = started(server)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": server.cookie[0], "value": server.cookie[1], "url": server.url}])
    page = context.new_page()
    page.goto(f"{server.url}/attempts/{made}/room")
    ready(page)
    page.keyboard.press("s")
    expect(page.locator("#clock-cap")).to_contain_text("1 of 120 min")
    page.get_by_role("button", name="Scale", exact=True).click()
    page.get_by_label("Replicas", exact=True).fill("13")
    expect(page.locator("#action-form button[type=submit]")).to_be_enabled()
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#toasts")).to_contain_text("takes effect")
    clock = page.locator("#clock-time").inner_text()

    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(15)
    expect(page.locator("#lostline")).to_contain_text("Connection lost")
    page.locator("#notes").fill("typed while it was away")
    page.locator("#sql").fill("select 42 as answer")
    server.process.stdout.close()

    again = start(home, server.port)
    try:
        expect(page.locator("#lostline")).to_be_hidden(timeout=OPEN_MS)
        expect(page.locator("#clock-time")).to_have_text(clock)
        expect(page.locator("#lanes svg")).to_have_attribute("aria-label", re.compile("13"))
        expect(page.locator("#notes-state")).to_have_text("saved", timeout=OPEN_MS)
        page.reload()
        ready(page)
        expect(page.locator("#notes")).to_have_value("typed while it was away")
        expect(page.locator("#sql")).to_have_value("select 42 as answer")
    finally:
        context.close()
        stop(again)


def test_no_cause_in_the_page_source(room: Any, attempt: str) -> None:
    from gradatim.lab.folders import folder
    from gradatim.lab.spec import load_spec

    page = room(attempt)
    source = page.content().lower()
    for word in (*load_spec(folder(LAB)).families, "oracle", "culprit", "onset_s"):
        assert word not in source, word

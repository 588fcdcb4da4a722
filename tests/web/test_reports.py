"""Kept reports in a real browser: listed, opened apart from the app, recorded with one click, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from gradatim.app import App
from gradatim.instruments import report as reports
from gradatim.instruments.report import Input, Report, Section, Verdict

pytestmark = pytest.mark.browser

WIDTHS = ((1440, 900), (390, 844))
HOSTILE = (
    "<script>parent.document.title='taken'; fetch('/evidence')</script>"
    "<img src=x onerror=\"document.title='taken'\"><form action='/reports/R-001/delete' method=post>"
    "<button>Click</button></form>"
)


def made(headline: str, body: str = "<p>Nothing else.</p>") -> Report:
    return Report(
        title="Canary against baseline <b>",
        command="gradatim work canary base.csv cur.csv --keep",
        verdict=Verdict("bad", headline, ("latency_ms rose by 20 %",)),
        sections=[
            Section("Figures", reports.table(["metric", "change"], [("latency_ms", "+20 %")])),
            Section("Other", body),
        ],
        not_checked=["harm that comes later"],
        inputs=[Input("base.csv", "sha256:" + "0" * 64, 12_000, 99)],
        json={"exit_code": 1},
    )


@pytest.fixture(scope="module")
def kept(server: Any) -> list[str]:
    """Two reports in the server's home, the second with everything that a page must not be able to do."""
    app = App(server.home)
    both = (made("Roll back: latency_ms is worse"), made("Roll back: <i>hostile</i>", HOSTILE))
    ids = [app.reports.keep(reports.as_json(report), reports.render(report)) for report in both]
    app.store.close()
    return ids


def test_the_pages_are_accessible_and_fit(
    open_page: Any, axe: Any, sideways: Any, server: Any, kept: list[str]
) -> None:
    page = open_page("/reports")
    for path in ("/reports", f"/reports/{kept[0]}"):
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="light")
            page.goto(server.url + path)
            assert page.locator("h1").count() == 1
            assert sideways(page) == 0, path
            assert axe(page) == [], path
            page.emulate_media(color_scheme="dark")
            assert axe(page, only="color-contrast") == [], path


def test_the_report_is_seen_in_its_frame_and_in_the_app_s_theme(
    open_page: Any, server: Any, kept: list[str]
) -> None:
    page = open_page(f"/reports/{kept[0]}")
    frame = page.frame_locator("iframe.report-frame")
    frame.get_by_text("Roll back: latency_ms is worse").wait_for()
    assert frame.get_by_role("cell", name="+20 %").is_visible()
    light = frame.locator("html").evaluate("e => getComputedStyle(e).backgroundColor")
    page.context.add_cookies([{"name": "gradatim_theme", "value": "dark", "url": server.url}])
    page.reload()
    frame.get_by_text("Roll back: latency_ms is worse").wait_for()
    assert frame.locator("html").evaluate("e => getComputedStyle(e).backgroundColor") != light


def test_nothing_in_a_report_reaches_the_app(open_page: Any, server: Any, kept: list[str]) -> None:
    page = open_page(f"/reports/{kept[1]}", allow=("Content Security Policy", "sandboxed", "Blocked", "csp"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    frame = page.frame_locator("iframe.report-frame")
    frame.get_by_role("button", name="Click").click()
    frame.get_by_text("hostile").wait_for()
    assert "taken" not in page.title()
    assert [url for url in asked if not url.endswith(("/page", "/icon.svg"))] == []
    with server.client() as client:
        assert client.get(f"/reports/{kept[1]}").status_code == 200, "the form in it was not sent"
        answer = client.get(f"/reports/{kept[1]}/page")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    with server.client() as client:
        assert "frame-ancestors 'none'" in client.get("/reports").headers["content-security-policy"]


def test_without_the_session_there_is_no_report(server: Any, kept: list[str]) -> None:
    with server.client(headers={"Authorization": "Bearer wrong"}) as client:
        assert client.get(f"/reports/{kept[0]}/page").status_code == 401


def test_one_click_makes_evidence_and_a_second_does_not_double_it(
    open_page: Any, server: Any, kept: list[str]
) -> None:
    page = open_page(f"/reports/{kept[0]}")
    page.get_by_role("button", name="Record as evidence").click()
    page.get_by_role("heading", name="Roll back: latency_ms is worse").wait_for()
    item = page.url.rpartition("/")[2]
    assert "base.csv" in page.inner_text("main")
    page.goto(f"{server.url}/reports/{kept[0]}")
    assert page.get_by_role("button", name="Record as evidence").count() == 0
    with server.client() as client:
        again = client.post(f"/reports/{kept[0]}/evidence", follow_redirects=False)
        assert again.headers["location"] == f"/evidence/{item}"


def test_a_report_is_deleted_and_its_evidence_stays(open_page: Any, server: Any) -> None:
    app = App(server.home)
    report = app.reports.keep(reports.as_json(made("Gone soon")), "<!doctype html><title>x</title>")
    item = app.reports.record(report)
    app.store.close()
    page = open_page(f"/reports/{report}", allow=("404",))
    # By keyboard: a click in the same frame as a long scroll past a sandboxed iframe is Chromium's to
    # route, and it may still send it to where the iframe was.
    page.locator("summary", has_text="Delete this report").press("Enter")
    page.get_by_role("button", name=f"Delete {report}").press("Enter")
    page.get_by_role("heading", name="Reports").wait_for()
    assert page.get_by_text("Gone soon").count() == 0
    page.goto(f"{server.url}/evidence/{item}")
    assert "Gone soon" in page.inner_text("h1")
    page.goto(f"{server.url}/reports/{report}")
    assert page.locator("h1").count() == 1

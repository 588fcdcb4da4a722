"""From starting an attempt to its debrief, in a browser, on the real lab."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.browser

LAB = "incident-response"


@pytest.fixture(scope="module")
def finished(server: Any) -> str:
    """A finished attempt in which nothing was done."""
    with server.client() as client:
        attempt: str = client.post(f"/api/labs/{LAB}/attempts", json={"seed": 6}).json()["id"]
        assert client.post(f"/api/attempts/{attempt}/finish").status_code == 200
    return attempt


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_debrief_is_accessible_and_fits(
    open_page: Any, axe: Any, sideways: Any, finished: str, width: int, height: int
) -> None:
    page = open_page(f"/attempts/{finished}", width, height)
    assert sideways(page) == 0
    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe(page, only="color-contrast") == []


def test_the_figures_are_those_of_the_judge(open_page: Any, server: Any, finished: str) -> None:
    with server.client() as client:
        judged = client.get(f"/api/attempts/{finished}/score").json()
    page = open_page(f"/attempts/{finished}")
    lead = page.locator(".figures .lead").inner_text().split("\n")[0]
    assert lead == f"${judged['loss_usd']:,.0f}"
    rows = page.locator(".causes tbody tr")
    named = {c: usd for c, usd in judged["by_cause_usd"].items() if round(usd)}
    assert rows.count() >= len(named)
    total = sum(
        int(re.sub(r"[^\d]", "", cell)) for cell in page.locator(".causes tbody td b").all_inner_texts()
    )
    assert abs(total - judged["loss_usd"]) <= len(named)


def test_what_a_prevention_did_is_told_incident_by_incident(
    open_page: Any, server: Any, axe: Any, sideways: Any
) -> None:
    with server.client() as client:
        body = {"seed": 7, "family": "slow-release"}
        attempt = client.post(f"/api/labs/{LAB}/attempts", json=body).json()["id"]
        for action in (
            {"kind": "diagnose", "component": "hosts", "mechanism": "slow_hardware", "scope": "one_host"},
            {"kind": "submit_prevention", "guardrails": [{"type": "memory_bound", "limit_mb": 950}]},
        ):
            assert client.post(f"/api/attempts/{attempt}/act", json=action).json()["accepted"]
        client.post(f"/api/attempts/{attempt}/finish").raise_for_status()
        told = client.get(f"/api/attempts/{attempt}/debrief").json()["prevention"]
    page = open_page(f"/attempts/{attempt}")
    # The page loads itself again when the last reference is there, which may be while axe looks at it.
    still = '<p class="refs" id="refs" role="status">References are being computed.</p>'
    page.route("**/references", lambda route: route.fulfill(body=still, content_type="text/html"))
    page.reload()
    section = page.locator("section[aria-labelledby=h-pv]")
    assert "Recycle replicas above 950 MB" in section.inner_text()
    assert "refused" in section.inner_text() and f"{told['stops_pct']} % is avoided" in section.inner_text()
    section.get_by_text("Each hidden incident").click()
    assert section.get_by_role("region").locator("tbody tr").count() == len(told["incidents"]) == 15
    assert axe(page) == [] and sideways(page) == 0
    page.set_viewport_size({"width": 390, "height": 844})
    assert axe(page) == [] and sideways(page) == 0


def test_a_missing_reference_is_never_a_number(open_page: Any, server: Any, finished: str) -> None:
    with server.client() as client:
        score = client.get(f"/api/attempts/{finished}/score").json()
        progress = client.get(f"/api/attempts/{finished}/references").json()
    page = open_page(f"/attempts/{finished}")
    text = page.inner_text("main")
    if score["senior_usd"] is None:
        assert "senior reference not there yet" in text
        assert page.locator(".causes tbody .quiet").first.inner_text().endswith("–")
        assert "not computed" in text or "computed together" in text
    else:
        assert f"senior reference ${score['senior_usd']:,.0f}" in text
    if progress["state"] == "computing":
        assert re.search(rf"being computed: \d+ of {progress['total']}", text) or "not there yet" not in text


def test_a_cause_leads_to_its_moment(open_page: Any, finished: str) -> None:
    page = open_page(f"/attempts/{finished}")
    link = page.locator(".causes a").first
    link.click()
    target = link.get_attribute("href").removeprefix("#")
    assert page.evaluate("document.querySelector(':target').id") == target
    assert page.locator(f"#{target}").evaluate("e => getComputedStyle(e).opacity") == "1"


def test_the_timeline_can_be_read_as_a_table(open_page: Any, finished: str) -> None:
    page = open_page(f"/attempts/{finished}")
    page.get_by_text("View as table").click()
    rows = page.locator(".events tbody tr")
    assert rows.count() >= 1
    assert re.match(r"\d\d:\d\d$", rows.first.locator("th").inner_text())


def test_an_open_attempt_tells_no_truth(server: Any) -> None:
    with server.client(headers={"Accept": "text/html"}) as client:
        attempt = client.post(f"/api/labs/{LAB}/attempts", json={"seed": 7}).json()["id"]
        page = client.get(f"/attempts/{attempt}")
        assert (page.status_code, page.headers["location"]) == (303, f"/attempts/{attempt}/room")
        for what in ("debrief", "score"):
            refused = client.get(f"/api/attempts/{attempt}/{what}")
            assert refused.status_code == 409
            assert refused.json()["next"]
        assert (
            client.post(f"/api/attempts/{attempt}/whatif", json={"edits": [{"drop": 0}]}).status_code == 409
        )


def test_a_fork_is_a_new_attempt_and_leads_to_its_room(server: Any, finished: str) -> None:
    with server.client(headers={"Accept": "text/html"}) as client:
        answer = client.post(f"/attempts/{finished}/fork", data={"at_s": "3600"})
        made = re.fullmatch(r"/attempts/(.+)/room", answer.headers["location"])
        assert answer.status_code == 303 and made and made[1] != finished
        forked = client.get(f"/api/attempts/{made[1]}").json()
        assert (forked["parent_id"], forked["t_s"], forked["status"]) == (finished, 3600.0, "open")
        assert client.post(f"/attempts/{finished}/fork", data={"at_s": "nan"}).status_code == 422
        assert client.post(f"/attempts/{finished}/fork", data={"at_s": "99999999"}).status_code == 422


def test_starting_from_the_lab_page_leads_to_the_room(open_page: Any, server: Any) -> None:
    page = open_page(f"/labs/{LAB}")
    page.get_by_text("Choose the seed").click()
    page.get_by_label("Seed").fill("21")
    page.get_by_role("button", name="Start a practice run").click()
    page.wait_for_url(re.compile(r"/attempts/.+/room$"))
    with server.client() as client:
        assert client.get("/api/attempts").json()[0]["seed"] == "21"

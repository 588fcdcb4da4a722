"""The pages of the demo: its note stands in a landmark of its own, on every width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradatim.app.demo_exams import MARKER

pytestmark = pytest.mark.browser


def test_the_note_of_the_demo_is_a_landmark(
    launch: Any, browser: Any, axe: Any, sideways: Any, tmp_path: Path
) -> None:
    start_server, stop_server = launch
    home = tmp_path / "home"
    home.mkdir()
    (home / MARKER).write_text('{"demo": true}\n', encoding="utf-8")
    server = start_server(home)
    context = browser.new_context(reduced_motion="reduce")
    try:
        page = context.new_page()
        page.goto(f"{server.url}/?token={server.token}")
        for path in ("/", "/evidence"):
            page.goto(server.url + path)
            assert page.get_by_role("complementary", name="Demo").is_visible()
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 900})
                assert axe(page) == [] and sideways(page) == 0
    finally:
        context.close()
        stop_server(server)

"""A real server in a process of its own, and the system's Chromium to look at it.

`server` and `browser` live for the whole session; `open_page` gives a signed-in page that remembers every
console message, failed request and policy violation, and fails the test at its end if there was one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_ARGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SERVE = """
import sys
from pathlib import Path
from gradatim.web import serve
serve(Path(sys.argv[1]), port=int(sys.argv[2]), open_browser=False, ready=lambda url: print(url, flush=True))
"""


@dataclass
class Server:
    """A running server: `url` without the token, `token`, its `home`, and its process."""

    home: Path
    url: str
    token: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @cached_property
    def cookie(self) -> tuple[str, str]:
        """Name and value of the session cookie, as a browser gets it from the opened address."""
        return next(iter(httpx.get(f"{self.url}/?token={self.token}").cookies.items()))

    def client(self, **more: Any) -> httpx.Client:
        """A client that is signed in by the bearer token."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **more)


def start_server(home: Path, port: int = 0) -> Server:
    """Start `gradatim.web.serve` over `home` and wait until it says where it is."""
    with (home.parent / "server.log").open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(home), str(port)],
            stdout=subprocess.PIPE, stderr=errors, text=True,
            env={**os.environ, "GRADATIM_HOME": str(home), "GRADATIM_REFERENCES": "on"},
        )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        process.wait(10)
        pytest.fail(f"the server did not start:\n{(home.parent / 'server.log').read_text()}")
    parts = urlsplit(line)
    return Server(home, f"{parts.scheme}://{parts.netloc}", parse_qs(parts.query)["token"][0], process)


def stop_server(server: Server) -> None:
    """End the server and its pipes."""
    server.process.terminate()
    server.process.wait(15)
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app over an empty home."""
    home = tmp_path_factory.mktemp("web") / "home"
    home.mkdir()
    running = start_server(home)
    yield running
    stop_server(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; a machine without one fails, it does not skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(f"no browser: install one of {', '.join(names)}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGS))
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """What went wrong on a page, in order."""

    problems: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(server: Server, browser: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(path, width=1440, height=900, theme="light", allow=())` -> a signed-in page at `path`.

    `allow` lists substrings of messages that are expected there.
    """
    contexts = []
    watched: list[tuple[Watched, tuple[str, ...]]] = []

    def opening(
        path: str, width: int = 1440, height: int = 900, theme: str = "light", allow: tuple[str, ...] = ()
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion="reduce",  # a transition under way would be measured half way
        )
        contexts.append(context)
        page = context.new_page()
        seen = Watched()
        watched.append((seen, allow))
        page.on(
            "console",
            lambda m: seen.problems.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda e: seen.problems.append(f"exception: {e}"))
        page.on(
            "requestfailed",
            # Aborted is what a request says when the test itself leaves the page.
            lambda r: (
                seen.problems.append(f"failed: {r.url} {r.failure}")
                if "ABORTED" not in str(r.failure)
                else None
            ),
        )
        context.add_cookies([{"name": server.cookie[0], "value": server.cookie[1], "url": server.url}])
        page.goto(server.url + path)
        return page

    yield opening
    problems = [p for seen, allow in watched for p in seen.problems if not any(a in p for a in allow)]
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def launch() -> tuple[Callable[..., Server], Callable[[Server], None]]:
    """`start(home, port=0) -> Server` and `stop(server)`, for tests that need a server of their own."""
    return start_server, stop_server


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[dict[str, Any]]]:
    """`axe(page, only=None)` -> the accessibility violations of a page, of one rule if `only` names it."""
    return violations


@pytest.fixture(scope="session")
def sideways() -> Callable[[Page], int]:
    """`sideways(page)` -> by how many pixels the page is wider than the window."""
    return overflow


def violations(page: Page, only: str | None = None) -> list[dict[str, Any]]:
    """Accessibility violations by axe-core: WCAG 2.2 A and AA, and best practice."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if only is not None:
        options["runOnly"] = {"type": "rule", "values": [only]}
    found = page.evaluate("options => axe.run(document, options).then(r => r.violations)", options)
    return [{"rule": v["id"], "nodes": [n["target"] for n in v["nodes"]], "help": v["help"]} for v in found]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider

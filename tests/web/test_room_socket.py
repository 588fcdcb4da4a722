"""The room's WebSocket against a real server: answers, errors that close nothing, tabs that keep in step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import websockets

LAB = "incident-response"


HOSTILE = (
    "DROP TABLE log", "select 1; select 2", "copy log to '/tmp/x'", "select * from read_csv('/etc/passwd')",
    "attach '/tmp/x.db'", "select", "",
)  # fmt: skip


def moved(beyond_s: float) -> Callable[[dict[str, Any]], bool]:
    """A frame whose clock is past that."""
    return lambda m: m["type"] == "frame" and m["clock"]["t_s"] > beyond_s


def apart(scene: Coroutine[Any, Any, None]) -> None:
    """Run a scene in a thread of its own: Playwright keeps an event loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, scene).result()


class Tab:
    """A page without a browser: asks, and keeps what it was told."""

    def __init__(self, link: Any) -> None:
        self.link = link
        self.told: list[dict[str, Any]] = []
        self._number = 0

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.link.recv(), 60))
        self.told.append(message)
        return message

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not wanted(message := await self.next()):
            pass
        return message

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        await self.link.send(json.dumps({"id": number, "op": op, **fields}))
        return await self.until(lambda m: m["type"] == "reply" and m["id"] == number)


@pytest.fixture(scope="module")
def attempt(server: Any) -> str:
    """A practice attempt."""
    return started(server)


def started(server: Any, seed: int = 4182) -> str:
    with server.client() as client:
        answer = client.post(f"/api/labs/{LAB}/attempts", json={"seed": seed})
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made


def link(server: Any, attempt: str, **more: Any) -> Any:
    name, value = server.cookie
    headers = {"Cookie": f"{name}={value}", **more.pop("headers", {})}
    url = server.url.replace("http", "ws", 1) + f"/attempts/{attempt}/room/ws"
    return websockets.connect(
        url, additional_headers=headers, origin=more.pop("origin", server.url), max_size=None, **more
    )


def visit(server: Any, attempt: str, scene: Callable[[Tab], Awaitable[None]]) -> None:
    async def run() -> None:
        async with link(server, attempt) as socket:
            await scene(Tab(socket))

    apart(run())


def test_hello_then_a_frame_with_everything(server: Any, attempt: str) -> None:
    async def scene(tab: Tab) -> None:
        hello = await tab.next()
        assert hello["type"] == "hello" and len(hello["hello"]["series"]) >= 60
        assert len(hello["hello"]["panels"]) == 8
        frame = await tab.until(lambda m: m["type"] == "frame")
        assert {
            "ticks",
            "alerts",
            "annotations",
            "inbox",
            "log",
            "budget",
            "lost",
            "service",
            "clock",
            "play",
        } <= set(frame)
        assert frame["play"]["playing"] is False

    visit(server, attempt, scene)


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '{"op": 3}', '{"op": "no_such"}', '{"op": "_changing"}', '{"op": "act"}',
     '{"op": "act", "action": []}', '{"op": "speed", "speed": 1e308}', '{"op": "step", "seconds": -5}',
     '{"op": "query", "sql": 7}', '{"op": "rewind", "to_s": "now"}', '{"op": "notes", "text": null}',
     '{"op": "preview", "action": "scale"}', "x" * 300_000],
)  # fmt: skip
def test_a_bad_message_gets_an_error_and_the_socket_stays(server: Any, attempt: str, text: str) -> None:
    async def scene(tab: Tab) -> None:
        await tab.link.send(text)
        answer = await tab.until(lambda m: m["type"] == "reply")
        assert answer["error"]["what"]
        assert (await tab.ask("pause")).get("error") is None

    visit(server, attempt, scene)


def test_bytes_get_an_error_and_the_socket_stays(server: Any, attempt: str) -> None:
    async def scene(tab: Tab) -> None:
        await tab.link.send(b"\x00\xff" * 100)
        answer = await tab.until(lambda m: m["type"] == "reply")
        assert "text" in answer["error"]["what"]
        assert (await tab.ask("pause")).get("error") is None

    visit(server, attempt, scene)


def test_hostile_sql_is_refused_in_words(server: Any, attempt: str) -> None:
    async def scene(tab: Tab) -> None:
        for sql in (
            "DROP TABLE log",
            "select 1; select 2",
            "copy log to '/tmp/x'",
            "select * from read_csv('/etc/passwd')",
        ):
            answer = await tab.ask("query", sql=sql)
            assert answer["error"]["what"], sql
        answer = await tab.ask("query", sql="select 1 as one, NULL as nothing, 'nan'::double as nan")
        assert answer["value"]["columns"] == ["one", "nothing", "nan"]
        assert answer["value"]["rows"][0][:2] == [1, None]

    visit(server, attempt, scene)


def test_two_tabs_keep_in_step(server: Any) -> None:
    attempt = started(server)

    async def run() -> None:
        async with link(server, attempt) as a, link(server, attempt) as b:
            one, two = Tab(a), Tab(b)
            await one.until(lambda m: m["type"] == "frame")
            await two.until(lambda m: m["type"] == "frame")
            await one.ask("play", speed=600)
            seen = await two.until(lambda m: m["type"] == "frame" and m["play"]["playing"])
            assert seen["play"]["speed"] == 600
            moved = await two.until(
                lambda m: m["type"] == "frame" and m["clock"]["t_s"] > seen["clock"]["t_s"]
            )
            assert moved["ticks"]["series"]
            await two.ask("pause")
            stopped = await one.until(lambda m: m["type"] == "frame" and not m["play"]["playing"])
            action = {"kind": "scale", "replicas": 14}
            assert (await one.ask("act", action=action))["value"]["accepted"]
            told = await two.until(
                lambda m: m["type"] == "frame" and any(x["kind"] == "own" for x in m["annotations"])
            )
            assert told["clock"]["t_s"] >= stopped["clock"]["t_s"]
            await one.ask("notes", text="from the first tab")
            assert (await two.until(lambda m: m["type"] == "notes"))["text"] == "from the first tab"

    apart(run())


def test_a_refused_action_gives_the_reason_and_changes_nothing(server: Any, attempt: str) -> None:
    async def scene(tab: Tab) -> None:
        for action in (
            {"kind": "scale", "replicas": 10_000},
            {"kind": "no_such"},
            {"kind": "rollback", "change": "C-0"},
        ):
            answer = await tab.ask("act", action=action)
            refused = answer.get("value") or answer.get("error")
            assert refused.get("reason") or refused.get("what")
            assert not answer.get("value", {}).get("accepted")

    visit(server, attempt, scene)


def test_rewind_starts_every_tab_again(server: Any) -> None:
    attempt = started(server)

    async def run() -> None:
        async with link(server, attempt) as a, link(server, attempt) as b:
            one, two = Tab(a), Tab(b)
            start = (await one.next())["hello"]["clock"]["t_s"]
            await one.ask("step", seconds=900)
            assert (await one.ask("act", action={"kind": "scale", "replicas": 14}))["value"]["accepted"]
            assert (await one.ask("rewind", to_s=start + 300)).get("error") is None
            await two.until(lambda m: m["type"] == "reset")
            frame = await two.until(lambda m: m["type"] == "frame")
            assert frame["clock"]["t_s"] == start + 300
            assert not [x for x in frame["annotations"] if x["kind"] == "own"]

    apart(run())


def test_a_page_that_does_not_read_stalls_nobody(server: Any) -> None:
    attempt = started(server)

    async def run() -> None:
        # The deaf one has tiny buffers and never reads; the other one still gets its frames.
        async with link(server, attempt, max_queue=1) as deaf, link(server, attempt) as b:
            await deaf.send("{}")
            two = Tab(b)
            await two.ask("play", speed=600)
            first = await two.until(lambda m: m["type"] == "frame" and m["play"]["playing"])
            await two.until(
                lambda m: m["type"] == "frame" and m["clock"]["t_s"] > first["clock"]["t_s"] + 1200
            )
            await two.ask("pause")

    apart(run())


def test_an_unknown_attempt_is_told_and_not_retried(server: Any) -> None:
    async def scene(tab: Tab) -> None:
        message = await tab.next()
        assert message["type"] == "fatal" and message["error"]["what"]
        with pytest.raises(websockets.ConnectionClosed):
            await tab.next()

    visit(server, "no-such-attempt", scene)


def test_a_foreign_page_is_refused(server: Any, attempt: str) -> None:
    async def run() -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with link(server, attempt, origin="https://evil.example"):
                pass
        assert refused.value.response.status_code == 403

    apart(run())


def test_without_the_cookie_the_socket_is_refused(server: Any, attempt: str) -> None:
    async def run() -> None:
        with pytest.raises(websockets.InvalidStatus):
            async with link(server, attempt, headers={"Cookie": "gradatim=forged"}):
                pass

    apart(run())


def test_no_cause_and_no_truth_in_what_a_page_gets(server: Any, attempt: str) -> None:
    from gradatim.lab.folders import folder
    from gradatim.lab.spec import load_spec

    async def scene(tab: Tab) -> None:
        await tab.until(lambda m: m["type"] == "frame")
        await tab.ask("step", seconds=1800)
        await tab.until(lambda m: m["type"] == "frame")
        text = json.dumps(tab.told).lower()
        spec = load_spec(folder(LAB))
        for word in (*spec.families, "oracle", "onset_s", "shock", "scenario", "culprit", "by_cause"):
            assert word.lower() not in text, word

    visit(server, attempt, scene)

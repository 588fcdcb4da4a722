"""A defect of ours: a page with a reference, all headers, no traceback; the traceback is in the log."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

import anyio
import httpx
import pytest

from gradatim.web import create_app
from gradatim.web.service import Lazy, Service

SECRET = "the inside of the machine"


def broken() -> Service:
    raise RuntimeError(SECRET)


def get(path: str, **headers: str) -> httpx.Response:
    """One request to an app whose use cases cannot be built."""

    async def asking() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(Lazy(broken), "t"))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8642") as client:
            return await client.get(path, headers={"Authorization": "Bearer t", **headers})

    answers: list[httpx.Response] = []
    # In a thread: a browser fixture of another module may own this thread's event loop.
    thread = threading.Thread(target=lambda: answers.append(anyio.run(asking)))
    thread.start()
    thread.join(60)
    return answers[0]


@pytest.mark.parametrize("path", ["/", "/api/labs"])
def test_a_defect_gives_a_reference_that_is_in_the_log(path: str, caplog: Any) -> None:
    with caplog.at_level(logging.ERROR, logger="gradatim.web"):
        answer = get(path)
    assert answer.status_code == 500
    assert SECRET not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    found = re.search(r"\b([0-9a-f]{8})\b", answer.text)
    assert found
    record = next(r for r in caplog.records if found[1] in r.getMessage())
    assert record.exc_info and SECRET in str(record.exc_info[1])


def test_the_api_gets_it_as_json() -> None:
    body = get("/api/labs").json()
    assert body["error"] == "Internal" and len(body["reference"]) == 8

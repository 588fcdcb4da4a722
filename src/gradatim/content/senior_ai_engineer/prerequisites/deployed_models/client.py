"""One request on one connection, byte for byte as the judge wants it, and what came back."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any, NamedTuple

TIMEOUT_S = 10.0


class Reply(NamedTuple):
    """Status, headers by their small letters, and the JSON of the body; `problem` says why there is none."""

    status: int
    headers: dict[str, str]
    value: Any
    problem: str = ""
    timed_out: bool = False


def head(method: str, path: str, length: str | None) -> bytes:
    """The head of a request; `length` None leaves the field out."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"Content-Length: {length}", "Content-Type: application/json"] if length is not None else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def send(connection: socket.socket, data: bytes) -> None:
    """Send what the other side takes; one that hangs up early may still have answered."""
    connection.settimeout(TIMEOUT_S)
    try:
        connection.sendall(data)
    except OSError:
        return


def receive(connection: socket.socket) -> Reply:
    """The answer, read to its end."""
    connection.settimeout(TIMEOUT_S)
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        body = answer.read(4_000_000)
    except TimeoutError:
        return Reply(0, {}, None, "no answer in time", True)
    except (OSError, http.client.HTTPException, ValueError):
        return Reply(0, {}, None, "no answer, or none that is whole")
    finally:
        answer.close()
        connection.close()
    headers = {k.lower(): v for k, v in answer.getheaders()}
    if not headers.get("content-type", "").lower().startswith("application/json"):
        return Reply(answer.status, headers, None, "the answer is not application/json")
    try:
        return Reply(answer.status, headers, json.loads(body))
    except (ValueError, RecursionError):
        return Reply(answer.status, headers, None, "the answer's body is not JSON")

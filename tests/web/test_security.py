"""Who may talk to the server: token, Host, Origin, sizes, paths, headers. Against a real running server."""

from __future__ import annotations

import http.client
import stat
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}


@pytest.fixture
def plain(server: Any) -> Any:
    """A client that has no token."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture
def cookies(server: Any) -> dict[str, str]:
    """The session cookie, as a browser gets it from the opened address."""
    answer = httpx.get(f"{server.url}/?token={server.token}")
    assert answer.status_code == 303
    return dict(answer.cookies)


def raw(server: Any, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, str]:
    """A request with exactly these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body or None)
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, text


def test_without_a_token_a_page_says_how_to_open_the_app(plain: httpx.Client) -> None:
    answer = plain.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert "<code" in answer.text and "gradatim" in answer.text and "not signed in" in answer.text


def test_without_a_token_the_api_answers_json(plain: httpx.Client) -> None:
    answer = plain.get("/api/labs")
    assert answer.status_code == 401
    assert {"error", "what", "why", "next"} <= set(answer.json())


@pytest.mark.parametrize(
    "path", ["/", "/labs", "/attempts/x", "/api/openapi.json", "/nothing/here", "/theme"]
)
def test_every_address_needs_the_token(plain: httpx.Client, path: str) -> None:
    assert plain.get(path).status_code == 401


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_a_wrong_token_opens_nothing(plain: httpx.Client, token: str) -> None:
    answer = plain.get("/", params={"token": token})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert plain.get("/", headers={"Authorization": "Bearer nope"}).status_code == 401


def test_the_opened_address_becomes_a_cookie_and_a_clean_address(server: Any) -> None:
    answer = httpx.get(f"{server.url}/labs?token={server.token}&a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/labs?a=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert server.token.lower() not in cookie


def test_the_redirect_stays_on_this_server(server: Any) -> None:
    status, _ = raw(server, "GET", "//evil.example/", {"Host": f"127.0.0.1:{server.port}"})
    assert status == 401
    answer = httpx.get(f"{server.url}//evil.example/?token={server.token}")
    assert answer.headers["location"].startswith("/evil")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_is_refused_even_with_the_token(server: Any, host: str) -> None:
    status, text = raw(
        server, "GET", "/static/app.css", {"Host": host, "Authorization": f"Bearer {server.token}"}
    )
    assert status == 400
    assert "--ground" not in text


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_loopback_names_are_served(server: Any, name: str) -> None:
    headers = {"Host": f"{name}:{server.port}", "Authorization": f"Bearer {server.token}"}
    assert raw(server, "GET", "/api/openapi.json", headers)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_a_foreign_origin_changes_nothing(
    server: Any, plain: httpx.Client, cookies: dict[str, str], headers: dict[str, str]
) -> None:
    plain.cookies.update(cookies)
    answer = plain.post("/theme", data={"theme": "dark"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("own", [{"Origin": "self"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}])
def test_our_own_pages_may(
    server: Any, plain: httpx.Client, cookies: dict[str, str], own: dict[str, str]
) -> None:
    plain.cookies.update(cookies)
    headers = {k: server.url if v == "self" else v for k, v in own.items()}
    answer = plain.post("/theme", data={"theme": "dark", "next": "//evil.example/x"}, headers=headers)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/x"
    assert "gradatim_theme=dark" in answer.headers["set-cookie"]


def handshake(server: Any, headers: dict[str, str], origin: str | None) -> int:
    """The status that a WebSocket handshake gets: 101 when it is let through."""
    address = f"ws://127.0.0.1:{server.port}/attempts/none/room/ws"
    try:
        with connect(address, origin=origin, additional_headers=headers):  # type: ignore[arg-type]
            return 101
    except InvalidStatus as error:
        return error.response.status_code


@pytest.mark.parametrize("case", ["no token", "foreign origin", "no origin"])
def test_a_foreign_websocket_is_refused(server: Any, cookies: dict[str, str], case: str) -> None:
    cookie = "; ".join(f"{k}={v}" for k, v in cookies.items())
    headers = {"Cookie": cookie}
    origin: str | None = server.url
    if case == "no token":
        headers = {}
    elif case == "foreign origin":
        origin = "https://evil.example"
    else:
        origin = None
    assert handshake(server, headers, origin) == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1"])
def test_a_websocket_under_a_foreign_host_is_refused(server: Any, cookies: dict[str, str], host: str) -> None:
    headers = {
        "Host": host, "Origin": f"http://{host}", "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()),
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    assert raw(server, "GET", "/attempts/none/room/ws", headers)[0] == 403


def test_our_own_websocket_is_let_through(server: Any, cookies: dict[str, str]) -> None:
    cookie = "; ".join(f"{k}={v}" for k, v in cookies.items())
    assert handshake(server, {"Cookie": cookie}, server.url) == 101


@pytest.mark.parametrize(
    "path",
    [
        "/static/../security.py",
        "/static/%2e%2e/security.py",
        "/static/..%2fsecurity.py",
        "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "/static//etc/passwd",
        "/static/js/../../__init__.py",
        "/static/..%5csecurity.py",
        "/static/%00",
    ],
)
def test_static_serves_only_its_folder(server: Any, path: str) -> None:
    headers = {"Host": f"127.0.0.1:{server.port}", "Authorization": f"Bearer {server.token}"}
    status, text = raw(server, "GET", path, headers)
    assert status in (400, 404)
    assert "import" not in text and "root:" not in text


def test_a_huge_body_is_refused_declared_or_streamed(server: Any) -> None:
    with server.client() as client:
        declared = client.post("/api/labs/x/attempts", content=b"x" * 2_000_001)
        assert declared.status_code == 413

        def chunks() -> Any:
            for _ in range(3):
                yield b"x" * 1_000_000

        streamed = client.post(
            "/api/labs/x/attempts", content=chunks(), headers={"content-type": "application/json"}
        )
        assert streamed.status_code == 413


def test_a_nonsense_length_is_refused(server: Any) -> None:
    headers = {
        "Host": f"127.0.0.1:{server.port}", "Authorization": f"Bearer {server.token}", "Content-Length": "-1",
    }  # fmt: skip
    assert raw(server, "POST", "/theme", headers)[0] in (400, 413)


@pytest.mark.parametrize("path", ["/nothing/here", "/static/app.css", "/api/openapi.json", "/static/none"])
def test_every_answer_carries_the_headers(server: Any, path: str) -> None:
    with server.client() as client:
        answer = client.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert SAFE_HEADERS.items() <= dict(answer.headers).items()
    assert "server" not in answer.headers


def test_an_address_that_is_not_there_is_a_page_with_a_way_back(server: Any) -> None:
    with server.client(headers={"Accept": "text/html"}) as client:
        answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text and 'href="/"' in answer.text


def test_the_key_is_private_and_tabs_survive_a_restart(tmp_path: Any, launch: Any) -> None:
    start_server, stop_server = launch
    home = tmp_path / "home"
    home.mkdir()
    first = start_server(home)
    port = first.port
    cookie = dict(httpx.get(f"{first.url}/?token={first.token}").cookies)
    stop_server(first)
    assert stat.S_IMODE((home / "web.key").stat().st_mode) == 0o600
    second = start_server(home, port)
    try:
        assert second.token != first.token
        assert httpx.get(f"{second.url}/api/openapi.json", cookies=cookie).status_code == 200
        assert httpx.get(f"{second.url}/?token={first.token}").status_code == 401
    finally:
        stop_server(second)

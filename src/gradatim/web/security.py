"""The guard in front of every request: who may talk to the local server, and with what headers it answers.

The server binds the loopback, but a page on the open web can still send requests to it (by guessing the
port, by DNS rebinding, by a form). So: the Host must be a loopback name with this port, an unsafe method or a
WebSocket must come from our own origin, and every page and call needs the session cookie or the bearer token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES = 2_000_000
CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# A kept report is a document of its own: shown in a frame of ours, without scripts, requests or an origin, so
# that nothing in it reaches the app, its cookie or its data, whoever wrote what stands in it.
REPORT_PAGE = re.compile(r"/reports/[^/]+/page")
REPORT_CSP = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

REPORT_HEADERS = {**HEADERS, "Content-Security-Policy": REPORT_CSP, "X-Frame-Options": "SAMEORIGIN"}

Refuse = Callable[[Request, int, str], Response]
Crashed = Callable[[Request, Exception], Response]


def session_value(key: bytes) -> str:
    """The cookie that a holder of the key may carry; the key itself never leaves the home folder."""
    return hmac.new(key, b"gradatim session", hashlib.sha256).hexdigest()


def cookie_name(port: int) -> str:
    """Cookies ignore ports, so two servers on one machine need two names."""
    return f"gradatim_{port}"


class BodyTooLarge(HTTPException):
    """A streamed body went past the limit; an HTTPException so that body parsers let it through."""

    def __init__(self) -> None:
        super().__init__(413, "body")


class Guard:
    """Pure ASGI middleware around everything.

    `refuse(request, status, reason)` renders a refusal, `crashed(request, error)` a defect of ours: here, so
    that even a failure carries the headers.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, session_key: bytes, refuse: Refuse, crashed: Crashed
    ) -> None:
        self.app, self.token, self.refuse, self.crashed = app, token, refuse, crashed
        self.session = session_value(session_key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        answer = self._http_answer(request)
        path = request.url.path
        send = _with_headers(
            send,
            REPORT_HEADERS if REPORT_PAGE.fullmatch(path) else HEADERS,
            private=not path.startswith("/static/"),
        )
        if answer is not None:
            await answer(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, _limited(receive), noting)
        except Exception as error:
            if started:
                raise  # half an answer has gone out; the server closes the connection
            await self.crashed(request, error)(scope, receive, send)

    def _http_answer(self, request: Request) -> Response | None:
        """The refusal or the redirect that ends this request here, or None to let it through."""
        headers, port = request.headers, _port(request.scope)
        if not host_allowed(headers.get("host", ""), port):
            return self.refuse(request, 400, "host")
        if request.url.path.startswith("/static/") and request.method in SAFE:
            return None
        if request.method == "GET" and "token" in request.query_params:
            return self._sign_in(request, port)
        bearer = self._bearer(headers)
        if not bearer and not self._cookie(request.cookies.get(cookie_name(port), "")):
            return self.refuse(request, 401, "token")
        if request.method not in SAFE and not self._trusted(headers, bearer):
            return self.refuse(request, 403, "origin")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return self.refuse(request, 413, "body")
        return None

    def _sign_in(self, request: Request, port: int) -> Response:
        """Turn the token of the opened address into a cookie and leave a clean address behind."""
        given = request.query_params.get("token", "")
        known = self._cookie(request.cookies.get(cookie_name(port), ""))
        if not known and not hmac.compare_digest(given.encode(), self.token.encode()):
            return self.refuse(request, 401, "token")
        rest = [(k, v) for k, v in parse_qsl(request.url.query, keep_blank_values=True) if k != "token"]
        # One leading slash only: "//host" would be a redirect to another site.
        target = "/" + request.url.path.lstrip("/\\") + (f"?{urlencode(rest)}" if rest else "")
        answer = RedirectResponse(target, status_code=303)
        answer.set_cookie(
            cookie_name(port), self.session, max_age=400 * 86400, httponly=True, samesite="strict", path="/"
        )
        return answer

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        port = _port(scope)
        cookies = Request({**scope, "type": "http", "method": "GET"}).cookies
        bearer = self._bearer(headers)
        allowed = (
            host_allowed(headers.get("host", ""), port)
            and (bearer or self._cookie(cookies.get(cookie_name(port), "")))
            and (headers.get("origin") == _own(headers) or (bearer and "origin" not in headers))
        )
        if not allowed:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not from this app's own page"})
            return
        await self.app(scope, receive, send)

    @staticmethod
    def _trusted(headers: Headers, bearer: bool) -> bool:
        """A script with the token sends no Origin; whoever sends one must be our own page, token or not."""
        return own_origin(headers) or (bearer and "origin" not in headers)

    def _bearer(self, headers: Headers) -> bool:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(value.strip().encode(), self.token.encode())

    def _cookie(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self.session.encode())


def host_allowed(host: str, port: int) -> bool:
    """True for a loopback name with the port we listen on."""
    names = [f"{name}:{port}" for name in LOOPBACK]
    return host.lower() in (names + list(LOOPBACK) if port == 80 else names)


def own_origin(headers: Headers) -> bool:
    """True when an unsafe request comes from our own pages.

    A form sent under `Referrer-Policy: no-referrer` carries `Origin: null`; there the browser's own
    `Sec-Fetch-Site`, which no page can forge, decides.
    """
    origin = headers.get("origin")
    if origin in (None, "null"):
        return headers.get("sec-fetch-site") == "same-origin"
    return origin == _own(headers)


def _own(headers: Headers) -> str:
    return f"http://{headers.get('host', '').lower()}"


def _port(scope: Scope) -> int:
    server = scope.get("server")
    return int(server[1]) if server and server[1] else 80


def _limited(receive: Receive) -> Receive:
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > MAX_BODY_BYTES:
                raise BodyTooLarge
        return message

    return limited


def _with_headers(
    send: Send, always: Mapping[str, str], *, private: bool
) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in always.items():
                headers[name] = value
            # Pages hold a person's record and are kept nowhere; static files are asked for again each time.
            headers.setdefault("Cache-Control", "no-store" if private else "no-cache")
        await send(message)

    return sending

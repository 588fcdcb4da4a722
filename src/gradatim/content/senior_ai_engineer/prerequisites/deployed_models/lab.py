"""The task `task-deployed-models`: real HTTP requests, good and bad, over sockets into the sandbox."""

from __future__ import annotations

import json
import math
import random
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradatim.core.streams import Stream
from gradatim.lab.task import form as forms
from gradatim.lab.task.bench import Bench
from gradatim.lab.task.outcome import Tally

from .client import Reply, head, receive, send

HERE = Path(__file__).parent
BAD_A_DRAW, WRONG_A_DRAW, CLIENTS, MOST_TIMEOUTS = 4, 4, 6, 2
PREFIXES = ("", "/v1", "/api", "/model", "/internal", "/ml/v2")
HEALTH = ("/health", "/healthz", "/status", "/ready", "/alive", "/up")
PREDICT = ("/predict", "/score", "/scores", "/infer", "/rank", "/risk", "/answer")
# what is scored, names of features
WORLDS = (
    ("loan applications", ("income", "debt", "age", "late_payments", "years_employed")),
    ("flights by their chance of delay", ("distance", "hour", "wind", "visibility", "load")),
    ("parcels by their chance of damage", ("weight", "fragility", "hops", "humidity", "value")),
    ("machines by their chance of failure", ("hours", "temperature", "vibration", "age", "repairs")),
    ("messages by their chance of being spam", ("links", "length", "capitals", "sender_age", "replies")),
    ("patients by their risk of return", ("age", "visits", "pressure", "glucose", "weight")),
)


class Deployed:
    """The form and the trial."""

    def form(self, seed: int) -> dict[str, Any]:
        """The model, the paths, the names in the JSON, and the limits: drawn by the seed."""
        s = Stream(seed, "task-deployed-models/form")
        thing, names = s.choice(WORLDS, 1)
        features = s.shuffled(names, 2)[: s.integer(3, 5, 3)]
        return {
            "thing": thing,
            "features": features,
            "weights": [round(s.between(-2.0, 2.0, 4, i), 3) for i in range(len(features))],
            "bias": round(s.between(-1.0, 1.0, 5), 3),
            "version": f"{s.integer(1, 9, 6)}.{s.integer(0, 19, 7)}.{s.integer(0, 9, 8)}",
            "health": s.choice(PREFIXES, 17) + s.choice(HEALTH, 9),
            "predict": s.choice(PREFIXES, 18) + s.choice(PREDICT, 10),
            "key": s.choice(("rows", "instances", "batch", "inputs", "cases"), 11),
            "out": s.choice(("scores", "predictions", "results", "outputs", "risks"), 12),
            "shape": s.choice(("list", "dict"), 13),
            "empty_ok": s.uniform(14) < 0.5,
            "most_rows": s.choice(range(500, 1501, 20), 15),
            "most_bytes": s.choice(range(1_000_000, 4_000_001, 50_000), 16),
            "error": s.choice(("error", "detail", "message", "problem", "reason"), 19),
            "bad": s.choice(("rows", "places", "bad_rows", "which", "at"), 20),
            "draws": 12,
            "pass_mark": 0.85,
            "truth": ["most_timeouts", "bad_a_draw"],
        }

    def bench(self, form: Mapping[str, Any], files: Mapping[str, str]) -> Bench:
        """The service beside the model as it was given."""
        model = forms.text((HERE / "starter" / "model.py.j2").read_text(encoding="utf-8"), form)
        return Bench({**files, "model.py": model})

    def trial(
        self, form: dict[str, Any], key: int, files: Mapping[str, str], bench: Bench, tally: Tally, draws: int
    ) -> None:
        """One process serves all draws, as a service does."""
        process = bench.process
        started = process.serve("service", "Handler") if process is not None else None
        failed = started.failure if started else None
        if process is None or started is None or failed is not None:
            for _ in range(draws):
                tally.draw()
                for cause in tally.points:
                    tally.miss(cause, f"the service does not start{': ' + failed.text if failed else ''}")
            return
        client = Client(form, process.connect, tally)
        for i in range(draws):
            tally.draw()
            client.ask_everything(Stream(key, f"task-deployed-models/draw/{i}"), i)


class Client:
    """Somebody who sends requests and knows what should come back."""

    def __init__(self, form: dict[str, Any], connect: Callable[[], socket.socket], tally: Tally) -> None:
        self.form, self._connect, self.tally = form, connect, tally
        self._timeouts = 0

    def ask_everything(self, s: Stream, i: int) -> None:
        """The requests of one draw."""
        self._health(s, i)
        for n, count in enumerate((1, s.integer(2, 40, 1), self.form["most_rows"] if i % 5 == 0 else 3)):
            self._predict(s, n, count)
        kinds = s.shuffled(sorted(BAD), 2)[:BAD_A_DRAW]
        for n, kind in enumerate(kinds):
            self._bad(kind, BAD[kind](self.form, s, n))
        if not self.form["empty_ok"] and i % 3 == 0:
            self._bad("an empty list of rows", (json.dumps({self.form["key"]: []}).encode(), None))
        for n, kind in enumerate(s.shuffled(sorted(WRONG), 3)[:WRONG_A_DRAW]):
            self._wrong(kind, s, n)
        self._concurrent(s)

    # ------------------------------------------------------------------ asking
    def _open(self) -> socket.socket | None:
        if self._timeouts >= MOST_TIMEOUTS:
            return None
        try:
            return self._connect()
        except OSError:
            return None

    def _receive(self, connection: socket.socket) -> Reply:
        reply = receive(connection)
        self._timeouts += reply.timed_out
        return reply

    def _ask(
        self, method: str, path: str, body: bytes = b"", length: str | None = "true", end: bool = False
    ) -> Reply:
        connection = self._open()
        if connection is None:
            return Reply(0, {}, None, "the service no longer answers")
        send(connection, head(method, path, str(len(body)) if length == "true" else length) + body)
        if end:
            connection.shutdown(socket.SHUT_WR)
        return self._receive(connection)

    def _health(self, s: Stream, i: int) -> None:
        query = "?full=1" if i % 3 == 1 else ""
        reply = self._ask("GET", self.form["health"] + query, length=None)
        right = {"status": "ok", "model": self.form["version"]}
        self.tally.check("health", reply.status == 200 and reply.value == right, _told("health", 200, reply))

    def _predict(self, s: Stream, n: int, count: int) -> None:
        rows = _rows(self.form, s, 100 + n, count)
        if count == 3 and self.form["empty_ok"]:
            rows = []
        reply = self._ask("POST", self.form["predict"], _body(self.form, rows))
        self.tally.check(
            "predict", self._right(reply, rows), _told(f"a batch of {_size(len(rows))}", 200, reply)
        )

    def _right(self, reply: Reply, rows: Sequence[Sequence[float]]) -> bool:
        found = reply.value.get(self.form["out"]) if isinstance(reply.value, dict) else None
        if reply.status != 200 or not isinstance(found, list) or len(found) != len(rows):
            return False
        return all(
            isinstance(x, float | int) and abs(x - _score(self.form, row)) <= 1e-9
            for x, row in zip(found, rows, strict=True)
        )

    def _bad(self, kind: str, made: tuple[bytes, list[int] | None]) -> None:
        body, bad = made
        reply = self._ask("POST", self.form["predict"], body)
        holds = self._is_error(reply, 400) and (bad is None or reply.value.get(self.form["bad"]) == bad)
        also = (
            ""
            if bad is None or not self._is_error(reply, 400)
            else f"; `{self.form['bad']}` does not name all bad rows"
        )
        self.tally.check("bad_input", holds, _told(kind, 400, reply) + also)

    def _is_error(self, reply: Reply, status: int) -> bool:
        if reply.status != status or not isinstance(reply.value, dict):
            return False
        words = reply.value.get(self.form["error"])
        return isinstance(words, str) and bool(words.strip())

    def _wrong(self, kind: str, s: Stream, n: int) -> None:
        request = WRONG[kind](self.form, s, n)
        reply = self._ask(
            request["method"], request["path"], request["body"], request["length"], request["end"]
        )
        holds = self._is_error(reply, request["status"])
        if request["status"] == 405:
            allow = {m.strip() for m in reply.headers.get("allow", "").split(",")}
            holds = holds and request["allow"] in allow and request["method"] not in allow
        self.tally.check("protocol", holds, _told(kind, request["status"], reply))

    def _concurrent(self, s: Stream) -> None:
        """A client that stops in the middle, then five at once, then the rest of the first."""
        rows = [_rows(self.form, s, 300 + c, 120 + 10 * c) for c in range(CLIENTS)]
        bodies = [_body(self.form, r) for r in rows]
        opened = [self._open() for _ in range(CLIENTS)]
        connections = [c for c in opened if c is not None]
        if len(connections) < CLIENTS:
            for connection in connections:
                connection.close()
            self.tally.miss("concurrent", "the service no longer answers")
            return
        for connection, body in zip(connections, bodies, strict=True):
            send(connection, head("POST", self.form["predict"], str(len(body))) + body[: len(body) // 2])
        for connection, body in zip(connections[1:], bodies[1:], strict=True):
            send(connection, body[len(body) // 2 :])
        replies = [self._receive(c) for c in connections[1:]]
        send(connections[0], bodies[0][len(bodies[0]) // 2 :])
        replies.insert(0, self._receive(connections[0]))
        for reply, sent in zip(replies, rows, strict=True):
            if not self._right(reply, sent):
                self.tally.miss("concurrent", _told("one of six clients at once", 200, reply))


# ---------------------------------------------------------------------- what is sent
Bad = Callable[[Mapping[str, Any], Stream, int], tuple[bytes, list[int] | None]]


def _spoilt(text: str, **change: Any) -> Bad:
    """A batch in which two drawn rows have one value replaced by `text` (JSON)."""

    def make(form: Mapping[str, Any], s: Stream, n: int) -> tuple[bytes, list[int] | None]:
        rows: list[list[Any]] = [list(r) for r in _rows(form, s, 500 + n, 6)]
        bad = sorted(s.shuffled(range(6), 51, n)[:2])
        for i in bad:
            rows[i][s.integer(0, len(form["features"]) - 1, 52, n, i)] = "SPOILT"
        return _body(form, rows).replace(b'"SPOILT"', text.encode()), bad

    return make


def _cut(form: Mapping[str, Any], s: Stream, n: int) -> tuple[bytes, list[int] | None]:
    """One row has a value too few, another one too many."""
    rows: list[Any] = [_shaped(form, r) for r in _rows(form, s, 500 + n, 7)]
    short, long = sorted(s.shuffled(range(7), 53, n)[:2])
    if form["shape"] == "dict":
        rows[short].pop(form["features"][0])
        rows[long]["more"] = 1.0
    else:
        rows[short].pop()
        rows[long].append(1.0)
    return json.dumps({form["key"]: rows}).encode(), [short, long]


def _no_row(form: Mapping[str, Any], s: Stream, n: int) -> tuple[bytes, list[int] | None]:
    rows: list[Any] = [_shaped(form, r) for r in _rows(form, s, 500 + n, 4)]
    at = s.integer(0, 3, 54, n)
    rows[at] = s.choice((None, 5, "row", [] if form["shape"] == "dict" else {}), 55, n)
    return json.dumps({form["key"]: rows}).encode(), [at]


def _raw(text: bytes) -> Bad:
    return lambda form, s, n: (text.replace(b"KEY", form["key"].encode()), None)


BAD: dict[str, Bad] = {
    "a text for a number": _spoilt('"3.5"'),
    "null for a number": _spoilt("null"),
    "true for a number": _spoilt("true"),
    "NaN for a number": _spoilt("NaN"),
    "Infinity for a number": _spoilt("-Infinity"),
    "a number too large for a float": _spoilt("1" + "0" * 400),
    "a list for a number": _spoilt("[1]"),
    "rows of the wrong size": _cut,
    "something else for a row": _no_row,
    "a body that is not JSON": _raw(b'{"KEY": [[1, 2'),
    "a body that is not UTF-8": _raw(b'{"KEY": "\xff\xfe"}'),
    "a body that is a list": _raw(b"[[1, 2, 3]]"),
    "a body without the rows": _raw(b'{"row": []}'),
    "rows that are no list": _raw(b'{"KEY": {"0": [1]}}'),
    "an empty body": _raw(b""),
}


def _request(
    form: Mapping[str, Any], status: int, method: str, path: str, body: bytes = b"", length: str | None = "true",
    end: bool = False, allow: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "status": status, "method": method, "path": path, "body": body, "length": length, "end": end, "allow": allow
    }  # fmt: skip


def _some(form: Mapping[str, Any], s: Stream, n: int) -> bytes:
    return _body(form, _rows(form, s, 700 + n, 4))


Wrong = Callable[[Mapping[str, Any], Stream, int], dict[str, Any]]
WRONG: dict[str, Wrong] = {
    "GET of another path": lambda f, s, n: _request(f, 404, "GET", f["predict"] + "x", length=None),
    "POST to another path": lambda f, s, n: _request(f, 404, "POST", "/", _some(f, s, n)),
    "GET of the predict path": lambda f, s, n: _request(
        f, 405, "GET", f["predict"], length=None, allow="POST"
    ),
    "POST to the health path": lambda f, s, n: _request(f, 405, "POST", f["health"], b"{}", allow="GET"),
    "DELETE of the predict path": lambda f, s, n: _request(
        f, 405, "DELETE", f["predict"], length=None, allow="POST"
    ),
    "PUT to the health path": lambda f, s, n: _request(f, 405, "PUT", f["health"], b"{}", allow="GET"),
    "a POST without Content-Length": lambda f, s, n: _request(
        f, 411, "POST", f["predict"], length=None, end=True
    ),
    "a Content-Length that is no number": lambda f, s, n: _request(
        f, 400, "POST", f["predict"], _some(f, s, n), s.choice(("-1", "ten", "1e3", "12.5"), 80, n), True
    ),
    "a body that ends early": lambda f, s, n: _request(
        f, 400, "POST", f["predict"], _some(f, s, n), str(len(_some(f, s, n)) + 25), True
    ),
    "a Content-Length shorter than the body": lambda f, s, n: _request(
        f, 400, "POST", f["predict"], _some(f, s, n), str(len(_some(f, s, n)) - 9), True
    ),
    "a Content-Length above the limit": lambda f, s, n: _request(
        f, 413, "POST", f["predict"], b"", str(f["most_bytes"] + s.integer(1, 10**9, 81, n)), True
    ),
    "more rows than allowed": lambda f, s, n: _request(
        f, 413, "POST", f["predict"], _body(f, _rows(f, s, 700 + n, f["most_rows"] + 1))
    ),
}


def _rows(form: Mapping[str, Any], s: Stream, n: int, count: int) -> list[list[float]]:
    """Drawn rows; whole numbers among them."""
    # One draw of the stream for each batch: a thousand rows are drawn often.
    chance = random.Random(s.bits(n, count))
    width, made = len(form["features"]), []
    for i in range(count):
        row: list[float] = [round(6.0 * chance.random() - 3.0, 4) for _ in range(width)]
        row[i % width] = int(7.0 * chance.random()) - 3
        made.append(row)
    return made


def _shaped(form: Mapping[str, Any], row: Sequence[Any]) -> Any:
    if form["shape"] == "list":
        return list(row)
    pairs = list(zip(form["features"], row, strict=True))
    return dict(pairs[::-1])


def _body(form: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> bytes:
    return json.dumps({form["key"]: [_shaped(form, r) for r in rows]}).encode()


# ---------------------------------------------------------------------- what is right
def _score(form: Mapping[str, Any], row: Sequence[float]) -> float:
    total = form["bias"] + sum(w * x for w, x in zip(form["weights"], row, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, total))))


def _told(what: str, status: int, reply: Reply) -> str:
    """What was sent, what should have come, what came: no value of a hidden row."""
    came = reply.problem or f"{reply.status}"
    if not reply.problem and reply.status == status:
        came = f"{reply.status} with another body than the brief says"
    return f"{what}: {status} is right, got {came}"


def _size(count: int) -> str:
    return "no row" if count == 0 else "one row" if count == 1 else "many rows"


TASK = Deployed()

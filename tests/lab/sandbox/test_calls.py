"""Functions of a folder, called in a process of their own: values, failures, questions, connections, CPU time."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from typing import Any

from gradatim.lab.sandbox.calls import CallProcess
from gradatim.lab.sandbox.limits import Limits

FILES = {
    "main.py": """
import helper
import ledger
import numpy
seen = []
def add(a, b):
    return helper.twice(a) + b
def ask(store):
    return [store.read("t"), ledger.total([1, 2])]
def fail():
    raise helper.Odd("no")
def count():
    seen.append(1)
    return len(seen)
def matrix(a):
    return numpy.asarray(a).sum(axis=0)
def nan():
    return float("nan")
def spin():
    while True:
        pass
def work(n):
    return sum(i * i for i in range(n))
def survive(store):
    try:
        store.read("t")
    except Exception:
        return "went on"
""",
    "helper.py": "class Odd(ValueError):\n    pass\ndef twice(x):\n    return 2 * x\n",
    "service.py": """
from http.server import BaseHTTPRequestHandler
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        print("x" * 5000)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
""",
}
LIMITS = Limits(step_cpu_s=1.0, step_wall_s=20)
PORT = {"$port": "store", "methods": ["read"]}


def answer(port: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {"result": [port, method, list(args), dict(kwargs)]}


def test_values_failures_and_questions_cross_the_border() -> None:
    with CallProcess(FILES, LIMITS, {"ledger": ["total"]}) as process:
        assert process.call("main", "add", 3, 4).value == 10
        asked = process.call("main", "ask", PORT, asked=answer)
        assert asked.value == [["store", "read", ["t"], {}], ["ledger", "total", [[1, 2]], {}]]
        failure = process.call("main", "fail").failure
        assert failure is not None and failure.kinds[:2] == ("Odd", "ValueError")
        assert failure.where == "main.py, line 11" and failure.text == "Odd: no (main.py, line 11)"
        assert process.keep("a", {"$array": [[1, 2], [3, 4]]}).failure is None
        assert process.call("main", "matrix", {"$kept": "a"}).value == [4.0, 6.0]
        unsent = process.call("main", "nan").failure
        assert unsent is not None and unsent.kinds == ("NotPlain",)
        assert process.names("helper", "t").value == ["twice"]
        missing = process.call("main", "nothing").failure
        assert missing is not None and missing.kinds[0] == "AttributeError"


def test_fresh_modules_remember_nothing() -> None:
    with CallProcess(FILES, LIMITS, {"ledger": ["total"]}) as process:
        assert [process.call("main", "count").value for _ in range(2)] == [1, 2]
        process.fresh()
        assert process.call("main", "count").value == 1


def test_a_stop_in_the_middle_passes_an_except_exception() -> None:
    with CallProcess(FILES, LIMITS, {"ledger": ["total"]}) as process:
        stop = {"raise": "Killed", "message": "here"}
        failure = process.call("main", "survive", PORT, asked=lambda *_: stop).failure
        assert failure is not None and failure.kinds[0] == "Stopped"
        refuse = {"raise": "ValueError", "message": "here"}
        assert process.call("main", "survive", PORT, asked=lambda *_: refuse).value == "went on"


def test_cpu_time_is_told_from_outside_and_an_endless_loop_ends() -> None:
    with CallProcess(FILES, LIMITS, {"ledger": ["total"]}) as process:
        process.call("main", "add", 1, 1)
        little, much = (process.call("main", "work", n, timed=True).cpu_s for n in (1_000, 1_000_000))
        assert 0 < little < much < 1.0
        ended = process.call("main", "spin").failure
        assert ended is not None and ended.fatal and ended.kinds == ("Timeout",)
        assert not process.alive
        after = process.call("main", "add", 1, 1).failure
        assert after is not None and after.fatal


def test_connections_are_answered_by_the_handler_and_its_printing_stops_nothing() -> None:
    with CallProcess(FILES, LIMITS) as process:
        assert process.serve("service", "Handler").failure is None
        for _ in range(30):  # 150 kB of print: more than a pipe holds
            with process.connect() as connection:
                connection.settimeout(20)
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                reply = http.client.HTTPResponse(connection)
                reply.begin()
                assert (reply.status, reply.read()) == (200, b"ok")
                reply.close()

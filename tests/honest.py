"""What somebody hands in who reads the brief of a performed task and solves it in their own way, for any form of it."""

from __future__ import annotations

from gradatim.lab.task import form as forms
from gradatim.lab.task.lab import TaskInstance


def solution(instance: TaskInstance) -> dict[str, str]:
    """Files that pass, and are near to nothing that ships."""
    made = {
        "task-pipelines": _pipeline,
        "task-engineering-fundamentals": _tested,
        "task-deployed-models": _service,
        "task-python-and-frameworks": _regression,
    }
    return made[instance.task.id](instance)


def _mended(instance: TaskInstance, **without: str) -> dict[str, str]:
    """The starter without what is planted in it: the shortest mend that there is."""
    return forms.render(instance.task.folder / "starter", {**instance.form, **without})


def _pipeline(instance: TaskInstance) -> dict[str, str]:
    files = _mended(instance, leak="", write="append-again")
    features, day = instance.form["features"], instance.form["day"]
    files["job.py"] = files["job.py"].replace(
        f'store.append("{features}", build(rows, day))',
        f'store.replace("{features}", {{"{day}": day}}, build(rows, day))',
    )
    return {name: files[name] for name in instance.task.spec.files}


def _tested(instance: TaskInstance) -> dict[str, str]:
    form = instance.form
    touched = [[1, 3], [3, 7]] if not form["touch"] else [[1, 7]]
    told = {
        **{f"<{role}>": form[role] for role in ("merge", "covered", "by_bucket", "gap", "cost")},
        **{f"<{name}>": str(form[name]) for name in ("block", "free", "origin", "least_gap")},
        "<equal>": repr([1, 5] if form["tie"] == "earliest" else [6, 10]),
        "<touched>": repr(touched),
    }
    return {"spans.py": _mended(instance, flaw="")["spans.py"], "test_spans.py": _filled(TESTS, told)}


def _service(instance: TaskInstance) -> dict[str, str]:
    form = instance.form
    names = (
        "health",
        "predict",
        "key",
        "out",
        "shape",
        "empty_ok",
        "most_rows",
        "most_bytes",
        "error",
        "bad",
    )
    return {"service.py": _filled(SERVICE, {f"<{name}>": repr(form[name]) for name in names})}


def _regression(instance: TaskInstance) -> dict[str, str]:
    form = instance.form
    told = {"<fit>": form["fit"], "<predict>": form["predict"], "<widths>": repr(list(form["bandwidths"]))}
    told |= {
        "<kernel>": KERNELS[form["kernel"]],
        "<spread>": SPREADS[form["spread"]],
        "<loss>": LOSSES[form["criterion"]],
    }
    return {"regression.py": _filled(REGRESSION, told)}


def _filled(text: str, told: dict[str, str]) -> str:
    for mark, value in told.items():
        text = text.replace(mark, value)
    return text


SPREADS = {
    "deviation": "np.std(table, 0)",
    "absolute": "np.mean(np.abs(table - np.mean(table, 0)), 0)",
    "range": "(table.max(0) - table.min(0)) / 2",
}
LOSSES = {"squared": "np.sum(off**2)", "absolute": "np.sum(np.abs(off))"}
KERNELS = {
    "gauss": "np.exp(sum(d * d for d in differences) / (-2 * width**2))",
    "laplace": "np.exp(sum(abs(d) for d in differences) / -width)",
    "parabola": "np.clip(1 - sum(d * d for d in differences) / len(differences) / width**2, 0, None)",
}

REGRESSION = """
import numpy as np

WIDTHS = <widths>


def similarity(left, right, width):
    differences = [np.subtract.outer(p, q) for p, q in zip(left.T, right.T)]
    return <kernel>


def standard(table, centre, scale):
    table = np.array(table, float) - centre
    table[:, scale == 0] = 0
    return table / (scale + (scale == 0))


def averages(similar, y, fallback):
    mass = similar.sum(1)
    empty = mass == 0
    answers = similar.dot(y) / (mass + empty)
    answers[empty] = np.broadcast_to(fallback, answers.shape)[empty]
    return answers


def <fit>(X, y):
    table, y = np.array(X, float), np.array(y, float)
    scale = <spread>
    scale[table.max(0) == table.min(0)] = 0
    known = standard(table, np.mean(table, 0), scale)
    rest = (y.sum() - y) / (len(y) - 1) if len(y) > 1 else y
    losses = {}
    for width in WIDTHS:
        similar = similarity(known, known, width)
        similar[np.diag_indices(len(y))] = 0
        off = averages(similar, y, rest) - y
        losses[width] = <loss>
    return {
        "bandwidth": min(WIDTHS, key=losses.get),
        "state": [np.mean(table, 0).tolist(), scale.tolist(), known.tolist(), y.tolist()],
    }


def <predict>(model, X):
    if not X:
        return []
    centre, scale, known, y = map(np.array, model["state"])
    similar = similarity(standard(X, centre, scale), known, model["bandwidth"])
    return list(map(float, averages(similar, y, y.mean())))
"""

SERVICE = """
import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from model import FEATURES, VERSION, predict

turn = threading.Semaphore()


class Refused(Exception):
    def __init__(self, status, words, **more):
        self.status, self.told, self.more = status, {<error>: words}, more


class Handler(BaseHTTPRequestHandler):
    def route(self):
        where = urlsplit(self.path).path
        try:
            if where == <health>:
                self.only("GET")
                told = {"status": "ok", "model": VERSION}
            elif where == <predict>:
                self.only("POST")
                told = {<out>: self.scores()}
            else:
                raise Refused(HTTPStatus.NOT_FOUND, "nothing is here")
            self.say(200, told, [])
        except Refused as refused:
            self.say(refused.status, {**refused.told, **refused.more.get("told", {})}, refused.more.get("headers", []))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = route

    def only(self, method):
        if self.command != method:
            raise Refused(405, "another method is taken here", headers=[("Allow", method)])

    def scores(self):
        rows = self.given()
        if len(rows) > <most_rows>:
            raise Refused(413, "too many rows")
        if not rows and not <empty_ok>:
            raise Refused(400, "there are no rows")
        table, wrong = [], []
        for place, row in enumerate(rows):
            try:
                table.append(numbers(row))
            except (TypeError, ValueError, OverflowError):
                wrong.append(place)
        if wrong:
            raise Refused(400, "some rows are not rows", told={<bad>: wrong})
        if not table:
            return []
        with turn:
            return predict(table)

    def given(self):
        length = self.headers["Content-Length"]
        if length is None:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "how long is it?")
        if set(length) - set("0123456789") or not length:
            raise Refused(400, "the length is no number")
        if int(length) > <most_bytes>:
            raise Refused(413, "too long")
        raw = self.rfile.read(int(length))
        if len(raw) != int(length):
            raise Refused(400, "it ended early")
        try:
            told = json.loads(str(raw, "utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise Refused(400, "no JSON") from None
        if not isinstance(told, dict) or not isinstance(told.get(<key>), list):
            raise Refused(400, "where are the rows?")
        return told[<key>]

    def say(self, status, told, headers):
        words = bytes(json.dumps(told), "utf-8")
        self.send_response(int(status))
        self.send_header("Content-Type", "application/json")
        for pair in [("Content-Length", str(len(words))), *headers]:
            self.send_header(*pair)
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *unused):
        pass


def numbers(row):
    if <shape> == "dict":
        if not isinstance(row, dict) or set(row) != set(FEATURES):
            raise ValueError(row)
        row = [row[name] for name in FEATURES]
    if type(row) is not list or len(row) != len(FEATURES):
        raise ValueError(row)
    for value in row:
        if type(value) not in (int, float) or not abs(float(value)) < float("inf"):
            raise ValueError(value)
    return row
"""

TESTS = """
import spans


def test_joining():
    assert spans.<merge>([[9, 12], [5, 5], [1, 4], [2, 3]]) == [[1, 4], [9, 12]]
    assert spans.<merge>([[1, 3], [3, 7]]) == <touched>
    assert spans.<merge>([[0, 5], [4, 9], [-3, -1]]) == [[-3, -1], [0, 9]]
    assert spans.<merge>([]) == []


def test_refusing():
    refused = False
    try:
        spans.<merge>([[0, 1], [3, 1]])
    except ValueError:
        refused = True
    assert refused


def test_counting():
    known = [[0, 6], [4, 10], [4, 10], [20, 22]]
    for (low, high), right in {(0, 30): 12, (5, 21): 6, (-4, 3): 3, (10, 20): 0, (30, 40): 0, (-9, -2): 0}.items():
        assert spans.<covered>(known, low, high) == right


def test_buckets():
    o = <origin>
    rows = [[o - 7, o - 5], [o + 3, o + 12], [o + 5, o + 9], [o + 20, o + 25]]
    assert spans.<by_bucket>(rows, 5) == [[o - 10, 2], [o, 2], [o + 5, 5], [o + 10, 2], [o + 20, 5]]
    assert spans.<by_bucket>([[o + 1, o + 2], [o + 3, o + 4]], 5) == [[o, 2]]
    assert spans.<by_bucket>([], 5) == []


def test_gaps():
    least = <least_gap>
    assert spans.<gap>([[0, 1], [5, 6], [10, 11]]) == <equal>
    assert spans.<gap>([[0, 1], [5, 6], [12, 13]]) == [6, 12]
    assert spans.<gap>([[0, 9], [1, 2], [13, 14]]) == [9, 13]
    assert spans.<gap>([[0, 4], [3, 6]]) is None
    assert spans.<gap>([[0, 4], [least + 3, least + 6]]) is None
    assert spans.<gap>([[0, 4], [least + 4, least + 6]]) == [4, least + 4]


def test_prices():
    block, free = <block>, <free>
    assert spans.<cost>([[0, free]], 7) == 0
    assert spans.<cost>([[0, free + block]], 7) == 7
    assert spans.<cost>([[0, free + block + 1]], 7) == 14
    assert spans.<cost>([[0, free + 1], [100, free + 102]], 7) == 14
    assert spans.<cost>([[0, free + 2], [1, free + 3], [0, free + 2]], 7) == 7


def test_nothing_is_changed():
    known = [[5, 6], [1, 3], [2, 4]]
    for call in (spans.<merge>, spans.<gap>):
        call(known)
    assert known == [[5, 6], [1, 3], [2, 4]]
"""

"""The JSON API against its own OpenAPI document: schemathesis, in this process, all of its checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from gradatim.app import App
from gradatim.web import create_app

LAB = "incident-response"
TOKEN = "schema-test"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Loopback:
    """Requests as they come over the loopback; the client of schemathesis names another host."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [(k, v) for k, v in scope["headers"] if k != b"host"]
            scope = {
                **scope,
                "server": ("127.0.0.1", 8642),
                "headers": [*headers, (b"host", b"127.0.0.1:8642")],
            }
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """An app with an open attempt, a finished one and an exam, and their ids by name of the parameter."""
    app = App(tmp_path_factory.mktemp("schema"))
    running, done = (app.start(LAB, seed=seed)["id"] for seed in (3, 4))
    app.finish(done)
    exam = app.exams.start(LAB, predicted={"skill": 0.5, "lo": 0.0, "hi": 1.0})["id"]
    item = app.evidence.record(
        {"kind": "work", "title": "A piece", "links": [{"dimension": "D1", "level": 3}]}
    )
    app.learner.set({"weekly_hours": 5})
    yield app, {"running": running, "done": done, "exam": exam, "item": item["id"]}
    app.store.close()


@pytest.fixture(scope="module")
def api(known: tuple[Any, dict[str, str]]) -> Any:
    return schemathesis.openapi.from_asgi(
        "/api/openapi.json", Loopback(create_app(known[0], TOKEN)), headers=HEADERS
    )


REFUSABLE = ("/query", "/whatif", "/fork", "/labs/{lab_id}/exams", "/labs/{lab_id}/attempts")
"""Well-formed by its schema and still refused with 422: what is not SQL, a moment outside the shift, an
action that is not in the log, an interval whose ends are the wrong way round, a family that the lab has not."""
AFTERWARDS = ("/score", "/debrief", "/replay", "/whatif", "/references", "/submission")


MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.mark.parametrize("mode", MODES, ids=["well formed", "malformed"])
def test_the_api_is_what_it_says(api: Any, known: tuple[Any, dict[str, str]], mode: GenerationMode) -> None:
    failed: dict[str, str] = {}
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) > 34
    for operation in operations:
        try:
            check(operation, known[1], mode)
        except Unsatisfiable:
            assert mode == GenerationMode.NEGATIVE, operation.label  # nothing in it could be malformed
        except AssertionError as error:
            failed[operation.label] = str(error)
        except BaseExceptionGroup as errors:
            failed[operation.label] = f"{errors}\n" + "\n".join(map(str, errors.exceptions))
    assert failed == {}


def check(operation: Any, ids: dict[str, str], mode: GenerationMode) -> None:
    """A few requests of one operation, with every check of schemathesis.

    Well-formed ones are about things that exist; what a malformed one names does not.
    """
    after = operation.path.endswith(AFTERWARDS)
    existing = {
        "lab_id": LAB, "exam_id": ids["exam"], "attempt_id": ids["done" if after else "running"],
        "skill_id": LAB, "item": ids["item"],
    }  # fmt: skip

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=4,
        derandomize=True,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def examples(case: schemathesis.Case) -> None:
        if mode == GenerationMode.POSITIVE:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = existing[name]
        left_out = [positive_data_acceptance] if operation.path.endswith(REFUSABLE) else []
        if operation.method.upper() == "GET":
            left_out.append(negative_data_rejection)  # in an address a number is a text as well
        case.call_and_validate(headers=HEADERS, excluded_checks=left_out, timeout=300)

    examples()

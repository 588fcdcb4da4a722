"""The JSON API: schemas, status codes, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

LAB = "incident-response"
NO_BODY = ("finish", "replay", "next", "submit", "verify")
OPERATIONS = "observe query act advance submission finish score replay whatif debrief references fork"


@pytest.fixture(scope="module")
def client(server: Any) -> Iterator[httpx.Client]:
    with server.client() as made:
        yield made


@pytest.fixture(scope="module")
def attempt(client: httpx.Client) -> str:
    answer = client.post(f"/api/labs/{LAB}/attempts", json={"seed": 3})
    assert answer.status_code == 201
    found: str = answer.json()["id"]
    return found


def test_every_operation_is_described(client: httpx.Client) -> None:
    described = client.get("/api/openapi.json").json()
    paths = described["paths"]
    assert all(path.startswith("/api/") for path in paths)
    for name in OPERATIONS.split():
        assert f"/api/attempts/{{attempt_id}}/{name}" in paths
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation.get("description"), (method, path)
            if method == "post" and path.rsplit("/", 1)[-1] not in NO_BODY:
                assert "requestBody" in operation, path
    assert "Failure" in described["components"]["schemas"]


def test_an_attempt_is_observed_queried_and_advanced(client: httpx.Client, attempt: str) -> None:
    before = client.get(f"/api/attempts/{attempt}/observe").json()
    assert client.get(f"/api/attempts/{attempt}/observe").json() == before
    after = client.post(f"/api/attempts/{attempt}/advance", json={"seconds": 600}).json()
    assert after["t_s"] == before["t_s"] + 600
    answer = client.post(f"/api/attempts/{attempt}/query", json={"sql": "select 1 as one"}).json()
    assert answer["rows"] == [[1]] and len(answer["columns"]) == 1


def test_a_refused_action_changes_nothing(client: httpx.Client, attempt: str) -> None:
    log = client.get(f"/api/attempts/{attempt}/submission").json()
    answer = client.post(f"/api/attempts/{attempt}/act", json={"kind": "no_such_action"})
    assert answer.status_code == 200
    assert answer.json()["accepted"] is False and answer.json()["reason"]
    assert client.get(f"/api/attempts/{attempt}/submission").json() == log


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("labs/incident-response/attempts", {"seed": -1}, "seed"),
        ("labs/incident-response/attempts", {"seed": "x", "famly": 1}, "famly"),
        ("attempts/{}/advance", {"seconds": 0}, "seconds"),
        ("attempts/{}/advance", {}, "seconds"),
        ("attempts/{}/advance", {"seconds": 60, "to_next_alert": True}, "to_next_alert"),
        ("attempts/{}/query", {"sql": ""}, "sql"),
        ("attempts/{}/act", {}, "kind"),
        ("attempts/{}/whatif", {"edits": []}, "edits"),
        ("attempts/{}/whatif", {"edits": [{"drop": -1}]}, "drop"),
        ("attempts/{}/fork", {"at_s": "soon"}, "at_s"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_its_problems(
    client: httpx.Client, attempt: str, path: str, body: dict[str, Any], named: str
) -> None:
    answer = client.post("/api/" + path.format(attempt), json=body)
    assert answer.status_code == 422
    assert any(named in problem for problem in answer.json()["problems"])


@pytest.mark.parametrize(
    "path", ["/api/labs/incident-respons", "/api/attempts/none", "/api/attempts/none/observe"]
)
def test_an_unknown_name_is_404(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "UnknownName"


def test_an_unknown_address_and_a_wrong_method_answer_json(client: httpx.Client) -> None:
    assert client.get("/api/nothing").json()["what"]
    wrong = client.delete("/api/labs")
    assert wrong.status_code == 405 and wrong.json()["what"]
    assert (
        client.post(
            "/api/attempts/x/query", content=b"{", headers={"content-type": "application/json"}
        ).status_code
        == 422
    )


def test_hostile_sql_is_refused_and_harms_nothing(client: httpx.Client, attempt: str) -> None:
    for sql in (
        "drop table ticks",
        "select 1; select 2",
        "copy (select 1) to 'x.csv'",
        "select * from read_csv('/etc/passwd')",
    ):
        answer = client.post(f"/api/attempts/{attempt}/query", json={"sql": sql})
        assert answer.status_code == 422, (sql, answer.text)
        assert answer.json()["what"] and "root:" not in answer.text


def test_plan_forecast_path_and_evidence_are_read_with_the_token_only(server: Any) -> None:
    addresses = ("plan", "forecast", "path/next", "path/rubric", "path/estimates", "path/skills/incident-response",
                 "prerequisites", "evidence")  # fmt: skip
    for address in addresses:
        assert httpx.get(f"{server.url}/api/{address}").status_code == 401, address
        assert httpx.post(f"{server.url}/api/{address}").status_code == 401, address
    with server.client() as client:
        found = {address: client.get(f"/api/{address}").json() for address in addresses}
        nothing = client.get("/api/forecast", params={"opportunities_per_month": 0, "weekly_hours": 5}).json()
        other = client.get(
            "/api/forecast", params={"study_months": 14, "opportunities_per_month": 0.6}
        ).json()
        refused = client.get("/api/forecast", params={"scope_credit": 2, "opportunities": -1})
        assert client.post("/api/plan").status_code == 405
        assert client.get("/api/evidence/E-999").status_code == 404
        assert client.get("/api/path/skills/juggling").status_code == 404
    assert found["path/next"]["why"] and found["plan"]["items"]
    assert found["path/skills/incident-response"]["state"]
    assert len(found["path/rubric"]["dimensions"]) == 10
    assert nothing["possible"] is False and nothing["months"]["p50"] is None
    assert 17 < other["months"]["p50"] < 18.2
    assert refused.status_code == 422 and len(refused.json()["problems"]) == 2

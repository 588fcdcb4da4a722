"""The schema, the references, and every problem at once."""

from __future__ import annotations

import datetime
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradatim.core.errors import InputError
from gradatim.instruments.promql import text
from gradatim.instruments.slo.openslo import read_slos
from gradatim.instruments.slo.sli import counted_ratio, events
from gradatim.instruments.slo.spec import Window, duration_ms

from .specs import ERRORS, GOOD, LATENCY, RAW, document, ratio, slo, source, write


def problems(folder: Path, *documents: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        read_slos(write(folder / "spec.yaml", *documents))
    return caught.value.describe()


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ({"target": 1}, "an objective of 100 % has no error budget"),
        ({"target": 1.0}, "choose one that users would notice"),
        ({"targetPercent": 100}, "for instance 99.9"),
        ({"target": 99.9}, "did you mean targetPercent: 99.9"),
        ({"targetPercent": 101}, "targetPercent is below 100"),
        ({"target": -0.1}, "minimum"),
        ({"target": "0.99"}, "text ('0.99') where a number is needed"),
        ({"target": 0.9, "targetPercent": 90}, "exactly one of target and targetPercent"),
        ({}, "exactly one of target and targetPercent"),
        ({"target": 0.9, "goal": 1}, "goal (line"),
        ({"target": 0.9, "op": "lte", "value": 1}, "value has no meaning here"),
        ({"target": True}, "true or false (True) where a number is needed"),
        ({"target": float("nan")}, "not a finite number"),
    ],
)
def test_an_objective_that_cannot_be(tmp_path: Path, objective: dict[str, Any], said: str) -> None:
    assert said in problems(tmp_path, document(ERRORS, objective))


def test_every_problem_at_once_with_its_line(tmp_path: Path) -> None:
    bad = document(ERRORS, {"target": 1}, budgetingMethod="Occurences", timeWindow=[{"duration": "30 days"}])
    bad["apiVersion"], bad["metadata"]["name"] = "openslo/v2", "-x"
    del bad["spec"]["service"]
    told = problems(tmp_path, bad)
    for wanted in (
        "openslo/v2",
        "'-x' is not a name",
        "Occurences",
        "30 days",
        "service is missing",
        "100 %",
    ):
        assert wanted in told, wanted
    assert told.count("(line ") >= 6
    queries = document(ratio(bad="sum(", total="topk(3, x)"), {"target": 0.9})
    told = problems(tmp_path, queries, {**queries, "metadata": {"name": "other"}})
    assert told.count("unclosed") == 2
    assert told.count("topk") >= 2


def test_sources_references_and_kinds(tmp_path: Path) -> None:
    other = document(ratio(bad="a", total="b"))
    other["spec"]["indicator"]["spec"]["ratioMetric"]["bad"] = source("q", "Datadog")
    assert "only Prometheus is evaluated" in problems(tmp_path, other)
    lost = document()
    del lost["spec"]["indicator"]
    lost["spec"]["indicatorRef"] = "errors"
    assert "no SLI named errors" in problems(tmp_path, lost)
    sli = {"apiVersion": "openslo/v1", "kind": "SLI", "metadata": {"name": "errors"}, "spec": ERRORS}
    assert slo(tmp_path, lost, sli).indicator.name == "errors"
    assert "no document of kind SLO" in problems(tmp_path, sli)
    assert "defined twice" in problems(tmp_path, document(), document())
    assert "a thresholdMetric needs it" in problems(tmp_path, document(LATENCY, {"target": 0.9}))
    two = document(LATENCY, *({"target": t, "op": "lte", "value": 1} for t in (0.9, 0.99)))
    assert "exactly one objective" in problems(tmp_path, two)
    assert "timeSliceWindow is missing" in problems(tmp_path, document(budgetingMethod="Timeslices"))
    mixed = document({"ratioMetric": {**ERRORS["ratioMetric"], **RAW["ratioMetric"]}})
    assert "either good and total, or bad and total, or raw" in problems(tmp_path, mixed)
    assert "selects no series" in problems(tmp_path, document(ratio(bad="vector(0)", total="x")))


def test_alert_policies_become_conditions(tmp_path: Path) -> None:
    condition = {"kind": "burnrate", "op": "gte", "threshold": 10, "lookbackWindow": "1h", "alertAfter": "5m"}
    meta = {"name": "fast"}
    inline = {
        "kind": "AlertCondition",
        "metadata": meta,
        "spec": {"severity": "page", "condition": condition},
    }
    spec = {"conditions": [inline], "notificationTargets": [{"targetRef": "mail"}], "alertWhenNoData": True}
    policy = {"apiVersion": "openslo/v1", "kind": "AlertPolicy", "metadata": {"name": "p"}, "spec": spec}
    found = slo(tmp_path, document(alertPolicies=[{"alertPolicyRef": "p"}]), policy)
    assert found.page_without_data
    (one,) = found.conditions
    assert (one.severity, one.op, one.threshold, one.lookback_ms, one.after_ms) == (
        "page",
        "gte",
        10,
        3_600_000,
        300_000,
    )
    assert slo(tmp_path, document(alertPolicies=["p"]), policy).conditions == found.conditions
    elsewhere = slo(tmp_path, document(alertPolicies=["q", {"alertPolicyRef": "r"}]))
    assert elsewhere.conditions == ()
    assert [note.split(": ")[1] for note in elsewhere.notes if "left out" in note] == [
        f"no AlertPolicy named {name} is in this file; its alerts are left out." for name in "qr"
    ]
    assert "{alertPolicyRef: NAME}" in problems(tmp_path, document(alertPolicies=[7]))


PUBLISHED_SHAPES = [
    # What the examples of the specification and of its SDK look like; names and queries are ours.
    document(ERRORS, {"displayName": "Good", "op": "gt", "target": 0.98}),
    document(
        GOOD,
        {
            "displayName": "Good",
            "op": "gt",
            "target": 0.995,
            "timeSliceTarget": 0.95,
            "timeSliceWindow": "1m",
        },
        {"displayName": "Contract", "target": 0.99, "timeSliceTarget": 0.99, "timeSliceWindow": 1},
        budgetingMethod="Timeslices",
        timeWindow=[
            {
                "duration": "1w",
                "isRolling": False,
                "calendar": {"startTime": "2022-01-01 12:00:00", "timeZone": "America/New_York"},
            }
        ],
        alertPolicies=None,
    ),
    document(
        {"ratioMetric": {k: v for k, v in GOOD["ratioMetric"].items() if k != "counter"}},
        {"displayName": "Good", "op": "gt", "timeSliceWindow": "1m", "target": 0.99},
        budgetingMethod="RatioTimeslices",
        timeWindow=[{"duration": "2w", "isRolling": True}],
    ),
    document(RAW, {"targetPercent": 99.95}),
    document(LATENCY, {"target": 0.9, "op": "lte", "value": 0.2}),
]


@pytest.mark.parametrize("shape", PUBLISHED_SHAPES, ids=["op", "slices", "ratio slices", "raw", "threshold"])
def test_the_published_shapes_are_read(tmp_path: Path, shape: dict[str, Any]) -> None:
    labels = {"env": ["prod"], "team": ["team-a", "team-b"]}
    shape = {**shape, "metadata": {**shape["metadata"], "labels": labels}}
    found = slo(tmp_path, shape)
    assert found.name == "checkout"
    (tmp_path / "list.yaml").write_text(yaml.safe_dump([shape]))
    assert read_slos(tmp_path / "list.yaml")[0].objectives == found.objectives


def test_what_the_published_schema_refuses_is_said_and_does_not_stop(tmp_path: Path) -> None:
    assert slo(tmp_path, document(ERRORS, {"target": 0.99})).notes == ()
    (note,) = slo(tmp_path, document(ERRORS, {"targetPercent": 99})).notes
    assert note.startswith("Tools that check with the schema published by OpenSLO refuse")
    assert "spec.objectives[0] (line" in note
    assert "without target" in note
    upper = document(ERRORS)
    upper["metadata"]["name"] = "Checkout"
    assert "metadata.name (line" in slo(tmp_path, upper).notes[0]


def test_a_condition_without_op_is_above(tmp_path: Path) -> None:
    condition = {"kind": "burnrate", "threshold": 2, "lookbackWindow": "1h", "alertAfter": "5m"}
    body = {"severity": "page", "condition": condition}
    inline = {"kind": "AlertCondition", "metadata": {"name": "burns"}, "spec": body}
    spec = {"conditions": [inline], "notificationTargets": [{"targetRef": "mail"}]}
    policy = {"kind": "AlertPolicy", "metadata": {"name": "p"}, "spec": spec}
    found = slo(tmp_path, document(alertPolicies=[policy]))
    assert found.conditions[0].op == "gt"
    assert any("has no op; gt is taken" in note for note in found.notes)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"# only this\n", "empty"),
        (b"a: [1", "is not YAML"),
        (b"\xff\xfea", "not UTF-8"),
        (b"caf\xe9: 1", "not UTF-8"),
        (b"kind: SLO\nkind: SLI\n", 'the key "kind" stands here twice'),
        (b"- 1\n- 2\n", "is not a mapping"),
        (b"just text", "is not a mapping"),
        (b"a: " + b"[" * 100_000, "nested too deeply"),
        (
            b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"
            + b"".join(
                b"d%d: &d%d [%s]\n" % (i, i, b",".join([b"*d%d" % (i - 1) if i else b"*b"] * 9))
                for i in range(9)
            ),
            "too large when its aliases are followed",
        ),
        (b"x" * 2_100_000, "too large"),
        (b"!!python/object/apply:os.system ['true']", "YAML"),
    ],
)
def test_a_hostile_file_is_an_error(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_slos(path)
    assert said in caught.value.describe()


def test_queries_are_widened_to_any_window(tmp_path: Path) -> None:
    errors = slo(tmp_path, document()).indicator
    assert (
        text(events(errors, errors.numerator, 3_600_000)) == 'sum(rate(http_requests_total{code=~"5.."}[1h]))'
    )
    good = slo(tmp_path, document(GOOD)).indicator
    assert text(events(good, good.numerator, 300_000)) == 'sum(rate(http_requests_total{code!~"5.."}[5m]))'
    assert text(counted_ratio(good, 300_000)).startswith("1 - (sum(rate(")
    gauge = document(
        {"ratioMetric": {"counter": False, "bad": source("bad"), "total": source("sum by (x) (all)")}}
    )
    found = slo(tmp_path, gauge).indicator
    assert text(events(found, found.total, 300_000)) == "sum(sum by (x) (sum_over_time(all[5m])))"  # type: ignore[arg-type]


def test_calendar_periods_follow_the_wall_clock(tmp_path: Path) -> None:
    window = {"duration": "1M", "calendar": {"startTime": "2025-01-01 00:00:00", "timeZone": "Europe/Berlin"}}
    found = slo(tmp_path, document(timeWindow=[window])).window
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")

    def ms(*when: int) -> int:
        return round(datetime.datetime(*when, tzinfo=berlin).timestamp() * 1000)  # type: ignore[misc, arg-type]

    assert found.starts_ms(ms(2025, 3, 15), ms(2025, 5, 2)) == [
        ms(2025, 3, 1),
        ms(2025, 4, 1),
        ms(2025, 5, 1),
    ]
    lengths = [b - a for a, b in zip([ms(2025, 3, 1)], [ms(2025, 4, 1)], strict=True)]
    assert lengths == [31 * 86_400_000 - 3_600_000], "March has an hour less in Berlin"
    daily = Window("1d", datetime.datetime(2025, 10, 1, 6, tzinfo=berlin))
    assert daily.starts_ms(ms(2025, 10, 26, 5), ms(2025, 10, 27, 7)) == [
        ms(2025, 10, d, 6) for d in (25, 26, 27)
    ]
    wrong = {"duration": "1M", "calendar": {"startTime": "2025-02-30 00:00:00", "timeZone": "Europe/Berlin"}}
    assert "timeWindow[0].calendar" in problems(tmp_path, document(timeWindow=[wrong]))
    nowhere = {"duration": "1M", "calendar": {"startTime": "2025-02-03 00:00:00", "timeZone": "Mars/X"}}
    assert 'no time zone "Mars/X"' in problems(tmp_path, document(timeWindow=[nowhere]))
    assert duration_ms("2w") == 14 * 86_400_000

"""Exports of Prometheus given to `work canary` and `work capacity`: range queries, OpenMetrics, hostile ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.work_schema import conforms

from gradatim.cli.entry import main

START = 1_785_715_200  # 2026-08-03T00:00:00Z
Series = tuple[dict[str, str], Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write files and run a work command: (exit code, JSON document)."""
    monkeypatch.chdir(tmp_path)

    def command(files: dict[str, bytes | str], *words: str) -> tuple[int, dict[str, Any]]:
        for name, content in files.items():
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        code = main(["work", *words, "--json"])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, conforms(json.loads(out), words[0])

    return command


def told(document: dict[str, Any]) -> str:
    return " ".join([document["what"], *document.get("problems", []), document["why"], document["next"]])


def matrix(*series: Series, step_s: int = 60) -> str:
    """A range query's answer."""
    result = [
        {"metric": metric, "values": [[START + step_s * i, str(v)] for i, v in enumerate(values)]}
        for metric, values in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def openmetrics(name: str, labels: str, values: Any, step_s: int = 60) -> str:
    lines = [f"{name}{{{labels}}} {v} {START + step_s * i}" for i, v in enumerate(values)]
    return "\n".join([f"# TYPE {name.removesuffix('_total')} counter", *lines, "# EOF", ""])


def latency(track: str, pod: str, seed: int, slow: float = 1.0) -> Series:
    values = np.random.default_rng(seed).normal(0.2 * slow, 0.01, 200)
    return {"__name__": "latency_p99_seconds", "track": track, "pod": pod, "code": "200"}, values


def counter(seed: int, per_s: float, n: int = 200, resets: bool = True) -> Any:
    """A counter that counts `per_s` and begins anew in the middle."""
    values = np.cumsum(np.random.default_rng(seed).normal(per_s, per_s / 20, n)) * 60
    if resets:
        values[n // 2 :] -= values[n // 2 - 1]
    return values


def test_two_files_of_range_queries(run: Any) -> None:
    stable, same, worse = (
        matrix(latency("stable", "a-1", 1), latency("stable", "a-2", 2)),
        matrix(latency("canary", "b-1", 3)),
        matrix(latency("canary", "b-1", 3, 1.3)),
    )
    code, found = run({"a.json": stable, "b.json": same}, "canary", "a.json", "b.json")
    assert (code, found["result"]["action"]) == (0, "promote")
    (metric,) = found["result"]["metrics"]
    assert metric["metric"] == "latency_p99_seconds", (
        "pods and tracks of one side make no metric of their own"
    )
    assert (metric["baseline_points"], metric["canary_points"]) == (400, 200)
    assert run({"b.json": worse}, "canary", "a.json", "b.json")[0] == 1


def test_one_file_by_label(run: Any) -> None:
    both = matrix(latency("stable", "a", 1), latency("canary", "b", 2, 1.3))
    assert run({"both.json": both}, "canary", "both.json", "--by", "track=stable,canary")[0] == 1
    code, found = run({}, "canary", "both.json", "--by", "track=stable,beta")
    assert (code, found["result"]["action"]) == (3, "inconclusive"), (
        "a side without series is no data, no pass"
    )
    code, found = run({}, "canary", "both.json", "--by", "trck=stable,canary")
    assert (code, "there is: no such label" in told(found)) == (2, True)
    assert "LABEL=BASELINE,CANARY" in told(run({}, "canary", "both.json", "--by", "track=stable")[1])


def test_counters_become_rates_and_resets_are_no_drop(run: Any) -> None:
    files = {
        "a.om": openmetrics("requests_total", 'job="a"', counter(1, 50)),
        "b.om": openmetrics("requests_total", 'job="b"', counter(2, 50)),
    }
    code, found = run(files, "canary", "a.om", "b.om", "--metric", "requests_total:decrease:5%")
    assert code == 0
    (metric,) = found["result"]["metrics"]
    assert metric["baseline_mean"] == pytest.approx(50, rel=0.02)
    assert (metric["baseline_missing"], metric["paired"]) == (0, True)


def test_labels_that_both_sides_have_tell_metrics_apart(run: Any) -> None:
    def side(errors: float, seed: int) -> str:
        rng = np.random.default_rng(seed)
        return matrix(
            ({"__name__": "rps", "code": "200", "zone": "z1"}, rng.normal(100, 3, 120)),
            ({"__name__": "rps", "code": "500", "zone": "z1"}, rng.normal(errors, 0.3, 120)),
        )

    code, found = run({"a.json": side(2, 1), "b.json": side(6, 2)}, "canary", "a.json", "b.json")
    assert code == 1
    states = {m["metric"]: m["state"] for m in found["result"]["metrics"]}
    assert states == {'rps{code="200"}': "pass", 'rps{code="500"}': "fail"}
    _, sliced = run({}, "canary", "a.json", "b.json", "--slice", "code")
    assert {m["slice"] for m in sliced["result"]["slices"]} == {"200", "500"}


@pytest.mark.parametrize(
    ("canary", "code", "said"),
    [
        (matrix(), 3, ""),
        ("# EOF\n", 3, ""),
        (b"", 2, "one file is an export"),
        ('{"status":"success","data":{"resultType":"matrix","result":[{"metr', 2, "cut off"),
        ('{"status":"error","errorType":"bad_data","error":"no"}', 2, "error of the server"),
        ('{"status":"success","data":{"resultType":"vector","result":[]}}', 2, "instant query"),
        (matrix(({"__name__": "latency_p99_seconds"}, ["NaN"] * 200)), 3, ""),
        (matrix(({"__name__": "latency_p99_seconds"}, ["+Inf"] * 200)), 2, "200 values are infinite"),
        ('# TYPE x gauge\nlatency_p99_seconds{a="1"} 1 1785715200\n', 2, "# EOF"),
        ("latency_p99_seconds\xff".encode("latin-1"), 2, "one file is an export"),
        ("minute,latency\n1,2\n", 2, "one file is an export of Prometheus and the other a table"),
        (matrix(({"__name__": "other"}, np.ones(200))), 3, ""),
    ],
    ids=[
        "none",
        "eof",
        "empty",
        "cut",
        "error",
        "vector",
        "nan",
        "inf",
        "no-eof",
        "binary",
        "table",
        "other",
    ],
)
def test_a_canary_s_export_without_data_is_never_a_pass(
    run: Any, canary: bytes | str, code: int, said: str
) -> None:
    files = {"a.json": matrix(latency("stable", "a", 1)), "b.json": canary}
    got, found = run(files, "canary", "a.json", "b.json")
    assert got == code, found
    if said:
        assert said in told(found)
    else:
        assert found["verdict"]["kind"] == "unsure"


def test_options_of_tables_are_refused_all_at_once(run: Any) -> None:
    files = {"a.json": matrix(latency("stable", "a", 1))}
    code, found = run(files, "canary", "a.json", "a.json", "--time", "t", "--delimiter", ";", "--by", "x=a,b")
    assert code == 2
    assert len(found["problems"]) == 3
    assert "a second file is needed" in told(run({}, "canary", "a.json")[1])


def hours(days: int = 14) -> Any:
    h = np.arange(days * 24)
    noise = np.random.default_rng(9).normal(0, 0.03, len(h))
    return 40 * (1 + 0.5 * np.sin((h % 24 - 9) / 24 * 2 * np.pi)) * np.exp(noise)


SERVICE = ("--service-ms", "40", "--target-ms", "250", "--horizon-days", "3")


def test_capacity_reads_a_rate_and_counters_alike(run: Any) -> None:
    rate = hours()
    _, plain = run({"t.json": matrix(({}, rate), step_s=3600)}, "capacity", "t.json", *SERVICE)
    counted = np.concatenate([[0.0], np.cumsum(rate) * 3600])
    halves = counted / 2
    begun_anew = halves.copy()
    begun_anew[100:] -= begun_anew[100]
    begun_anew[100] = 0.0
    two = matrix(
        ({"__name__": "http_requests_total", "pod": "a"}, halves),
        ({"__name__": "http_requests_total", "pod": "b"}, begun_anew),
        ({"__name__": "up", "pod": "a"}, np.ones(len(halves))),
        step_s=3600,
    )
    code, found = run({"c.json": two}, "capacity", "c.json", *SERVICE, "--value", "http_requests_total")
    assert code == 0
    ours, theirs = found["result"], plain["result"]
    assert ours["history"]["peak_hour_per_s"] == pytest.approx(theirs["history"]["peak_hour_per_s"], rel=0.01)
    assert ours["replicas"] == theirs["replicas"]
    assert any("2 series are added up" in note for note in ours["history"]["notes"])


@pytest.mark.parametrize(
    ("raw", "words", "said"),
    [
        (matrix(), (), "holds no sample"),
        (matrix(({"__name__": "a"}, [1, 2]), ({"__name__": "b"}, [1, 2])), (), "several metrics"),
        (matrix(({"__name__": "a"}, [1, 2])), ("--value", "b"), "has no series b"),
        (matrix(({"__name__": "a"}, [1, 2])), ("--value", "sum(a)"), "a selector is needed"),
        (matrix(({"__name__": "a"}, [1, 2])), ("--values", "count"), "a counter is known by its name"),
        (matrix(({"__name__": "a"}, [1, -2])), (), "1 values are negative"),
        (matrix(({"__name__": "a"}, [1, "+Inf"])), (), "1 values are infinite"),
        (matrix(({"__name__": "a_total"}, [1])), (), "a history is needed"),
        (matrix(({"__name__": "a_bucket", "le": "1"}, [1, 2])), (), "counts no requests"),
        (matrix(({"__name__": "a"}, [1, 2])), ("--time", "t"), "--time is for tables"),
        (matrix(({"__name__": "a"}, ["NaN", "NaN"])), (), "cannot be used"),
    ],
)
def test_capacity_refuses_an_export_that_is_no_traffic(
    run: Any, raw: str, words: tuple[str, ...], said: str
) -> None:
    code, found = run({"t.json": raw}, "capacity", "t.json", *SERVICE, *words)
    assert code == 2
    assert said in told(found)

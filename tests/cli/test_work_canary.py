"""`gradatim work canary` through the real command line: exit codes 0, 1, 3, and 2 for bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.work_schema import conforms

from gradatim.cli.entry import main

PROMOTE, ROLL_BACK, BAD_INPUT, INCONCLUSIVE = 0, 1, 2, 3


def service(
    n: int = 240, *, slow: float = 1.0, part: float = 0.0, seed: int = 1, region: bool = False
) -> pl.DataFrame:
    """Points of one side, a minute apart; `slow` scales the latency, `part` of the points are six times slower."""
    rng = np.random.default_rng(seed)
    load = 40 + 15 * np.sin(np.arange(n) / 40)
    latency = (rng.normal(120, 6, n) * slow + load) * np.where(rng.random(n) < part, 6, 1)
    start = np.datetime64("2026-11-02T09:00", "us")
    columns: dict[str, Any] = {
        "minute": start + np.arange(n) * np.timedelta64(60_000_000, "us"),
        "latency_ms": latency.round(2),
        "throughput": (load * 60 + rng.normal(0, 20, n)).round(1),
    }
    if region:
        columns["region"] = np.where(np.arange(n) % 4 == 0, "ap", "eu")
    return pl.DataFrame(columns)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write both sides (frames, or bytes of a CSV) and run the command: (exit code, JSON document)."""
    monkeypatch.chdir(tmp_path)

    def command(
        baseline: pl.DataFrame | bytes, canary: pl.DataFrame | bytes, *words: str
    ) -> tuple[int, dict[str, Any]]:
        for name, side in (("baseline.csv", baseline), ("canary.csv", canary)):
            if isinstance(side, bytes):
                Path(name).write_bytes(side)
            else:
                side.write_csv(name)
        code = main(["work", "canary", "baseline.csv", "canary.csv", "--json", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, conforms(json.loads(out), "canary")

    return command


def told(document: dict[str, Any]) -> str:
    """The words of an error, or of a verdict."""
    if "verdict" in document:
        return " ".join([document["verdict"]["headline"], *document["verdict"]["why"]])
    return " ".join([document["what"], *document.get("problems", []), document["why"]])


def test_an_unchanged_service_is_promoted(run: Any) -> None:
    code, found = run(service(), service(seed=2), "--time", "minute")
    assert code == PROMOTE and found["verdict"]["kind"] == "good"
    assert found["result"]["exit_code"] == 0
    assert all(m["state"] == "pass" and m["paired"] for m in found["result"]["metrics"])


def test_a_slower_service_is_rolled_back(run: Any) -> None:
    code, found = run(
        service(), service(slow=1.3, seed=2), "--metric", "latency_ms:increase", "--time", "minute"
    )
    assert code == ROLL_BACK and "latency_ms is worse beyond its tolerance" in found["verdict"]["headline"]


def test_a_faster_service_is_promoted_when_only_slower_hurts(run: Any) -> None:
    sides = service(), service(slow=0.7, seed=2)
    assert run(*sides, "--metric", "latency_ms:increase")[0] == PROMOTE
    assert run(*sides, "--metric", "latency_ms")[0] == ROLL_BACK


def test_a_part_that_broke_is_rolled_back_although_the_rank_test_passes(run: Any) -> None:
    sides = service(), service(part=0.12, seed=2)
    code, found = run(*sides, "--metric", "latency_ms:increase")
    assert code == ROLL_BACK
    assert found["result"]["kayenta"]["metrics"][0]["classification"] == "Pass"


def test_the_published_case_in_both_modes(run: Any) -> None:
    ones, seven = pl.DataFrame({"x": [1.0] * 10}), pl.DataFrame({"x": [100.0] * 7 + [1.0] * 3})
    code, found = run(ones, seven)
    assert code == ROLL_BACK and "70 % of the canary's points are above" in told(found)
    code, found = run(ones, seven, "--mode", "kayenta")
    assert code == PROMOTE
    (metric,) = found["result"]["kayenta"]["metrics"]
    assert metric["classification"] == "Pass" and found["result"]["kayenta"]["score"] == 100
    assert metric["shift"]["low"] == pytest.approx(6.825e-5, rel=1e-4) and metric["shift"]["high"] == 99
    assert metric["bound"] == pytest.approx(24.75, abs=1e-3)
    assert "beware: x passes there" in told(found)


def test_too_few_points_are_inconclusive(run: Any) -> None:
    code, found = run(service(20), service(20, seed=2))
    assert code == INCONCLUSIVE and "at least 50" in told(found)


def test_a_wide_interval_is_inconclusive(run: Any) -> None:
    code, found = run(service(), service(seed=2), "--metric", "latency_ms", "--tolerance", "0.05%")
    assert code == INCONCLUSIVE and "not excluded" in told(found)


def test_harm_in_one_slice_is_found(run: Any) -> None:
    good, bad = service(800, region=True), service(800, seed=2, region=True)
    bad = bad.with_columns(
        latency_ms=pl.when(pl.col("region") == "ap")
        .then(pl.col("latency_ms") * 1.35)
        .otherwise(pl.col("latency_ms"))
    )
    code, found = run(good, bad, "--metric", "latency_ms:increase", "--slice", "region")
    assert code == ROLL_BACK and "latency_ms in ap" in told(found)
    assert {s["slice"]: s["state"] for s in found["result"]["slices"]} == {"ap": "fail", "eu": "pass"}


def test_a_slice_the_canary_never_saw_is_no_pass(run: Any) -> None:
    good, blind = (
        service(800, region=True),
        service(800, seed=2, region=True).with_columns(region=pl.lit("eu")),
    )
    code, found = run(good, blind, "--metric", "latency_ms:increase", "--slice", "region")
    assert code == INCONCLUSIVE and "slice ap is 25 % of the baseline" in told(found)


def test_the_report_is_written(run: Any, tmp_path: Path) -> None:
    run(
        service(region=True),
        service(seed=2, part=0.2, region=True),
        "--time",
        "minute",
        "--slice",
        "region",
        "--html",
        "r.html",
    )
    page = (tmp_path / "r.html").read_text()
    assert page.index("Roll back:") < page.index("What Kayenta&#x27;s judge says")
    assert not re.search(r'(src|href)="https?:', page)


HEADER = b"latency_ms,errors\n"
ROWS = HEADER + b"".join(b"%d,%d\n" % (100 + i % 7, i % 3) for i in range(80))
FLAT = HEADER + b"1,0\n" * 80

UNDECIDED: list[tuple[str, bytes, bytes, str]] = [
    ("header only", ROWS, HEADER, "no data is no pass"),
    ("a baseline without rows", HEADER, ROWS, "no data is no pass"),
    ("both without rows", HEADER, HEADER, "no data is no pass"),
    ("all null", ROWS, HEADER + b",\n" * 80, "no data is no pass"),
    ("all NaN", ROWS, HEADER + b"nan,nan\n" * 80, "no data is no pass"),
    ("a missing column", ROWS, b"latency_ms\n" + b"103\n" * 40 + b"102\n" * 40, "no data is no pass"),
    ("half of it missing", ROWS, ROWS[: ROWS.index(b"\n", 300) + 1] + b",\n" * 45, "missing"),
    ("constant everywhere", FLAT, FLAT, "frozen"),
    ("counts below zero", ROWS, ROWS.replace(b"104,1", b"104,-9", 1), "counter was reset"),
    ("one row", ROWS, HEADER + b"100,0\n", "at least 50"),
]


@pytest.mark.parametrize(
    ("baseline", "canary", "says"), [u[1:] for u in UNDECIDED], ids=[u[0] for u in UNDECIDED]
)
def test_what_is_not_known_is_never_a_pass(run: Any, baseline: bytes, canary: bytes, says: str) -> None:
    code, found = run(baseline, canary, "--tolerance", "60%")
    assert code == INCONCLUSIVE and found["verdict"]["kind"] == "unsure"
    assert says in told(found), told(found)


@pytest.mark.parametrize("canary", [HEADER, HEADER + b",\n" * 80], ids=["header only", "all null"])
def test_no_data_is_not_a_pass_in_kayentas_mode_either(run: Any, canary: bytes, tmp_path: Path) -> None:
    assert run(ROWS, canary, "--mode", "kayenta")[0] == INCONCLUSIVE
    metric = {
        "name": "errors",
        "groups": ["g"],
        "analysisConfigurations": {"canary": {"nanStrategy": "replace"}},
    }
    (tmp_path / "config.json").write_text(json.dumps({"metrics": [metric]}))
    code, found = run(ROWS, HEADER, "--mode", "kayenta", "--config", "config.json")
    assert code == INCONCLUSIVE
    assert found["result"]["kayenta"]["classification"] == "Pass", "Kayenta passes it; we say so and hold it"


BAD: list[tuple[str, bytes, bytes, str]] = [
    ("empty", ROWS, b"", "empty"),
    ("mixed types", ROWS, ROWS.replace(b"104,1", b"slow,1", 1), "'slow'"),
    ("infinite", ROWS, ROWS.replace(b"104,1", b"inf,1", 1), "infinite"),
    ("wrong encoding", ROWS, "größe\n1\n".encode("latin-1"), "UTF-8"),
    ("binary", ROWS, bytes(range(256)), "not text"),
    ("duplicate names", ROWS, b"latency_ms,latency_ms\n1,2\n", "occurs 2 times"),
    ("no numbers", b"name\nx\ny\n", b"name\nx\nz\n", "no column looks like a number"),
    ("truncated Parquet", ROWS, b"PAR1" + b"\x00" * 60, "Parquet"),
]


@pytest.mark.parametrize(("baseline", "canary", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_hostile_files_are_refused_with_a_reason(run: Any, baseline: bytes, canary: bytes, says: str) -> None:
    code, found = run(baseline, canary)
    assert code == BAD_INPUT
    assert says in told(found), told(found)


WRONG: list[tuple[list[str], str]] = [
    (["--metric", "nope"], 'no column "nope"'),
    (["--metric", "errors:up"], "direction"),
    (["--metric", "errors", "--metric", "errors"], "named 2 times"),
    (["--metric", "errors:increase:0"], "positive"),
    (["--tolerance", "-1%"], "positive"),
    (["--slice", "region"], 'no column "region"'),
    (["--time", "errors"], "not times"),
    (["--alpha", "7"], "out of range"),
    (["--min-points", "1"], "min-points"),
    (["--mode", "kayenta", "--config", "canary.csv"], "not an object"),
    (["--config", "canary.csv"], "--mode kayenta"),
    (["--pass", "50"], "above --pass"),
    (["--html", "no/such/r.html"], "does not exist"),
]


@pytest.mark.parametrize(("words", "says"), WRONG, ids=[" ".join(w) for w, _ in WRONG])
def test_wrong_options_are_refused_with_a_reason(run: Any, words: list[str], says: str) -> None:
    code, found = run(ROWS, ROWS, *words)
    assert code == BAD_INPUT
    assert says in told(found), told(found)


def test_a_kayenta_configuration_with_groups(run: Any, tmp_path: Path) -> None:
    config = {
        "metrics": [
            {
                "name": "latency_ms",
                "groups": ["Latency"],
                "analysisConfigurations": {"canary": {"direction": "increase"}},
            },
            {
                "name": "throughput",
                "groups": ["Traffic"],
                "analysisConfigurations": {"canary": {"direction": "decrease"}},
            },
        ],
        "classifier": {"groupWeights": {"Latency": 80, "Traffic": 20}},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    words = ["--mode", "kayenta", "--config", "config.yaml"]
    code, found = run(service(), service(slow=1.4, seed=2), *words)
    assert code == ROLL_BACK and found["result"]["kayenta"]["score"] == 20
    code, found = run(service(), service(slow=1.4, seed=2), *words, "--marginal", "15", "--pass", "90")
    assert code == INCONCLUSIVE and found["result"]["kayenta"]["classification"] == "Marginal"
    code, found = run(service(), service(seed=2), *words)
    assert code == PROMOTE and found["result"]["kayenta"]["score"] == 100


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"latency_ms\n" + b"1e308\n-1e308\n" * 60, "cannot be squared"),
        (",".join(f"c{i}" for i in range(2000)).encode() + b"\n" + b",".join([b"1"] * 2000), "2,000 columns"),
    ],
)
def test_values_and_columns_beyond_measure(run: Any, raw: bytes, said: str) -> None:
    code, document = run(raw, raw)
    assert code == BAD_INPUT
    assert said in told(document)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("metrics: 3\nmetrics: 4\n", 'the key "metrics" stands here twice'),
        ("[" * 100_000, "nested too deeply"),
        (
            "a: &a [x,x]\n"
            + "".join(
                f"b{i}: &b{i} [{','.join(['*a' if i == 0 else f'*b{i - 1}'] * 9)}]\n" for i in range(9)
            ),
            "too large when its aliases are followed",
        ),
    ],
)
def test_a_hostile_configuration(run: Any, config: str, said: str) -> None:
    Path("k.yaml").write_text(config)
    code, document = run(service(), service(), "--mode", "kayenta", "--config", "k.yaml")
    assert code == BAD_INPUT
    assert said in told(document)


def test_the_same_file_twice_is_said(run: Any) -> None:
    code, document = run(service(), service())
    assert code == PROMOTE
    assert "both files are the same" in document["not_checked"][0]

"""`gradatim work experiment` through the real command line."""

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

Frame = dict[str, Any]


def visits(n: int = 6000, lift: float = 0.0, seed: int = 1, slow: float = 0.0) -> Frame:
    """An experiment of n users over two weeks; `lift` raises the conversion, `slow` the latency (share)."""
    rng = np.random.default_rng(seed)
    new = rng.random(n) < 0.5
    before = rng.gamma(2, 20, n)
    at = np.datetime64("2026-10-01") + (np.sort(rng.uniform(0, 14 * 86_400, n)) * 1e6).astype(
        "timedelta64[us]"
    )
    return {
        "user_id": [f"u{i}" for i in range(n)],
        "variant": np.where(new, "treatment", "control"),
        "visited_at": at,
        "country": rng.choice(["DE", "FR", "LI"], n, p=[0.6, 0.39, 0.01]),
        "converted": (rng.random(n) < 0.2 + lift * new).astype(int),
        "revenue": 0.8 * before + rng.normal(0, 18, n) + 20 * lift * new,
        "before": before,
        "latency_ms": rng.normal(200, 20, n) * (1 + slow * new),
        "clicks": rng.poisson(2, n),
        "views": rng.poisson(8, n) + 1,
    }


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write a frame (or raw bytes) as data.csv and run the command on it: (exit code, JSON document)."""
    monkeypatch.chdir(tmp_path)

    def command(data: Frame | bytes, *words: str, name: str = "data.csv") -> tuple[int, dict[str, Any]]:
        if isinstance(data, bytes):
            Path(name).write_bytes(data)
        elif name.endswith(".parquet"):
            pl.DataFrame(data).write_parquet(name)
        else:
            pl.DataFrame(data).write_csv(name)
        code = main(["work", "experiment", name, "--json", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, conforms(json.loads(out), "experiment")

    return command


def told(error: dict[str, Any]) -> str:
    """The words of an error document."""
    return " ".join([error["what"], *error.get("problems", []), error["why"], error["next"]])


def metric(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(m for m in document["result"]["metrics"] if m["name"] == name)


def test_nothing_changed_keeps_running(run: Any) -> None:
    code, found = run(visits(), "--metric", "converted", "--unit", "user_id")
    assert code == 0
    assert found["verdict"]["kind"] == "unsure"
    assert found["result"]["action"] == "keep running"


def test_a_large_gain_ships_when_the_guardrail_holds(run: Any) -> None:
    code, found = run(
        visits(lift=0.08), "--metric", "converted", "--guardrail", "latency_ms:down:2%", name="data.parquet"
    )
    assert code == 0 and found["result"]["action"] == "ship" and found["verdict"]["kind"] == "good"
    low, high = metric(found, "converted")["difference"]["anytime"]
    assert 0 < low < 0.08 < high
    assert metric(found, "latency_ms")["benefit_plus_margin"]["anytime"][0] > 0


def test_a_gain_with_a_broken_guardrail_stops(run: Any) -> None:
    _, found = run(visits(lift=0.08, slow=0.05), "--metric", "converted", "--guardrail", "latency_ms:down:2%")
    assert found["result"]["action"] == "stop"
    assert "latency_ms is worse by more than its margin" in found["verdict"]["headline"]


def test_a_gain_with_an_open_guardrail_waits(run: Any) -> None:
    _, found = run(visits(lift=0.08), "--metric", "converted", "--guardrail", "latency_ms:down:0.2%")
    assert found["result"]["action"] == "keep running"
    assert "not shown to be within its margin" in found["verdict"]["headline"]


def test_a_loss_stops(run: Any) -> None:
    _, found = run(visits(lift=-0.08), "--metric", "converted")
    assert found["result"]["action"] == "stop" and found["verdict"]["kind"] == "bad"


def test_less_can_be_better(run: Any) -> None:
    _, found = run(visits(slow=-0.05), "--metric", "latency_ms:down")
    assert found["result"]["action"] == "ship"


def test_a_mismatched_split_blocks_whatever_the_effect(run: Any) -> None:
    data = visits(lift=0.08)
    keep = ~((np.array(data["variant"]) == "treatment") & (np.arange(6000) % 8 == 0))
    code, found = run({k: np.asarray(v)[keep] for k, v in data.items()}, "--metric", "converted")
    assert code == 0
    assert found["result"]["action"] == "blocked" and found["verdict"]["kind"] == "unsure"
    assert found["result"]["sample_ratio"]["p"] < 0.001
    assert "sample-ratio mismatch" in found["verdict"]["headline"]


def test_the_published_split(run: Any) -> None:
    data = {"arm": ["control"] * 600 + ["b"] * 400, "x": np.arange(1000.0) % 17}
    _, found = run(data, "--metric", "x")
    assert found["result"]["sample_ratio"]["p"] == pytest.approx(2.5396e-10, rel=1e-4)
    _, found = run(data, "--metric", "x", "--split", "control=6", "--split", "b=4")
    assert found["result"]["sample_ratio"]["mismatch"] is False


def test_rows_are_added_up_per_unit_and_it_says_so(run: Any) -> None:
    rng = np.random.default_rng(3)
    users = np.repeat(np.arange(800), 5)
    arm = np.where(users % 2, "treatment", "control")
    level = rng.normal(0, 1, 800)[users]
    data = {"user": users, "arm": arm, "score": level + rng.normal(0, 0.1, 4000), "seen": np.ones(4000)}
    code, refused = run(data, "--metric", "score")
    assert code == 2 and refused["what"] == "what was randomised is not clear", (
        "repeated users are not shipped"
    )
    _, rows = run(data, "--metric", "score", "--unit", "none")
    _, units = run(data, "--metric", "score", "--unit", "user", "--metric", "sum(seen)")
    assert units["result"]["units"] == {"control": 400, "treatment": 400}
    one, two = metric(rows, "score")["difference"], metric(units, "score")["difference"]
    assert two["estimate"] == pytest.approx(one["estimate"])
    assert two["standard_error"] > 2 * one["standard_error"]
    assert metric(units, "sum(seen)")["control"]["mean"] == 5
    assert any("no --unit was named" in line for line in rows["not_checked"])


def test_cuped_narrows_the_interval(run: Any) -> None:
    _, found = run(visits(), "--metric", "revenue", "--cuped", "revenue=before")
    m = metric(found, "revenue")
    assert m["cuped"]["variance_removed"] > 0.5
    assert m["difference"]["standard_error"] < 0.8 * m["cuped"]["difference_without"]["standard_error"]


def test_a_ratio_of_sums(run: Any) -> None:
    data = visits()
    _, found = run(data, "--metric", "clicks/views")
    new = np.array(data["variant"]) == "treatment"
    assert metric(found, "clicks/views")["treatment"]["mean"] == pytest.approx(
        np.array(data["clicks"])[new].sum() / np.array(data["views"])[new].sum()
    )


def test_several_goals_are_corrected(run: Any) -> None:
    _, found = run(visits(), "--metric", "converted", "--metric", "clicks")
    ps = [metric(found, m)["p"] for m in ("converted", "clicks")]
    adjusted = [metric(found, m)["p_adjusted"] for m in ("converted", "clicks")]
    assert min(adjusted) == pytest.approx(min(1, 2 * min(ps)))


def test_time_and_segments(run: Any, tmp_path: Path) -> None:
    _, found = run(
        visits(lift=0.08),
        "--metric",
        "converted",
        "--time",
        "visited_at",
        "--segment",
        "country",
        "--html",
        "r.html",
    )
    looks = found["result"]["looks"]
    assert 10 <= len(looks) <= 15 and looks[-1]["units"] == 6000
    assert looks[-1]["anytime"] == pytest.approx(metric(found, "converted")["difference"]["anytime"])
    (segment,) = found["result"]["segments"]
    assert {p["value"] for p in segment["parts"]} == {"DE", "FR"}
    assert segment["not_judged_values"] == 1
    assert found["result"]["novelty"]["late_minus_early"]["p_fixed"] > 0.001
    page = (tmp_path / "r.html").read_text()
    assert page.index("Ship: converted is better") < page.index("Was the split right?")
    assert not re.search(r'(src|href)="https?:', page)


def test_an_effect_that_fades_is_not_shipped(run: Any) -> None:
    rng = np.random.default_rng(5)
    n = 20_000
    new, day = rng.random(n) < 0.5, np.sort(rng.uniform(0, 14, n))
    at = np.datetime64("2026-10-01") + (day * 86_400e6).astype("timedelta64[us]")
    data = {"arm": np.where(new, "treatment", "control"), "at": at}
    data["x"] = rng.normal(0, 1, n) + np.where(day < 7, 0.3, 0.0) * new
    _, found = run(data, "--metric", "x", "--time", "at")
    assert found["result"]["action"] == "keep running" and "fades" in found["verdict"]["headline"]


def test_three_arms_need_a_choice_and_pay_for_it(run: Any) -> None:
    rng = np.random.default_rng(6)
    data = {"arm": np.repeat(["a", "b", "c"], 500), "x": rng.normal(0, 1, 1500)}
    code, found = run(data, "--metric", "x")
    assert code == 2 and "--treatment" in str(found["problems"])
    _, found = run(data, "--metric", "x", "--treatment", "c")
    m = metric(found, "x")
    assert m["p_adjusted"] == pytest.approx(min(1, 2 * m["p"]))


def test_units_in_two_arms_block(run: Any) -> None:
    data = visits(400)
    data["user_id"] = [f"u{i % 350}" for i in range(400)]
    _, found = run(data, "--metric", "converted", "--unit", "user_id")
    assert found["result"]["action"] == "blocked"
    assert "more than one arm" in found["verdict"]["headline"]


def test_values_missing_in_one_arm_block(run: Any) -> None:
    data = visits()
    drop = (np.array(data["variant"]) == "treatment") & (np.arange(6000) % 10 == 0)
    data["revenue"] = [None if gone else float(v) for v, gone in zip(data["revenue"], drop, strict=True)]
    _, found = run(data, "--metric", "revenue")
    assert found["result"]["action"] == "blocked" and "missing more often" in found["verdict"]["headline"]


def test_too_few_units_are_not_judged(run: Any) -> None:
    data = {"arm": ["control", "b"] * 20, "x": [0.0, 100.0] * 19 + [0.0, 99.0]}
    _, found = run(data, "--metric", "x")
    assert found["result"]["action"] == "keep running" and "at least 100" in found["verdict"]["headline"]


def test_a_constant_metric_is_not_a_pass(run: Any) -> None:
    _, found = run({"arm": ["control", "b"] * 200, "x": [7] * 400}, "--metric", "x")
    assert found["result"]["action"] == "keep running" and "no unit differs" in found["verdict"]["headline"]
    _, found = run({"arm": ["control", "b"] * 200, "x": [0, 1] * 200}, "--metric", "x")
    assert found["result"]["action"] == "keep running" and "no unit differs" in found["verdict"]["headline"]


def test_a_fixed_horizon_waits_for_its_end(run: Any) -> None:
    data = visits(lift=0.08)
    _, early = run(data, "--metric", "converted", "--method", "fixed", "--planned-units", "9000")
    assert early["result"]["action"] == "keep running"
    _, done = run(data, "--metric", "converted", "--method", "fixed", "--planned-units", "6000")
    assert done["result"]["action"] == "ship"


def test_an_effect_not_worth_having_stops(run: Any) -> None:
    _, found = run(visits(), "--metric", "latency_ms:down", "--worth", "5%")
    assert found["result"]["action"] == "stop" and "worth having" in found["verdict"]["headline"]


HOSTILE: list[tuple[str, bytes, list[str], str]] = [
    ("empty", b"", [], "empty"),
    ("header only", b"arm,x\n", [], "no rows"),
    ("one arm", b"arm,x\ncontrol,1\ncontrol,2\n", [], "two arms"),
    ("all null", b"arm,x\ncontrol,\nb,\ncontrol,\nb,\n", [], "no value at all"),
    ("mixed types", b"arm,x\ncontrol,1\nb,abc\ncontrol,2\nb,3\n", [], "'abc' in data row 2"),
    ("infinite", b"arm,x\ncontrol,1\nb,inf\ncontrol,2\nb,3\n", [], "infinite"),
    ("nan only in one arm", b"arm,x\ncontrol,1\nb,nan\ncontrol,2\nb,nan\n", [], "too few values"),
    ("wrong encoding", "arm,größe,x\ncontrol,1,1\n".encode("latin-1"), [], "UTF-8"),
    ("binary", bytes(range(256)), [], "not text"),
    ("missing column", b"arm,y\ncontrol,1\nb,2\n", [], 'no column "x"'),
    ("no arm column", b"side,x\ncontrol,1\nb,2\n", [], "--arm"),
    ("rows without an arm", b"arm,x\ncontrol,1\n,2\nb,3\n", [], "no arm"),
    ("duplicate names", b"arm,x,x\ncontrol,1,1\nb,2,2\n", [], "occurs 2 times"),
    ("negative counts", b"arm,x,n\ncontrol,-1,2\nb,1,2\n", ["--metric", "x/n"], "negative counts"),
    ("an arm as a number", b"arm,x\n" + b"".join(b"%d,1\n" % i for i in range(40)), [], "is it the arm"),
    ("truncated Parquet", b"PAR1" + b"\x00" * 60, [], "Parquet"),
]


@pytest.mark.parametrize(("data", "words", "says"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_hostile_files_are_refused_with_a_reason(run: Any, data: bytes, words: list[str], says: str) -> None:
    code, found = run(data, *(words or ["--metric", "x"]))
    assert code == 2
    assert says in told(found), found


WRONG: list[tuple[list[str], str]] = [
    ([], "--metric"),
    (["--metric", "x", "--metric", "x"], "named 2 times"),
    (["--metric", "x", "--guardrail", "y"], "MARGIN"),
    (["--metric", "x", "--control", "z"], 'no arm "z"'),
    (["--metric", "x", "--unit", "id", "--time", "at"], "--unit id"),
    (["--metric", "x", "--alpha", "2"], "out of range"),
    (["--metric", "x", "--split", "control"], "ARM=WEIGHT"),
    (["--metric", "x", "--split", "control=1", "--split", "c=1"], "no unit"),
    (["--metric", "x", "--cuped", "x=x"], "its own covariate"),
    (["--metric", "x", "--worth", "lots"], "--worth lots"),
    (["--metric", "x", "--baseline", "0.2"], "belongs to --plan"),
    (["--metric", "x", "--html", "no/such/folder.html"], "does not exist"),
]


@pytest.mark.parametrize(("words", "says"), WRONG, ids=[" ".join(w) or "nothing" for w, _ in WRONG])
def test_wrong_options_are_refused_with_a_reason(run: Any, words: list[str], says: str) -> None:
    code, found = run(b"arm,x,y\n" + b"control,1,2\nb,2,3\n" * 200, *words)
    assert code == 2
    assert says in told(found), found


def test_all_problems_at_once(run: Any) -> None:
    code, found = run(b"arm,x\ncontrol,1\nb,2\n", "--metric", "nope", "--time", "never", "--worth", "-1")
    assert code == 2 and len(found["problems"]) == 3


def plan(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["work", "experiment", "--plan", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_the_plan_has_the_published_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = plan(capsys, "--baseline", "0.20", "--mde", "0.05", "--units-per-day", "300")
    result = found["result"]
    assert code == 0 and result["control_units"] == 1094 and result["weeks"] == 2
    assert round(result["control_units_by_formula"]["baseline"]) == 1030
    assert result["control_units_by_formula"]["arcsine"] == pytest.approx(1091.90, abs=0.005)
    _, found = plan(capsys, "--mean", "10", "--sd", "2", "--mde", "10%")
    assert found["result"]["control_units_exact"] == pytest.approx(63.7656, abs=1e-3)
    _, found = plan(capsys, "--baseline", "0.20", "--units-per-arm", "1094")
    assert found["result"]["effect_absolute"] == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--baseline", "0.2"],
        ["--baseline", "1.2", "--mde", "0.1"],
        ["--baseline", "0.2", "--mde", "0.9"],
        ["--baseline", "0.2", "--mde", "0"],
        ["--baseline", "0.2", "--mean", "3", "--mde", "0.1"],
        ["--mean", "3", "--mde", "0.1"],
        ["--mean", "0", "--sd", "1", "--mde", "5%"],
        ["--baseline", "0.2", "--mde", "0.1", "--formula", "magic"],
        ["--baseline", "0.2", "--mde", "0.1", "--metric", "x"],
    ],
)
def test_a_plan_that_is_not_clear_is_refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, found = plan(capsys, *words)
    assert code == 2 and found["problems"]

"""`gradatim work capacity` through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.work_schema import conforms

from gradatim.cli.entry import main

START = 1_785_715_200  # 2026-08-03T00:00:00Z
SERVICE = ("--service-ms", "40", "--target-ms", "250")


def rates(days: int = 28, seed: int = 1) -> np.ndarray[Any, np.dtype[np.float64]]:
    h = np.arange(days * 24)
    rng = np.random.default_rng(seed)
    return np.asarray(
        40 * (1 + 0.5 * np.sin((h % 24 - 9) / 24 * 2 * np.pi)) * np.exp(rng.normal(0, 0.05, len(h)))
    )


def csv(values: Any, name: str = "rps") -> bytes:
    lines = [f"{START + 3600 * i},{v}" for i, v in enumerate(values)]
    return "\n".join([f"time,{name}", *lines, ""]).encode()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write a history and run the command: (exit code, JSON document)."""
    monkeypatch.chdir(tmp_path)

    def command(raw: bytes, *words: str) -> tuple[int, dict[str, Any]]:
        Path("traffic.csv").write_bytes(raw)
        code = main(["work", "capacity", "traffic.csv", "--json", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, conforms(json.loads(out), "capacity")

    return command


def told(document: dict[str, Any]) -> str:
    return " ".join([document["what"], *document.get("problems", []), document["why"], document["next"]])


def test_a_plan_with_its_report(run: Any) -> None:
    words = (*SERVICE, "--horizon-days", "7", "--replicas", "1", "--usd-per-hour", "0.5", "--html", "r.html")
    code, found = run(csv(rates()), *words)
    result = found["result"]
    assert code == 0 and found["verdict"]["kind"] == "bad", found["verdict"]
    assert result["replicas"] % 3 == 0 and result["replicas"] > result["replicas_nothing_lost"] > 0
    assert result["usd_per_month"] == pytest.approx(result["replicas"] * 365)
    assert result["design_per_s"] > result["expected_peak_per_s"] > 40
    # Four weeks hold two windows of a week that share no hour: too few to measure the interval by.
    assert result["forecast"]["disjoint_looks"] == 2 and result["forecast"]["interval_coverage"] is None
    assert result["forecast"]["origins"] >= 10 and "2 windows of 7 days" in " ".join(found["not_checked"])
    assert result["breaks_first"][0]["at_load"] > 1
    # One replica would carry nothing once its zone is gone, whatever it carries today.
    assert result["today"]["replicas"] == 1 and result["today"]["zone_lost"] is None
    page = Path("r.html").read_text()
    assert "not known" in page
    assert page.index('class="headline"') < page.index("Traffic to come") < page.index("What breaks first")


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "header only": (b"time,rps\n", "no rows"),
    "no time": (b"a,rps\n1,2\n", "no column of time"),
    "no traffic": (b"time,b\n1,2\n", '"b" does not say whether it is a rate or a count'),
    "twice": (b"time,rps,rps\n1,2,3\n", "occurs 2 times"),
    "words": (csv(["many"] * 100), "100 values are not numbers"),
    "negative": (csv([-1.0] * 100), "100 values are negative"),
    "infinite": (csv(["inf"] + [1.0] * 99), "1 values are infinite"),
    "all zero": (csv([0.0] * 100), "every value is 0"),
    "no times": (b"time,rps\n" + b"soon,1\n" * 100, "100 of 100 values are no times"),
    "too short": (csv(rates(2)), "48 hours of history"),
    "repeated times": (b"time,rps\n" + b"1785715200,1\n" * 100, "times occur twice"),
    "a row a day": (
        b"time,rps\n" + b"".join(b"%d,5\n" % (START + 86_400 * i) for i in range(60)),
        "24 hours",
    ),
    "mostly gaps": (
        b"time,rps\n" + b"".join(b"%d,5\n" % (START + 3600 * i) for i in range(400) if i % 100 < 60),
        "hours are missing",
    ),
    "unclear unit": (csv([1.0] * 100, "traffic"), '"traffic" does not say whether it is a rate or a count'),
    "not UTF-8": (b"time,rps\n\xe9,1\n", "is not UTF-8"),
    "truncated Parquet": (b"PAR1" + b"\0" * 40, "arquet"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_histories(run: Any, name: str) -> None:
    raw, words = HOSTILE[name]
    code, found = run(raw, *SERVICE, "--html", "r.html")
    assert code == 2 and words in told(found), told(found)
    assert not Path("r.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "how long a request takes is needed"),
        (("--service-ms", "nan"), "not a finite number"),
        ((*SERVICE, "--goal", "1"), "out of range"),
        ((*SERVICE, "--zones", "0"), "0 is not in the range"),
        ((*SERVICE, "--value", "nope", "--time", "never"), 'no column "nope"'),
        ((*SERVICE, "--timeout-ms", "100"), "below --target-ms"),
        ((*SERVICE, "--service-file", "traffic.csv"), "name one with --service-column"),
        ((*SERVICE, "--service-column", "ms"), "belongs to --service-file"),
        (("--service-file", "none.csv"), "does not exist"),
        ((*SERVICE, "--horizon-days", "9999"), "9999 is not in the range"),
        ((*SERVICE, "--value", "time"), "say --values rate or --values count"),
    ],
)
def test_wrong_words(run: Any, words: tuple[str, ...], said: str) -> None:
    code, found = run(csv(rates(3)), *words)
    assert code == 2 and said in told(found), told(found)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1e-12] * 400, "is the unit right?"),
        ([1e300] * 400, "is the unit right?"),
        (["a", 1] * 200, "200 values are not numbers"),
    ],
)
def test_traffic_that_is_none(run: Any, values: list[Any], said: str) -> None:
    code, found = run(csv(values), *SERVICE)
    assert code == 2
    assert said in told(found)

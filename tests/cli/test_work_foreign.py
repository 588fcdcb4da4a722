"""Files as other tools export them: units beside values, their own headings, dates of their own, repeated users."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.work_slo import SPEC

from gradatim.cli.entry import main
from gradatim.core.errors import InputError
from gradatim.instruments.capacity.traffic import Traffic, read, service_times

START = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
HOURS = 24 * 21
RATES = [75 * (1 + 0.5 * math.sin((i % 24 - 8) / 12 * math.pi)) for i in range(HOURS)]


def table(folder: Path, head: str, when: str, value: Callable[[float], str], hours: int = HOURS) -> Path:
    """One row an hour; `when` is a format of the time."""
    path = folder / "export.csv"
    rows = [f"{(START + datetime.timedelta(hours=i)).strftime(when)},{value(RATES[i])}" for i in range(hours)]
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def mean(traffic: Traffic) -> float:
    return float(np.mean(traffic.rate))


@pytest.mark.parametrize(
    ("head", "when", "value"),
    [
        ('"Time","{job=""api""}"', "%Y-%m-%d %H:%M:%S", lambda v: f"{v:.3f} req/s"),
        ('sep=,\n"Time","api"', "%Y-%m-%d %H:%M:%S", lambda v: f"{v / 1000:.5f}K req/s"),
        ('Time,"sum:hits{env:prod}.as_rate()"', "%Y-%m-%dT%H:%M:%S.000Z", lambda v: f"{v:.3f}"),
        (
            'time,"sum:hits{env:prod}.as_count()"',
            "%a %b %d %Y %H:%M:%S GMT+0000",
            lambda v: f"{v * 3600:.1f}",
        ),
        ("Timestamp,RequestCount", "%Y/%m/%d %H:%M:%S", lambda v: f"{v * 3600:.1f}"),
        ("Date,Requests", "%m/%d/%Y %I:%M:%S %p", lambda v: f'"{v * 3600:,.0f}"'),
        ("date,requests", "%d.%m.%Y %H:%M", lambda v: f"{v * 3600:.1f}"),
    ],
    ids=["grafana", "grafana-excel", "datadog-rate", "datadog-count", "cloudwatch", "american", "german"],
)
def test_traffic_is_read_without_naming_a_column(
    tmp_path: Path, head: str, when: str, value: Callable[[float], str]
) -> None:
    found = read(table(tmp_path, head, when, value))
    assert mean(found) == pytest.approx(float(np.mean(RATES)), rel=1e-3)
    assert found.start_s == START.timestamp()


def test_what_is_not_clear_says_what_to_name(tmp_path: Path) -> None:
    def said(head: str, when: str, value: Callable[[float], str], hours: int = HOURS) -> str:
        with pytest.raises(InputError) as told:
            read(table(tmp_path, head, when, value, hours))
        return told.value.describe()

    iso = "%Y-%m-%d %H:%M:%S"
    assert '2 columns could be the traffic, "a", "b": name one with --value' in said(
        "Time,a,b", iso, lambda v: f"{v},{v}"
    )
    assert "say --values rate or --values count" in said("Time,Value", iso, lambda v: f"{v / 1000} K")
    assert '"Value" is seconds: a rate or a count' in said("Time,Value", iso, lambda v: f"{v} ms")
    assert "has two readings, day or month first: write 2026-03-02" in said(
        "date,requests", "%m/%d/%Y %H:%M", lambda v: f"{v}", hours=24 * 10
    )


def test_service_times_with_units_are_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "service.csv"
    path.write_text("latency_ms\n" + "40 ms\n" * 20 + "0.08 s\n" * 20)
    mean_s, _, n = service_times(path, None)
    assert (mean_s, n) == (pytest.approx(0.06), 40)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)

    def command(files: dict[str, str], *words: str) -> tuple[int, dict[str, Any], str]:
        for name, content in files.items():
            Path(name).write_text(content)
        code = main(["work", *words, "--json"])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, json.loads(out), out

    return command


def test_a_canary_of_latencies_with_units(run: Any) -> None:
    rng = np.random.default_rng(4)

    def panel(scale: float) -> str:
        rows = [
            f"{START + datetime.timedelta(minutes=i):%Y-%m-%d %H:%M:%S},{v:.0f} ms"
            if v < 1000
            else f"{START + datetime.timedelta(minutes=i):%Y-%m-%d %H:%M:%S},{v / 1000:.3f} s"
            for i, v in enumerate(rng.normal(900, 60, 150) * scale)
        ]
        return '"Time","p99"\n' + "\n".join(rows) + "\n"

    files = {"old.csv": panel(1.0), "new.csv": panel(1.3)}
    words = ("canary", "old.csv", "new.csv", "--time", "Time", "--metric")
    code, found, _ = run(files, *words, "p99:increase:5%")
    assert (code, found["result"]["action"]) == (1, "roll back")
    (metric,) = found["result"]["metrics"]
    assert metric["relative_change"] == pytest.approx(0.3, abs=0.03), "850 ms and 1.17 s are of one scale"
    code, found, out = run(files, *words, "p99:increase:50")
    assert code == 2 and "read in seconds" in out and "such as 5%" in out, "50 of what?"


def visits(repeated: bool) -> str:
    rng = np.random.default_rng(5)
    rows = []
    for user in range(600):
        arm, level = ("control", "new")[user % 2], rng.random() * 0.4
        rows += [f"u{user},{arm},{int(rng.random() < level)}" for _ in range(1 + repeated * int(user % 3))]
    return "user_id,variant,converted\n" + "\n".join(rows) + "\n"


def test_repeated_users_are_asked_about_before_anything_is_concluded(run: Any) -> None:
    words = ("experiment", "ab.csv", "--metric", "converted")
    code, found, out = run({"ab.csv": visits(repeated=True)}, *words)
    assert code == 2 and '\\"user_id\\" repeats: 1,200 rows of 600' in out
    assert found["next"].startswith("--unit user_id")
    assert run({}, *words, "--unit", "user_id")[0] == 0
    code, found, _ = run({}, *words, "--unit", "none")
    assert code == 0 and "--unit none" in found["command"]
    assert run({"ab.csv": visits(repeated=False)}, *words)[0] == 0


def test_sizes_in_an_unknown_unit_are_refused(run: Any) -> None:
    rng = np.random.default_rng(6)
    rows = [f"{('control', 'new')[i % 2]},{rng.gamma(2, 100):.0f} ms" for i in range(400)]
    files = {"ab.csv": "arm,latency\n" + "\n".join(rows) + "\n"}
    words = ("experiment", "ab.csv", "--metric", "latency:down")
    assert run(files, *words, "--worth", "2%")[0] == 0
    code, _, out = run(files, *words, "--worth", "20")
    assert code == 2 and "give the size as a share" in out
    code, _, out = run(files, *words, "--guardrail", "latency:down:20")
    assert code == 2


ERRORS, HITS = "sum:errors{env:prod}.as_count()", "sum:hits{env:prod}.as_count()"


def test_counts_under_headings_of_their_own(run: Any) -> None:
    rows = [
        f"{START + datetime.timedelta(minutes=i):%Y-%m-%dT%H:%M:%SZ},{int(i % 50 == 0)},100"
        for i in range(3000)
    ]
    files = {"spec.yaml": SPEC, "dd.csv": f"Time,{ERRORS},{HITS}\n" + "\n".join(rows) + "\n"}
    words = ("slo", "spec.yaml", "dd.csv")
    code, found, _ = run(files, *words, "--bad", ERRORS, "--total", HITS)
    assert code == 0 and found["result"]["objectives"][0]["attained"] == pytest.approx(1 - 60 / 300_000)
    code, _, out = run({}, *words)
    assert code == 2 and "--total COLUMN and --good COLUMN or --bad COLUMN" in out
    code, found, out = run({}, *words, "--bad", "x", "--total", "y")
    assert code == 2 and 'no column \\"x\\" for --bad' in out and 'no column \\"y\\" for --total' in out
    assert "two columns are needed" in run({}, *words, "--bad", ERRORS)[2]
    assert "there are none" in run({}, "slo", "spec.yaml", "--bad", ERRORS)[2]
